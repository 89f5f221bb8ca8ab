//! What became of all of them.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::outcome::{FileOutcome, FileState};

/// What became of all files. Its `Display` is a summary for people, with the failures; [`to_json`](FleetReport::to_json) has everything.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::Fleet;
///
/// let report = Fleet::new(&db::MIGRATIONS).sweep(&files)?;
/// assert!(report.is_success() && report.stopped().is_none());
/// assert_eq!((report.outcomes().len(), report.migrated(), report.current()), (3, 3, 0));
/// for outcome in report.failures() {
///     eprintln!("{}", outcome.path.display());
/// }
/// assert_eq!(report.to_json()["migrated"], 3);
/// println!("{report}, {:?}", report.elapsed());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FleetReport {
    pub(crate) outcomes: Vec<FileOutcome>,
    pub(crate) stopped: Option<Stopped>,
    pub(crate) elapsed: Duration,
    pub(crate) dry: bool,
}

/// Why a sweep ended before all files were tried.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::{Fleet, Stopped};
///
/// # let mut files = files;
/// files.insert(0, directory.path().join("missing.db"));
/// let report = Fleet::new(&db::MIGRATIONS).threads(1).sweep(&files)?;
/// assert_eq!(report.stopped(), Some(Stopped::Failures));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// One of the first files failed.
    Canary,
    /// More files failed than may.
    Failures,
    /// Somebody asked for it.
    Cancelled,
}

impl FleetReport {
    /// Every file, in the order in which they were named.
    #[must_use]
    pub fn outcomes(&self) -> &[FileOutcome] {
        &self.outcomes
    }

    /// Those that failed.
    pub fn failures(&self) -> impl Iterator<Item = &FileOutcome> {
        self.outcomes.iter().filter(|outcome| outcome.state.is_failure())
    }

    /// Why it ended before all files were tried; `None` if it did not.
    #[must_use]
    pub fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    /// Whether every file is at the newest version now; in a dry run, whether it would be.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let done = |outcome: &FileOutcome| matches!(outcome.state, FileState::Current | FileState::Migrated { .. });
        self.outcomes.iter().all(done)
    }

    /// How many were at the newest version already.
    #[must_use]
    pub fn current(&self) -> usize {
        self.count("current")
    }

    /// How many were migrated, or would be.
    #[must_use]
    pub fn migrated(&self) -> usize {
        self.count("migrated")
    }

    /// How long all of it took.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    fn count(&self, word: &str) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.state.word() == word).count()
    }

    /// All of it, for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let files: Vec<Value> = self.outcomes.iter().map(file).collect();
        let stopped = self.stopped.map(|stopped| match stopped {
            Stopped::Canary => "canary",
            Stopped::Failures => "failures",
            Stopped::Cancelled => "cancelled",
        });
        json!({
            "dry_run": self.dry,
            "elapsed_seconds": self.elapsed.as_secs_f64(),
            "stopped": stopped,
            "current": self.current(),
            "migrated": self.migrated(),
            "failed": self.count("failed"),
            "quarantined": self.count("quarantined"),
            "not_tried": self.count("not-tried"),
            "files": files,
        })
    }
}

fn file(outcome: &FileOutcome) -> Value {
    let mut value = json!({
        "path": outcome.path.to_string_lossy(),
        "state": outcome.state.word(),
        "elapsed_seconds": outcome.elapsed.as_secs_f64(),
    });
    match &outcome.state {
        FileState::Migrated { from, to, count, backup } => {
            value["from"] = json!(from);
            value["to"] = json!(to);
            value["migrations"] = json!(count);
            value["backup"] = json!(backup.as_ref().map(|path| path.to_string_lossy()));
        }
        FileState::Failed(error) => value["error"] = json!(error.to_string()),
        FileState::Quarantined { reason } => value["error"] = json!(reason),
        FileState::Current | FileState::NotTried => {}
    }
    value
}

impl fmt::Display for FleetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of more, the JSON has them.
        const SHOWN: usize = 10;
        let files = self.outcomes.len();
        write!(f, "{files} {}: ", if files == 1 { "file" } else { "files" })?;
        let migrated = if self.dry { "would be migrated" } else { "migrated" };
        let parts: Vec<String> = [
            (self.migrated(), migrated),
            (self.current(), "current"),
            (self.count("failed"), "failed"),
            (self.count("quarantined"), "in quarantine"),
            (self.count("not-tried"), "not tried"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        f.write_str(if parts.is_empty() { "nothing to do" } else { "" })?;
        write!(f, "{}; in {:.1} s", parts.join(", "), self.elapsed.as_secs_f64())?;
        match self.stopped {
            None => {}
            Some(Stopped::Canary) => write!(f, "\nstopped: one of the first files failed")?,
            Some(Stopped::Failures) => write!(f, "\nstopped: too many files failed")?,
            Some(Stopped::Cancelled) => write!(f, "\nstopped before the end, as asked")?,
        }
        for outcome in self.failures().take(SHOWN) {
            if let FileState::Failed(error) = &outcome.state {
                write!(f, "\n{}: {error}", outcome.path.display())?;
            }
        }
        match self.failures().count().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}
