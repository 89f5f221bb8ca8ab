//! The migrations, run again on tables with rows in them: what fails on data, and what is lost on the way.
//!
//! Before each migration every table is given *witness rows*, whose values are like no other. What is true on empty
//! tables is another track's business; this one begins where that one came to an end without trouble.

mod breaking;
mod failure;
mod indexes;
mod loss;
mod modules;
mod query;
mod rows;
mod satisfy;
mod seed;
mod state;
mod table;
mod tighten;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use migrate_core::__private::Statement;
use migrate_source::Source;

pub(crate) use failure::Failure;
pub(crate) use indexes::Stale;
pub(crate) use loss::{Became, Cause, Loss, Lost};
use loss::{Snapshot, arrived, differs, judge};
pub(crate) use modules::Kind as ModuleKind;
use rows::Rows;
use seed::Seeds;
pub(crate) use seed::Unseeded;
pub(crate) use tighten::Tightened;

use crate::acts::{Said, Verb};
use crate::cache::{Cache, Track as Kept, bytes};
use crate::lineage::Lineage;
use crate::replay::{Replay, Run};
use crate::scratch::{Mode, Scratch, Touched, Trouble};
use crate::scripts::{Scripts, Which};
use crate::tightened::{Added, added};

/// What was found out by running the migrations on rows.
#[derive(Default)]
pub(crate) struct Witness {
    /// The author's witness scripts, in order.
    pub(crate) runs: Vec<Run>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) losses: Vec<Loss>,
    /// Keys of rows from before that point nowhere after a migration.
    pub(crate) orphans: Vec<Orphans>,
    /// Full-text indexes that do not hold what the texts say.
    pub(crate) stale: Vec<Stale>,
    /// Constraints of which nobody can tell whether the migration sees to the rows that break them.
    pub(crate) tightened: Vec<Tightened>,
    pub(crate) unseeded: Vec<Unseeded>,
    /// The migrations that change nothing, whatever is in the tables.
    pub(crate) idle: Vec<usize>,
    /// Whether a statement was out of time, also one that was only tried.
    pub(crate) late: bool,
}

bytes!(struct Orphans { index, child, parent, query, at });

/// Rows that refer to missing ones after a migration, and did not before.
pub(crate) struct Orphans {
    pub(crate) index: usize,
    pub(crate) child: String,
    pub(crate) parent: String,
    /// What finds such rows in a real database.
    pub(crate) query: Option<String>,
    /// Where the migration demands that they are, by statement and word.
    pub(crate) at: Option<(Statement, usize)>,
}

/// A run on its way.
struct Track<'a> {
    source: &'a Source,
    scripts: &'a Scripts,
    replay: &'a Replay,
    lineages: &'a [Lineage<'a>],
    limit: Duration,
    scratch: Scratch,
    seeds: Seeds,
    /// Tables that are to be filled again.
    emptied: Vec<String>,
    /// The constraints that the migration at hand adds, as far as nothing is known of them.
    asked: Vec<Added>,
    found: Witness,
}

/// A statement that did not run.
struct Broken {
    index: usize,
    statement: Statement,
    trouble: Trouble,
    /// What each statement up to this one had to do with.
    touched: Vec<Touched>,
}

impl Witness {
    pub(crate) fn of(
        source: &Source,
        scripts: &Scripts,
        replay: &Replay,
        lineages: &[Lineage<'_>],
        limit: Duration,
        cache: &Cache,
    ) -> rusqlite::Result<Witness> {
        let mut track = Track {
            source,
            scripts,
            replay,
            lineages,
            limit,
            scratch: Scratch::open(&source.config, limit)?,
            seeds: Seeds::new(),
            emptied: Vec::new(),
            asked: Vec::new(),
            found: Witness::default(),
        };
        track.all(cache)?;
        track.found.late |= track.scratch.was_late();
        track.found.unseeded = track.seeds.unseeded;
        Ok(track.found)
    }
}

impl Track<'_> {
    /// As far as the migrations run on empty tables, from the newest state that is known.
    fn all(&mut self, cache: &Cache) -> rusqlite::Result<()> {
        let Some(migrations) = self.replay.positions.len().checked_sub(1) else { return Ok(()) };
        let is_usable = |position| position <= migrations && self.scripts.can_go_on_from(position);
        let state = cache.resume(Kept::Witness, is_usable, |bytes| self.read(bytes));
        let begin = state.as_ref().map_or(0, |(position, _)| *position);
        match state {
            Some((_, state)) => (self.scratch, self.seeds, self.emptied, self.found) = state,
            None => {
                if let Some(base) = &self.scripts.base {
                    Run::of(&self.scratch, Which::Base, base, Mode::DEFAULT)?;
                }
            }
        }
        for index in begin..migrations {
            let emptied = std::mem::take(&mut self.emptied);
            let mut supplied = BTreeSet::new();
            if let Some(script) = &self.scripts.witness[index] {
                let run = Run::of(&self.scratch, Which::Witness(index), script, Mode::DEFAULT)?;
                supplied.clone_from(&run.written);
                self.found.runs.push(run);
            }
            self.seeds.refresh(&self.scratch, index, &self.replay.positions[index].changes, &emptied, &supplied)?;
            self.migration(index)?;
            let late = self.found.late || self.scratch.was_late();
            if index < self.replay.smooth && !late && self.found.runs.iter().all(Run::is_smooth) {
                cache.keep(Kept::Witness, index + 1, || self.state());
            }
        }
        Ok(())
    }

    fn migration(&mut self, index: usize) -> rusqlite::Result<()> {
        let mode = self.mode(index);
        if self.replay.positions[index + 1].changes.is_empty() {
            let idle = |said: &Said<'_>| matches!(said.verb(), Verb::Select | Verb::Create | Verb::Drop | Verb::Alter);
            if self.lineages[index].said.iter().all(idle) {
                self.found.idle.push(index);
            }
        }
        self.asked = added(&self.lineages[index], &self.replay.positions[index + 1].changes, &self.replay.timeline);
        let before = self.snapshot(index, mode);
        self.scratch.begin(mode)?;
        match self.run(index, mode) {
            Ok(touched) => self.finish(index, mode, &before, touched)?,
            Err(broken) => self.fails(index, mode, broken)?,
        }
        self.leave_open(index);
        Ok(())
    }

    fn mode(&self, index: usize) -> Mode {
        let directives = &self.source.migrations[index].directives;
        Mode { transaction: directives.no_transaction.is_none(), foreign_keys: directives.foreign_keys_on.is_some() }
    }

    /// The tables that the migration may change, as they are.
    fn snapshot(&self, index: usize, mode: Mode) -> Snapshot {
        let written = self.written(index);
        let watched = self.seeds.tables().filter(|table| {
            // What a key does when a table is dropped, the authorizer is not told.
            mode.foreign_keys || written.is_some_and(|written| written.contains(&table.name.to_ascii_lowercase()))
        });
        let conn = self.scratch.conn();
        let unsound = indexes::settle(conn);
        let read = |name: &str| Some((name.to_owned(), Rows::read(conn, name)?));
        let mut tables: BTreeMap<String, Rows> = watched.filter_map(|table| read(&table.name)).collect();
        let modules = self.seeds.modules.made_again(conn, &self.lineages[index]);
        tables.extend(modules.iter().filter(|module| module.has_rows()).filter_map(|module| read(&module.name)));
        Snapshot { tables, modules, unsound }
    }

    fn written(&self, index: usize) -> Option<&BTreeSet<String>> {
        let runs = &self.replay.runs;
        // Runs stand in order, with down scripts between them.
        let from = runs.partition_point(|run| match run.which {
            Which::Base => true,
            Which::Up(at) | Which::Down(at) | Which::Witness(at) => at < index,
            Which::Schema => false,
        });
        runs.get(from).filter(|run| run.which == Which::Up(index)).map(|run| &run.written)
    }

    /// Runs the statements in the transaction that was begun.
    fn run(&self, index: usize, mode: Mode) -> Result<Vec<Touched>, Broken> {
        self.run_with(index, mode, |_| {})
    }

    fn run_with(&self, index: usize, mode: Mode, mut after: impl FnMut(usize)) -> Result<Vec<Touched>, Broken> {
        let script = &self.scripts.up[index];
        let mut touched = Vec::with_capacity(script.statements.len());
        for (at, &statement) in script.statements.iter().enumerate() {
            let troubles = self.scratch.run(script, statement, mode);
            touched.push(self.scratch.touched());
            let fatal = |trouble: &Trouble| !matches!(trouble, Trouble::Refused(refusal) if refusal.can_go_on());
            if let Some(trouble) = troubles.into_iter().find(fatal) {
                return Err(Broken { index, statement, trouble, touched });
            }
            after(at);
        }
        Ok(touched)
    }

    /// Looks at what has become of the rows, and commits.
    fn finish(&mut self, index: usize, mode: Mode, before: &Snapshot, touched: Vec<Touched>) -> rusqlite::Result<()> {
        self.look_at_indexes(index, mode, &before.unsound)?;
        if differs(self.scratch.conn(), before) {
            let lineage = &self.lineages[index];
            let mut pending = judge(self.scratch.conn(), before, lineage, &touched);
            if mode.transaction && pending.iter().any(|loss| loss.at.is_none()) {
                self.scratch.rollback()?;
                self.scratch.begin(mode)?;
                let conn = self.scratch.conn();
                // It ran through a moment ago.
                let _ = self.run_with(index, mode, |at| arrived(conn, before, &mut pending, at));
            }
            let losses = pending.into_iter().filter_map(|loss| loss.finish(lineage));
            let count = self.found.losses.len();
            self.found.losses.extend(losses);
            if count == self.found.losses.len() {
                self.look_for_orphans(index, mode)?;
            }
            let fewer = before.tables.iter().filter(|(table, rows)| {
                Rows::read(self.scratch.conn(), table).is_some_and(|after| after.rows.len() < rows.rows.len())
            });
            let fewer: Vec<String> = fewer.map(|(table, _)| table.clone()).collect();
            self.emptied.extend(fewer);
        } else {
            self.look_for_orphans(index, mode)?;
        }
        if mode.transaction && !self.asked.is_empty() {
            self.scratch.rollback()?;
            self.ask(index, mode)?;
            self.scratch.begin(mode)?;
            let _ = self.run(index, mode);
        }
        match self.scratch.commit() {
            Ok(()) => Ok(()),
            Err(error) => {
                let (message, _) = migrate_core::__private::describe(&error);
                let Some(&statement) = self.scripts.up[index].statements.last() else { return Ok(()) };
                let message = format!("the commit after it fails: {message}");
                self.scratch.rollback()?;
                self.found.failures.push(Failure {
                    index,
                    statement,
                    message,
                    offset: None,
                    late: None,
                    sure: false,
                    row: None,
                    query: None,
                });
                self.start_again(index)
            }
        }
    }

    /// The check that the runtime makes before it commits.
    fn look_for_orphans(&mut self, index: usize, mode: Mode) -> rusqlite::Result<()> {
        let Some(written) = self.written(index).filter(|_| mode.transaction && !mode.foreign_keys) else {
            return Ok(());
        };
        let mut tables: BTreeSet<String> = written.clone();
        for table in self.seeds.tables() {
            if table.keys.iter().any(|key| written.contains(&key.parent.to_ascii_lowercase())) {
                tables.insert(table.name.to_ascii_lowercase());
            }
        }
        let after: Vec<(String, String, usize)> = tables.iter().flat_map(|table| self.orphans(table)).collect();
        if after.is_empty() {
            return Ok(());
        }
        self.scratch.rollback()?;
        let before: Vec<(String, String, usize)> = tables.iter().flat_map(|table| self.orphans(table)).collect();
        self.scratch.begin(mode)?;
        let _ = self.run(index, mode);
        for (child, parent, count) in after {
            let was = before.iter().find(|(c, p, _)| *c == child && *p == parent).map_or(0, |(_, _, count)| *count);
            let reported =
                self.replay.violations.iter().any(|violation| {
                    violation.which == Which::Up(index) && violation.child.eq_ignore_ascii_case(&child)
                });
            if count > was && !reported {
                self.found.orphans.push(Orphans { index, child, parent, query: None, at: None });
            }
        }
        Ok(())
    }

    /// The rows of a table that refer to missing ones: the table, the parent, how many.
    fn orphans(&self, table: &str) -> Vec<(String, String, usize)> {
        let read = || -> rusqlite::Result<Vec<(String, String, usize)>> {
            let sql = format!("PRAGMA main.foreign_key_check({})", migrate_sql::quote(table));
            let mut statement = self.scratch.conn().prepare(&sql)?;
            let mut rows = statement.query([])?;
            let mut found: Vec<(String, String, usize)> = Vec::new();
            while let Some(row) = rows.next()? {
                let (child, parent): (String, String) = (row.get(0)?, row.get(2)?);
                match found.iter_mut().find(|(_, other, _)| *other == parent) {
                    Some((_, _, count)) => *count += 1,
                    None => found.push((child, parent, 1)),
                }
            }
            Ok(found)
        };
        // A table that is gone, or a key that does not fit its parent.
        read().unwrap_or_default()
    }

    /// After a migration that runs on no rows at all, the next one gets new rows on a new database.
    fn start_again(&mut self, index: usize) -> rusqlite::Result<()> {
        self.found.late |= self.scratch.was_late();
        self.scratch = Scratch::open(&self.source.config, self.limit)?;
        if let Some(base) = &self.scripts.base {
            Run::of(&self.scratch, Which::Base, base, Mode::DEFAULT)?;
        }
        for earlier in 0..=index {
            Run::of(&self.scratch, Which::Up(earlier), &self.scripts.up[earlier], self.mode(earlier))?;
        }
        self.seeds.doubtful.clear();
        self.emptied = self.seeds.tables().map(|table| table.name.clone()).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
