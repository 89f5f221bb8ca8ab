//! For the tests of an application: databases as its releases left them, and what becomes of them.
//!
//! The compiler has run every migration on rows of its own. What it cannot know is what your rows mean: that the title
//! is now the first line of the body, that nobody's tags went to somebody else. A test says it, and this module tries it
//! on a database of every version that there has been.
//!
//! It stands behind the feature `testing`, which an application asks for where its tests are:
//!
//! ```toml
//! [dev-dependencies]
//! migrate = { …, features = ["testing"] }
//! ```
//!
//! ```
//! # mod db { migrate::migrations!("tests/fixtures/tour"); }
//! # /*
//! #[test]
//! # */
//! fn entries_survive_every_upgrade() {
//!     use db::Version;
//!
//!     migrate::testing::assert_upgrades_from_every_version!(db::MIGRATIONS, |upgrades| upgrades
//!         .rows(Version::CreateNotes, "INSERT INTO notes (title) VALUES ('Shopping')")
//!         .check(Version::LATEST, |conn| {
//!             let title: String = conn.query_row("SELECT title FROM notes", [], |row| row.get(0))?;
//!             assert_eq!(title, "Shopping");
//!             Ok(())
//!         }));
//! }
//! # entries_survive_every_upgrade();
//! ```
//!
//! * [`db_at`]: a database in memory, at a version.
//! * [`assert_upgrades_from_every_version!`](crate::assert_upgrades_from_every_version): from each version to the newest.
//! * [`assert_upgrades_between_all_versions!`](crate::assert_upgrades_between_all_versions): from each to each, and back
//!   where there are down scripts.
//! * [`assert_released_files_upgrade!`](crate::assert_released_files_upgrade): database files of real releases, kept in
//!   the repository.
//! * [`Upgrades`]: the same as values, for tests that want more.

mod files;
mod tried;
mod walk;

use std::error::Error as StdError;

use migrate_core::rusqlite::Connection;
use migrate_core::{BackupPolicy, DriftPolicy, Error, Migrations, Migrator, State, Target, Version};

pub use crate::{
    assert_released_files_upgrade, assert_upgrades_between_all_versions, assert_upgrades_from_every_version,
};
pub use tried::{Failure, Tried};

type BoxError = Box<dyn StdError + Send + Sync>;
type Act<'a> = Box<dyn Fn(&Connection) -> Result<(), BoxError> + 'a>;

/// A database in memory, as the release with that version left it: every migration up to it has run.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut conn = migrate::testing::db_at(&db::MIGRATIONS, db::Version::CreateNotes)?;
/// conn.execute("INSERT INTO notes (title) VALUES ('Shopping')", [])?;
///
/// db::MIGRATIONS.run(&mut conn)?;
///
/// let slug: Option<String> = conn.query_row("SELECT slug FROM notes", [], |row| row.get(0))?;
/// assert_eq!(slug, None);
/// # Ok(())
/// # }
/// ```
///
/// Where migrations need functions or collations of the application, use [`Upgrades::db_at`].
///
/// # Errors
///
/// Those of [`Migrator::run`].
pub fn db_at<V: Version>(migrations: &Migrations<V>, target: impl Into<Target<V>>) -> Result<Connection, Error> {
    let mut conn = memory()?;
    migrations.migrator().target(target).run(&mut conn)?;
    Ok(conn)
}

/// Upgrades to be tried: the migrations, rows that users of old releases have, and what must have become of them.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// use db::Version;
/// use migrate::testing::Upgrades;
///
/// let tried = Upgrades::new(&db::MIGRATIONS)
///     .rows(Version::CreateNotes, "INSERT INTO notes (title) VALUES ('Shopping')")
///     .between_all_versions()
///     .unwrap();
/// assert_eq!(tried.to_string(), "6 upgrades and 1 way back");
/// ```
#[must_use = "nothing is tried until `from_every_version`, `between_all_versions` or `released_files`"]
pub struct Upgrades<'a, V> {
    migrations: &'a Migrations<V>,
    prepare: Vec<Act<'a>>,
    rows: Vec<Rows<'a>>,
    checks: Vec<Check<'a>>,
    each_file: Vec<Act<'a>>,
    may_lose: Vec<String>,
}

/// Rows that are put into a database when it is at a version.
struct Rows<'a> {
    at: usize,
    put: Act<'a>,
}

/// What is asked of a database that arrives at a version.
struct Check<'a> {
    at: usize,
    /// It has the rows that the check is about only if it has been at this version.
    since: usize,
    check: Act<'a>,
}

impl<'a, V: Version> Upgrades<'a, V> {
    /// Upgrades of databases without rows.
    pub fn new(migrations: &'a Migrations<V>) -> Upgrades<'a, V> {
        Upgrades {
            migrations,
            prepare: Vec::new(),
            rows: Vec::new(),
            checks: Vec::new(),
            each_file: Vec::new(),
            may_lose: Vec::new(),
        }
    }

    /// What every connection needs before anything else: functions, collations, a key.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// let upgrades = Upgrades::new(&db::MIGRATIONS).prepare(|conn| {
    ///     conn.execute_batch("PRAGMA recursive_triggers = ON") // or `conn.create_scalar_function(…)`
    /// });
    /// # upgrades.from_every_version().unwrap();
    /// ```
    pub fn prepare<E: Into<BoxError>>(mut self, prepare: impl Fn(&Connection) -> Result<(), E> + 'a) -> Self {
        self.prepare.push(boxed(prepare));
        self
    }

    /// Rows, as SQL, that users have of whom a release with this version was in use.
    pub fn rows(self, version: V, sql: &'a str) -> Self {
        self.fill(version, move |conn| conn.execute_batch(sql))
    }

    /// Rows that a function puts into a database at this version.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// let upgrades = Upgrades::new(&db::MIGRATIONS).fill(db::Version::CreateNotes, |conn| {
    ///     let mut insert = conn.prepare("INSERT INTO notes (title) VALUES (?1)")?;
    ///     (0..1000).try_for_each(|n| insert.execute([format!("note {n}")]).map(drop))
    /// });
    /// # upgrades.from_every_version().unwrap();
    /// ```
    pub fn fill<E: Into<BoxError>>(mut self, version: V, fill: impl Fn(&Connection) -> Result<(), E> + 'a) -> Self {
        self.rows.push(Rows { at: version.index() + 1, put: boxed(fill) });
        self
    }

    /// What must be true of a database that arrives at this version, with the rows that were declared *before* this
    /// call: it is asked of every database that has been at their versions, whichever way it came.
    ///
    /// A check that fails, panics, or is never asked is a failure.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tried = Upgrades::new(&db::MIGRATIONS)
    ///     .rows(db::Version::CreateNotes, "INSERT INTO notes (title) VALUES ('tea')")
    ///     .check(db::Version::LATEST, |conn| {
    ///         let notes: i64 = conn.query_row("SELECT count(*) FROM notes WHERE title = 'tea'", [], |row| row.get(0))?;
    ///         if notes == 1 { Ok(()) } else { Err(format!("{notes} notes").into()) }
    ///     })
    ///     .from_every_version()?;
    /// assert!(tried.checks > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(mut self, version: V, check: impl Fn(&Connection) -> Result<(), BoxError> + 'a) -> Self {
        let since = self.rows.iter().map(|rows| rows.at).max().unwrap_or_default();
        self.checks.push(Check { at: version.index() + 1, since, check: Box::new(check) });
        self
    }

    /// What must be true of every released file after its upgrade; see [`released_files`](Upgrades::released_files).
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let releases = tempfile::tempdir()?;
    /// let upgrades = Upgrades::new(&db::MIGRATIONS).may_lose_rows("drafts").check_each_file(|conn| {
    ///     let broken: i64 = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    ///     if broken == 0 { Ok(()) } else { Err("a key is broken".into()) }
    /// });
    /// # upgrades.write_release(releases.path())?;
    /// let tried = upgrades.released_files(releases.path())?;
    /// assert_eq!(tried.files, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_each_file(mut self, check: impl Fn(&Connection) -> Result<(), BoxError> + 'a) -> Self {
        self.each_file.push(Box::new(check));
        self
    }

    /// A table that may have fewer rows after an upgrade than before; of any other that is a failure.
    pub fn may_lose_rows(mut self, table: impl Into<String>) -> Self {
        self.may_lose.push(table.into());
        self
    }

    /// A database in memory that has been at every version up to this one, with the rows that were declared for them.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let upgrades = Upgrades::new(&db::MIGRATIONS)
    ///     .rows(db::Version::CreateNotes, "INSERT INTO notes (title) VALUES ('tea')");
    /// let conn = upgrades.db_at(db::Version::LATEST)?;
    /// let title: String = conn.query_row("SELECT title FROM notes", [], |row| row.get(0))?;
    /// assert_eq!(title, "tea");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A failure that says which migration, or which rows, could not be.
    pub fn db_at(&self, version: V) -> Result<Connection, Failure> {
        let mut conn = memory().map_err(|error| Failure::one(error.to_string()))?;
        self.prepared(&conn).map_err(Failure::one)?;
        for position in 0..=version.index() + 1 {
            self.arrive(&mut conn, position).map_err(Failure::one)?;
        }
        Ok(conn)
    }

    fn prepared(&self, conn: &Connection) -> Result<(), String> {
        self.prepare
            .iter()
            .try_for_each(|prepare| tried::call(prepare, conn))
            .map_err(|why| format!("`prepare`: {why}"))
    }

    /// As strict as can be, and without backups: nobody needs the databases of a test.
    fn migrator(&self) -> Migrator<'a, V> {
        self.migrations.migrator().drift(DriftPolicy::Error).backup(BackupPolicy::Never)
    }

    fn len(&self) -> usize {
        self.migrations.iter().count()
    }

    fn target(position: usize) -> Target<V> {
        position.checked_sub(1).and_then(V::from_index).map_or(Target::Base, Target::At)
    }

    /// A position, as messages name it.
    fn named(&self, position: usize) -> String {
        let name = position.checked_sub(1).and_then(|index| self.migrations.iter().nth(index));
        name.map_or_else(|| "the state before the first migration".to_owned(), |it| format!("`{}`", it.name))
    }
}

impl<V> std::fmt::Debug for Upgrades<'_, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upgrades")
            .field("migrations", self.migrations)
            .field("rows", &self.rows.len())
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}

fn boxed<'a, E: Into<BoxError>>(act: impl Fn(&Connection) -> Result<(), E> + 'a) -> Act<'a> {
    Box::new(move |conn| act(conn).map_err(Into::into))
}

fn memory() -> Result<Connection, Error> {
    Connection::open_in_memory().map_err(|source| Error::Sqlite {
        doing: "opening a database in memory",
        state: Box::new(State::Unchanged { at: None }),
        source,
    })
}

/// What the macros hand over: the upgrades, as a test describes them.
#[doc(hidden)]
pub fn described<'a, V: Version>(
    migrations: &'a Migrations<V>,
    describe: impl FnOnce(Upgrades<'a, V>) -> Upgrades<'a, V>,
) -> Upgrades<'a, V> {
    describe(Upgrades::new(migrations))
}

/// Brings a database of every version, the empty one included, to the newest, and checks what became of it.
///
/// A database has been at each version before its own, with the rows that were declared for them, as that of a user who
/// never missed a release. For each: the run succeeds; the schema is the one that is proved; no table has fewer rows; `PRAGMA
/// integrity_check` and `foreign_key_check` find nothing; a second run has nothing to do; and the checks hold.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// migrate::testing::assert_upgrades_from_every_version!(db::MIGRATIONS);
/// ```
///
/// With a closure it is told more, see [`Upgrades`](crate::testing::Upgrades):
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// use db::Version;
///
/// migrate::testing::assert_upgrades_from_every_version!(db::MIGRATIONS, |upgrades| upgrades
///     .rows(Version::AddTags, "INSERT INTO notes (title) VALUES ('Shopping'); INSERT INTO tags VALUES (1, 'home')")
///     .check(Version::LATEST, |conn| {
///         let tags: i64 = conn.query_row("SELECT count(*) FROM tags", [], |row| row.get(0))?;
///         assert_eq!(tags, 1);
///         Ok(())
///     }));
/// ```
#[macro_export]
macro_rules! assert_upgrades_from_every_version {
    ($migrations:expr $(,)?) => {
        $crate::assert_upgrades_from_every_version!($migrations, |upgrades| upgrades)
    };
    ($migrations:expr, $describe:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) =
            $crate::testing::described(&$migrations, $describe).from_every_version()
        {
            ::std::panic!("{failure}");
        }
    };
}

/// As [`assert_upgrades_from_every_version!`](crate::assert_upgrades_from_every_version), but to every later version, and
/// back to every earlier one where the migrations between have down scripts, and on from there to the newest.
///
/// For `n` migrations that is `n * (n + 1) / 2` upgrades: something for a list of some dozens.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// migrate::testing::assert_upgrades_between_all_versions!(db::MIGRATIONS);
/// ```
#[macro_export]
macro_rules! assert_upgrades_between_all_versions {
    ($migrations:expr $(,)?) => {
        $crate::assert_upgrades_between_all_versions!($migrations, |upgrades| upgrades)
    };
    ($migrations:expr, $describe:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) =
            $crate::testing::described(&$migrations, $describe).between_all_versions()
        {
            ::std::panic!("{failure}");
        }
    };
}

/// Brings a copy of every database file in a directory to the newest version, and checks what became of it, as
/// [`assert_upgrades_from_every_version!`](crate::assert_upgrades_from_every_version) does. The files stay as they are.
///
/// The directory is relative to the package's Cargo.toml. Keep a file of each release there, with rows as users have them:
/// [`Upgrades::write_release`](crate::testing::Upgrades::write_release) makes one. It is an error if there is none.
///
/// ```no_run
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// migrate::testing::assert_released_files_upgrade!(db::MIGRATIONS, "tests/released");
/// ```
#[macro_export]
macro_rules! assert_released_files_upgrade {
    ($migrations:expr, $directory:expr $(,)?) => {
        $crate::assert_released_files_upgrade!($migrations, $directory, |upgrades| upgrades)
    };
    ($migrations:expr, $directory:expr, $describe:expr $(,)?) => {
        let directory = ::std::path::Path::new(::std::env!("CARGO_MANIFEST_DIR")).join($directory);
        if let ::std::result::Result::Err(failure) =
            $crate::testing::described(&$migrations, $describe).released_files(&directory)
        {
            ::std::panic!("{failure}");
        }
    };
}
