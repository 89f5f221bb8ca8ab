//! `verify`: is the database what its history says, and is it sound?

use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Error, Version};
use serde_json::{Value, json};

use super::each::{After, Answer, each};
use super::{Task, report};
use crate::args::Databases;
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
    let conn = database.open(Access::Read, task.prepare)?;
    let status = match task.migrations.status(&conn) {
        Err(Error::Sqlite { source, .. }) if failure::is_damage(&source) => {
            return damaged(database, &conn, &source, terminal);
        }
        status => status?,
    };
    let keys = match foreign_keys(&conn) {
        Err(error) if failure::is_damage(&error) => Err(format!("cannot be checked: {error}")),
        keys => Ok(keys.map_err(|error| Failure::of_sqlite("the foreign keys could not be checked", &error))?),
    };
    let key_lines = match &keys {
        Ok(keys) => keys.iter().map(Violations::line).collect(),
        Err(unread) => vec![unread.clone()],
    };
    let damage = damage(&conn)?;
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
    line("integrity", &damage, terminal)?;
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
pub(super) fn without_list(
    database: &Database,
    conn: &Connection,
    why: &Failure,
    terminal: &mut Terminal<'_>,
) -> Result<Answer, Failure> {
    let keys =
        foreign_keys(conn).map_err(|error| Failure::of_sqlite("the foreign keys could not be checked", &error))?;
    let damage = damage(conn)?;
    terminal.say(format_args!("{}:", terminal.paint(Tone::Strong, database.shown())))?;
    let unknown = [format!("not compared: {}", why.message)];
    line("history", &unknown, terminal)?;
    line("schema", &unknown, terminal)?;
    line("foreign keys", &keys.iter().map(Violations::line).collect::<Vec<_>>(), terminal)?;
    line("integrity", &damage, terminal)?;
    let keys: Vec<Value> = keys.iter().map(Violations::value).collect();
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

fn foreign_keys(conn: &Connection) -> rusqlite::Result<Vec<Violations>> {
    let sql = "SELECT \"table\", min(rowid), parent, count(*) FROM pragma_foreign_key_check GROUP BY \"table\", parent";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Violations { table: row.get(0)?, rowid: row.get(1)?, parent: row.get(2)?, rows: row.get(3)? })
    })?;
    rows.collect()
}

fn integrity(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("PRAGMA integrity_check(20)")?;
    let rows: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(if rows == ["ok"] { Vec::new() } else { rows })
}
