//! The builder, and what can be done with many files.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use migrate_core::rusqlite::Connection;
use migrate_core::{Migrations, Migrator, Version};

use crate::outcome::{FileError, FileOutcome};
use crate::report::FleetReport;
use crate::sweep::{self, Work};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Prepare<'a> = Box<dyn Fn(&Connection) -> Result<(), BoxError> + Send + Sync + 'a>;
type Configure<'a, V> = Box<dyn for<'m> Fn(Migrator<'m, V>) -> Migrator<'m, V> + Send + Sync + 'a>;
type Observe<'a> = Box<dyn Fn(&FleetEvent<'_>) + Send + Sync + 'a>;

/// Many files, and how they are to be migrated.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use std::sync::atomic::AtomicBool;
///
/// use migrate_fleet::{Fleet, FleetEvent};
///
/// let ended = AtomicBool::new(false); // set it in a handler of Ctrl-C
/// let fleet = Fleet::new(&db::MIGRATIONS)
///     .threads(4)
///     .canary(20)
///     .max_failures(3)
///     .quarantine(directory.path().join("quarantine.jsonl"))
///     .retry_quarantined(false)
///     .prepare(|conn| conn.pragma_update(None, "cache_size", -8000))
///     .configure(|migrator| migrator.keep_backups(1).wal(true))
///     .observer(|event| if let FleetEvent::Done { .. } = event { print!(".") })
///     .cancel(&ended);
///
/// println!("{}", fleet.status(&files)?);  // looks only
/// println!("{}", fleet.dry_run(&files)?); // tries everything, and rolls it back
/// println!("{}", fleet.sweep(&files)?);   // does it
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until `sweep`, `dry_run` or `status`"]
pub struct Fleet<'a, V> {
    pub(crate) migrations: &'a Migrations<V>,
    pub(crate) threads: NonZeroUsize,
    pub(crate) canary: usize,
    pub(crate) max_failures: usize,
    pub(crate) quarantine: Option<PathBuf>,
    pub(crate) retry: bool,
    pub(crate) cancel: Option<&'a AtomicBool>,
    prepare: Vec<Prepare<'a>>,
    configure: Vec<Configure<'a, V>>,
    observe: Option<Observe<'a>>,
}

/// What happens, as it happens. Events of several threads do not come at the same time.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use std::sync::Mutex;
///
/// use migrate_fleet::{Fleet, FleetEvent};
///
/// let seen = Mutex::new(0);
/// let count = |event: &FleetEvent<'_>| {
///     if let FleetEvent::Done { outcome, .. } = event {
///         *seen.lock().unwrap() += 1;
///         println!("{}: {}", outcome.path.display(), outcome.state.word());
///     }
/// };
/// Fleet::new(&db::MIGRATIONS).observer(count).sweep(&files)?;
/// assert_eq!(seen.into_inner()?, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum FleetEvent<'a> {
    /// The files are known, and work begins.
    Started {
        /// How many files there are.
        total: usize,
        /// How many of them come first.
        canary: usize,
    },
    /// A file is done.
    Done {
        /// What became of it.
        outcome: &'a FileOutcome,
        /// How many are done.
        done: usize,
        /// How many failed.
        failed: usize,
        /// How many files there are.
        total: usize,
    },
    /// The first files succeeded; the others follow.
    CanaryPassed {
        /// How many these were.
        count: usize,
    },
}

/// Why nothing was begun, or the quarantine list could not be kept.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::{Fleet, FleetError};
///
/// // A list that is a directory can be neither read nor written: no file is touched.
/// let refused = Fleet::new(&db::MIGRATIONS).quarantine(directory.path()).sweep(&files);
/// assert!(matches!(refused, Err(FleetError::Quarantine { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The quarantine list cannot be read or written.
    #[error("the quarantine list `{}` cannot be {doing}: {source}\nhelp: mend it or move it away; files that fail are found again", path.display())]
    Quarantine {
        /// The list.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl<'a, V: Version> Fleet<'a, V> {
    /// On as many threads as the machine has cores, without canary, and stopped by the first failure.
    pub fn new(migrations: &'a Migrations<V>) -> Fleet<'a, V> {
        Fleet {
            migrations,
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            canary: 0,
            max_failures: 0,
            quarantine: None,
            retry: false,
            cancel: None,
            prepare: Vec::new(),
            configure: Vec::new(),
            observe: None,
        }
    }

    /// How many files are worked on at once; at least one.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// How many files come first, spread over all of them: if one fails, no other is touched, whatever
    /// [`max_failures`](Fleet::max_failures) says. By default none.
    pub fn canary(mut self, files: usize) -> Self {
        self.canary = files;
        self
    }

    /// How many files may fail; one more, and no further file is begun. By default none. Those that other threads are at are ended.
    pub fn max_failures(mut self, files: usize) -> Self {
        self.max_failures = files;
        self
    }

    /// Where files that failed are listed, a line of JSON each: a later sweep leaves them out, until
    /// [`retry_quarantined`](Fleet::retry_quarantined) or until their line is removed. By default there is no list.
    pub fn quarantine(mut self, list: impl Into<PathBuf>) -> Self {
        self.quarantine = Some(list.into());
        self
    }

    /// Whether files of the quarantine list are tried again; what succeeds is removed from the list.
    pub fn retry_quarantined(mut self, retry: bool) -> Self {
        self.retry = retry;
        self
    }

    /// What every connection needs before anything else: functions, collations, a key.
    pub fn prepare<E: Into<BoxError>>(
        mut self,
        prepare: impl Fn(&Connection) -> Result<(), E> + Send + Sync + 'a,
    ) -> Self {
        self.prepare.push(Box::new(move |conn| prepare(conn).map_err(Into::into)));
        self
    }

    /// Options of the run of each file: backups, lock timeout, drift. The target stays the newest version.
    pub fn configure(
        mut self,
        configure: impl for<'m> Fn(Migrator<'m, V>) -> Migrator<'m, V> + Send + Sync + 'a,
    ) -> Self {
        self.configure.push(Box::new(configure));
        self
    }

    /// Who is told what happens.
    pub fn observer(mut self, observe: impl Fn(&FleetEvent<'_>) + Send + Sync + 'a) -> Self {
        self.observe = Some(Box::new(observe));
        self
    }

    /// What ends the work early: as soon as this is true, no further file is begun.
    pub fn cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Brings every file to the newest version. A file that fails is as it was.
    ///
    /// It may be interrupted at any time, by a signal or by the power: each file is migrated wholly or not at all, and the next sweep does the
    /// rest. Files that do not exist are failures, and are not made.
    ///
    /// # Errors
    ///
    /// [`FleetError`], before any file is touched; what files fail with is in the report.
    pub fn sweep<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> Result<FleetReport, FleetError> {
        sweep::run(self, files, Work::Sweep)
    }

    /// Does every pending migration on every file in a transaction that is rolled back: nothing is written, no backup is made and the quarantine
    /// list is left as it is. Every file is tried, however many fail.
    ///
    /// # Errors
    ///
    /// [`FleetError`], if the quarantine list cannot be read.
    pub fn dry_run<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> Result<FleetReport, FleetError> {
        sweep::run(self, files, Work::DryRun)
    }

    /// Where every file is, and what a sweep would do with it: by looking only, without a lock. Every file is looked at.
    ///
    /// # Errors
    ///
    /// [`FleetError`], if the quarantine list cannot be read.
    pub fn status<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> Result<FleetReport, FleetError> {
        sweep::run(self, files, Work::Status)
    }

    pub(crate) fn prepared(&self, conn: &Connection) -> Result<(), FileError> {
        self.prepare.iter().try_for_each(|prepare| prepare(conn)).map_err(FileError::Prepare)
    }

    pub(crate) fn migrator(&self) -> Migrator<'_, V> {
        self.configure.iter().fold(self.migrations.migrator(), |migrator, configure| configure(migrator))
    }

    pub(crate) fn tell(&self, event: &FleetEvent<'_>) {
        if let Some(observe) = &self.observe {
            observe(event);
        }
    }
}

impl<V> fmt::Debug for Fleet<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet")
            .field("migrations", self.migrations)
            .field("threads", &self.threads)
            .field("canary", &self.canary)
            .field("max_failures", &self.max_failures)
            .finish_non_exhaustive()
    }
}
