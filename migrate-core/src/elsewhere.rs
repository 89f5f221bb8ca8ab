//! For a runtime whose database is elsewhere: it decides here, on a copy of the schema and the history in memory, and acts there.

use std::time::Duration;

use rusqlite::Connection;

use crate::decide::Start;
use crate::error::Error;
use crate::expected::Comparison;
use crate::history::Origin;
use crate::migrations::Migrations;
use crate::migrator::Migrator;
use crate::other;
use crate::plan::Plan;
use crate::policy::DriftPolicy;
use crate::repair::Repair;
use crate::report::{EntryKind, Report};
use crate::run::{Done, Recorded};
use crate::version::{Target, Version};

/// What there is to do.
#[derive(Debug)]
pub struct Look<V> {
    /// As [`Migrator::plan`] has it.
    pub plan: Plan<V>,
    /// The position before the run.
    pub at: usize,
    /// How messages name it.
    pub at_name: String,
    /// The position that is wanted.
    pub target: usize,
    start: Start,
}

/// What became of one migration.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields of an entry of the report")]
pub struct Ran {
    pub index: usize,
    pub origin: Origin,
    pub kind: EntryKind,
    pub duration: Duration,
}

/// What a run elsewhere did, as far as it is not in its [`Look`].
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the parts of the report")]
pub struct Outcome {
    pub reached: Option<usize>,
    pub entries: Vec<Ran>,
    pub drift: Comparison,
    pub drift_before: Comparison,
    pub removed: Vec<String>,
    pub elapsed: Duration,
    pub dry: bool,
    pub untried: Option<String>,
}

impl<V: Version> Look<V> {
    /// Decides, or refuses, as [`Migrator::plan`] does; what the connection itself must have is not asked.
    pub fn of(migrator: &Migrator<'_, V>, copy: &Connection) -> Result<Look<V>, Error> {
        let run = migrator.prepare(copy)?;
        let decision = run.look()?;
        if decision.actions.is_empty() {
            run.judge(&decision)?;
        } else {
            run.judge_start(&decision, &mut Done::nothing(decision.at))?;
        }
        Ok(Look {
            plan: Plan::new(run.set, &decision, run.wanted.target, None),
            at: decision.at,
            at_name: run.start_name(decision.start, decision.at),
            target: run.wanted.target,
            start: decision.start,
        })
    }

    /// The report of a run that began with this.
    #[must_use]
    pub fn report(&self, migrations: &Migrations<V>, outcome: Outcome) -> Report<V> {
        let Outcome { reached, entries, drift, drift_before, removed, elapsed, dry, untried } = outcome;
        let recorded = |ran: Ran| {
            let Ran { index, origin, kind, duration } = ran;
            Recorded { index, origin, kind, duration }
        };
        let done = Done {
            start: (!self.plan.steps().is_empty()).then_some(self.start),
            from: self.at,
            entries: entries.into_iter().map(recorded).collect(),
            drift,
            drift_before,
            removed,
            elapsed,
            reached,
            untried,
            ..Done::nothing(self.at)
        };
        Report::new(&migrations.set, done, dry)
    }
}

/// What a migrator was told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a, V> {
    /// Its list.
    pub migrations: &'a Migrations<V>,
    /// The position that is wanted.
    pub target: usize,
    /// How long others are waited for.
    pub lock_timeout: Duration,
    /// What becomes of a schema that drifted.
    pub drift: DriftPolicy,
    /// Whether each migration is committed by itself.
    pub each: bool,
}

/// What a migrator was told; its connection's are of no use elsewhere.
pub fn told<'a, V: Version>(migrator: &Migrator<'a, V>) -> Result<Told<'a, V>, Error> {
    let wanted = migrator.wanted(migrator.target)?;
    let Migrator { migrations, lock_timeout, drift, .. } = *migrator;
    Ok(Told { migrations, target: wanted.target, lock_timeout, drift, each: wanted.each })
}

/// Runs everything on the copy, for what it says of the schema; without a word in the log.
pub fn rehearse<V: Version>(migrator: &Migrator<'_, V>, copy: &Connection) -> Result<Report<V>, Error> {
    let done = migrator.prepare(copy)?.run()?;
    Ok(Report::new(&migrator.migrations.set, done, false))
}

/// As [`Migrator::adopt_at`]; without a word in the log.
pub fn adopt_at<V: Version>(
    migrator: &Migrator<'_, V>,
    copy: &Connection,
    target: Target<V>,
) -> Result<Report<V>, Error> {
    let done = migrator.with(copy, migrator.wanted(target)?).adopt_at()?;
    Ok(Report::new(&migrator.migrations.set, done, false))
}

/// As [`Migrator::accept_edit`]; without a word in the log.
pub fn accept_edit<V: Version>(migrator: &Migrator<'_, V>, copy: &Connection, version: V) -> Result<(), Error> {
    migrator.wanted(Target::At(version))?;
    migrator.prepare(copy)?.repair(Repair::Accept(version.index()))
}

/// As [`Migrator::forget`]; without a word in the log.
pub fn forget<V: Version>(migrator: &Migrator<'_, V>, copy: &Connection, name: &str) -> Result<(), Error> {
    migrator.prepare(copy)?.repair(Repair::Forget(name))
}

/// The tables that other tools keep their histories in: rows of these have to be in the copy too.
pub fn other_tables() -> impl Iterator<Item = &'static str> {
    let mut tables: Vec<&'static str> = other::tables().collect();
    tables.dedup();
    tables.into_iter()
}

/// The report of a run that found nothing to do.
#[must_use]
pub fn current<V: Version>(migrations: &Migrations<V>, at: usize, elapsed: Duration) -> Report<V> {
    Report::new(&migrations.set, Done { elapsed, ..Done::nothing(at) }, false)
}
