//! What became of one file.

use std::path::PathBuf;
use std::time::Duration;

use migrate_core::rusqlite;
use migrate_core::{Error, Migrations, Outcome, Report, Version};

/// What became of one file.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::{FileError, FileOutcome, FileState, Fleet};
///
/// # let mut files = files;
/// files.push(directory.path().join("missing.db"));
/// let report = Fleet::new(&db::MIGRATIONS).max_failures(1).sweep(&files)?;
/// let FileOutcome { path, state, .. } = &report.outcomes()[3];
/// assert!(path.ends_with("missing.db") && state.is_failure() && state.word() == "failed");
/// assert!(matches!(state, FileState::Failed(FileError::Missing)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct FileOutcome {
    /// Which, as it was named.
    pub path: PathBuf,
    /// What is to be said of it.
    pub state: FileState,
    /// How long it took, opening included.
    pub elapsed: Duration,
}

/// What is to be said of a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileState {
    /// It was at the newest version already; nothing was written.
    Current,
    /// Migrations were applied or marked; in a dry run and in a status: they would be.
    Migrated {
        /// The version it was at, as the history names it; `None` where no migration had run.
        from: Option<String>,
        /// The version it is at.
        to: Option<String>,
        /// How many migrations were applied or marked.
        count: usize,
        /// The copy that was made first.
        backup: Option<PathBuf>,
    },
    /// It failed, and is as it was; [`FileError`] says why.
    Failed(FileError),
    /// It failed in an earlier sweep, and is on the quarantine list.
    Quarantined {
        /// Why it failed then.
        reason: String,
    },
    /// The sweep was stopped before it.
    NotTried,
}

/// Why a file failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is not there; a sweep makes none.
    #[error(
        "there is no such file, and none was made\nhelp: check the path; a database for a new tenant is made by opening it"
    )]
    Missing,
    /// It cannot be opened.
    #[error("it cannot be opened: {0}")]
    Open(#[source] rusqlite::Error),
    /// What the application does with every connection failed.
    #[error("its connection could not be prepared: {0}")]
    Prepare(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The migration was refused, or failed and was rolled back.
    #[error(transparent)]
    Migrate(Box<Error>),
    /// A Rust step, a function of the application, or an observer panicked; SQLite rolled back.
    #[error("it panicked: {0}; SQLite rolled back")]
    Panicked(String),
    /// The same file was named before, by another path.
    #[error("it is the same file as `{0}`, which is named too")]
    Same(PathBuf),
}

impl From<Error> for FileError {
    fn from(error: Error) -> FileError {
        FileError::Migrate(Box::new(error))
    }
}

impl FileState {
    pub(crate) fn of<V: Version>(report: &Report<V>, migrations: &Migrations<V>) -> FileState {
        if report.outcome() == Outcome::Current {
            return FileState::Current;
        }
        FileState::Migrated {
            from: report.before().and_then(|version| name(migrations, version)),
            to: report.after().and_then(|version| name(migrations, version)),
            count: report.entries().len(),
            backup: report.backup().map(Into::into),
        }
    }

    /// Whether this is a failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, FileState::Failed(_))
    }

    /// One word: `current`, `migrated`, `failed`, `quarantined` or `not-tried`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            FileState::Current => "current",
            FileState::Migrated { .. } => "migrated",
            FileState::Failed(_) => "failed",
            FileState::Quarantined { .. } => "quarantined",
            FileState::NotTried => "not-tried",
        }
    }
}

/// As the history names it, whatever the version type calls it.
pub(crate) fn name<V: Version>(migrations: &Migrations<V>, version: V) -> Option<String> {
    migrations.iter().nth(version.index()).map(|migration| migration.name.to_owned())
}
