//! The typed list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use migrate_sql::Digest;

use crate::set::Set;
use crate::version::Version;

/// A Rust step: it runs after its migration's statements, in the same transaction.
///
/// It can read and write rows. It cannot commit, nor open a savepoint: SQLite refuses both while the run holds a
/// statement open. If it changes the schema or rolls back, the run ends with [`Error::StepMisbehaved`](crate::Error).
pub type StepFn = fn(&rusqlite::Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The typed list of an application's migrations, oldest first.
///
/// `migrations!` expands to a `static` of this type.
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
