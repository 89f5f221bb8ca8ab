//! Looking for markers in a live database.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use crate::catalog::{Catalog, columns};
use crate::set::{Kind, Look, marker_sql};

/// Whether a marker holds; the history table is needed to read definitions as [`Catalog::read`] does.
pub fn look_holds(conn: &Connection, look: &Look, history_table: &str) -> rusqlite::Result<bool> {
    looks_hold(conn, &marker_sql(std::slice::from_ref(look)), std::iter::once(look), history_table)
}

/// Whether all markers hold; `sql` is their [`marker_sql`].
pub(crate) fn looks_hold<'a>(
    conn: &Connection,
    sql: &str,
    looks: impl Iterator<Item = &'a Look>,
    history_table: &str,
) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    if !row.get::<_, bool>(0)? {
        return Ok(false);
    }
    let definitions = looks.filter_map(|look| match look {
        Look::Definition { kind, name, definition } => Some((*kind, name, definition)),
        _ => None,
    });
    let mut catalog = None;
    for (column, (kind, name, definition)) in definitions.enumerate() {
        if row.get::<_, Option<String>>(column + 1)?.is_none() {
            return Ok(false);
        }
        let catalog = match &mut catalog {
            Some(catalog) => catalog,
            none => none.insert(Catalog::read(conn, history_table)?),
        };
        if catalog.get(kind, name).is_none_or(|entry| !entry.is_loosely(definition)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looking for one marker after another in a database whose schema has been read: each costs a look into that, or one row of
/// `sqlite_master`, so that many of them do not cost more than they have to.
pub(crate) struct Looking<'a> {
    conn: &'a Connection,
    catalog: &'a Catalog,
    /// The columns of the tables that were asked for, folded.
    columns: RefCell<HashMap<String, HashSet<String>>>,
}

impl<'a> Looking<'a> {
    pub(crate) fn new(conn: &'a Connection, catalog: &'a Catalog) -> Looking<'a> {
        Looking { conn, catalog, columns: RefCell::default() }
    }

    /// As [`look_holds`].
    pub(crate) fn holds(&self, look: &Look) -> rusqlite::Result<bool> {
        Ok(match look {
            Look::Object { kind, name, present } => *present == self.has(*kind, name)?,
            Look::Column { table, column, present } => *present == self.has_column(table, column)?,
            Look::Definition { kind, name, definition } => {
                self.catalog.get(*kind, name).is_some_and(|entry| entry.is_loosely(definition))
            }
        })
    }

    fn has(&self, kind: Kind, name: &str) -> rusqlite::Result<bool> {
        if self.catalog.get(kind, name).is_some() {
            return Ok(true);
        }
        // The catalog leaves out the history and what virtual tables keep for themselves.
        let sql = "SELECT EXISTS (SELECT 1 FROM main.sqlite_master WHERE type = ?1 AND name = ?2 COLLATE NOCASE)";
        self.conn.prepare_cached(sql)?.query_row(params![kind.word(), name], |row| row.get(0))
    }

    fn has_column(&self, table: &str, column: &str) -> rusqlite::Result<bool> {
        let column = column.to_ascii_lowercase();
        if let Some(columns) = self.columns.borrow().get(table) {
            return Ok(columns.contains(&column));
        }
        let columns: HashSet<String> =
            columns(self.conn, table)?.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        let has = columns.contains(&column);
        self.columns.borrow_mut().insert(table.to_owned(), columns);
        Ok(has)
    }
}
