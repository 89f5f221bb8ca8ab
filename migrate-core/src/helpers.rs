//! Small questions about a schema, answered for `main` alone.

use rusqlite::Connection;

use crate::look::look_holds;
use crate::set::{Kind, Look};

/// Whether `main` has a table of that name: ordinary, virtual or WITHOUT ROWID, but no view and no TEMP table.
///
/// Names compare as SQLite's do, without ASCII case.
///
/// # Errors
///
/// SQLite's, where the schema cannot be read.
///
/// ```
/// # use migrate_core::rusqlite::Connection;
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE Notes(id INTEGER PRIMARY KEY); CREATE TEMP TABLE drafts(id)")?;
/// assert!(migrate_core::table_exists(&conn, "notes")?);
/// assert!(!migrate_core::table_exists(&conn, "drafts")?);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
pub fn table_exists(conn: &Connection, table: &str) -> rusqlite::Result<bool> {
    object_exists(conn, Kind::Table, table)
}

/// Whether a table (or view) in `main` has that column, hidden and generated ones included.
///
/// # Errors
///
/// SQLite's, where the schema cannot be read.
///
/// ```
/// # use migrate_core::rusqlite::Connection;
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, twice AS (2 * id))")?;
/// assert!(migrate_core::column_exists(&conn, "notes", "TWICE")?);
/// assert!(!migrate_core::column_exists(&conn, "notes", "title")?);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
pub fn column_exists(conn: &Connection, table: &str, column: &str) -> rusqlite::Result<bool> {
    let look = Look::Column { table: table.to_owned().into(), column: column.to_owned().into(), present: true };
    look_holds(conn, &look, "")
}

/// Whether `main` has an index of that name; the automatic ones of UNIQUE and PRIMARY KEY count.
///
/// # Errors
///
/// SQLite's, where the schema cannot be read.
///
/// ```
/// # use migrate_core::rusqlite::Connection;
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER, title TEXT); CREATE INDEX notes_title ON notes(title)")?;
/// assert!(migrate_core::index_exists(&conn, "notes_title")?);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
pub fn index_exists(conn: &Connection, index: &str) -> rusqlite::Result<bool> {
    object_exists(conn, Kind::Index, index)
}

/// Whether `main` has a view of that name.
///
/// # Errors
///
/// SQLite's, where the schema cannot be read.
///
/// ```
/// # use migrate_core::rusqlite::Connection;
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE VIEW one AS SELECT 1")?;
/// assert!(migrate_core::view_exists(&conn, "one")?);
/// assert!(!migrate_core::table_exists(&conn, "one")?);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
pub fn view_exists(conn: &Connection, view: &str) -> rusqlite::Result<bool> {
    object_exists(conn, Kind::View, view)
}

/// Whether `main` has a trigger of that name.
///
/// # Errors
///
/// SQLite's, where the schema cannot be read.
///
/// ```
/// # use migrate_core::rusqlite::Connection;
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE a(x); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END")?;
/// assert!(migrate_core::trigger_exists(&conn, "t")?);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
pub fn trigger_exists(conn: &Connection, trigger: &str) -> rusqlite::Result<bool> {
    object_exists(conn, Kind::Trigger, trigger)
}

fn object_exists(conn: &Connection, kind: Kind, name: &str) -> rusqlite::Result<bool> {
    look_holds(conn, &Look::Object { kind, name: name.to_owned().into(), present: true }, "")
}
