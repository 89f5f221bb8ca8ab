//! The typed list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use migrate_sql::Digest;
use rusqlite::Connection;

use crate::error::{Error, State};
use crate::look::looks_hold;
use crate::migrator::Migrator;
use crate::plan::Plan;
use crate::report::Report;
use crate::set::Set;
use crate::status::Status;
use crate::version::Version;

/// A Rust step: it runs after its migration's statements, in the same transaction.
///
/// It can read and write rows. It cannot commit, nor open a savepoint: SQLite refuses both while the run holds a
/// statement open. If it changes the schema or rolls back, the run ends with [`Error::StepMisbehaved`](crate::Error).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use migrate::{StepFn, rusqlite::Connection};
///
/// fn shorten(conn: &Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     conn.execute("UPDATE notes SET title = substr(title, 1, 100)", [])?;
///     Ok(())
/// }
///
/// // In `migrations!`, any function like it will do, whatever its error is: `after = { "002_add_tags" => shorten }`.
/// let step: StepFn = shorten;
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch("CREATE TABLE notes (title)")?;
/// step(&conn)?;
/// # Ok(())
/// # }
/// ```
pub type StepFn = fn(&Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The typed list of an application's migrations, oldest first.
///
/// `migrations!` expands to a `static` of this type.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// assert_eq!(db::MIGRATIONS.iter().count(), 3);
/// println!("{}", db::MIGRATIONS.plan(&conn)?);
/// assert!(!db::MIGRATIONS.is_schema_current(&conn)?);
///
/// db::MIGRATIONS.run(&mut conn)?;
/// assert!(db::MIGRATIONS.is_schema_current(&conn)?);
/// println!("{}", db::MIGRATIONS.status(&conn)?);
///
/// // With options.
/// db::MIGRATIONS.migrator().target(db::Version::AddTags).allow_down(true).run(&mut conn)?;
/// # Ok(())
/// # }
/// ```
pub struct Migrations<V> {
    pub(crate) set: Set,
    /// Index of a migration, and the step that runs after it; sorted by index.
    pub(crate) steps: Cow<'static, [(usize, StepFn)]>,
    version: PhantomData<fn() -> V>,
}

impl<V> Migrations<V> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(set: Set, steps: Cow<'static, [(usize, StepFn)]>) -> Migrations<V> {
        Migrations { set, steps, version: PhantomData }
    }

    /// For tools of this project; may change with any release.
    #[doc(hidden)]
    #[must_use]
    pub const fn set(&self) -> &Set {
        &self.set
    }
}

/// One migration of a list, to read.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// let newest = db::MIGRATIONS.iter().last().expect("there are three");
/// assert_eq!((newest.version, newest.name), (db::Version::DropDrafts, "003_drop_drafts.sql"));
/// assert!(newest.sql.contains("DROP COLUMN draft"));
/// assert!(newest.down.is_some_and(|sql| sql.contains("ADD COLUMN draft")));
/// println!("{} {} {}", newest.name, newest.checksum, newest.fingerprint);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MigrationRef<'a, V> {
    /// Which.
    pub version: V,
    /// What the history records: `002_add_tags.sql`.
    pub name: &'a str,
    /// Its SQL; a byte order mark is dropped and line ends are LF.
    pub sql: &'a str,
    /// The SQL that undoes it, where there is any.
    pub down: Option<&'a str>,
    /// SHA-256 over its tokens and the directives that change what happens.
    pub checksum: Digest,
    /// SHA-256 over the schema after it.
    pub fingerprint: Digest,
}

impl<V: Version> Migrations<V> {
    /// The migrations, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = MigrationRef<'_, V>> {
        self.set.migrations.iter().enumerate().filter_map(|(index, migration)| {
            Some(MigrationRef {
                version: V::from_index(index)?,
                name: &migration.name,
                sql: &migration.up.sql,
                down: migration.down.as_ref().map(|down| down.sql.as_ref()),
                checksum: migration.checksum,
                fingerprint: migration.fingerprint,
            })
        })
    }
}

impl<V> fmt::Debug for Migrations<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.set.migrations.iter().map(|migration| &migration.name)).finish()
    }
}

impl<V: Version> Migrations<V> {
    /// A run with options.
    pub fn migrator(&self) -> Migrator<'_, V> {
        Migrator::new(self)
    }

    /// Brings any known database to the latest version, or leaves it exactly as it was.
    ///
    /// Where there is nothing to do this reads one row, without a write lock and without a write. Several processes may
    /// start at once: one of them migrates, the others wait for it.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; its message says in which state the database is.
    pub fn run(&self, conn: &mut Connection) -> Result<Report<V>, Error> {
        Migrator::new(self).run(conn)
    }

    /// What [`run`](Migrations::run) would do now; reads only.
    ///
    /// # Errors
    ///
    /// Those with which `run` would refuse.
    pub fn plan(&self, conn: &Connection) -> Result<Plan<V>, Error> {
        Migrator::new(self).plan(conn)
    }

    /// Where the database is, migration by migration; reads only.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn status(&self, conn: &Connection) -> Result<Status<V>, Error> {
        Migrator::new(self).status(conn)
    }

    /// Whether every marker is in place: one prepared statement, reads only.
    ///
    /// This asks the schema, not the history.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`] where the schema cannot be read.
    pub fn is_schema_current(&self, conn: &Connection) -> Result<bool, Error> {
        let looks = self.set.markers.iter().map(|marker| &marker.look);
        looks_hold(conn, &self.set.marker_sql, looks, &self.set.options.history_table).map_err(|source| Error::Sqlite {
            doing: "looking for the markers",
            state: Box::new(State::Unchanged { at: None }),
            source,
        })
    }
}
