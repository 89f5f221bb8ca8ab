//! Notes of many tenants, a database file for each.

mod door;
mod error;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use migrate::rusqlite::{self, Connection};
use migrate_fleet::Tenants;
use tokio::{fs, task};

use crate::door::Door;
pub use crate::error::{Error, Refusal};

/// How long a request waits for a tenant's file that another program holds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// The schema and its history, the same for all.
pub mod db {
    migrate::migrations!("migrations");
}

/// All tenants' databases.
#[derive(Debug)]
pub struct Databases {
    folder: PathBuf,
    tenants: Tenants<db::Version>,
    doors: Mutex<HashMap<PathBuf, Arc<Door>>>,
}

impl Databases {
    /// Those in a folder. Nothing is opened yet: a service with thousands of tenants starts at once.
    #[must_use]
    pub fn new(folder: PathBuf) -> Arc<Databases> {
        // A request waits for it, so not for half a minute; who is turned away asks again.
        let tenants = Tenants::new(&db::MIGRATIONS, 500).configure(|run| run.lock_timeout(LOCK_TIMEOUT).wal(true));
        Arc::new(Databases { folder, tenants, doors: Mutex::default() })
    }

    /// Writes a note down; a new tenant's database is made for it.
    ///
    /// # Errors
    ///
    /// [`Error`]; nothing was written.
    pub async fn add(self: &Arc<Self>, tenant: &str, body: String) -> Result<(), Error> {
        let path = self.path(tenant)?;
        self.on(path, move |conn| conn.execute("INSERT INTO notes (body) VALUES (?1)", [body]).map(drop)).await
    }

    /// A tenant's notes, those that are pinned first.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list(self: &Arc<Self>, tenant: &str) -> Result<Vec<String>, Error> {
        let path = self.path(tenant)?;
        // To look is not to make one.
        if !fs::try_exists(&path).await.unwrap_or(false) {
            return Err(Error::Unknown);
        }
        self.on(path, notes).await
    }

    /// How many tenants were turned away lately.
    #[must_use]
    pub fn refused(&self) -> usize {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.values().filter(|door| door.refusal().is_some()).count()
    }

    /// Does something on a connection of a tenant, whose database is brought to the current schema before its first use.
    ///
    /// It is a task of its own: if who asked is gone, it goes on, and the next who asks does not begin the same migration beside it.
    async fn on<T: Send + 'static>(
        self: &Arc<Self>,
        path: PathBuf,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let databases = Arc::clone(self);
        let task = async move {
            let door = databases.door(&path);
            let (opener, file) = (Arc::clone(&databases), path.clone());
            let first = move || {
                opener.tenants.open(file)?;
                Ok(())
            };
            let place = door.pass(first).await?;
            let done = task::spawn_blocking(move || {
                let _place = place;
                Ok(act(&*databases.tenants.open(path)?)?)
            });
            done.await?.inspect_err(|error| door.refuse(error))
        };
        task::spawn(task).await?
    }

    fn door(&self, path: &Path) -> Arc<Door> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(doors.entry(path.to_owned()).or_insert_with(|| Arc::new(Door::new())))
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
