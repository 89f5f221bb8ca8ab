//! Notes of many tenants, a database file for each.

use std::path::PathBuf;

use migrate::rusqlite::{self, Connection};
use migrate_fleet::{TenantConnection, TenantError, Tenants};

/// The schema and its history, the same for all.
pub mod db {
    migrate::migrations!("migrations");
}

/// All tenants' databases.
#[derive(Debug)]
pub struct Databases {
    folder: PathBuf,
    tenants: Tenants<db::Version>,
}

/// Why a request was not answered.
#[derive(Debug)]
pub enum Error {
    /// That cannot be the name of a tenant.
    Name,
    /// There is no such tenant.
    Unknown,
    /// The tenant's database cannot be opened, or not be brought to the current schema. Others have nothing to do with it.
    Tenant(TenantError),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl Databases {
    /// Those in a folder. Nothing is opened yet: a service with thousands of tenants starts at once.
    #[must_use]
    pub fn new(folder: PathBuf) -> Databases {
        let tenants = Tenants::new(&db::MIGRATIONS, 500)
            .prepare(|conn| conn.pragma_update(None, "journal_mode", "WAL"))
            // A request waits for it, so not for half a minute; who is turned away asks again.
            .configure(|migrator| migrator.lock_timeout(std::time::Duration::from_secs(5)));
        Databases { folder, tenants }
    }

    /// Writes a note down; a new tenant's database is made for it.
    ///
    /// # Errors
    ///
    /// [`Error`]; nothing was written.
    pub fn add(&self, tenant: &str, body: &str) -> Result<(), Error> {
        let conn = self.open(tenant)?;
        conn.execute("INSERT INTO notes (body) VALUES (?1)", [body])?;
        Ok(())
    }

    /// A tenant's notes, those that are pinned first.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub fn list(&self, tenant: &str) -> Result<Vec<String>, Error> {
        // To look is not to make one.
        if !self.path(tenant)?.exists() {
            return Err(Error::Unknown);
        }
        notes(&*self.open(tenant)?).map_err(Error::Sqlite)
    }

    /// Opened before, it is there at once; else it is opened, and brought to the current schema if it is older.
    fn open(&self, tenant: &str) -> Result<TenantConnection, Error> {
        self.tenants.open(self.path(tenant)?).map_err(Error::Tenant)
    }

    /// What comes in a request becomes the name of a file: nothing but letters, digits and dashes.
    fn path(&self, tenant: &str) -> Result<PathBuf, Error> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if tenant.is_empty() || tenant.len() > 40 || !tenant.bytes().all(fits) {
            return Err(Error::Name);
        }
        Ok(self.folder.join(tenant).with_extension("db"))
    }
}

fn notes(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut notes = conn.prepare_cached("SELECT body FROM notes ORDER BY pinned DESC, id")?;
    notes.query_map([], |row| row.get(0))?.collect()
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::Sqlite(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Name => f.write_str("that is no tenant's name"),
            Error::Unknown => f.write_str("there is no such tenant"),
            Error::Tenant(error) => error.fmt(f),
            Error::Sqlite(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
