//! Rows for every table, put in before the migrations that follow run.

mod later;
mod parents;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::__private::{Change, Kind};
use rusqlite::Connection;

use row::Row;

use super::modules::Modules;
use super::table::Table;
use super::value::Numbers;
use crate::cache::bytes;
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
    /// Tables that are no ordinary ones.
    pub(crate) modules: Modules,
    numbers: Numbers,
    /// Tables whose rows break a CHECK of theirs, because no value was found that does not.
    pub(crate) doubtful: BTreeSet<String>,
    pub(crate) unseeded: Vec<Unseeded>,
    /// Tables that a witness script of the author writes to.
    supplied: BTreeSet<String>,
}

bytes!(struct Unseeded { index, table, reason });
bytes!(struct Seeds { tables, modules, numbers, doubtful, unseeded, supplied });

impl Seeds {
    pub(crate) fn new() -> Seeds {
        Seeds {
            tables: BTreeMap::new(),
            modules: Modules::default(),
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
                None if change.after.is_some() && is_table => {
                    if let Some(reason) = self.modules.note(conn, &change.object.name) {
                        let table = change.object.name.clone().into_owned();
                        self.unseeded.push(Unseeded { index, table, reason });
                    }
                }
                None => self.modules.forget(&change.object.name),
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
        if !seeded.is_empty() || !seen.is_empty() {
            self.modules.fill(conn, &mut self.numbers);
        }
        Ok(())
    }

    /// Puts more rows into a table until it has so many, if it takes them: the same ones each time, since none is to stay.
    pub(super) fn fill_up(&mut self, conn: &Connection, table: &Table, rows: i64) -> rusqlite::Result<()> {
        let (numbers, doubtful) = (self.numbers.clone(), self.doubtful.clone());
        for _ in count(conn, table)?..rows {
            let cells = self.cells(conn, table, Row::Full);
            let _ = self.put(conn, table, cells);
        }
        (self.numbers, self.doubtful) = (numbers, doubtful);
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
}

/// Whether a column is part of a key that no two rows may share.
fn covered(table: &Table, column: usize) -> bool {
    table.uniques.iter().any(|unique| unique.contains(&column))
}

pub(super) fn count(conn: &Connection, table: &Table) -> rusqlite::Result<i64> {
    conn.prepare_cached(&format!("SELECT count(*) FROM {}", table.quoted()))?.query_row([], |row| row.get(0))
}
