//! One row: its values, and its way into the table.

use migrate_sql::quote;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::parents::{parent, parents, self_reference};
use super::{Seeds, covered};
use crate::witness::satisfy::satisfy;
use crate::witness::table::Table;
use crate::witness::value::sentinel;

/// Which row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// NULL wherever that is allowed.
    Minimal,
    /// A value in every column.
    Full,
}

/// What goes into a column: `None` leaves it to its default.
pub(super) type Cells = Vec<Option<Value>>;

impl Seeds {
    pub(super) fn cells(&mut self, conn: &Connection, table: &Table, row: Row) -> Cells {
        let mut cells: Cells = Vec::with_capacity(table.columns.len());
        for (at, column) in table.columns.iter().enumerate() {
            let value = match row {
                Row::Minimal if column.generated => None,
                Row::Minimal if column.default.is_some() && column.not_null && !covered(table, at) => None,
                Row::Minimal if !column.not_null && !column.primary => Some(Value::Null),
                Row::Minimal | Row::Full if column.generated => None,
                Row::Minimal | Row::Full => Some(sentinel(column, self.numbers.next())),
            };
            cells.push(value);
        }
        for (nth, key) in table.keys.iter().enumerate() {
            let wanted = key.columns.iter().any(|&at| !matches!(cells[at], None | Some(Value::Null)));
            if wanted && let Some(values) = parent(conn, table, key, row, nth) {
                for (&at, value) in key.columns.iter().zip(values) {
                    cells[at] = Some(value);
                }
            } else if wanted && key.parent.eq_ignore_ascii_case(&table.name) {
                self_reference(table, key, &mut cells);
            }
        }
        cells
    }

    /// The full row again, with another value in one column of each key that no two rows may share.
    pub(super) fn twin(&mut self, conn: &Connection, table: &Table, full: &Cells) -> Cells {
        let mut twin = full.clone();
        for unique in &table.uniques {
            let same = unique.iter().all(|&at| twin[at] == full[at] && !matches!(twin[at], Some(Value::Null)));
            let free = |at: &usize| !table.columns[*at].generated && table.key_of(*at).is_none();
            let Some(&at) = unique.iter().rev().find(|at| free(at)).or(unique.last()) else { continue };
            if !same || table.columns[at].generated {
                continue;
            }
            match table.key_of(at) {
                None => twin[at] = Some(sentinel(&table.columns[at], self.numbers.next())),
                Some(key) => {
                    let other = parents(conn, table, key).into_iter().find(|values| {
                        key.columns.iter().zip(values).any(|(&at, value)| full[at].as_ref() != Some(value))
                            && key.columns.iter().zip(values).all(|(_, value)| *value != Value::Null)
                    });
                    for (&at, value) in key.columns.iter().zip(other.into_iter().flatten()) {
                        twin[at] = Some(value);
                    }
                }
            }
        }
        twin
    }

    /// Inserts a row, with whatever it takes; what went in, or SQLite's last word.
    pub(super) fn put(&mut self, conn: &Connection, table: &Table, mut cells: Cells) -> Result<Cells, String> {
        let mut error = match insert(conn, table, &cells) {
            Ok(()) => return Ok(cells),
            Err(error) => error,
        };
        if error.contains("CHECK constraint failed") {
            satisfy(conn, table, &mut cells, &mut self.numbers);
            error = match insert(conn, table, &cells) {
                Ok(()) => return Ok(cells),
                Err(error) => error,
            };
        }
        // Where the author has written better rows, none are forced in.
        if error.contains("CHECK constraint failed") && !self.supplied.contains(&table.name.to_ascii_lowercase()) {
            let _ = conn.pragma_update(None, "ignore_check_constraints", true);
            let outcome = insert(conn, table, &cells);
            let _ = conn.pragma_update(None, "ignore_check_constraints", false);
            if outcome.is_ok() {
                self.doubtful.insert(table.name.to_ascii_lowercase());
                return Ok(cells);
            }
        }
        if error.starts_with("UNIQUE constraint failed") || error.starts_with("NOT NULL constraint failed") {
            return Err(error);
        }
        without_triggers(conn, || insert(conn, table, &cells)).map(|()| cells)
    }
}

fn insert(conn: &Connection, table: &Table, cells: &Cells) -> Result<(), String> {
    let given: Vec<usize> = (0..cells.len()).filter(|&at| cells[at].is_some()).collect();
    let sql = if given.is_empty() {
        format!("INSERT INTO {} DEFAULT VALUES", table.quoted())
    } else {
        let names: Vec<String> = given.iter().map(|&at| quote(&table.columns[at].name)).collect();
        let marks = vec!["?"; given.len()].join(", ");
        format!("INSERT INTO {}({}) VALUES ({marks})", table.quoted(), names.join(", "))
    };
    let run = || conn.prepare_cached(&sql)?.execute(params_from_iter(cells.iter().flatten())).map(drop);
    run().map_err(|error| migrate_core::__private::describe(&error).0)
}

/// Does something with triggers out of the way.
pub(super) fn without_triggers<T>(conn: &Connection, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let switch = |on| conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, on).map_err(|e| e.to_string());
    switch(false)?;
    let outcome = work();
    switch(true)?;
    outcome
}
