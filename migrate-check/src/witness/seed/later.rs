//! What is written into rows that are there already.

use migrate_sql::quote;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::parents::{parent, parents};
use super::row::{Row, without_triggers};
use super::{Seeds, covered};
use crate::witness::table::Table;
use crate::witness::value::{candidates, fits, sentinel};

impl Seeds {
    /// Columns that were added hold what the migration gave them; one row keeps that, the others get a value.
    pub(super) fn fill_new_columns(
        &mut self,
        conn: &Connection,
        before: &Table,
        table: &Table,
    ) -> rusqlite::Result<()> {
        for (at, column) in table.columns.iter().enumerate() {
            if column.generated || column.primary || before.position(&column.name).is_some() {
                continue;
            }
            let identity = if table.without_rowid {
                table.columns.iter().find(|column| column.primary).map_or("1".to_owned(), |column| quote(&column.name))
            } else {
                "rowid".to_owned()
            };
            let name = table.quoted();
            let condition = if covered(table, at) {
                format!("{identity} = (SELECT max({identity}) FROM {name})")
            } else {
                format!("{identity} > (SELECT min({identity}) FROM {name})")
            };
            let sql = format!("UPDATE {name} SET {} = ?1 WHERE {condition}", quote(&column.name));
            let number = self.numbers.next();
            let mut values = Vec::new();
            match table.key_of(at) {
                Some(key) => {
                    let part = key.columns.iter().position(|&part| part == at).unwrap_or(0);
                    values
                        .extend(parent(conn, table, key, Row::Full, 0).and_then(|values| values.into_iter().nth(part)));
                }
                None => values.push(sentinel(column, number)),
            }
            for check in table.checks.iter().filter(|check| check.columns.contains(&at)) {
                values.extend(candidates(&check.expression, number));
            }
            values.retain(|value| !matches!(value, Value::Null) && (!table.strict || fits(column, value)));
            for value in values.into_iter().take(60) {
                let update = || conn.prepare_cached(&sql)?.execute([&value]).map(drop);
                match update() {
                    Ok(()) => break,
                    Err(error) if error.to_string().contains("CHECK") => {}
                    Err(_) => {
                        if without_triggers(conn, || update().map_err(|error| error.to_string())).is_ok() {
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Keys of tables that refer to each other in a circle point nowhere yet.
    pub(super) fn close_circles(&mut self, conn: &Connection, name: &str, later: &[String]) -> rusqlite::Result<()> {
        let Some(table) = self.tables.get(name) else { return Ok(()) };
        for key in &table.keys {
            let parent = key.parent.to_ascii_lowercase();
            if !later.contains(&parent) || key.columns.iter().any(|&at| covered(table, at)) {
                continue;
            }
            let found = parents(conn, table, key);
            let Some(values) = found.get(1).or(found.first()) else { continue };
            for (&at, value) in key.columns.iter().zip(values) {
                let column = quote(&table.columns[at].name);
                let sql = format!("UPDATE {} SET {column} = ?1 WHERE {column} IS NOT NULL", table.quoted());
                let update = || conn.prepare_cached(&sql)?.execute([value]).map(drop);
                // Where a trigger refuses this, the key stays open.
                let _ = without_triggers(conn, || update().map_err(|error| error.to_string()));
            }
        }
        Ok(())
    }
}
