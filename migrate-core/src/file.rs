//! The file of a database, as the operating system knows it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

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

/// The path with something added to its last part.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    PathBuf::from(beside)
}

/// As SQLite takes it; on Unix any bytes.
#[cfg(unix)]
pub(crate) fn to_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// As SQLite takes it: UTF-8.
#[cfg(not(unix))]
pub(crate) fn to_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
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
