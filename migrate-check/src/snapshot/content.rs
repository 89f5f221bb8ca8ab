//! Everything that a database holds, but for the history.

use migrate_sql::quote;
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};

/// How many rows of seeds are worth having in the application's binary, and how many bytes.
const MAX_ROWS: usize = 1000;
const MAX_BYTES: usize = 100_000;

/// What a database holds.
#[derive(Debug, PartialEq)]
pub(super) struct Content {
    /// The objects that have SQL, in the order of their making, tables first.
    pub(super) objects: Vec<Object>,
    /// The tables that have rows; those in which a virtual table keeps its data come without their columns.
    pub(super) tables: Vec<Table>,
    /// `sqlite_sequence`: the highest key that each table with AUTOINCREMENT ever had.
    pub(super) marks: Vec<(String, Value)>,
    /// What the header of the file keeps.
    pub(super) header: Vec<(&'static str, i64)>,
}

/// A row of `sqlite_schema`.
#[derive(Debug, PartialEq)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) sql: String,
    /// Whether it is one of the tables in which a virtual table keeps its data, or hangs on one.
    pub(super) is_shadow: bool,
}

/// The rows of a table.
#[derive(Debug, PartialEq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) is_shadow: bool,
    /// What an INSERT names: the rowid, where it is no column, and every column that is not generated.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

const PRAGMAS: [&str; 3] = ["user_version", "application_id", "auto_vacuum"];

impl Content {
    /// `None` where there is more than fits, or something that no script can make again.
    pub(super) fn of(conn: &Connection, history: &str) -> rusqlite::Result<Option<Content>> {
        let Some(objects) = objects(conn, history)? else { return Ok(None) };
        let mut tables = Vec::new();
        let (mut rows, mut bytes) = (0, 0);
        for object in objects.iter().filter(|object| object.kind == "table" && !is_virtual(&object.sql)) {
            let Some(table) = table(conn, object, MAX_ROWS - rows)? else { return Ok(None) };
            rows += table.rows.len();
            bytes += table.rows.iter().flatten().map(size).sum::<usize>();
            if bytes > MAX_BYTES {
                return Ok(None);
            }
            tables.extend((!table.rows.is_empty()).then_some(table));
        }
        let sql = "SELECT name, seq FROM main.sqlite_sequence WHERE name <> ?1 COLLATE NOCASE ORDER BY name";
        let mut statement = conn.prepare(sql)?;
        let marks = statement.query_map([history], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let marks = marks.collect::<rusqlite::Result<_>>()?;
        let pragma = |name| Ok((name, conn.pragma_query_value(Some("main"), name, |row| row.get(0))?));
        let header = PRAGMAS.into_iter().map(pragma).collect::<rusqlite::Result<_>>()?;
        Ok(Some(Content { objects, tables, marks, header }))
    }

    /// Whether there is any row, or was one.
    pub(super) fn has_rows(&self) -> bool {
        !self.marks.is_empty() || self.tables.iter().any(|table| !table.is_shadow)
    }
}

fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

/// The objects, or `None` where there are tables that only SQLite makes, such as the statistics of ANALYZE.
fn objects(conn: &Connection, history: &str) -> rusqlite::Result<Option<Vec<Object>>> {
    let sql = "SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_master ORDER BY rowid";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found: Vec<(Object, String)> = Vec::new();
    let mut any_virtual = false;
    while let Some(row) = rows.next()? {
        let (kind, name, table, sql): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        if sql.is_empty() || table.eq_ignore_ascii_case(history) || name == "sqlite_sequence" {
            continue;
        }
        if name.to_ascii_lowercase().starts_with("sqlite_") {
            return Ok(None);
        }
        any_virtual |= is_virtual(&sql);
        found.push((Object { kind, name, sql, is_shadow: false }, table));
    }
    if any_virtual {
        let sql = "SELECT lower(name) FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";
        let shadows: Vec<String> = conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for (object, table) in &mut found {
            object.is_shadow = shadows.contains(&table.to_ascii_lowercase());
        }
    }
    // The sort is stable: of two triggers, the order in which they fire is that in which they were made.
    found.sort_by_key(|(object, _)| object.kind != "table");
    Ok(Some(found.into_iter().map(|(object, _)| object).collect()))
}

/// A table with its rows, or `None` where it has more than these, or rows that cannot be told apart from outside.
fn table(conn: &Connection, object: &Object, most: usize) -> rusqlite::Result<Option<Table>> {
    let name = &object.name;
    let mut empty = conn.prepare(&format!("SELECT 1 FROM main.{} LIMIT 1", quote(name)))?;
    let mut table = Table { name: name.clone(), is_shadow: object.is_shadow, columns: Vec::new(), rows: Vec::new() };
    if !empty.exists([])? {
        return Ok(Some(table));
    }
    let mut columns = conn.prepare("SELECT name, hidden, pk, upper(type) FROM pragma_table_xinfo(?1, 'main')")?;
    let all: Vec<(String, i64, i64, String)> = columns
        .query_map([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let without_rowid = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
    let without_rowid: bool = conn.query_row(without_rowid, [name], |row| row.get(0))?;
    let key =
        all.iter().filter(|(_, hidden, ..)| *hidden == 0).position(|(_, _, pk, kind)| *pk == 1 && kind == "INTEGER");
    let mut rowid = None;
    if !without_rowid {
        let is_free = |word: &&&str| !all.iter().any(|(name, ..)| name.eq_ignore_ascii_case(word));
        rowid = ["rowid", "_rowid_", "oid"].iter().find(is_free);
        if rowid.is_none() && key.is_none() {
            return Ok(None);
        }
    }
    table.columns.extend(rowid.map(|word| (*word).to_owned()));
    table.columns.extend(all.into_iter().filter(|(_, hidden, ..)| *hidden == 0).map(|(name, ..)| name));
    let list: Vec<String> = table.columns.iter().map(|name| quote(name)).collect();
    let (list, name) = (list.join(", "), quote(name));
    let mut statement = conn.prepare(&format!("SELECT {list} FROM main.{name} NOT INDEXED LIMIT {}", most + 1))?;
    let count = table.columns.len();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..count).map(|column| row.get(column));
        table.rows.push(values.collect::<rusqlite::Result<_>>()?);
    }
    // Nearly always the key is the rowid, and once is enough.
    if let (Some(_), Some(key)) = (rowid, key)
        && table.rows.iter().all(|row| row[0] == row[key + 1])
    {
        table.columns.remove(0);
        table.rows.iter_mut().for_each(|row| drop(row.remove(0)));
    }
    Ok((table.rows.len() <= most).then_some(table))
}

/// About as many bytes as its literal has.
fn size(value: &Value) -> usize {
    let length = match ValueRef::from(value) {
        ValueRef::Text(text) => text.len(),
        ValueRef::Blob(bytes) => bytes.len() * 2,
        _ => 8,
    };
    length + 4
}
