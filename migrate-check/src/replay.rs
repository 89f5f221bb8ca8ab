//! The migrations, run: `base.sql`, then each in order, as the runtime would run them.

mod beyond;
mod known;
mod run;
mod state;
mod timeline;
mod violations;

use std::time::Duration;

use migrate_core::__private::{Catalog, Change, Digest, Object};
use migrate_source::Source;

pub(crate) use known::Known;
pub(crate) use run::{DoubleQuoted, Incident, Run};
pub(crate) use timeline::{Shape, Timeline};
pub(crate) use violations::Violation;
use violations::Violations;

use crate::cache::{Cache, Track, bytes};
use crate::scratch::{Mode, Scratch, is_plain};
use crate::scripts::{Scripts, Which};

/// What was found out by running the migrations, as far as they ran.
pub(crate) struct Replay {
    /// Each script that was begun, in order; down scripts directly after their migration.
    pub(crate) runs: Vec<Run>,
    /// What is wrong behind the first statement that did not run, whatever that one would have made.
    pub(crate) beyond: Vec<Run>,
    /// Position 0 is `base.sql`, or nothing; position k is after the k-th migration.
    pub(crate) positions: Vec<Position>,
    pub(crate) timeline: Timeline,
    /// Whether every migration ran to its end.
    pub(crate) complete: bool,
    /// The database after the last one that did, and its schema.
    pub(crate) scratch: Scratch,
    pub(crate) catalog: Catalog,
    pub(crate) downs: Vec<Down>,
    pub(crate) violations: Vec<Violation>,
    /// The position up to which nothing but the database is left of the scripts.
    pub(crate) smooth: usize,
}

/// The schema at a position.
pub(crate) struct Position {
    /// What differs from the position before.
    pub(crate) changes: Vec<Change>,
    pub(crate) fingerprint: Digest,
}

/// What a down script leaves.
pub(crate) struct Down {
    pub(crate) index: usize,
    pub(crate) differences: Vec<Difference>,
}

/// An object that a down script does not bring back as it was.
pub(crate) struct Difference {
    pub(crate) object: Object,
    /// Its SQL before the migration, if it was there.
    pub(crate) before: Option<String>,
    /// Its SQL after the down script, if it is there.
    pub(crate) after: Option<String>,
}

bytes!(struct Position { changes, fingerprint });
bytes!(struct Down { index, differences });
bytes!(struct Difference { object, before, after });

impl Replay {
    /// From the newest state that is known.
    pub(crate) fn of(source: &Source, scripts: &Scripts, limit: Duration, cache: &Cache) -> rusqlite::Result<Replay> {
        let is_usable = |position| scripts.can_go_on_from(position);
        let (mut replay, violations) =
            match cache.resume(Track::Replay, is_usable, |bytes| state::read(source, limit, bytes)) {
                Some((_, state)) => state,
                None => (Replay::begin(source, limit)?, Violations::default()),
            };
        replay.complete = replay.all(source, scripts, violations, cache)?;
        if !replay.complete {
            replay.beyond = beyond::runs(&replay, source, scripts)?;
        }
        Ok(replay)
    }

    fn begin(source: &Source, limit: Duration) -> rusqlite::Result<Replay> {
        Ok(Replay {
            runs: Vec::new(),
            beyond: Vec::new(),
            positions: Vec::new(),
            timeline: Timeline::default(),
            complete: false,
            scratch: Scratch::open(&source.config, limit)?,
            catalog: Catalog::default(),
            downs: Vec::new(),
            violations: Vec::new(),
            smooth: 0,
        })
    }

    /// Runs what has not been run, up to what does not run; `false` if there is such a thing.
    fn all(
        &mut self,
        source: &Source,
        scripts: &Scripts,
        mut violations: Violations,
        cache: &Cache,
    ) -> rusqlite::Result<bool> {
        if self.positions.is_empty() {
            if let Some(base) = &scripts.base {
                let run = Run::of(&self.scratch, Which::Base, base, Mode::DEFAULT)?;
                if !self.push(run) {
                    return Ok(false);
                }
            }
            self.arrive(None)?;
            self.violations.extend(violations.new_ones(&self.scratch, Which::Base)?);
        }
        let mut smooth = scripts.base.as_ref().is_none_or(is_plain) && self.runs.iter().all(Run::is_smooth);
        for (index, migration) in source.migrations.iter().enumerate().skip(self.positions.len() - 1) {
            let begun = self.runs.len();
            let directives = &migration.directives;
            let mode = Mode {
                transaction: directives.no_transaction.is_none(),
                foreign_keys: directives.foreign_keys_on.is_some(),
            };
            let version = self.scratch.schema_version()?;
            let run = Run::of(&self.scratch, Which::Up(index), &scripts.up[index], mode)?;
            if !self.push(run) {
                return Ok(false);
            }
            let before = self.arrive(Some(version))?;
            self.violations.extend(violations.new_ones(&self.scratch, Which::Up(index))?);
            if mode.transaction && scripts.down[index].is_some() {
                self.down(index, scripts, before)?;
            }
            smooth &= scripts.is_plain(index) && self.runs[begun..].iter().all(Run::is_smooth);
            if smooth {
                self.smooth = index + 1;
                cache.keep(Track::Replay, index + 1, || self.state(&violations));
            }
        }
        Ok(true)
    }

    fn push(&mut self, run: Run) -> bool {
        let completed = run.completed;
        self.runs.push(run);
        completed
    }

    /// Notes the schema at the next position, unless it is known to be that of the one before, and returns that one's.
    fn arrive(&mut self, version_before: Option<i64>) -> rusqlite::Result<Option<Catalog>> {
        let position = self.positions.len();
        if let (Some(version), Some(last)) = (version_before, self.positions.last())
            && version == self.scratch.schema_version()?
        {
            let fingerprint = last.fingerprint;
            self.positions.push(Position { changes: Vec::new(), fingerprint });
            return Ok(None);
        }
        let after = self.scratch.catalog(&self.catalog)?;
        let changes = self.catalog.changes_to(&after);
        for change in &changes {
            let entry = after.get(change.object.kind, &change.object.name);
            self.timeline.record(position, change, entry, || self.scratch.columns(&change.object.name));
        }
        let fingerprint = match self.positions.last() {
            Some(last) if changes.is_empty() => last.fingerprint,
            _ => after.fingerprint(),
        };
        self.positions.push(Position { changes, fingerprint });
        Ok(Some(std::mem::replace(&mut self.catalog, after)))
    }

    /// Runs a down script and takes it back.
    fn down(&mut self, index: usize, scripts: &Scripts, before: Option<Catalog>) -> rusqlite::Result<()> {
        let Some(script) = &scripts.down[index] else { return Ok(()) };
        self.scratch.begin(Mode::DEFAULT)?;
        let mut run = Run::new(Which::Down(index));
        run.statements(&self.scratch, script, Mode::DEFAULT);
        if run.completed {
            let after = self.scratch.catalog(&self.catalog)?;
            let before = before.as_ref().unwrap_or(&self.catalog);
            let difference = |change: Change| {
                let sql = |catalog: &Catalog| {
                    catalog.get(change.object.kind, &change.object.name).map(|entry| entry.sql.clone())
                };
                Difference { before: sql(before), after: sql(&after), object: change.object }
            };
            let differences = before.changes_to(&after).into_iter().map(difference).collect();
            self.downs.push(Down { index, differences });
        }
        self.runs.push(run);
        self.scratch.rollback()
    }

    /// The newest position at which the schema changed; `None` where no migration changes it.
    pub(crate) fn newest_change(&self) -> Option<usize> {
        (1..self.positions.len()).rev().find(|&position| !self.positions[position].changes.is_empty())
    }
}
