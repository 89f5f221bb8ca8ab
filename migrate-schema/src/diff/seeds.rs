//! Rows that the schema's text inserts: from those that there are to those that are to be.

use std::collections::BTreeMap;

use migrate_core::rusqlite::Connection;

use crate::names::ident;
use crate::rebuild::is_constant;
use crate::rows::{Rows, rowid};
use crate::schema::Table;

/// What is done to the rows of a table.
#[derive(Default)]
pub(super) struct Seeds {
    /// Statements, without semicolons.
    pub(super) statements: Vec<String>,
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
}

impl Seeds {
    /// `now` and `to` are the rows of one table.
    pub(super) fn of(conn: &Connection, table: &Table, now: Rows, to: Rows) -> Seeds {
        let seeds = Writer { conn, table, columns: &to.columns.clone() };
        match seeds.key().filter(|key| is_unique(key, &now) && is_unique(key, &to)) {
            Some(key) => seeds.by_key(&key, now, to),
            None => seeds.as_wholes(now, to),
        }
    }
}

struct Writer<'a> {
    conn: &'a Connection,
    table: &'a Table,
    columns: &'a [String],
}

type Row = Vec<String>;

fn is_unique(key: &[usize], rows: &Rows) -> bool {
    let mut keys: Vec<Row> = rows.values.iter().map(|row| pick(row, key)).collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    keys.len() == count
}

fn pick(row: &Row, at: &[usize]) -> Row {
    at.iter().map(|&at| row[at].clone()).collect()
}

impl Writer<'_> {
    /// Where the columns of the primary key are.
    fn key(&self) -> Option<Vec<usize>> {
        let keys = self.table.columns.iter().filter(|column| column.primary_key > 0);
        let at = keys.map(|column| self.columns.iter().position(|name| *name == column.name));
        at.collect::<Option<Vec<usize>>>().filter(|key| !key.is_empty())
    }

    fn by_key(&self, key: &[usize], now: Rows, to: Rows) -> Seeds {
        let mut seeds = Seeds::default();
        let mut old: BTreeMap<Row, Row> = now.values.into_iter().map(|row| (pick(&row, key), row)).collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for row in to.values {
            match old.remove(&pick(&row, key)) {
                None => added.push(row),
                Some(was) => {
                    let differs = (0..row.len()).filter(|&at| !self.is_same(&was[at], &row[at])).collect::<Vec<_>>();
                    changed.extend((!differs.is_empty()).then_some((row, differs)));
                }
            }
        }
        // What goes makes room for what comes.
        seeds.removed = old.len();
        seeds.statements.extend(old.values().map(|row| self.delete(row, key)));
        seeds.changed = changed.len();
        seeds.statements.extend(changed.iter().map(|(row, differs)| self.update(row, differs, key)));
        self.insert(added, &mut seeds);
        seeds
    }

    /// Rows without a key are there as often as they are, and are not changed.
    fn as_wholes(&self, now: Rows, to: Rows) -> Seeds {
        let mut seeds = Seeds::default();
        let mut added = to.values;
        let mut gone: BTreeMap<Row, usize> = BTreeMap::new();
        for row in now.values {
            let same = |other: &Row| row.iter().zip(other).all(|(one, two)| self.is_same(one, two));
            match added.iter().position(same) {
                Some(at) => drop(added.remove(at)),
                None => *gone.entry(row).or_default() += 1,
            }
        }
        let every: Vec<usize> = (0..self.columns.len()).collect();
        for (row, count) in gone {
            seeds.removed += count;
            let delete = self.delete(&row, &every);
            let limited = rowid(self.table).map(|rowid| {
                let (table, condition) = (ident(self.conn, &self.table.name), self.condition(&row, &every));
                format!(
                    "DELETE FROM {table} WHERE {rowid} IN (SELECT {rowid} FROM {table} WHERE {condition} LIMIT {count})"
                )
            });
            seeds.statements.push(limited.unwrap_or(delete));
        }
        self.insert(added, &mut seeds);
        seeds
    }

    fn insert(&self, added: Vec<Row>, seeds: &mut Seeds) {
        seeds.added = added.len();
        let mut rows = Rows { columns: self.columns.to_vec(), values: added };
        // A default that is the time stays one.
        for at in (0..self.columns.len()).rev() {
            let default = self.table.column(&self.columns[at]).and_then(|column| column.default.as_deref());
            let moves = default.is_some_and(|default| !is_constant(default));
            if moves && rows.columns.len() > 1 && rows.values.iter().all(|row| self.is_now(&row[at])) {
                rows.columns.remove(at);
                rows.values.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
        seeds.statements.extend(rows.insert(self.conn, &self.table.name));
    }

    fn delete(&self, row: &Row, key: &[usize]) -> String {
        format!("DELETE FROM {} WHERE {}", ident(self.conn, &self.table.name), self.condition(row, key))
    }

    fn update(&self, row: &Row, differs: &[usize], key: &[usize]) -> String {
        let set = |&at: &usize| format!("{} = {}", ident(self.conn, &self.columns[at]), row[at]);
        let set: Vec<String> = differs.iter().map(set).collect();
        let (table, condition) = (ident(self.conn, &self.table.name), self.condition(row, key));
        format!("UPDATE {table} SET {} WHERE {condition}", set.join(", "))
    }

    fn condition(&self, row: &Row, at: &[usize]) -> String {
        let is = |value: &str| if value == "NULL" { "IS" } else { "=" };
        let each = |&at: &usize| format!("{} {} {}", ident(self.conn, &self.columns[at]), is(&row[at]), row[at]);
        at.iter().map(each).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether two values are equal, or both the time at which they were written, as the proof sees it.
    fn is_same(&self, one: &str, two: &str) -> bool {
        one == two || (self.is_now(one) && self.is_now(two))
    }

    fn is_now(&self, value: &str) -> bool {
        let sql = format!(
            "SELECT CASE typeof(v) WHEN 'text' THEN v GLOB '[0-9][0-9][0-9][0-9]-*' AND (v = date('now') OR \
             abs(unixepoch(v) - unixepoch('now')) <= 600) WHEN 'integer' THEN min(abs(v - unixepoch('now')), \
             abs(v / 1000 - unixepoch('now'))) <= 600 WHEN 'real' THEN min(abs(v - unixepoch('now')), \
             abs(v - julianday('now')) * 86400) <= 600 END FROM (SELECT {value} AS v)"
        );
        let answer = self.conn.query_row(&sql, [], |row| row.get::<_, Option<bool>>(0));
        answer.ok().flatten().unwrap_or(false)
    }
}
