//! The right to run migrations outside a transaction: one process at a time.
//!
//! Such a migration cannot hold the database's write lock while it runs, and a row in the history that says `started`
//! looks the same whether its process is at work or dead. So whoever runs one holds a lock on a file of its own beside the
//! database, which the operating system lets go when a process dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The lock, held until it is dropped.
pub(crate) struct Alone {
    file: File,
    path: PathBuf,
}

impl Alone {
    /// Waits for it until the timeout.
    pub(crate) fn take(path: &Path, timeout: Duration) -> io::Result<Alone> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Alone { file, path: path.to_owned() }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < timeout => sleep(Duration::from_millis(20)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives it back after a run that left nothing to do, and removes the file: those who wait find nothing to do either.
    pub(crate) fn finish(self) {
        // A file that stays is empty, and does no harm.
        let _ = std::fs::remove_file(&self.path);
        drop(self.file);
    }
}
