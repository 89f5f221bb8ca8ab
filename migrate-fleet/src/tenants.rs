//! A server with a database a tenant: migrated when it is opened first, and open as long as it is used.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lru::LruCache;
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Error, Migrations, Migrator, Version};

use crate::fleet::{BoxError, Prepare};
use crate::sweep::locked;

type Configure<V> = Box<dyn for<'m> Fn(Migrator<'m, V>) -> Migrator<'m, V> + Send + Sync>;

/// Opens databases of tenants, each migrated before anybody sees it, and keeps those open that were used last.
///
/// A file that does not exist is made, with the current schema. One that is migrated already costs one look when it is opened, and none while a
/// connection to it is kept. What cannot be migrated is refused at each attempt, and as it was; who asked while it was tried gets
/// that error too, so that a crowd before a locked file waits once, and not one after the other.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::Tenants;
///
/// let tenants = Tenants::new(&db::MIGRATIONS, 500)
///     .idle_each(2)
///     .prepare(|conn| conn.pragma_update(None, "foreign_keys", true))
///     .configure(|migrator| migrator.wal(true));
/// assert!(tenants.is_empty());
///
/// let conn = tenants.open(directory.path().join("acme.db"))?;
/// conn.execute("INSERT INTO notes (title, slug) VALUES ('Shopping', 'shopping')", [])?;
/// drop(conn); // back to those that are kept
///
/// let conn = tenants.open(directory.path().join("acme.db"))?;
/// let notes: i64 = conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))?;
/// assert_eq!((notes, tenants.len()), (1, 1));
///
/// // Before the file is moved away.
/// tenants.forget(directory.path().join("acme.db"));
/// # Ok(())
/// # }
/// ```
///
/// Opening and migrating blocks: in an async server, call it where blocking is allowed (`tokio::task::spawn_blocking`).
pub struct Tenants<V: 'static> {
    migrations: &'static Migrations<V>,
    prepare: Vec<Prepare<'static>>,
    configure: Vec<Configure<V>>,
    /// One for each file that is, or was lately, in use.
    kept: Mutex<LruCache<PathBuf, Arc<Tenant>>>,
    each: usize,
}

/// The connections to one file that nobody uses now.
#[derive(Debug, Default)]
struct Tenant {
    idle: Mutex<Vec<Connection>>,
    /// Held while a connection is opened, so that of many who ask at once one migrates, and the others do not wait for SQLite's lock.
    opening: Mutex<()>,
    failed: Mutex<Failed>,
}

/// What became of those who asked.
#[derive(Debug, Default)]
struct Failed {
    times: u64,
    last: Option<TenantError>,
}

/// A connection to a tenant's database, at the newest version. Dropped, it is kept for the next who asks.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::{TenantConnection, Tenants};
///
/// fn notes(conn: &TenantConnection) -> migrate::rusqlite::Result<i64> {
///     // It is a connection, wherever one is wanted.
///     conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))
/// }
///
/// let tenants = Tenants::new(&db::MIGRATIONS, 500);
/// assert_eq!(notes(&tenants.open(&files[0])?)?, 0);
/// # Ok(())
/// # }
/// ```
pub struct TenantConnection {
    conn: Option<Connection>,
    tenant: Arc<Tenant>,
    each: usize,
}

/// Why a tenant's database cannot be had. All who asked at once get the same.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tenant"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let files: Vec<_> = (0..3).map(|n| directory.path().join(format!("{n}.db"))).collect();
/// # for file in &files { drop(std::fs::File::create(file)?); }
/// use migrate_fleet::{TenantError, Tenants};
///
/// std::fs::write(&files[0], "this is no database")?;
/// let tenants = Tenants::new(&db::MIGRATIONS, 500);
/// match tenants.open(&files[0]) {
///     Err(TenantError::Migrate { source, .. }) => assert!(matches!(*source, migrate::Error::NotADatabase { .. })),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// It cannot be opened.
    #[error("`{}` cannot be opened: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<rusqlite::Error>,
    },
    /// What the application does with every connection failed.
    #[error("the connection to `{}` could not be prepared: {source}", path.display())]
    Prepare {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The migration was refused, or failed and was rolled back.
    #[error("`{}`: {source}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<Error>,
    },
}

impl<V: Version> Tenants<V> {
    /// Keeps the connections of so many files; at least of one.
    #[must_use]
    pub fn new(migrations: &'static Migrations<V>, files: usize) -> Tenants<V> {
        let files = NonZeroUsize::new(files).unwrap_or(NonZeroUsize::MIN);
        Tenants {
            migrations,
            prepare: Vec::new(),
            configure: Vec::new(),
            kept: Mutex::new(LruCache::new(files)),
            each: 2,
        }
    }

    /// How many idle connections are kept for a file; by default two. More are open while more are in use.
    #[must_use]
    pub fn idle_each(mut self, connections: usize) -> Self {
        self.each = connections;
        self
    }

    /// What every connection needs before it is migrated: pragmas, functions, collations, a key.
    #[must_use]
    pub fn prepare<E: Into<BoxError>>(
        mut self,
        prepare: impl Fn(&Connection) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.prepare.push(Box::new(move |conn| prepare(conn).map_err(Into::into)));
        self
    }

    /// Options of the run: backups, lock timeout, drift.
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl for<'m> Fn(Migrator<'m, V>) -> Migrator<'m, V> + Send + Sync + 'static,
    ) -> Self {
        self.configure.push(Box::new(configure));
        self
    }

    /// A connection to this file, at the newest version.
    ///
    /// Who asks for the same file while it is being migrated waits; who asks for another one does not.
    ///
    /// # Errors
    ///
    /// [`TenantError`]; the file is as it was.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<TenantConnection, TenantError> {
        let path = path.as_ref();
        let tenant = Arc::clone(locked(&self.kept).get_or_insert_ref(path, Arc::default));
        let idle = locked(&tenant.idle).pop();
        let conn = idle.map_or_else(|| self.first(path, &tenant), Ok)?;
        Ok(TenantConnection { conn: Some(conn), tenant, each: self.each })
    }

    /// How many files have connections that are kept, or in use.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.kept).len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes the idle connections to a file, so that it can be moved or removed. Those in use are closed when they are given back.
    pub fn forget(&self, path: impl AsRef<Path>) {
        drop(locked(&self.kept).pop(path.as_ref()));
    }

    /// One opens it, and the others wait for him.
    fn first(&self, path: &Path, tenant: &Tenant) -> Result<Connection, TenantError> {
        let before = locked(&tenant.failed).times;
        let _one = locked(&tenant.opening);
        // Somebody may have given one back meanwhile.
        if let Some(conn) = locked(&tenant.idle).pop() {
            return Ok(conn);
        }
        if let Failed { times, last: Some(error) } = &*locked(&tenant.failed)
            && *times > before
        {
            return Err(error.clone());
        }
        self.opened(path).inspect_err(|error| {
            let mut failed = locked(&tenant.failed);
            *failed = Failed { times: failed.times + 1, last: Some(error.clone()) };
        })
    }

    fn opened(&self, path: &Path) -> Result<Connection, TenantError> {
        let at = || path.to_owned();
        let mut conn =
            Connection::open(path).map_err(|source| TenantError::Open { path: at(), source: source.into() })?;
        for prepare in &self.prepare {
            prepare(&conn).map_err(|source| TenantError::Prepare { path: at(), source: source.into() })?;
        }
        let migrator =
            self.configure.iter().fold(self.migrations.migrator(), |migrator, configure| configure(migrator));
        migrator.run(&mut conn).map_err(|source| TenantError::Migrate { path: at(), source: source.into() })?;
        Ok(conn)
    }
}

impl<V> fmt::Debug for Tenants<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants")
            .field("migrations", self.migrations)
            .field("kept", &locked(&self.kept).len())
            .finish_non_exhaustive()
    }
}

impl Deref for TenantConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn.as_ref().expect("it is taken when this is dropped")
    }
}

impl DerefMut for TenantConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        self.conn.as_mut().expect("it is taken when this is dropped")
    }
}

impl Drop for TenantConnection {
    fn drop(&mut self) {
        // One that is inside a transaction still is closed, which rolls back: the next user must not find himself in it.
        let Some(conn) = self.conn.take().filter(|conn| conn.is_autocommit()) else { return };
        let mut idle = locked(&self.tenant.idle);
        if idle.len() < self.each {
            idle.push(conn);
        }
    }
}

impl fmt::Debug for TenantConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TenantConnection").field(&self.conn).finish()
    }
}
