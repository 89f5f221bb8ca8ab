//! The builder with options, and the shorthands on [`Migrations`].

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;

use crate::LOG;
use crate::backup::BackupPolicy;
use crate::clock::Instant;
use crate::decide::Wanted;
use crate::error::Error;
use crate::migrations::Migrations;
use crate::observer::{Observer, Watch};
use crate::plan::Plan;
use crate::policy::{Atomicity, DriftPolicy};
use crate::progress::{Meter, Progress};
use crate::report::Report;
use crate::requirements;
use crate::run::{Done, Run};
use crate::status::Status;
use crate::version::{Target, Version};
use crate::wal;

/// How long a run waits for others, unless somebody says otherwise.
pub(crate) const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A run of migrations, with options. `db::migrator()` makes one.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use std::time::Duration;
///
/// use migrate::{Atomicity, BackupPolicy, DriftPolicy, Event};
///
/// let show = |event: &Event<'_>| println!("{event:?}");
/// let migrator = db::migrator()
///     .backup(BackupPolicy::Always)
///     .keep_backups(5)
///     .drift(DriftPolicy::Error)
///     .atomicity(Atomicity::All)
///     .lock_timeout(Duration::from_secs(5))
///     .shared(false)
///     .adopt(true)
///     .check_build(true)
///     .observer(&show);
/// println!("{}", migrator.plan(&conn)?);
/// println!("{}", migrator.dry_run(&mut conn)?);
/// println!("{}", migrator.run(&mut conn)?);
/// println!("{}", migrator.status(&conn)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing happens until `run`, `plan` or `status`"]
pub struct Migrator<'a, V> {
    pub(crate) migrations: &'a Migrations<V>,
    pub(crate) target: Target<V>,
    pub(crate) lock_timeout: Duration,
    pub(crate) drift: DriftPolicy,
    atomicity: Atomicity,
    shared: bool,
    adopt: bool,
    down: bool,
    pub(crate) out_of_order: bool,
    backup: BackupPolicy,
    keep_backups: usize,
    watch: Watch<'a>,
    meter: Meter,
    wal: bool,
    check_build: bool,
}

impl<'a, V: Version> Migrator<'a, V> {
    /// A run to the latest version, with defaults that are safe.
    pub fn new(migrations: &'a Migrations<V>) -> Migrator<'a, V> {
        Migrator {
            migrations,
            target: Target::Latest,
            lock_timeout: DEFAULT_LOCK_TIMEOUT,
            drift: DriftPolicy::default(),
            atomicity: Atomicity::default(),
            shared: migrations.set.options.shared,
            adopt: true,
            down: false,
            out_of_order: false,
            backup: BackupPolicy::default(),
            keep_backups: 3,
            watch: Watch::default(),
            meter: Meter::default(),
            wal: false,
            check_build: true,
        }
    }

    /// Where to end; by default [`Target::Latest`].
    pub fn target(mut self, target: impl Into<Target<V>>) -> Self {
        self.target = target.into();
        self
    }

    /// Whether a database that is past the target is brought back to it, by the down scripts; by default it is refused.
    ///
    /// Every migration on the way needs a down script. They run in one transaction, newest first, and it is committed only
    /// if the schema is then the target's: what differed before may differ after, and nothing else. What the migrations deleted
    /// does not come back.
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, Error, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Error> {
    /// migrations.migrator().target(AnyVersion(2)).allow_down(true).run(conn)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_down(mut self, allow: bool) -> Self {
        self.down = allow;
        self
    }

    /// When a copy of the database is made first; by default [`BackupPolicy::BeforeDestructive`].
    ///
    /// If the copy cannot be made, nothing is touched. A copy from before a run that failed as a whole is removed again:
    /// the database itself is as it was.
    pub fn backup(mut self, policy: BackupPolicy) -> Self {
        self.backup = policy;
        self
    }

    /// How many backups of the database are kept; by default 3, and at least one. Older ones are removed after a run
    /// that made one and succeeded.
    pub fn keep_backups(mut self, count: usize) -> Self {
        self.keep_backups = count;
        self
    }

    /// Who is told what happens.
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.watch = Watch(Some(observer));
        self
    }

    /// Who is told, while a statement runs, that it does; and may stop the run.
    ///
    /// SQLite has one progress handler a connection, and it cannot be read: this takes its place during a run, and
    /// afterwards there is none. `ControlFlow::Break` interrupts the statement, and the run is rolled back.
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, Error, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Error> {
    /// use std::ops::ControlFlow;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// let cancelled = Arc::new(AtomicBool::new(false)); // shared with the button `Cancel`
    /// let stop = Arc::clone(&cancelled);
    /// let migrator = migrations.migrator().statement_progress(move |progress| {
    ///     if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// });
    /// migrator.run(conn)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn statement_progress(
        mut self,
        callback: impl Fn(&Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.meter = Meter::new(callback);
        self
    }

    /// How long to wait for another connection's write lock; by default 30 seconds.
    ///
    /// The connection's own busy timeout is set aside during the run and restored after it; with the default, not for the
    /// first look, which nobody but an exclusive lock keeps waiting. A busy *handler* that the application installed stays as it
    /// is, and its patience adds to this timeout.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// What to do where the schema is not the expected one; by default [`DriftPolicy::Warn`].
    pub fn drift(mut self, policy: DriftPolicy) -> Self {
        self.drift = policy;
        self
    }

    /// How much is committed at once; by default [`Atomicity::All`].
    pub fn atomicity(mut self, atomicity: Atomicity) -> Self {
        self.atomicity = atomicity;
        self
    }

    /// Whether the database is put into WAL mode (write-ahead logging) when it is at the target; by default its journal mode is left as it is.
    ///
    /// That needs the file for itself for a moment. Of several processes that start at once and say `PRAGMA journal_mode = wal`
    /// themselves, some get `database is locked` at once, whatever their busy timeout; and said before the run it changes a file that
    /// the run may refuse. Here it comes after the run, and is tried again until the [lock timeout](Migrator::lock_timeout).
    /// Where it cannot be, since another process reads all the time or the file system has no shared memory, that is a
    /// warning in the log, and the database is as good in its old mode.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("app.db");
    /// let mut conn = rusqlite::Connection::open(&path)?;
    /// db::migrator().wal(true).run(&mut conn)?;
    /// let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    /// assert_eq!(mode, "wal");
    /// # Ok(())
    /// # }
    /// ```
    pub fn wal(mut self, wal: bool) -> Self {
        self.wal = wal;
        self
    }

    /// Whether the file may hold other tables than ours; by default what `shared` in `migrate.toml` says.
    pub fn shared(mut self, shared: bool) -> Self {
        self.shared = shared;
        self
    }

    /// Whether a database without history is recognised by its schema; by default it is. Turned off, one that holds
    /// any of our objects is refused.
    pub fn adopt(mut self, adopt: bool) -> Self {
        self.adopt = adopt;
        self
    }

    /// Whether a debug build compares its list with the directory it was made from; by default it does.
    pub fn check_build(mut self, check: bool) -> Self {
        self.check_build = check;
        self
    }

    /// Brings the database to the target, or leaves it exactly as it was.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; its message says in which state the database is.
    pub fn run(&self, conn: &mut Connection) -> Result<Report<V>, Error> {
        let watched = self.meter.watch(conn);
        let report = self.reported(self.prepare(watched.conn).and_then(|run| run.run()), false);
        watched.resume();
        if self.wal && report.is_ok() {
            wal::turn_on(conn, self.lock_timeout);
        }
        report
    }

    /// Does what [`run`](Migrator::run) would do, checks it as `run` would, and rolls it back: nothing is written, and no
    /// backup is made. Rust steps run, and what they do outside the database is not rolled back.
    ///
    /// It ends before a migration that cannot share a transaction with those before it (`transaction: none`, or another
    /// `foreign_keys`); [`Report::untried`] says so.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Migrator::run).
    pub fn dry_run(&self, conn: &mut Connection) -> Result<Report<V>, Error> {
        let watched = self.meter.watch(conn);
        let report = self.reported(self.prepare(watched.conn).and_then(|run| Run { dry: true, ..run }.run()), true);
        watched.resume();
        report
    }

    /// What [`run`](Migrator::run) would do now; reads only.
    ///
    /// # Errors
    ///
    /// Those with which `run` would refuse.
    pub fn plan(&self, conn: &Connection) -> Result<Plan<V>, Error> {
        let run = self.prepare(conn)?;
        requirements::size(conn)?;
        let _patience = run.patience()?;
        let decision = run.look()?;
        if decision.actions.is_empty() {
            run.judge(&decision)?;
        } else {
            run.judge_start(&decision, &mut Done::nothing(decision.at))?;
            run.requirements()?;
        }
        let backup = run.planned_backup(&decision)?;
        Ok(Plan::new(&self.migrations.set, &decision, run.wanted.target, backup))
    }

    /// Copies the database now, whatever the policy says, as a run does before it changes anything; `None` where there is
    /// nothing to copy, in memory or in an empty file. Such a copy is never removed.
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, Error, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Error> {
    /// if let Some(path) = migrations.migrator().back_up(conn)? {
    ///     println!("a copy is at {}", path.display());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Backup`], [`Error::InTransaction`] or [`Error::NotADatabase`].
    pub fn back_up(&self, conn: &mut Connection) -> Result<Option<PathBuf>, Error> {
        self.with(conn, self.wanted(Target::Latest)?).back_up()
    }

    /// Where the database is, migration by migration; reads only, and refuses nothing that can be described.
    ///
    /// # Errors
    ///
    /// [`Error::NotADatabase`], [`Error::Locked`] or [`Error::Sqlite`] where the database cannot be read.
    pub fn status(&self, conn: &Connection) -> Result<Status<V>, Error> {
        requirements::size(conn)?;
        let run = self.with(conn, self.wanted(Target::Latest)?);
        let _patience = run.patience()?;
        run.look_with(|decision, found| Status::new(&self.migrations.set, decision, found))
    }

    /// Records that the database is at a version already, without running anything: for a database that was repaired
    /// by hand. Its schema must be that version's.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # use migrate::rusqlite::Connection;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut conn = Connection::open_in_memory()?;
    /// // Somebody made the tables by hand, and there is no history.
    /// conn.execute_batch(
    ///     "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, draft INTEGER NOT NULL DEFAULT 0)",
    /// )?;
    /// let report = db::migrator().adopt_at(&mut conn, db::Version::CreateNotes)?;
    /// assert_eq!(report.after(), Some(db::Version::CreateNotes));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Drift`] where the schema is another one; and those of [`run`](Migrator::run).
    pub fn adopt_at(&self, conn: &mut Connection, target: impl Into<Target<V>>) -> Result<Report<V>, Error> {
        let target = target.into();
        let adopted = self.wanted(target).and_then(|wanted| self.with(conn, wanted).adopt_at());
        self.reported(adopted, false)
    }

    fn reported(&self, done: Result<Done, Error>, dry: bool) -> Result<Report<V>, Error> {
        let report = done.map(|done| Report::new(&self.migrations.set, done, dry));
        match &report {
            Ok(report) => log::info!(target: LOG, "{report}"),
            Err(error) => log::error!(target: LOG, "{error}"),
        }
        report
    }

    pub(crate) fn prepare<'r>(&'r self, conn: &'r Connection) -> Result<Run<'r>, Error> {
        if let Some(origin) = self.migrations.set.origin.as_ref().filter(|_| self.check_build) {
            requirements::build(origin)?;
        }
        Ok(self.with(conn, self.wanted(self.target)?))
    }

    pub(crate) fn with<'r>(&'r self, conn: &'r Connection, wanted: Wanted) -> Run<'r> {
        Run {
            conn,
            set: &self.migrations.set,
            steps: &self.migrations.steps,
            wanted,
            atomicity: self.atomicity,
            drift: self.drift,
            lock_timeout: self.lock_timeout,
            waited: Cell::default(),
            backup: self.backup,
            keep_backups: self.keep_backups,
            watch: self.watch,
            seen: RefCell::default(),
            dry: false,
            begun: Instant::now(),
        }
    }

    pub(crate) fn wanted(&self, target: Target<V>) -> Result<Wanted, Error> {
        let known = self.migrations.set.migrations.len();
        let target = match target {
            Target::Base => 0,
            Target::Latest => known,
            Target::At(version) if version.index() < known => version.index() + 1,
            Target::At(version) => return Err(Error::UnknownTarget { index: version.index() + 1, known }),
        };
        Ok(Wanted {
            target,
            shared: self.shared,
            adopt: self.adopt,
            down: self.down,
            each: self.atomicity == Atomicity::Each,
            out_of_order: self.out_of_order,
        })
    }
}
