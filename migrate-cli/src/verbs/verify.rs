//! `verify`: is the database what its history says, and is it sound?

use std::fmt::Display;

#[cfg(feature = "remote")]
use migrate_core::rusqlite::types::Value as Sql;
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Error, Status, Version};
use serde_json::{Value, json};

use super::each::{After, Answer, each};
use super::{Task, report};
use crate::args::Databases;
#[cfg(feature = "remote")]
use crate::database::Server;
use crate::database::{Access, Database};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(
    task: &Task<'_, V>,
    on: &Databases,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    each((task, on, "verify"), After::GoOn, terminal, |database, terminal| one(task, database, terminal))
}

fn one<V: Version>(task: &Task<'_, V>, database: &Database, terminal: &mut Terminal<'_>) -> Result<Answer, Failure> {
    #[cfg(feature = "remote")]
    if let Database::Server(server) = database {
        let status = server.status(&task.migrations.migrator())?;
        let (keys, damage) = on_server(server)?;
        return told(task, database, &status, &keys, &damage, terminal);
    }
    let conn = database.open(Access::Read, task.prepare)?;
    let status = match task.migrations.status(&conn) {
        Err(Error::Sqlite { source, .. }) if failure::is_damage(&source) => {
            return damaged(database, &conn, &source, terminal);
        }
        status => status?,
    };
    told(task, database, &status, &keys(&conn)?, &damage(&conn)?, terminal)
}

fn told<V: Version>(
    task: &Task<'_, V>,
    database: &Database,
    status: &Status<V>,
    keys: &Keys,
    damage: &[String],
    terminal: &mut Terminal<'_>,
) -> Result<Answer, Failure> {
    let key_lines = key_lines(keys);
    let drift = status.difference();
    let sound = key_lines.is_empty() && damage.is_empty() && drift.is_same();
    let exit = match status.refusal() {
        Some(error) => failure::exit(error),
        None if sound => Exit::Fine,
        None => Exit::Found,
    };
    let history = match status.refusal() {
        Some(error) => vec![task.refusal(error).message],
        None => Vec::new(),
    };
    let schema = if drift.is_same() { Vec::new() } else { vec![drift.to_string()] };
    terminal.say(format_args!("{}:", terminal.paint(Tone::Strong, database.shown())))?;
    line("history", &history, terminal)?;
    // What the schema should be is not known of a database that is refused.
    if status.refusal().is_none() {
        line("schema", &schema, terminal)?;
    }
    line("foreign keys", &key_lines, terminal)?;
    line("integrity", damage, terminal)?;
    let pending = status.pending().count();
    if pending > 0 && history.is_empty() {
        terminal.note(format_args!(
            "{}: {pending} pending, which `status` shows; here it does not count",
            database.shown()
        ));
    }
    if !drift.foreign.is_empty() {
        let foreign = drift.foreign.join(", ");
        terminal.note(format_args!(
            "{}: made by no migration, and gone with its table where one is rebuilt: {foreign}",
            database.shown()
        ));
    }
    let value = json!({
        "refusal": status.refusal().map(|error| task.refusal(error).value()),
        "pending": pending,
        "drift": report::drift(drift),
        "foreign": drift.foreign,
        "foreign_keys": keys.iter().flatten().map(Violations::value).collect::<Vec<_>>(),
        "integrity": damage,
    });
    Ok(Answer::new(exit, value))
}

/// What needs no list of migrations: foreign keys and integrity, where the directory cannot be proved.
#[cfg(feature = "directory")]
pub(super) fn without_list(database: &Database, why: &Failure, terminal: &mut Terminal<'_>) -> Result<Answer, Failure> {
    let (keys, damage) = match database {
        #[cfg(feature = "remote")]
        Database::Server(server) => on_server(server)?,
        Database::File(_) => {
            let conn = database.open(Access::Read, &|_| Ok(()))?;
            (keys(&conn)?, damage(&conn)?)
        }
    };
    terminal.say(format_args!("{}:", terminal.paint(Tone::Strong, database.shown())))?;
    let unknown = [format!("not compared: {}", why.message)];
    line("history", &unknown, terminal)?;
    line("schema", &unknown, terminal)?;
    line("foreign keys", &key_lines(&keys), terminal)?;
    line("integrity", &damage, terminal)?;
    let keys: Vec<Value> = keys.iter().flatten().map(Violations::value).collect();
    let value = json!({
        "refusal": why.value(), "pending": null, "drift": null, "foreign_keys": keys, "integrity": damage,
    });
    Ok(Answer::new(Exit::Found, value))
}

/// Damage that keeps the rest from being read: that is what was asked for, so it is an answer and no failure.
fn damaged(
    database: &Database,
    conn: &Connection,
    error: &rusqlite::Error,
    terminal: &mut Terminal<'_>,
) -> Result<Answer, Failure> {
    let mut lines = damage(conn).unwrap_or_default();
    if lines.is_empty() {
        lines.push(error.to_string());
    }
    terminal.say(format_args!("{}:", terminal.paint(Tone::Strong, database.shown())))?;
    let unread = format!("cannot be read: {error}");
    line("history", std::slice::from_ref(&unread), terminal)?;
    lines.push("help: restore a backup".to_owned());
    line("integrity", &lines, terminal)?;
    lines.pop();
    let refusal = json!({ "kind": "damaged", "message": unread });
    let value = json!({ "refusal": refusal, "pending": null, "drift": null, "foreign_keys": [], "integrity": lines });
    Ok(Answer::new(Exit::Found, value))
}

/// What `integrity_check` finds, or the damage that it stumbles over.
pub(super) fn damage(conn: &Connection) -> Result<Vec<String>, Failure> {
    match integrity(conn) {
        Err(error) if failure::is_damage(&error) => Ok(vec![error.to_string()]),
        found => found.map_err(|error| Failure::of_sqlite("the integrity could not be checked", &error)),
    }
}

/// `  schema        fine`, or what is wrong, each on a line.
fn line(what: &str, found: &[String], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if found.is_empty() {
        return terminal.say(format_args!("  {what:12}  {}", terminal.paint(Tone::Good, "fine")));
    }
    let lines: Vec<&str> = found.iter().flat_map(|text| text.lines()).collect();
    let text = lines.join("\n                ");
    terminal.say(format_args!("  {what:12}  {}", terminal.paint(Tone::Bad, text)))
}

/// What is wrong with the foreign keys, or why that is not known.
type Keys = Result<Vec<Violations>, String>;

/// Rows that refer to rows that are not there.
struct Violations {
    table: String,
    parent: String,
    rows: i64,
    /// The first of them; a table WITHOUT ROWID has none.
    rowid: Option<i64>,
}

impl Violations {
    fn line(&self) -> String {
        let Violations { table, parent, rows, rowid } = self;
        let (word, have) = if *rows == 1 { ("row", "has") } else { ("rows", "have") };
        let first = rowid.map(|rowid| format!("; the first has rowid {rowid}")).unwrap_or_default();
        format!("{rows} {word} of `{table}` {have} no row in `{parent}`{first}")
    }

    fn value(&self) -> Value {
        json!({ "table": self.table, "parent": self.parent, "rows": self.rows, "first_rowid": self.rowid })
    }
}

const FOREIGN_KEYS: &str =
    "SELECT \"table\", min(rowid), parent, count(*) FROM pragma_foreign_key_check GROUP BY \"table\", parent";
const INTEGRITY: &str = "PRAGMA integrity_check(20)";

/// Damage that they stumble over is an answer too.
fn keys(conn: &Connection) -> Result<Keys, Failure> {
    match foreign_keys(conn) {
        Err(error) if failure::is_damage(&error) => Ok(Err(unchecked(error))),
        keys => Ok(Ok(keys.map_err(|error| Failure::of_sqlite("the foreign keys could not be checked", &error))?)),
    }
}

fn key_lines(keys: &Keys) -> Vec<String> {
    match keys {
        Ok(keys) => keys.iter().map(Violations::line).collect(),
        Err(unchecked) => vec![unchecked.clone()],
    }
}

fn unchecked(why: impl Display) -> String {
    format!("cannot be checked: {why}")
}

fn foreign_keys(conn: &Connection) -> rusqlite::Result<Vec<Violations>> {
    let mut statement = conn.prepare(FOREIGN_KEYS)?;
    let rows = statement.query_map([], |row| {
        Ok(Violations { table: row.get(0)?, rowid: row.get(1)?, parent: row.get(2)?, rows: row.get(3)? })
    })?;
    rows.collect()
}

fn integrity(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(INTEGRITY)?;
    let rows: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(wrong(rows))
}

fn wrong(rows: Vec<String>) -> Vec<String> {
    if rows == ["ok"] { Vec::new() } else { rows }
}

/// What a server says of its foreign keys and its integrity, or why it does not.
#[cfg(feature = "remote")]
fn on_server(server: &Server) -> Result<(Keys, Vec<String>), Failure> {
    let mut answers = server.read(&[FOREIGN_KEYS, INTEGRITY])?.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Err("there is no answer".to_owned()));
    let text = |value: &Sql| match value {
        Sql::Text(text) => text.clone(),
        _ => String::new(),
    };
    let violations = |row: &Vec<Sql>| match &row[..] {
        [table, rowid, parent, Sql::Integer(rows)] => Some(Violations {
            table: text(table),
            parent: text(parent),
            rows: *rows,
            rowid: if let Sql::Integer(rowid) = rowid { Some(*rowid) } else { None },
        }),
        _ => None,
    };
    let keys = next().map(|answer| answer.rows.iter().filter_map(violations).collect()).map_err(unchecked);
    let damage = next().map(|answer| wrong(answer.rows.iter().filter_map(|row| row.first()).map(text).collect()));
    Ok((keys, damage.unwrap_or_else(|why| vec![unchecked(why)])))
}
