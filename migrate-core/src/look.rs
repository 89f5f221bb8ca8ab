//! Looking for markers in a live database.

use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::set::{Look, marker_sql};

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
        if catalog.get(kind, name).is_none_or(|entry| entry.definition.loose != definition.loose) {
            return Ok(false);
        }
    }
    Ok(true)
}
