//! Full-text indexes of texts that are elsewhere: whether they hold what the texts say.
//!
//! Nobody but the author keeps them in step: a new index over a table with rows is empty, and what a migration does to
//! the texts reaches the index by triggers only. SQLite notices when a row is deleted whose words the index does not have.

use migrate_core::__private::Statement;
use migrate_sql::quote;
use rusqlite::{Connection, ErrorCode};

use super::Track;
use super::modules::made_with;
use crate::acts::Act;
use crate::cache::bytes;
use crate::scratch::Mode;

/// An index that agreed with its texts before a migration, or was not there, and does not agree after it.
pub(crate) struct Stale {
    pub(crate) index: usize,
    /// What makes the index, or brings it out of step.
    pub(crate) statement: Statement,
    pub(crate) table: String,
    /// The table of the texts.
    pub(crate) content: String,
    /// Whether the migration makes the index.
    pub(crate) made: bool,
}

bytes!(struct Stale { index, statement, table, content, made });

/// A full-text index of the texts of another table.
struct Index {
    name: String,
    content: String,
    module: String,
}

/// Fills the indexes that are out of step, as the application would have; those that cannot be, by name.
pub(super) fn settle(conn: &Connection) -> Vec<String> {
    let rebuild = |index: &Index| {
        let name = quote(&index.name);
        // What the module refuses is no business of the proof.
        let _ = conn.execute(&format!("INSERT INTO main.{name}({name}) VALUES ('rebuild')"), []);
    };
    let indexes = all(conn).into_iter().filter(|index| index.agrees(conn) != Some(true));
    indexes.inspect(rebuild).filter(|index| index.agrees(conn) != Some(true)).map(|index| index.name).collect()
}

impl Track<'_> {
    /// Looks for indexes that the migration, which has just run, brings out of step.
    pub(super) fn look_at_indexes(&mut self, index: usize, mode: Mode, unsound: &[String]) -> rusqlite::Result<()> {
        let all = all(self.scratch.conn());
        let out_of_step = |index: &Index| {
            !unsound.iter().any(|name| name.eq_ignore_ascii_case(&index.name))
                && index.agrees(self.scratch.conn()) == Some(false)
        };
        let stale: Vec<Index> = all.into_iter().filter(out_of_step).collect();
        for stale in stale {
            let said = &self.lineages[index].said;
            let make =
                said.iter().rposition(|said| matches!(&said.act, Act::Create { name, .. } if name.is(&stale.name)));
            let at = match make {
                Some(at) => Some(at),
                None if mode.transaction => self.turn(index, mode, &stale)?,
                None => None,
            };
            let about = || said.iter().rposition(|said| said.names_after(0, &stale.content));
            let Some(at) = at.or_else(about).or(said.len().checked_sub(1)) else { continue };
            let statement = *said[at].statement;
            let Index { name: table, content, .. } = stale;
            self.found.stale.push(Stale { index, statement, table, content, made: make.is_some() });
        }
        Ok(())
    }

    /// The statement that brings it out of step for good; the migration is run once more.
    fn turn(&self, index: usize, mode: Mode, stale: &Index) -> rusqlite::Result<Option<usize>> {
        self.scratch.rollback()?;
        self.scratch.begin(mode)?;
        let (mut agreed, mut turn) = (true, None);
        let conn = self.scratch.conn();
        // It ran through a moment ago.
        let _ = self.run_with(index, mode, |at| {
            // While a table is made anew, nobody can tell.
            let Some(agrees) = stale.agrees(conn) else { return };
            if agreed && !agrees {
                turn = Some(at);
            }
            agreed = agrees;
        });
        Ok(turn)
    }
}

fn all(conn: &Connection) -> Vec<Index> {
    let read = || -> rusqlite::Result<Vec<(String, String)>> {
        let sql = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL %'";
        conn.prepare_cached(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let index = |(name, sql): (String, String)| {
        let (module, content) = made_with(&sql)?;
        let content = content.filter(|content| !content.is_empty())?;
        ["fts4", "fts5"].contains(&module.as_str()).then_some(Index { name, content, module })
    };
    read().unwrap_or_default().into_iter().filter_map(index).collect()
}

impl Index {
    /// `None` where SQLite cannot tell: the texts are not there, or not all of their columns.
    fn agrees(&self, conn: &Connection) -> Option<bool> {
        let name = quote(&self.name);
        // FTS5 looks at texts that are elsewhere only when it is told to; FTS4 does anyway.
        let check = match self.module.as_str() {
            "fts5" => format!("INSERT INTO main.{name}({name}, rank) VALUES ('integrity-check', 1)"),
            _ => format!("INSERT INTO main.{name}({name}) VALUES ('integrity-check')"),
        };
        conn.execute_batch("SAVEPOINT looking").ok()?;
        let outcome = conn.execute(&check, []);
        conn.execute_batch("ROLLBACK TO looking; RELEASE looking").ok()?;
        match outcome {
            Ok(_) => Some(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => Some(false),
            Err(_) => None,
        }
    }
}
