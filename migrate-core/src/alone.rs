//! The right to be the only one who prepares a change: one process at a time.
//!
//! A migration outside a transaction cannot hold the database's write lock while it runs, and a row in the history that says
//! `started` looks the same whether its process is at work or dead. A backup cannot be made under the write lock either, and
//! several processes that start at once should not each make one. So whoever does such a thing holds a lock on a file of its
//! own beside the database, which the operating system lets go when a process dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The lock, held until it is dropped; then the file is removed.
pub(crate) struct Alone {
    path: PathBuf,
    _locked: File,
}

impl Alone {
    /// Waits for it until the timeout.
    pub(crate) fn take(path: &Path, timeout: Duration) -> io::Result<Alone> {
        let begun = Instant::now();
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            match file.try_lock() {
                // Whoever held it may have removed it: then the lock is on a file that nobody else finds.
                Ok(()) if is_at(&file, path) => return Ok(Alone { path: path.to_owned(), _locked: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begun.elapsed() < timeout => sleep(Duration::from_millis(20)),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // A file that stays is empty, and does no harm.
        let _ = std::fs::remove_file(&self.path);
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
