//! The tools, as the tests see them.

use std::path::Path;

use migrate::OtherTool;
use migrate::rusqlite::Connection;
use migrate::rusqlite::types::Value;

use crate::{List, Result};

/// How many migrations there are.
pub const COUNT: usize = 6;

/// A migration tool, an application that uses it, and the list that takes over.
pub struct Peer {
    /// As its page in `docs/switching` is named.
    pub name: &'static str,
    /// As a report names it.
    pub tool: OtherTool,
    /// Its table; `None` where it has `user_version` only.
    pub table: Option<&'static str>,
    /// The tool itself brings the file from where it is to this many migrations.
    pub bring: fn(&Path, usize) -> Result<()>,
    /// The tool records all migrations as run, without running them: what is to be done before an old build gets the file back.
    pub catch_up: fn(&Path) -> Result<()>,
    /// SQL that records one more migration, which nobody here knows.
    pub unknown: &'static str,
    /// The application after the switch opens the file.
    pub after: fn(&Path) -> Result<()>,
    /// The list that its directory makes.
    pub list: &'static dyn List,
}

/// All of them but the Python ancestor, whose table is ours.
pub static PEERS: [&Peer; 9] = [
    &crate::refinery::PEER,
    &crate::rusqlite_migration::PEER,
    &crate::sqlx::PEER,
    &crate::diesel::PEER,
    &crate::seaorm::PEER,
    &crate::goose::PEER,
    &crate::dbmate::PEER,
    &crate::golang_migrate::PEER,
    &crate::by_hand::PEER,
];

impl Peer {
    /// The table and its indexes as they are stored, its rows, and the number in the header: everything that the tool keeps.
    pub fn kept(&self, conn: &Connection) -> Result<String> {
        let mut text =
            format!("user_version {}", conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?);
        let Some(table) = self.table else { return Ok(text) };
        text += &lines(
            conn,
            &format!("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = '{table}' ORDER BY name"),
        )?;
        text += &lines(conn, &format!("SELECT rowid, * FROM {table} ORDER BY rowid"))?;
        Ok(text)
    }
}

/// The rows of a query, each value as SQLite writes it.
pub fn lines(conn: &Connection, sql: &str) -> Result<String> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|at| row.get::<_, Value>(at).map(|value| format!("{value:?}")));
        text += &format!("\n{}", values.collect::<std::result::Result<Vec<_>, _>>()?.join(" | "));
    }
    Ok(text)
}

/// The part of a file between two marks.
pub(crate) fn section<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let up = text.split_once(from).map_or(text, |(_, up)| up);
    up.split_once(to).map_or(up, |(up, _)| up)
}

/// What a catching up by hand is.
pub(crate) fn execute(path: &Path, sql: &str) -> Result<()> {
    Ok(Connection::open(path)?.execute_batch(sql)?)
}

/// Foreign keys are off in Go's SQLite, as they are in SQLite itself.
pub(crate) fn open_as_go(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "foreign_keys", false)?;
    Ok(conn)
}
