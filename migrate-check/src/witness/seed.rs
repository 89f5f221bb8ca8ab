//! Rows for every table, put in before the migrations that follow run.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::__private::{Change, Kind};
use migrate_sql::quote;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::satisfy::satisfy;
use super::table::{ForeignKey, Table};
use super::value::{Numbers, candidates, fits, sentinel};
use crate::scratch::Scratch;

/// A table that no row could be put into.
pub(crate) struct Unseeded {
    /// The migration before which it was tried.
    pub(crate) index: usize,
    pub(crate) table: String,
    pub(crate) reason: String,
}

/// The tables, and what was put into them.
pub(crate) struct Seeds {
    tables: BTreeMap<String, Table>,
    numbers: Numbers,
    /// Tables whose rows break a CHECK of theirs, because no value was found that does not.
    pub(crate) doubtful: BTreeSet<String>,
    pub(crate) unseeded: Vec<Unseeded>,
    /// Tables that a witness script of the author writes to.
    supplied: BTreeSet<String>,
}

/// Which row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// NULL wherever that is allowed.
    Minimal,
    /// A value in every column.
    Full,
}

/// What goes into a column: `None` leaves it to its default.
type Cells = Vec<Option<Value>>;

impl Seeds {
    pub(crate) fn new() -> Seeds {
        Seeds {
            tables: BTreeMap::new(),
            numbers: Numbers::new(),
            doubtful: BTreeSet::new(),
            unseeded: Vec::new(),
            supplied: BTreeSet::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Table> {
        self.tables.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// Takes note of what the migration before has changed, and fills what is new or empty.
    pub(crate) fn refresh(
        &mut self,
        scratch: &Scratch,
        index: usize,
        changes: &[Change],
        emptied: &[String],
        supplied: &BTreeSet<String>,
    ) -> rusqlite::Result<()> {
        self.supplied.extend(supplied.iter().cloned());
        let conn = scratch.conn();
        let (mut empty, mut grown) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        // Tables come before the indexes that hang on them.
        for change in changes.iter().filter(|change| matches!(change.object.kind, Kind::Table | Kind::Index)) {
            let name = change.object.table.to_ascii_lowercase();
            if !seen.insert(name.clone()) {
                continue;
            }
            let before = self.tables.remove(&name);
            let is_table = change.object.kind == Kind::Table;
            match Table::read(conn, &change.object.table)? {
                Some(table) => {
                    match before {
                        Some(before) if is_table => grown.push((before, name.clone())),
                        Some(_) => {}
                        None => empty.push(name.clone()),
                    }
                    self.tables.insert(name, table);
                }
                None if change.after.is_some() && is_table => search_row(conn, &change.object.name),
                None => {}
            }
        }
        empty.extend(emptied.iter().map(|name| name.to_ascii_lowercase()));
        for (before, name) in grown {
            let Some(table) = self.tables.get(&name).cloned() else { continue };
            if count(conn, &table)? == 0 {
                empty.push(name);
            } else {
                self.fill_new_columns(conn, &before, &table)?;
            }
        }
        let mut pending: BTreeSet<String> = empty.into_iter().collect();
        let batch: Vec<String> = pending.iter().filter(|name| self.tables.contains_key(*name)).cloned().collect();
        let mut seeded = Vec::new();
        for name in &batch {
            self.seed(conn, index, name, &mut pending, &mut seeded)?;
        }
        for (at, name) in seeded.iter().enumerate() {
            self.close_circles(conn, name, &seeded[at + 1..])?;
        }
        Ok(())
    }

    /// Seeds a table, its parents first, and notes the order.
    fn seed(
        &mut self,
        conn: &Connection,
        index: usize,
        name: &str,
        pending: &mut BTreeSet<String>,
        seeded: &mut Vec<String>,
    ) -> rusqlite::Result<()> {
        if !pending.remove(name) {
            return Ok(());
        }
        let Some(table) = self.tables.get(name).cloned() else { return Ok(()) };
        for key in &table.keys {
            self.seed(conn, index, &key.parent.to_ascii_lowercase(), pending, seeded)?;
        }
        seeded.push(name.to_owned());
        // A trigger of another table may have put rows here.
        let before = count(conn, &table)?;
        let minimal = self.cells(conn, &table, Row::Minimal);
        let first = self.put(conn, &table, minimal);
        let full = self.cells(conn, &table, Row::Full);
        let second = self.put(conn, &table, full);
        if let Ok(full) = &second {
            let twin = self.twin(conn, &table, full);
            if self.put(conn, &table, twin).is_err() {
                let mut other = self.cells(conn, &table, Row::Full);
                for (at, cell) in other.iter_mut().enumerate() {
                    if self.tables.get(name).is_some_and(|table| table.key_of(at).is_some()) {
                        cell.clone_from(&full[at]);
                    }
                }
                // A table that holds one row only, or two: then that is how it is.
                let _ = self.put(conn, &table, other);
            }
        }
        // Of NULLs a unique key holds many: what fills them in must not make them equal.
        let mut columns = table.columns.iter().enumerate();
        if columns.any(|(at, column)| covered(&table, at) && !column.not_null && !column.primary) {
            let bare = self.cells(conn, &table, Row::Minimal);
            let _ = self.put(conn, &table, bare);
        }
        let rows = count(conn, &table)?;
        if self.doubtful.contains(name) && !self.unseeded.iter().any(|other| other.table == table.name) {
            let reason = "no values were found that its CHECKs let pass".to_owned();
            self.unseeded.push(Unseeded { index, table: table.name.clone(), reason });
        } else if before == 0 && rows == 0 {
            let reason = first.err().or(second.err()).unwrap_or_else(|| "no row stays in it".to_owned());
            self.unseeded.push(Unseeded { index, table: table.name.clone(), reason });
        }
        Ok(())
    }

    fn cells(&mut self, conn: &Connection, table: &Table, row: Row) -> Cells {
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
    fn twin(&mut self, conn: &Connection, table: &Table, full: &Cells) -> Cells {
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
    fn put(&mut self, conn: &Connection, table: &Table, mut cells: Cells) -> Result<Cells, String> {
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

    /// Columns that were added hold what the migration gave them; one row keeps that, the others get a value.
    fn fill_new_columns(&mut self, conn: &Connection, before: &Table, table: &Table) -> rusqlite::Result<()> {
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
    fn close_circles(&mut self, conn: &Connection, name: &str, later: &[String]) -> rusqlite::Result<()> {
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

/// Whether a column is part of a key that no two rows may share.
fn covered(table: &Table, column: usize) -> bool {
    table.uniques.iter().any(|unique| unique.contains(&column))
}

pub(super) fn count(conn: &Connection, table: &Table) -> rusqlite::Result<i64> {
    conn.prepare_cached(&format!("SELECT count(*) FROM {}", table.quoted()))?.query_row([], |row| row.get(0))
}

/// A table of the full-text index that keeps its own text takes a row; one of another kind is left alone.
fn search_row(conn: &Connection, name: &str) {
    let sql = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?1";
    let text: Result<String, _> = conn.query_row(sql, [name], |row| row.get(0));
    let words = text.as_deref().map(crate::words::words).unwrap_or_default();
    let names = |word: &str| words.iter().any(|token| token.is_word(word));
    if names("fts5") && !names("content") && !names("contentless_delete") {
        let first = format!("SELECT name FROM pragma_table_xinfo({}) WHERE hidden = 0 LIMIT 1", quote(name));
        if let Ok(column) = conn.query_row(&first, [], |row| row.get::<_, String>(0)) {
            let sql = format!("INSERT INTO main.{}({}) VALUES ('witness')", quote(name), quote(&column));
            // What the module refuses is no business of the proof.
            let _ = conn.execute(&sql, []);
        }
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

fn without_triggers<T>(conn: &Connection, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let switch = |on| conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, on).map_err(|e| e.to_string());
    switch(false)?;
    let outcome = work();
    switch(true)?;
    outcome
}

/// The key values of the rows of a parent, the first few.
fn parents(conn: &Connection, table: &Table, key: &ForeignKey) -> Vec<Vec<Value>> {
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
fn parent(conn: &Connection, table: &Table, key: &ForeignKey, row: Row, nth: usize) -> Option<Vec<Value>> {
    let rows = parents(conn, table, key);
    let itself = key.parent.eq_ignore_ascii_case(&table.name);
    let before = table.keys[..nth].iter().filter(|other| other.parent.eq_ignore_ascii_case(&key.parent)).count();
    // A row that is its own ancestor would make a recursive query endless.
    let first = if row == Row::Minimal || itself { 0 } else { 1 };
    let count = rows.len();
    if count == 0 { None } else { rows.into_iter().nth((first + before) % count) }
}

/// The first row of a table that refers to itself, where it must.
fn self_reference(table: &Table, key: &ForeignKey, cells: &mut Cells) {
    let to: Vec<usize> = if key.to.is_empty() {
        (0..table.columns.len()).filter(|&at| table.columns[at].primary).collect()
    } else {
        key.to.iter().filter_map(|column| table.position(column)).collect()
    };
    for (&at, &to) in key.columns.iter().zip(&to) {
        cells[at] = cells[to].clone();
    }
}
