//! What runs on empty tables and fails on rows: on any, or on some.

use std::time::Duration;

use migrate_core::__private::Statement;
use rusqlite::config::DbConfig;

use super::query::{Failed, query};
use super::rows::Rows;
use super::seed::count;
use super::table::Table;
use super::{Broken, Track};
use crate::acts::{Act, Filling, Said};
use crate::cache::bytes;
use crate::scratch::{Mode, Trouble};
use crate::words::mentions;

/// A statement that fails on rows.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) index: usize,
    pub(crate) statement: Statement,
    pub(crate) message: String,
    pub(crate) offset: Option<usize>,
    /// It came to no end in this time.
    pub(crate) late: Option<Duration>,
    /// Whether it fails whatever the rows hold.
    pub(crate) sure: bool,
    /// The table and the row that it fails over, where one alone is enough.
    pub(crate) row: Option<(String, String)>,
    /// What finds such rows in a real database.
    pub(crate) query: Option<String>,
}

bytes!(struct Failure { index, statement, message, offset, late, sure, row, query });

/// Which rows of the tables that have to do with a failure are left in place.
#[derive(Clone, Debug)]
enum Keep {
    /// In each the rows of these numbers, or the last.
    Only(Vec<usize>),
    /// All but these.
    Without(Vec<usize>),
    Nothing,
}

/// Tables that hold more rows than this, because migrations insert them, are not tried row by row.
const TRIED: usize = 8;

impl Track<'_> {
    /// Looks into a failure, reports it, and leaves the database after the migration, run on rows that it bears.
    pub(super) fn fails(&mut self, index: usize, mode: Mode, broken: Broken) -> rusqlite::Result<()> {
        let script = &self.scripts.up[index];
        let target = self.target(&broken);
        self.scratch.rollback()?;
        let (message, offset) = match &broken.trouble {
            Trouble::Failed { message, offset } => (message.clone(), *offset),
            Trouble::TooSlow(limit) => (format!("the statement did not end within {limit:?}"), None),
            Trouble::EndedTransaction => ("the statement ended the transaction that it was in".to_owned(), None),
            // The guard objects on empty tables too, and that has been reported.
            Trouble::Refused(_) => return self.start_again(index),
        };
        let late = if let Trouble::TooSlow(limit) = broken.trouble { Some(limit) } else { None };
        let said = Said::of(script, &broken.statement);
        let near = self.near(&broken);
        let mut failure =
            Failure { index, statement: broken.statement, message, offset, late, sure: false, row: None, query: None };
        let stubbed = self.source.config.functions.iter().any(|function| mentions(&script.sql, &function.name));
        let structural = !stubbed && is_structural(&said, &failure.message, &near);
        if !matches!(broken.trouble, Trouble::Failed { .. }) || !mode.transaction {
            failure.sure = structural;
            if failure.late.is_none() {
                let tables = near.iter().collect();
                let failed = Failed { said: &said, message: &failure.message, target: target.as_ref(), tables };
                failure.query = query(self.scratch.conn(), &failed);
            }
            self.found.failures.push(failure);
            return self.start_again(index);
        }
        let doubtful: Vec<Table> = near.iter().filter(|table| self.is_doubtful(table)).cloned().collect();
        if !doubtful.is_empty() && self.passes(index, mode, &doubtful, &Keep::Nothing)? {
            // Rows that break a CHECK of their own table say nothing about real ones.
            return self.go_on(index, mode, &doubtful, &Keep::Nothing);
        }

        let rows: i64 = near
            .iter()
            .map(|table| count(self.scratch.conn(), table))
            .try_fold(0, |most, count| Ok::<i64, rusqlite::Error>(most.max(count?)))?;
        let rows = usize::try_from(rows).unwrap_or(0).min(TRIED);
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for row in 0..rows {
            let passes = self.passes(index, mode, &near, &Keep::Only(vec![row]))?;
            if passes { good.push(row) } else { bad.push(row) }
        }
        failure.sure = structural && good.is_empty();
        let tables = near.iter().collect();
        let failed = Failed { said: &said, message: &failure.message, target: target.as_ref(), tables };
        failure.query = query(self.scratch.conn(), &failed);
        if let (Some(&row), Some(table)) = (bad.first(), near.first()) {
            let read = Rows::read(self.scratch.conn(), &table.name);
            failure.row = read.map(|rows| (table.name.clone(), rows.shown(row.min(rows.rows.len().saturating_sub(1)))));
        }
        self.found.failures.push(failure);

        let all_good = Keep::Without(bad);
        if !good.is_empty() && self.passes(index, mode, &near, &all_good)? {
            return self.go_on(index, mode, &near, &all_good);
        }
        let kept = self.bearable(index, mode, &near, good)?;
        let way = if kept.is_empty() { Keep::Nothing } else { Keep::Only(kept) };
        if self.passes(index, mode, &near, &way)? {
            self.go_on(index, mode, &near, &way)
        } else {
            self.start_again(index)
        }
    }

    /// As many rows as it bears together, of those that it bears one by one. Full rows show more than minimal ones.
    fn bearable(
        &mut self,
        index: usize,
        mode: Mode,
        near: &[Table],
        mut good: Vec<usize>,
    ) -> rusqlite::Result<Vec<usize>> {
        if good.first() == Some(&0) && good.len() > 1 {
            good.rotate_left(1);
        }
        let mut kept: Vec<usize> = Vec::new();
        for row in good {
            let more = [kept.clone(), vec![row]].concat();
            if more.len() == 1 || self.passes(index, mode, near, &Keep::Only(more.clone()))? {
                kept = more;
            }
        }
        Ok(kept)
    }

    /// The table that a statement writes, as it is at this moment.
    fn target(&self, broken: &Broken) -> Option<Table> {
        let said = Said::of(&self.scripts.up[broken.index], &broken.statement);
        Table::read(self.scratch.conn(), &said.table()?.text).ok()?
    }

    /// The tables from before that a failing statement reads or writes; else those of all statements up to it.
    fn near(&self, broken: &Broken) -> Vec<Table> {
        let there = |names: &[String]| -> Vec<Table> {
            let mut found: Vec<Table> = Vec::new();
            for table in names.iter().filter_map(|name| self.seeds.get(name)) {
                let filled = count(self.scratch.conn(), table).is_ok_and(|count| count > 0);
                if filled && !found.iter().any(|other| other.name == table.name) {
                    found.push(table.clone());
                }
            }
            found
        };
        let names = |touched: &crate::scratch::Touched| [touched.writes.clone(), touched.reads.clone()].concat();
        let own = broken.touched.last().map(|touched| there(&names(touched))).unwrap_or_default();
        if own.is_empty() { there(&broken.touched.iter().flat_map(names).collect::<Vec<_>>()) } else { own }
    }

    /// Whether the migration passes with these rows; nothing stays of it.
    fn passes(&mut self, index: usize, mode: Mode, tables: &[Table], keep: &Keep) -> rusqlite::Result<bool> {
        self.scratch.begin(mode)?;
        self.reduce(tables, keep)?;
        let passes = self.run(index, mode).is_ok();
        self.scratch.rollback()?;
        Ok(passes)
    }

    /// Runs the migration with these rows, for good; the tables are filled up again before the next.
    fn go_on(&mut self, index: usize, mode: Mode, tables: &[Table], keep: &Keep) -> rusqlite::Result<()> {
        self.scratch.begin(Mode { foreign_keys: false, ..mode })?;
        self.reduce(tables, keep)?;
        self.scratch.commit()?;
        self.emptied.extend(tables.iter().map(|table| table.name.clone()));
        let before = self.snapshot(index, mode);
        self.scratch.begin(mode)?;
        match self.run(index, mode) {
            Ok(touched) => self.finish(index, mode, &before, touched),
            Err(_) => {
                self.scratch.rollback()?;
                self.start_again(index)
            }
        }
    }

    /// Takes rows away, without triggers and foreign keys taking part.
    fn reduce(&self, tables: &[Table], keep: &Keep) -> rusqlite::Result<()> {
        let conn = self.scratch.conn();
        let keys = conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        for table in tables {
            let name = table.quoted();
            let key = if table.without_rowid {
                let primary = table.columns.iter().filter(|column| column.primary);
                primary.map(|column| migrate_sql::quote(&column.name)).collect::<Vec<_>>().join(", ")
            } else {
                "rowid".to_owned()
            };
            let last = usize::try_from(count(conn, table)?).unwrap_or(0).saturating_sub(1);
            let nth = |row: usize| {
                format!("({key}) IN (SELECT {key} FROM {name} ORDER BY {key} LIMIT 1 OFFSET {})", row.min(last))
            };
            let any = |rows: &[usize]| rows.iter().map(|&row| nth(row)).collect::<Vec<_>>().join(" OR ");
            let condition = match keep {
                Keep::Nothing => "1".to_owned(),
                Keep::Only(rows) => format!("NOT ({})", any(rows)),
                Keep::Without(rows) if rows.is_empty() => "0".to_owned(),
                Keep::Without(rows) => any(rows),
            };
            conn.execute(&format!("DELETE FROM {name} WHERE {condition}"), [])?;
        }
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, keys)?;
        Ok(())
    }

    fn is_doubtful(&self, table: &Table) -> bool {
        self.seeds.doubtful.contains(&table.name.to_ascii_lowercase())
    }
}

/// Whether a statement fails for what it is, and not for what the rows hold.
fn is_structural(said: &Said<'_>, message: &str, near: &[Table]) -> bool {
    if let Act::AddColumn { table, column } = &said.act {
        let table = near.iter().find(|other| table.is(&other.name));
        let others = table.map(|table| table.columns.as_slice()).unwrap_or_default();
        let after = &said.words[column.at + 1..];
        let depends = others.iter().any(|column| {
            after.iter().any(|word| {
                word.kind != migrate_sql::TokenKind::String
                    && word.name().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
            })
        });
        let refused = message.to_ascii_lowercase().starts_with("cannot add");
        return refused || (message.contains("constraint failed") && !depends);
    }
    let Some(name) = message.strip_prefix("NOT NULL constraint failed: ") else { return false };
    let column = name.rsplit('.').next().unwrap_or(name);
    let Some(copy) = said.copy() else { return false };
    let Some(columns) = &copy.columns else { return false };
    let at = columns.iter().position(|listed| listed.eq_ignore_ascii_case(column));
    let source = at.and_then(|at| copy.fillings.as_ref()?.get(at));
    at.is_none() || source == Some(&Filling::Null)
}
