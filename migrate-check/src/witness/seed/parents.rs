//! The rows that a foreign key may point to.

use migrate_sql::quote;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::row::{Cells, Row};
use crate::witness::table::{ForeignKey, Table};

/// The key values of the rows of a parent, the first few.
pub(super) fn parents(conn: &Connection, table: &Table, key: &ForeignKey) -> Vec<Vec<Value>> {
    let read = || -> rusqlite::Result<Vec<Vec<Value>>> {
        let mut to: Vec<String> = key.to.iter().map(|column| quote(column)).collect();
        if to.is_empty() {
            let primary = Table::read(conn, &key.parent)?;
            let columns = primary.iter().flat_map(|table| &table.columns).filter(|column| column.primary);
            to.extend(columns.map(|column| quote(&column.name)));
        }
        if to.len() != key.columns.len() || to.is_empty() {
            return Ok(Vec::new());
        }
        let conditions: Vec<String> = to.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        let sql = format!(
            "SELECT {} FROM main.{} WHERE {} ORDER BY 1 DESC LIMIT 3",
            to.join(", "),
            quote(&key.parent),
            conditions.join(" AND ")
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| (0..to.len()).map(|at| row.get(at)).collect())?;
        let mut rows: Vec<Vec<Value>> = rows.collect::<rusqlite::Result<_>>()?;
        rows.reverse();
        Ok(rows)
    };
    // A key that does not fit its parent is another rule's business.
    let _ = table;
    read().unwrap_or_default()
}

/// The parent of a row: of a minimal one the minimal one. Two keys to one parent get two of its rows.
pub(super) fn parent(conn: &Connection, table: &Table, key: &ForeignKey, row: Row, nth: usize) -> Option<Vec<Value>> {
    let rows = parents(conn, table, key);
    let itself = key.parent.eq_ignore_ascii_case(&table.name);
    let before = table.keys[..nth].iter().filter(|other| other.parent.eq_ignore_ascii_case(&key.parent)).count();
    // A row that is its own ancestor would make a recursive query endless.
    let first = if row == Row::Minimal || itself { 0 } else { 1 };
    let count = rows.len();
    if count == 0 { None } else { rows.into_iter().nth((first + before) % count) }
}

/// The first row of a table that refers to itself, where it must.
pub(super) fn self_reference(table: &Table, key: &ForeignKey, cells: &mut Cells) {
    let to: Vec<usize> = if key.to.is_empty() {
        (0..table.columns.len()).filter(|&at| table.columns[at].primary).collect()
    } else {
        key.to.iter().filter_map(|column| table.position(column)).collect()
    };
    for (&at, &to) in key.columns.iter().zip(&to) {
        cells[at] = cells[to].clone();
    }
}
