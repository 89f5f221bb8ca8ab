//! Looking for markers in a live database.

use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::set::{Kind, Look};

/// The one statement that looks for all markers: a single row, whose first column says whether everything that can be
/// looked up by name is as it should be, and whose further columns are the SQL of the objects whose definition counts,
/// in the order of the markers.
#[must_use]
pub fn marker_sql(looks: &[Look]) -> String {
    let terms: Vec<String> = looks.iter().filter_map(by_name).collect();
    let mut sql = format!("SELECT {}", all_of(&terms));
    for look in looks {
        if let Look::Definition { kind, name, .. } = look {
            sql.push_str(&format!(
                ", (SELECT sql FROM main.sqlite_master WHERE type = '{}' AND name = {} COLLATE NOCASE)",
                kind.word(),
                text(name)
            ));
        }
    }
    sql
}

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

fn by_name(look: &Look) -> Option<String> {
    let (found, present) = match look {
        Look::Object { kind, name, present } => (object(*kind, name), present),
        Look::Column { table, column, present } => (
            format!(
                "EXISTS (SELECT 1 FROM pragma_table_xinfo({}, 'main') WHERE name = {} COLLATE NOCASE)",
                text(table),
                text(column)
            ),
            present,
        ),
        Look::Definition { .. } => return None,
    };
    Some(if *present { found } else { format!("NOT {found}") })
}

fn object(kind: Kind, name: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM main.sqlite_master WHERE type = '{}' AND name = {} COLLATE NOCASE)",
        kind.word(),
        text(name)
    )
}

/// A conjunction as a balanced tree: SQLite limits the depth of an expression to 1000.
fn all_of(terms: &[String]) -> String {
    match terms {
        [] => "1".to_owned(),
        [term] => term.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({} AND {})", all_of(left), all_of(right))
        }
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
