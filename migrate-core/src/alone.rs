//! The right to be the only one who prepares a change: one process at a time.
//!
//! A migration outside a transaction cannot hold the database's write lock while it runs, and a row in the history that says
//! `started` looks the same whether its process is at work or dead. A backup cannot be made under the write lock either, and
//! several processes that start at once should not each make one. So whoever does such a thing holds a lock on a file of its
//! own beside the database, which the operating system lets go when a process dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::{CAN_WAIT, Instant, sleep};
use crate::file;

/// The lock, held until it is dropped; then the file is removed.
pub(crate) struct Alone {
    path: PathBuf,
    _locked: File,
}

impl Alone {
    /// Waits for the lock of a database until the timeout; `waiting` is called once, if it is not to be had at once. `None`
    /// where the file system has no such locks: then the database's own have to do.
    pub(crate) fn take(
        path: &Path,
        database: &Path,
        timeout: Duration,
        waiting: impl FnOnce(),
    ) -> io::Result<Option<Alone>> {
        let begun = Instant::now();
        let mut waiting = Some(waiting);
        loop {
            let file = match open(path, database) {
                // There are no files here at all, as in a browser.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(None),
                file => file?,
            };
            match file.try_lock() {
                // Whoever held it may have removed it: then the lock is on a file that nobody else finds.
                Ok(()) if is_at(&file, path) => return Ok(Some(Alone { path: path.to_owned(), _locked: file })),
                Ok(()) | Err(TryLockError::WouldBlock) if CAN_WAIT && begun.elapsed() < timeout => {
                    if let Some(waiting) = waiting.take() {
                        waiting();
                    }
                    sleep(Duration::from_millis(20));
                }
                Ok(()) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    drop(Alone { path: path.to_owned(), _locked: file });
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // One that stays, because its process was killed, is empty, and is locked by nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The file, made if it is not there. Whoever can use the database can use it: it has the same owners and permissions, and
/// to lock it, reading is enough.
fn open(path: &Path, database: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => {
            // Best effort: a file that others cannot open is what it was without.
            let _ = file::own_like(&file, database);
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match File::open(path) {
            // Removed in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                OpenOptions::new().create(true).truncate(false).write(true).open(path)
            }
            opened => opened,
        },
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: io::Result<std::fs::Metadata>| metadata.ok().map(|m| (m.dev(), m.ino()));
    identity(file.metadata()) == identity(std::fs::metadata(path))
}

/// Where a file that is open cannot be replaced by another of its name.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
