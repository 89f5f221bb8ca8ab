//! `verify`: is the database what its history says, and is it sound?

use migrate_core::Version;
use migrate_core::rusqlite::{self, Connection};
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
    let status = task.migrations.status(&conn)?;
    let failed = |what: &str, error| Failure::failed(format!("{what} could not be checked: {error}"));
    let keys = foreign_keys(&conn).map_err(|error| failed("the foreign keys", error))?;
    let damage = integrity(&conn).map_err(|error| failed("the integrity", error))?;
    let drift = status.difference();
    let sound = keys.is_empty() && damage.is_empty() && drift.is_same();
    let exit = match status.refusal() {
        Some(error) => failure::exit(error),
        None if sound => Exit::Fine,
        None => Exit::Found,
    };
    let history = match status.refusal() {
        Some(error) => vec![Failure::of(error).message],
        None => Vec::new(),
    };
    let schema = if drift.is_same() { Vec::new() } else { vec![drift.to_string()] };
    terminal.say(format_args!("{}:", terminal.paint(Tone::Strong, database.shown())))?;
    line("history", &history, terminal)?;
    // What the schema should be is not known of a database that is refused.
    if status.refusal().is_none() {
        line("schema", &schema, terminal)?;
    }
    line("foreign keys", &keys.iter().map(Violations::line).collect::<Vec<_>>(), terminal)?;
    line("integrity", &damage, terminal)?;
    let pending = status.pending().count();
    if pending > 0 && history.is_empty() {
        terminal.note(format_args!(
            "{}: {pending} pending, which `status` shows; here it does not count",
            database.shown()
        ));
    }
    let value = json!({
        "refusal": status.refusal().map(|error| Failure::of(error).value()),
        "pending": pending,
        "drift": report::drift(drift),
        "foreign_keys": keys.iter().map(Violations::value).collect::<Vec<_>>(),
        "integrity": damage,
    });
    Ok(Answer::new(exit, value))
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
