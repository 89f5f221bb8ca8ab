//! `up` and `down`.

use migrate_core::rusqlite::Connection;
use migrate_core::{BackupPolicy, DriftPolicy, Migrator, Outcome, Plan, PlanStep, Report, Target, Version};

use super::each::{After, Answer, each};
use super::progress::Bar;
use super::{Task, report, version};
use crate::args::{Backup, BackupWhen, Down, Drift, Options, Up};
use crate::database::{Access, Database, in_memory};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn up<V: Version>(task: &Task<'_, V>, verb: &Up, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let target = verb.towards.target(task)?;
    each((task, &verb.on, "up"), After::Stop, terminal, |database, terminal| {
        let way = Way {
            target,
            back: false,
            dry: verb.dry_run,
            rehearse: verb.rehearse,
            out_of_order: verb.order.out_of_order,
        };
        #[cfg(feature = "remote")]
        if let Database::Server(server) = database {
            return done(task, database, &on_server(task, way, &verb.options, server)?, terminal);
        }
        let was_there = database.exists();
        let conn = match (was_there, verb.dry_run) {
            (true, _) => database.open(Access::Write, task.prepare)?,
            // Nothing is made to be rolled back.
            (false, true) => in_memory(task.prepare)?,
            (false, false) => {
                // Refused before there is a file.
                refuse_steps(task, &task.migrations.migrator().target(target), &in_memory(task.prepare)?)?;
                database.open(Access::Create, task.prepare)?
            }
        };
        let report = go(task, way, &verb.options, conn, terminal).inspect_err(|_| {
            if !was_there && !verb.dry_run {
                database.remove_if_empty();
            }
        })?;
        done(task, database, &report, terminal)
    })
}

pub(super) fn down<V: Version>(task: &Task<'_, V>, verb: &Down, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let target = version::target(task.migrations, &verb.to)?;
    each((task, &verb.on, "down"), After::One, terminal, |database, terminal| {
        let way = Way { target, back: true, dry: verb.dry_run, rehearse: false, out_of_order: false };
        done(task, database, &go_on(task, way, &verb.options, database, terminal)?, terminal)
    })
}

/// A run on a database that is there.
pub(super) fn go_on<V: Version>(
    task: &Task<'_, V>,
    way: Way<V>,
    options: &Options,
    database: &Database,
    terminal: &Terminal<'_>,
) -> Result<Report<V>, Failure> {
    match database {
        #[cfg(feature = "remote")]
        Database::Server(server) => on_server(task, way, options, server),
        Database::File(_) => go(task, way, options, database.open(Access::Write, task.prepare)?, terminal),
    }
}

fn done<V: Version>(
    task: &Task<'_, V>,
    database: &Database,
    report: &Report<V>,
    terminal: &mut Terminal<'_>,
) -> Result<Answer, Failure> {
    report::show(database, report, task.migrations, terminal)?;
    Ok(Answer::new(Exit::Fine, report::value(report, task.migrations)))
}

/// Where a run goes, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<V> {
    pub(super) target: Target<V>,
    pub(super) back: bool,
    pub(super) dry: bool,
    pub(super) rehearse: bool,
    pub(super) out_of_order: bool,
}

/// A run, with what is shown while it lasts.
fn go<V: Version>(
    task: &Task<'_, V>,
    way: Way<V>,
    options: &Options,
    mut conn: Connection,
    terminal: &Terminal<'_>,
) -> Result<Report<V>, Failure> {
    let bar = Bar::new(terminal.watched && !terminal.json);
    let migrator = || {
        let migrator =
            task.migrations.migrator().target(way.target).allow_down(way.back).out_of_order(way.out_of_order);
        let migrator = migrator.backup(options.backup.policy()).lock_timeout(options.lock_timeout).observer(&bar);
        let migrator = migrator.drift(options.drift.policy());
        if bar.is_shown() { migrator.statement_progress(bar.meter()) } else { migrator }
    };
    refuse_steps(task, &migrator(), &conn)?;
    if way.back {
        refuse_up(&migrator(), &conn)?;
    }
    if way.rehearse {
        bar.rehearses();
        let rehearsal = migrator().dry_run(&mut conn)?;
        bar.rehearsed(rehearsal.untried().is_none());
    }
    let report = if way.dry { migrator().dry_run(&mut conn) } else { migrator().run(&mut conn) };
    bar.done();
    Ok(report?)
}

/// A run on a server: it has no observer, and no backups.
#[cfg(feature = "remote")]
fn on_server<V: Version>(
    task: &Task<'_, V>,
    way: Way<V>,
    options: &Options,
    server: &crate::database::Server,
) -> Result<Report<V>, Failure> {
    if options.backup.backup == BackupWhen::Always {
        return Err(Failure::usage(
            "a server makes its own backups; nothing was done\nhelp: leave `--backup always` out",
        ));
    }
    let migrator = task.migrations.migrator().target(way.target).allow_down(way.back).out_of_order(way.out_of_order);
    let migrator = migrator.lock_timeout(options.lock_timeout).drift(options.drift.policy());
    if way.back && !matches!(server.plan(&migrator)?.outcome(), Outcome::Reverted | Outcome::Current) {
        return Err(no_way_down());
    }
    if way.rehearse {
        server.run(&migrator, true)?;
    }
    server.run(&migrator, way.dry)
}

/// A Rust step is in the application, not here: to run its migration without it would be to record what did not happen.
pub(super) fn refuse_steps<V: Version>(
    task: &Task<'_, V>,
    migrator: &Migrator<'_, V>,
    conn: &Connection,
) -> Result<(), Failure> {
    if task.has_steps || task.migrations.set().migrations.iter().all(|migration| migration.step.is_none()) {
        return Ok(());
    }
    match stepped(task, &migrator.plan(conn)?) {
        Some(name) => Err(without_step(name)),
        None => Ok(()),
    }
}

pub(super) fn without_step(name: &str) -> Failure {
    Failure {
        kind: "rust-step",
        ..Failure::failed(format!(
            "`{name}` has a Rust step, which only the application can run; nothing was changed\nhelp: start the \
             application, or give it these verbs with `migrate_cli::run_with(&db::MIGRATIONS, …)`; or end before it, \
             with `--to`"
        ))
    }
}

/// The first migration of a plan whose Rust step would have to run, and is not here.
pub(super) fn stepped<'a, V: Version>(task: &Task<'_, V>, plan: &'a Plan<V>) -> Option<&'a str> {
    let step = |step: &'a PlanStep<V>| match step {
        PlanStep::Apply { name, step: true, .. } => Some(name.as_str()),
        _ => None,
    };
    plan.steps().iter().find_map(step).filter(|_| !task.has_steps)
}

/// `down` never goes up.
fn refuse_up<V: Version>(migrator: &Migrator<'_, V>, conn: &Connection) -> Result<(), Failure> {
    match migrator.plan(conn)?.outcome() {
        Outcome::Reverted | Outcome::Current => Ok(()),
        _ => Err(no_way_down()),
    }
}

fn no_way_down() -> Failure {
    Failure::usage(
        "the database is before that version; nothing was changed\nhelp: use `up --to`, or name an earlier version",
    )
}

impl Drift {
    pub(super) fn policy(self) -> DriftPolicy {
        match self {
            Drift::Warn => DriftPolicy::Warn,
            Drift::Error => DriftPolicy::Error,
        }
    }
}

impl Backup {
    pub(super) fn policy(&self) -> BackupPolicy {
        match self.backup {
            BackupWhen::Never => BackupPolicy::Never,
            BackupWhen::Destructive => BackupPolicy::BeforeDestructive,
            BackupWhen::Always => BackupPolicy::Always,
        }
    }
}
