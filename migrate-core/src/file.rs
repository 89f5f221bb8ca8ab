//! The file of a database, as the operating system knows it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};

use crate::backup::BackupError;

/// The path of the main database; `None` in memory, and for a temporary one.
///
/// What is returned need not exist for the operating system: another VFS may keep its files elsewhere.
pub(crate) fn path(conn: &Connection) -> Option<PathBuf> {
    if let Some(path) = conn.path() {
        return (!path.is_empty()).then(|| PathBuf::from(path));
    }
    // A path that is not UTF-8.
    let sql = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let bytes = |row: &rusqlite::Row<'_>| {
        Ok(match row.get_ref(0)? {
            ValueRef::Text(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        })
    };
    let bytes = conn.query_row(sql, [], bytes).ok().filter(|bytes| !bytes.is_empty())?;
    from_bytes(bytes)
}

/// Whether there is nothing in it; `None` where the operating system does not know it.
///
/// Only its size is looked at: to open and close a live database file would drop the locks that this process holds.
pub(crate) fn is_empty(path: &Path) -> Option<bool> {
    std::fs::metadata(path).ok().map(|metadata| metadata.len() == 0)
}

/// Gives a file the permissions of another one, and its owners as far as this process may.
#[cfg(unix)]
pub(crate) fn own_like(file: &File, other: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let metadata = std::fs::metadata(other)?;
    let mut mode = metadata.permissions().mode() & 0o777;
    let own = file.metadata()?;
    let (owner, group) = (metadata.uid(), metadata.gid());
    if (owner, group) != (own.uid(), own.gid()) && fchown(file, Some(owner), Some(group)).is_err() {
        // Only a superuser gives files away; the group matters more.
        if own.gid() != group && fchown(file, None, Some(group)).is_err() {
            // Another group must not read what the database's group may.
            mode &= 0o700;
        }
    }
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Gives a file the permissions of another one.
#[cfg(not(unix))]
pub(crate) fn own_like(file: &File, other: &Path) -> io::Result<()> {
    file.set_permissions(std::fs::metadata(other)?.permissions())
}

/// The path with something added to its last part.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    PathBuf::from(beside)
}

/// As SQLite takes it. A blob that is cast to TEXT is read in the database's encoding, so only what is not UTF-8 is one.
pub(crate) fn to_value(conn: &Connection, path: &Path) -> Result<Value, BackupError> {
    if let Some(text) = path.to_str() {
        return Ok(Value::Text(text.to_owned()));
    }
    let encoding: String = conn.query_row("PRAGMA main.encoding", [], |row| row.get(0))?;
    if encoding != "UTF-8" {
        return Err(BackupError::Wrong(format!("the path is not UTF-8, and the database is {encoding}")));
    }
    Ok(Value::Blob(path.as_os_str().as_encoded_bytes().to_vec()))
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
