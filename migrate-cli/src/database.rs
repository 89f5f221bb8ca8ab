//! Which databases are meant, and how they are opened.

mod name;
#[cfg(feature = "remote")]
mod server;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use migrate_core::rusqlite::{self, Connection, OpenFlags};

use crate::failure::Failure;

/// What is done with a connection before anything else: an application registers its functions, or gives the key.
pub(crate) type Prepare<'a> = &'a (dyn Fn(&Connection) -> rusqlite::Result<()> + Sync);

#[cfg(feature = "remote")]
pub(crate) use server::Server;

/// A database that is named.
#[derive(Debug)]
pub(crate) enum Database {
    File(PathBuf),
    #[cfg(feature = "remote")]
    Server(Server),
}

/// What is going to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The file must be there, and is not written.
    Read,
    /// The file must be there.
    Write,
    /// The file is made if it is not there.
    Create,
}

/// The databases that the arguments name, or DATABASE_URL, or the configuration, in their order and each once.
///
/// `cargo` says whether there may be a Cargo.toml.
pub(crate) fn named(arguments: &[OsString], configured: Option<&str>, cargo: bool) -> Result<Vec<Database>, Failure> {
    let mut databases = Vec::new();
    for name in names(arguments, configured, cargo)? {
        #[cfg(feature = "remote")]
        if let Some(address) = name::address(&name) {
            databases.push(Database::Server(Server::new(address)?));
            continue;
        }
        databases.extend(name::paths(&name)?.into_iter().map(Database::File));
    }
    let mut seen = Vec::new();
    databases.retain(|database| {
        let name = database.shown();
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    Ok(databases)
}

fn names(arguments: &[OsString], configured: Option<&str>, cargo: bool) -> Result<Vec<OsString>, Failure> {
    if !arguments.is_empty() {
        return Ok(arguments.to_vec());
    }
    let url = env::var_os("DATABASE_URL").filter(|url| !url.is_empty());
    let of_another = url.as_deref().and_then(OsStr::to_str).and_then(name::other_scheme);
    if let (Some(url), None) = (&url, of_another) {
        return Ok(vec![url.clone()]);
    }
    if let Some(name) = configured {
        return Ok(vec![name.into()]);
    }
    let other = of_another.map(|scheme| format!("; DATABASE_URL is of `{scheme}:`")).unwrap_or_default();
    let cargo = if cargo { ", or `database` in [package.metadata.migrate] of Cargo.toml" } else { "" };
    Err(Failure::usage(format!(
        "no database is named{other}\nhelp: give `--database FILE`, or set DATABASE_URL{cargo}"
    )))
}

impl Database {
    /// How messages name it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Database::File(path) => path.display().to_string(),
            #[cfg(feature = "remote")]
            Database::Server(server) => server.shown(),
        }
    }

    /// The file; what needs one cannot be done on a server.
    pub(crate) fn path(&self) -> Result<&Path, Failure> {
        match self {
            Database::File(path) => Ok(path),
            #[cfg(feature = "remote")]
            Database::Server(_) => Err(Server::no_file()),
        }
    }

    pub(crate) fn exists(&self) -> bool {
        match self {
            Database::File(path) => path.exists(),
            #[cfg(feature = "remote")]
            Database::Server(_) => true,
        }
    }

    pub(crate) fn open(&self, access: Access, prepare: Prepare<'_>) -> Result<Connection, Failure> {
        let path = self.path()?;
        if access != Access::Create && !path.exists() {
            return Err(Failure::failed("there is no such file\nhelp: check the path; `up` makes a database"));
        }
        let flags = match access {
            Access::Read if has_been_left(path) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Read | Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|error| {
            Failure::failed(format!(
                "it cannot be opened: {error}\nhelp: check that it is a file, and that its folder is there"
            ))
        })?;
        if access == Access::Read {
            conn.pragma_update(None, "query_only", true).map_err(unprepared)?;
        }
        prepare(&conn).map_err(unprepared)?;
        Ok(conn)
    }

    /// Takes back that the file was made, if nobody has written to it since. Nobody can begin to while it is removed, and who
    /// has it open is told by SQLite that the file is gone.
    pub(crate) fn remove_if_empty(&self) {
        let Ok(path) = self.path() else { return };
        let is_empty = || fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
        let lock = || {
            let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            conn.busy_timeout(Duration::ZERO)?;
            conn.execute_batch("BEGIN EXCLUSIVE").map(|()| conn)
        };
        if !is_empty() {
            return;
        }
        if let Ok(conn) = lock()
            && is_empty()
        {
            // Where an open file cannot be removed, it stays: it is empty, and the next `up` uses it.
            let _ = fs::remove_file(path);
            drop(conn);
        }
    }
}

/// Whether SQLite's own files are beside it: it is in use, or a program died.
///
/// Then a connection that can write might write: it rolls back what a dead program began, or takes over what is in the
/// log. Where there are none, a connection that cannot write would leave some behind, for a database in WAL mode.
fn has_been_left(path: &Path) -> bool {
    ["-wal", "-journal"].iter().any(|ending| beside(path, ending).exists())
}

/// A database in memory, to try things on.
pub(crate) fn in_memory(prepare: Prepare<'_>) -> Result<Connection, Failure> {
    let conn = Connection::open_in_memory().map_err(unprepared)?;
    prepare(&conn).map_err(unprepared)?;
    Ok(conn)
}

fn unprepared(error: rusqlite::Error) -> Failure {
    Failure::failed(format!("the connection could not be prepared: {error}"))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
