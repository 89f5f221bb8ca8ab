//! A journal on a user's machine.

mod message;

use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use migrate::rusqlite::{self, Connection};
use migrate::{Event, Report};

pub use message::for_the_user;

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// Why the journal cannot be opened.
#[derive(Debug)]
pub enum Error {
    /// The folder cannot be made.
    Folder(PathBuf, std::io::Error),
    /// The file cannot be opened.
    Open(PathBuf, rusqlite::Error),
    /// The file cannot be brought to the current schema.
    Migrate(migrate::Error),
}

/// Where the journal is: on Linux below `XDG_DATA_HOME`, on other systems where such files are kept there.
#[must_use]
pub fn file() -> Option<PathBuf> {
    Some(ProjectDirs::from("", "", "journal")?.data_dir().join("journal.db"))
}

/// Makes the folder if it is the first start, and opens the file in it, whatever release wrote it.
///
/// A backup is not asked for here: a run that could destroy something makes one before it, beside the file, since that is the
/// default. How many of them a user's disk is to hold is said here.
pub fn open(path: &Path, show: &dyn Fn(&str)) -> Result<(Connection, Report<db::Version>), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::Folder(folder.to_owned(), error))?;
    }
    let mut conn = Connection::open(path).map_err(|error| Error::Open(path.to_owned(), error))?;
    let tell = |event: &Event<'_>| {
        if let Some(line) = progress(event) {
            show(&line);
        }
    };
    let report = db::migrator().keep_backups(2).observer(&tell).run(&mut conn).map_err(Error::Migrate)?;
    Ok((conn, report))
}

/// What a splash screen shows. A start that has nothing to do tells nothing, so there is none then.
fn progress(event: &Event<'_>) -> Option<String> {
    match event {
        Event::WaitingForLock => Some("Waiting for another window of this journal…".to_owned()),
        Event::BackupStarted { .. } => Some("Making a copy of your journal…".to_owned()),
        Event::MigrationStarted { number, total, .. } if *total > 1 => {
            Some(format!("Updating your journal: {number} of {total}…"))
        }
        _ => None,
    }
}
