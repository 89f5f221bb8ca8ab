//! The work on all files: which come first, who takes the next, and when to stop.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::rusqlite::{Connection, OpenFlags};
use migrate_core::{MigrationRef, Outcome, Version};

use crate::fleet::{Fleet, FleetError, FleetEvent};
use crate::outcome::{FileError, FileOutcome, FileState};
use crate::quarantine::Quarantine;
use crate::report::{FleetReport, Stopped};

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Status,
    DryRun,
    Sweep,
}

/// What all threads share.
struct Shared {
    /// Indices of files, the next one last.
    left: Vec<usize>,
    outcomes: Vec<FileOutcome>,
    quarantine: Quarantine,
    /// Why the list of those could not be written; nothing more is begun then.
    unwritten: Option<std::io::Error>,
    done: usize,
    failed: usize,
    stopped: Option<Stopped>,
}

pub(crate) fn run<V: Version, P: AsRef<Path>>(
    fleet: &Fleet<'_, V>,
    files: impl IntoIterator<Item = P>,
    work: Work,
) -> Result<FleetReport, FleetError> {
    let begun = Instant::now();
    let list_error = |doing| {
        let path = fleet.quarantine.clone().unwrap_or_default();
        move |source| FleetError::Quarantine { path, doing, source }
    };
    let quarantine = Quarantine::read(fleet.quarantine.as_deref()).map_err(list_error("read"))?;
    let outcomes = listed(files, &quarantine, fleet.retry);
    let waiting: Vec<usize> = indices(&outcomes);
    let canary = if work == Work::Sweep { spread(&waiting, fleet.canary) } else { Vec::new() };
    let others: Vec<usize> = waiting.iter().copied().filter(|index| canary.binary_search(index).is_err()).collect();
    fleet.tell(&FleetEvent::Started { total: outcomes.len(), canary: canary.len() });

    let failed = outcomes.iter().filter(|outcome| outcome.state.is_failure()).count();
    let done = outcomes.len() - waiting.len();
    let shared = Shared { left: Vec::new(), outcomes, quarantine, unwritten: None, done, failed, stopped: None };
    let shared = Mutex::new(shared);
    if !canary.is_empty() {
        let count = canary.len();
        all(fleet, &shared, canary, (work, 0, Stopped::Canary));
        if locked(&shared).stopped.is_none() {
            fleet.tell(&FleetEvent::CanaryPassed { count });
        }
    }
    let budget = if work == Work::Sweep { fleet.max_failures } else { usize::MAX };
    if locked(&shared).stopped.is_none() {
        all(fleet, &shared, others, (work, budget, Stopped::Failures));
    }

    let mut shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if work == Work::Sweep {
        if let Some(error) = shared.unwritten {
            return Err(list_error("written")(error));
        }
        let done: HashMap<&Path, &FileState> =
            shared.outcomes.iter().map(|outcome| (outcome.path.as_path(), &outcome.state)).collect();
        let is_done = |file: &Path| matches!(done.get(file), Some(FileState::Current | FileState::Migrated { .. }));
        shared.quarantine.keep(|file| !is_done(file)).map_err(list_error("written"))?;
    }
    let report = FleetReport {
        outcomes: shared.outcomes,
        stopped: shared.stopped,
        elapsed: begun.elapsed(),
        dry: work != Work::Sweep,
    };
    log::info!(target: "migrate", "{}", report.to_string().lines().next().unwrap_or_default());
    Ok(report)
}

/// The files, each once; what is not to be tried has its outcome already.
fn listed<P: AsRef<Path>>(
    files: impl IntoIterator<Item = P>,
    quarantine: &Quarantine,
    retry: bool,
) -> Vec<FileOutcome> {
    let mut known: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut outcomes = Vec::new();
    for path in files {
        let path = path.as_ref().to_owned();
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let state = match (known.get(&real), quarantine.reason(&path)) {
            (Some(other), _) if *other == path => continue,
            (Some(other), _) => FileState::Failed(FileError::Same(other.clone())),
            (None, Some(reason)) if !retry => FileState::Quarantined { reason: reason.to_owned() },
            (None, _) => FileState::NotTried,
        };
        known.entry(real).or_insert_with(|| path.clone());
        outcomes.push(FileOutcome { path, state, elapsed: Duration::ZERO });
    }
    outcomes
}

fn indices(outcomes: &[FileOutcome]) -> Vec<usize> {
    let waits = |(index, outcome): (usize, &FileOutcome)| matches!(outcome.state, FileState::NotTried).then_some(index);
    outcomes.iter().enumerate().filter_map(waits).collect()
}

/// So many of them, evenly: files that were named together often have the same age.
fn spread(waiting: &[usize], count: usize) -> Vec<usize> {
    let count = count.min(waiting.len());
    (0..count).filter_map(|number| waiting.get(number * waiting.len() / count).copied()).collect()
}

/// Does some of the files, on all threads; stops when more fail than may.
fn all<V: Version>(
    fleet: &Fleet<'_, V>,
    shared: &Mutex<Shared>,
    mut indices: Vec<usize>,
    (work, budget, why): (Work, usize, Stopped),
) {
    let before = locked(shared).failed;
    let threads = fleet.threads.get().min(indices.len());
    indices.reverse();
    locked(shared).left = indices;
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, path)) = next(fleet, shared) {
                    let begun = Instant::now();
                    let state = one(fleet, &path, work);
                    let outcome = FileOutcome { path, state, elapsed: begun.elapsed() };
                    let mut shared = locked(shared);
                    shared.done += 1;
                    if let FileState::Failed(error) = &outcome.state {
                        shared.failed += 1;
                        log::error!(target: "migrate", "{}: {error}", outcome.path.display());
                        let failed = shared.failed - before;
                        if failed > budget {
                            shared.stopped = Some(why);
                        }
                        if work == Work::Sweep {
                            let reason = error.to_string();
                            if let Err(error) = shared.quarantine.add(&outcome.path, &reason) {
                                shared.unwritten = Some(error);
                                shared.stopped = Some(why);
                            }
                        }
                    }
                    let (done, failed, total) = (shared.done, shared.failed, shared.outcomes.len());
                    // While the lock is held: an observer hears one thing after the other.
                    fleet.tell(&FleetEvent::Done { outcome: &outcome, done, failed, total });
                    if let Some(slot) = shared.outcomes.get_mut(index) {
                        *slot = outcome;
                    }
                }
            });
        }
    });
}

fn next<V: Version>(fleet: &Fleet<'_, V>, shared: &Mutex<Shared>) -> Option<(usize, PathBuf)> {
    let mut shared = locked(shared);
    if shared.stopped.is_none() && fleet.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
        shared.stopped = Some(Stopped::Cancelled);
    }
    if shared.stopped.is_some() {
        return None;
    }
    let index = shared.left.pop()?;
    let path = shared.outcomes.get(index)?.path.clone();
    Some((index, path))
}

fn one<V: Version>(fleet: &Fleet<'_, V>, path: &Path, work: Work) -> FileState {
    let tried = catch_unwind(AssertUnwindSafe(|| -> Result<FileState, FileError> {
        // Without SQLITE_OPEN_CREATE: a name that is misspelt must not become an empty database that is then fresh.
        let access =
            if work == Work::Status { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let refused = |error| if path.exists() { FileError::Open(error) } else { FileError::Missing };
        let mut conn = Connection::open_with_flags(path, flags).map_err(refused)?;
        fleet.prepared(&conn)?;
        let migrator = fleet.migrator();
        Ok(match work {
            Work::Sweep => FileState::of(&migrator.run(&mut conn)?, fleet.migrations),
            Work::DryRun => FileState::of(&migrator.dry_run(&mut conn)?, fleet.migrations),
            Work::Status => {
                let plan = migrator.plan(&conn)?;
                if plan.outcome() == Outcome::Current {
                    FileState::Current
                } else {
                    let pending: Vec<V> = plan.pending().collect();
                    let has_begun = plan.outcome() != Outcome::Fresh;
                    let is_at = |migration: &MigrationRef<'_, V>| has_begun && !pending.contains(&migration.version);
                    let at = fleet.migrations.iter().filter(is_at).last();
                    FileState::Migrated {
                        from: at.map(|migration| migration.name.to_owned()),
                        to: fleet.migrations.iter().last().map(|migration| migration.name.to_owned()),
                        count: pending.len(),
                        backup: plan.backup().map(Into::into),
                    }
                }
            }
        })
    }));
    match tried {
        Ok(state) => state.unwrap_or_else(FileState::Failed),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            FileState::Failed(FileError::Panicked(text.to_owned()))
        }
    }
}

/// What a thread that panicked held is whole: nothing here is left half-done.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
