//! What a run did.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::decide::{Evidence, Start};
use crate::expected::Comparison;
use crate::history::Origin;
use crate::other::OtherTool;
use crate::run::{Done, Recorded};
use crate::set::Set;
use crate::version::Version;

/// What a run did. Its `Display` is one line for people.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use db::Version;
/// use migrate::{BackupPolicy, Outcome};
///
/// # let directory = tempfile::tempdir()?;
/// # let mut conn = Connection::open(directory.path().join("notes.db"))?;
/// db::migrator().target(Version::AddTags).run(&mut conn)?;
/// let report = db::MIGRATIONS.run(&mut conn)?;
///
/// assert_eq!(report.outcome(), Outcome::Applied);
/// assert_eq!((report.before(), report.after()), (Some(Version::AddTags), Some(Version::DropDrafts)));
/// let ran: Vec<&str> = report.applied().map(|entry| entry.name.as_str()).collect();
/// assert_eq!(ran, ["003_drop_drafts.sql"]);
/// assert_eq!(report.entries().len(), 1, "nothing was only marked");
/// // It drops a column, so there is a copy from before.
/// assert!(report.backup().is_some_and(|copy| copy.exists()));
/// // Nobody had changed the schema by hand, and nothing of theirs went with it.
/// assert!(report.drift_before().is_same() && report.drift().is_same() && report.removed().is_empty());
/// println!("{report}, {:?} in all", report.elapsed());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Report<V> {
    outcome: Outcome,
    before: usize,
    after: usize,
    entries: Vec<Entry<V>>,
    drift: Comparison,
    drift_before: Comparison,
    removed: Vec<String>,
    elapsed: Duration,
    before_name: Named,
    after_name: Named,
    backup: Option<PathBuf>,
    dry: bool,
    untried: Option<String>,
    version: PhantomData<fn() -> V>,
}

/// A position, as messages name it: written only when somebody asks, since most starts have nothing to say.
#[derive(Clone, Debug)]
struct Named {
    /// The migration that leads there; for what is before the first one, whether that is `base.sql`.
    migration: Result<Cow<'static, str>, bool>,
}

impl Named {
    fn of(set: &Set, position: usize) -> Named {
        let migration = position.checked_sub(1).and_then(|index| set.migrations.get(index));
        Named { migration: migration.map(|migration| migration.name.clone()).ok_or(set.base.is_some()) }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.migration {
            Ok(name) => write!(f, "`{name}`"),
            Err(true) => f.write_str("`base.sql`"),
            Err(false) => f.write_str("the state before the first migration"),
        }
    }
}

/// What kind of database a run found.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::Outcome;
///
/// assert_eq!(db::MIGRATIONS.run(&mut conn)?.outcome(), Outcome::Fresh);
/// assert_eq!(db::MIGRATIONS.run(&mut conn)?.outcome(), Outcome::Current);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was at the target already; nothing was written.
    Current,
    /// It was empty, and was made with the schema of the target.
    Fresh,
    /// Its history was a prefix of the list, and the rest was applied.
    Applied,
    /// Its history lacked migrations before its newest; they were applied after it, and the rest behind them.
    OutOfOrder,
    /// Its history went past the target, and what was too much was reverted.
    Reverted,
    /// It had no history; its version was recognised by this evidence, and the rest was applied.
    Adopted(Evidence),
}

/// A migration that a run recorded.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{EntryKind, Origin};
///
/// // A fresh database is made with the current schema; the migrations are recorded, and do not run.
/// let report = db::MIGRATIONS.run(&mut conn)?;
/// for entry in report.entries() {
///     assert_eq!((entry.kind, entry.origin), (EntryKind::Marked, Origin::Fresh));
///     assert!(entry.duration.is_zero());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<V> {
    /// Which.
    pub version: V,
    /// Its name: `002_add_tags.sql`.
    pub name: String,
    /// What was done.
    pub kind: EntryKind,
    /// What the history says of where it came from.
    pub origin: Origin,
    /// How long it ran, its Rust step included; zero if it was only marked.
    pub duration: Duration,
}

/// What a run did with a migration.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::EntryKind;
///
/// db::MIGRATIONS.run(&mut conn)?;
/// let down = db::migrator().target(db::Version::CreateNotes).allow_down(true).run(&mut conn)?;
/// let kinds: Vec<_> = down.entries().iter().map(|entry| entry.kind).collect();
/// assert_eq!(kinds, [EntryKind::Reverted, EntryKind::Reverted]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// It ran, and was recorded.
    Applied,
    /// It was recorded without running: the database had it already.
    Marked,
    /// Its down script ran, and its record was removed.
    Reverted,
}

impl EntryKind {
    pub(crate) fn ran(self) -> bool {
        self != EntryKind::Marked
    }
}

impl<V: Version> Report<V> {
    pub(crate) fn new(set: &Set, done: Done, dry: bool) -> Report<V> {
        let (before, backup) = (done.from, done.backup());
        let after = done.reached.unwrap_or(before);
        let entry = |recorded: &Recorded| {
            let &Recorded { index, origin, kind, duration } = recorded;
            let name = set.migrations.get(index)?.name.clone().into_owned();
            Some(Entry { version: V::from_index(index)?, name, kind, origin, duration })
        };
        let outcome = match done.start {
            None => Outcome::Current,
            Some(Start::Fresh) => Outcome::Fresh,
            Some(Start::History) if after < before => Outcome::Reverted,
            Some(Start::History) => Outcome::Applied,
            Some(Start::OutOfOrder) => Outcome::OutOfOrder,
            Some(Start::Adopted(evidence)) => Outcome::Adopted(evidence),
        };
        Report {
            outcome,
            before,
            after,
            entries: done.entries.iter().filter_map(entry).collect(),
            drift: done.drift,
            drift_before: done.drift_before,
            removed: done.removed,
            elapsed: done.elapsed,
            before_name: Named::of(set, before),
            after_name: Named::of(set, after),
            backup,
            dry,
            untried: done.untried,
            version: PhantomData,
        }
    }

    /// What kind of database it was.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The version before the run; `None` before the first migration.
    #[must_use]
    pub fn before(&self) -> Option<V> {
        self.before.checked_sub(1).and_then(V::from_index)
    }

    /// The version after the run, or after a dry run if it had been none; `None` before the first migration.
    #[must_use]
    pub fn after(&self) -> Option<V> {
        self.after.checked_sub(1).and_then(V::from_index)
    }

    /// What was recorded, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry<V>] {
        &self.entries
    }

    /// The migrations that ran, in order; those that were only marked are not among them.
    pub fn applied(&self) -> impl Iterator<Item = &Entry<V>> {
        self.of(EntryKind::Applied)
    }

    fn of(&self, kind: EntryKind) -> impl Iterator<Item = &Entry<V>> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }

    /// The copy from before the run; `None` where the [`BackupPolicy`](crate::BackupPolicy) asked for none.
    #[must_use]
    pub fn backup(&self) -> Option<&Path> {
        self.backup.as_deref()
    }

    /// Whether everything was rolled back at the end, because that was all that was asked for.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # use migrate::rusqlite::Connection;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut conn = Connection::open_in_memory()?;
    /// let report = db::migrator().dry_run(&mut conn)?;
    /// assert!(report.is_dry_run());
    /// assert_eq!(report.untried(), None, "all of it was tried");
    /// let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    /// assert_eq!(tables, 0, "and rolled back");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry
    }

    /// What a dry run stopped before: a migration that does not share a transaction with those before it.
    #[must_use]
    pub fn untried(&self) -> Option<&str> {
        self.untried.as_deref()
    }

    /// How the schema differs from the one that the version is proved to have.
    #[must_use]
    pub fn drift(&self) -> &Comparison {
        &self.drift
    }

    /// How it differed from that of the version before the run. Where a migration rebuilt a table that differed, what made it
    /// differ is gone, and [`drift`](Report::drift) does not tell of it.
    #[must_use]
    pub fn drift_before(&self) -> &Comparison {
        &self.drift_before
    }

    /// Indexes, triggers and other objects that no version makes, and that went with a table which a migration removed or
    /// rebuilt; each like ``index `by_hand` on `notes` ``.
    #[must_use]
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// How long the run took, waiting for the lock included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl<V: Version> fmt::Display for Report<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marked = self.of(EntryKind::Marked).count();
        let mut parts = Vec::new();
        if marked > 0 {
            parts.push(format!("{} marked as applied", count(marked)));
        }
        for (kind, word) in [(EntryKind::Applied, "applied"), (EntryKind::Reverted, "reverted")] {
            let names: Vec<String> = self.of(kind).map(|entry| format!("`{}`", entry.name)).collect();
            if !names.is_empty() {
                let milliseconds = self.elapsed.as_secs_f64() * 1e3;
                let (count, names) = (count(names.len()), crate::expected::list(&names));
                parts.push(format!("{count} {word} in {milliseconds:.1} ms: {names}"));
            }
        }
        let parts = if parts.is_empty() { "nothing to record".to_owned() } else { parts.join("; ") };
        let (before, after) = (&self.before_name, &self.after_name);
        if self.dry {
            f.write_str("dry run, rolled back: ")?;
        }
        match self.outcome {
            Outcome::Current => write!(f, "current: at {after}, nothing to do"),
            Outcome::Fresh => write!(f, "fresh database: {parts}; now at {after}"),
            Outcome::Applied | Outcome::Reverted => write!(f, "{parts}; was at {before}, now at {after}"),
            Outcome::OutOfOrder => write!(f, "out of order: {parts}; was at {before}, now at {after}"),
            Outcome::Adopted(Evidence::Declared) => write!(f, "declared to be at {after}: {parts}"),
            Outcome::Adopted(evidence) => {
                write!(f, "{}, {evidence} {before}: {parts}; now at {after}", evidence.database())
            }
        }?;
        if let Some(untried) = &self.untried {
            write!(f, "; not tried: {untried} and what follows, which need another transaction, or none")?;
        }
        if let Some(backup) = &self.backup {
            write!(f, "; backup: {}", backup.file_name().unwrap_or_default().display())?;
        }
        if !self.removed.is_empty() {
            write!(f, "; gone with its table: {}", crate::expected::list(&self.removed))?;
        }
        if !self.drift_before.is_same() && self.drift.to_string() != self.drift_before.to_string() {
            write!(f, " (the schema differed before: {})", self.drift_before)?;
        }
        if self.drift.is_same() { Ok(()) } else { write!(f, " (the schema differs: {})", self.drift) }
    }
}

impl Evidence {
    /// What kind of database there is such evidence for.
    pub(crate) fn database(self) -> String {
        match self {
            // Whose number it is nobody can tell; only that it and the schema agree.
            Evidence::OtherHistory(OtherTool::RusqliteMigration) => {
                "database with its version in `user_version`".to_owned()
            }
            Evidence::OtherHistory(tool) => format!("database with the history of {tool}"),
            _ => "database without history".to_owned(),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Fingerprint | Evidence::OtherHistory(_) => "its schema that of",
            Evidence::ColumnOrder => "its schema (but for the order of columns) that of",
            Evidence::Markers => "its markers those of",
            Evidence::Base => "everything there of",
            Evidence::Declared => "declared to be at",
        })
    }
}

fn count(migrations: usize) -> String {
    format!("{migrations} migration{}", if migrations == 1 { "" } else { "s" })
}
