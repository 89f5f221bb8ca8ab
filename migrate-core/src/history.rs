//! The history table: what has been applied, when, and how.

use std::borrow::Cow;
use std::collections::BTreeSet;

use migrate_sql::{Digest, quote};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

use crate::engine::answer;

/// The statement that makes the history table.
#[must_use]
pub fn create_history_sql(table: &str) -> String {
    format!(
        "CREATE TABLE main.{} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    migration_name TEXT UNIQUE NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    checksum TEXT,
    chain TEXT,
    origin TEXT,
    duration INTEGER,
    schema_version INTEGER
)",
        quote(table)
    )
}

/// The columns of the ancestor's table, and those that were added to them.
const ANCESTOR: [&str; 3] = ["id", "migration_name", "applied_at"];
const ADDED: [(&str, &str); 5] = [
    ("checksum", "TEXT"),
    ("chain", "TEXT"),
    ("origin", "TEXT"),
    ("duration", "INTEGER"),
    ("schema_version", "INTEGER"),
];

/// How a migration came to be in the history.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// db::MIGRATIONS.run(&mut conn)?;
/// let origin: String = conn.query_row("SELECT origin FROM schema_migrations WHERE id = 1", [], |row| row.get(0))?;
/// assert_eq!(origin, migrate::Origin::Fresh.word());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It ran on this database.
    Applied,
    /// The database was made with the current schema.
    Fresh,
    /// The database was there before the history, and had it already.
    Adopted,
    /// It runs outside a transaction and has begun; it has not ended yet, or was interrupted.
    Started,
}

impl Origin {
    /// The word in the column `origin`.
    ///
    /// ```
    /// assert_eq!(migrate_core::Origin::Adopted.word(), "adopted");
    /// ```
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Origin::Applied => "applied",
            Origin::Fresh => "fresh",
            Origin::Adopted => "adopted",
            Origin::Started => "started",
        }
    }

    fn from_word(word: &str) -> Option<Origin> {
        [Origin::Applied, Origin::Fresh, Origin::Adopted, Origin::Started].into_iter().find(|o| o.word() == word)
    }
}

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) applied_at: String,
    pub(crate) checksum: Option<String>,
    pub(crate) chain: Option<String>,
    pub(crate) origin: Option<Origin>,
}

/// What there is of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// No table of that name.
    Absent,
    /// The table, with the ancestor's three columns or with all of ours.
    Rows { rows: Vec<Row>, three_columns: bool },
    /// A table (or something else) of that name that is not ours.
    Foreign { columns: Vec<String> },
}

impl History {
    pub(crate) fn rows(&self) -> &[Row] {
        match self {
            History::Rows { rows, .. } => rows,
            _ => &[],
        }
    }

    pub(crate) fn is_three_columns(&self) -> bool {
        matches!(self, History::Rows { three_columns: true, .. })
    }

    /// Reads the history; writes nothing.
    pub(crate) fn read(conn: &Connection, table: &str) -> rusqlite::Result<History> {
        let kind: Option<String> = conn
            .query_row(
                "SELECT type FROM main.sqlite_master WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
                [table],
                |row| row.get(0),
            )
            .optional()?;
        let Some(kind) = kind else { return Ok(History::Absent) };
        let (columns, is_numbered) = columns(conn, table)?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let three_columns = columns.len() == ANCESTOR.len();
        let ours = kind == "table" && ANCESTOR.iter().all(|name| has(name)) && is_numbered;
        if !ours || !(three_columns || ADDED.iter().all(|(name, _)| has(name))) {
            return Ok(History::Foreign { columns });
        }
        let rows = if three_columns {
            read_rows(conn, table, "NULL, NULL, NULL")
        } else {
            read_rows(conn, table, "checksum, chain, origin")
        };
        Ok(History::Rows { rows: rows?, three_columns })
    }
}

/// The columns of a table, folded; and whether `id` numbers the rows by itself: INTEGER PRIMARY KEY, in a table with rowids.
fn columns(conn: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, bool)> {
    let (mut columns, mut is_key) = (Vec::new(), false);
    // The pragma itself: as a table it would have to be parsed.
    let mut statement = conn.prepare(&format!("PRAGMA main.table_xinfo({})", quote(table)))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = lossy(row, 1)?.unwrap_or_default().to_ascii_lowercase();
        let kind = row.get_ref(2)?.as_str().unwrap_or_default();
        is_key |= name == "id" && kind.eq_ignore_ascii_case("INTEGER") && row.get::<_, i64>(5)? == 1;
        columns.push(name);
    }
    let is_numbered = is_key && answer(conn.prepare(&format!("SELECT _rowid_ FROM main.{}", quote(table))))?.is_some();
    Ok((columns, is_numbered))
}

fn read_rows(conn: &Connection, table: &str, added: &str) -> rusqlite::Result<Vec<Row>> {
    let sql = format!(
        "SELECT CAST(migration_name AS TEXT), CAST(applied_at AS TEXT), {added} FROM main.{} ORDER BY id",
        quote(table)
    );
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Row {
            name: lossy(row, 0)?.unwrap_or_default(),
            applied_at: lossy(row, 1)?.unwrap_or_default(),
            checksum: lossy(row, 2)?,
            chain: lossy(row, 3)?,
            origin: lossy(row, 4)?.as_deref().and_then(Origin::from_word),
        })
    })?;
    rows.collect()
}

/// A text, whatever the cell holds: a history that somebody else wrote into is reported, not tripped over.
pub(crate) fn lossy(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(value.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

/// The newest row's chain, the schema version when it was written, and the schema version now. `None` where there is
/// no history in our form, or an empty one.
pub(crate) fn newest(conn: &Connection, table: &str) -> rusqlite::Result<Option<Newest>> {
    let mut statement = match conn.prepare_cached(&newest_sql(table)) {
        Ok(statement) => statement,
        Err(error) if is_plain_error(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut newest = || {
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        // Under the lock of the statement that is being read, so both are of one moment, and it costs no lock of its own. As a
        // column of that statement it would be a virtual table, which costs more to prepare than all the rest.
        let now: i64 = conn.prepare_cached("PRAGMA main.schema_version")?.query_row([], |row| row.get(0))?;
        let is_of_now = matches!(row.get_ref(1)?, ValueRef::Integer(stamp) if stamp == now);
        Ok(Some(Newest { chain: digest(row.get_ref(0)?), is_of_now }))
    };
    match newest() {
        // The statement is from before the table was dropped.
        Err(error) if is_plain_error(&error) => Ok(None),
        newest => newest,
    }
}

/// Every start asks this: with the table's ordinary name it is not put together anew.
fn newest_sql(table: &str) -> Cow<'static, str> {
    macro_rules! newest {
        ($table:expr) => {
            concat!("SELECT chain, schema_version FROM main.", $table, " ORDER BY id DESC")
        };
    }
    match table {
        "schema_migrations" => newest!("\"schema_migrations\"").into(),
        _ => newest!("{}").replace("{}", &quote(table)).into(),
    }
}

/// A digest as it is recorded; `None` for anything else.
fn digest(value: ValueRef<'_>) -> Option<Digest> {
    let ValueRef::Text(text) = value else { return None };
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What the newest row says.
pub(crate) struct Newest {
    pub(crate) chain: Option<Digest>,
    /// Whether the schema's version is the one that it was written under.
    pub(crate) is_of_now: bool,
}

/// SQLITE_ERROR: no such table, no such column.
fn is_plain_error(error: &rusqlite::Error) -> bool {
    crate::engine::code(error) == Some(rusqlite::ffi::SQLITE_ERROR)
}

/// Adds the missing columns to an ancestor's table.
pub(crate) fn take_over(conn: &Connection, table: &str) -> rusqlite::Result<()> {
    for (column, kind) in ADDED {
        conn.execute_batch(&format!("ALTER TABLE main.{} ADD COLUMN {column} {kind}", quote(table)))?;
    }
    Ok(())
}

/// What a row records.
pub(crate) struct Record<'a> {
    pub(crate) name: &'a str,
    pub(crate) checksum: Digest,
    pub(crate) chain: Option<Digest>,
    pub(crate) origin: Origin,
    /// Microseconds.
    pub(crate) duration: Option<i64>,
}

/// Adds a row.
pub(crate) fn record(conn: &Connection, table: &str, record: &Record<'_>) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO main.{} (migration_name, applied_at, checksum, chain, origin, duration) \
         VALUES (?1, CURRENT_TIMESTAMP, ?2, ?3, ?4, ?5)",
        quote(table)
    );
    write(conn, &sql, record)
}

/// The statement that adds a row as started. While it has been stepped and not reset, `COMMIT` fails on its connection:
/// SQLite does not commit while a statement that writes is in progress.
pub(crate) fn hold_sql(table: &str) -> String {
    format!(
        "INSERT INTO main.{} (migration_name, applied_at, origin) VALUES (?1, CURRENT_TIMESTAMP, '{}') RETURNING id",
        quote(table),
        Origin::Started.word()
    )
}

/// Completes the row of a migration that was marked as started.
pub(crate) fn finish(conn: &Connection, table: &str, record: &Record<'_>) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE main.{} SET checksum = ?2, chain = ?3, origin = ?4, duration = ?5, applied_at = CURRENT_TIMESTAMP \
         WHERE migration_name = ?1",
        quote(table)
    );
    write(conn, &sql, record)
}

fn write(conn: &Connection, sql: &str, record: &Record<'_>) -> rusqlite::Result<()> {
    let chain = record.chain.map(|chain| chain.to_string());
    let values = (record.name, record.checksum.to_string(), chain, record.origin.word(), record.duration);
    written(conn.prepare_cached(sql)?.execute(values)?)
}

/// A trigger on the table may swallow a write: then the migration must not be committed without its row.
fn written(rows: usize) -> rusqlite::Result<()> {
    if rows == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(rows)) }
}

/// Removes the row of a migration that was interrupted, to begin it again in another way.
pub(crate) fn forget(conn: &Connection, table: &str, name: &str) -> rusqlite::Result<()> {
    let sql = format!("DELETE FROM main.{} WHERE migration_name = ?1", quote(table));
    written(conn.execute(&sql, [name])?)
}

/// Fills in the digests of a row that an ancestor wrote.
pub(crate) fn complete(
    conn: &Connection,
    table: &str,
    name: &str,
    checksum: Digest,
    chain: Digest,
) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE main.{} SET checksum = ?2, chain = ?3, origin = coalesce(origin, 'applied') WHERE migration_name = ?1",
        quote(table)
    );
    conn.prepare_cached(&sql)?.execute((name, checksum.to_string(), chain.to_string()))?;
    Ok(())
}

/// Corrects the digests of a row: no checksum leaves the one that is there, no chain says that there is none.
pub(crate) fn correct(
    conn: &Connection,
    table: &str,
    name: &str,
    checksum: Option<Digest>,
    chain: Option<Digest>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE main.{} SET checksum = coalesce(?2, checksum), chain = ?3 WHERE migration_name = ?1",
        quote(table)
    );
    let digests = (checksum.map(|checksum| checksum.to_string()), chain.map(|chain| chain.to_string()));
    written(conn.prepare_cached(&sql)?.execute((name, digests.0, digests.1))?)
}

/// Gives the rows of these names the numbers that they have now, but in this order.
pub(crate) fn renumber(conn: &Connection, table: &str, names: &[&str]) -> rusqlite::Result<()> {
    let sql = format!("SELECT id, migration_name FROM main.{} ORDER BY id", quote(table));
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, lossy(row, 1)?.unwrap_or_default())))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let behind = rows.last().map_or(1, |(last, _)| last.saturating_add(1))..;
    let known: BTreeSet<&str> = names.iter().copied().collect();
    let ids = rows.iter().filter(|(_, name)| known.contains(name.as_str())).map(|(id, _)| *id);
    let sql = format!("UPDATE main.{} SET id = ?2 WHERE migration_name = ?1", quote(table));
    let mut number = conn.prepare_cached(&sql)?;
    // Every number is taken until its row has gone behind the last one.
    for (name, id) in names.iter().zip(behind).chain(names.iter().zip(ids)) {
        written(number.execute((name, id))?)?;
    }
    Ok(())
}

/// Notes on the newest row the schema version that the transaction leaves behind, or, where the schema drifted, nothing:
/// then every start compares, and tells.
pub(crate) fn stamp(conn: &Connection, table: &str, drifted: bool) -> rusqlite::Result<()> {
    let version: Option<i64> = match drifted {
        true => None,
        // The pragma itself: as a table it would have to be parsed.
        false => Some(conn.query_row("PRAGMA main.schema_version", [], |row| row.get(0))?),
    };
    let sql =
        format!("UPDATE main.{0} SET schema_version = ?1 WHERE id = (SELECT max(id) FROM main.{0})", quote(table));
    conn.execute(&sql, [version])?;
    Ok(())
}
