//! The verbs. Each that concerns a database works for any list: the directory's, or an application's own.

#[cfg(feature = "directory")]
mod files;

mod changes;
mod each;
mod version;

mod adopt;
mod backup;
mod fleet;
mod history;
mod plan;
mod predicted;
mod progress;
mod redo;
mod repair;
mod report;
mod status;
mod up;
mod verify;

use migrate_core::{Error, Migrations, Version};

use crate::args::OnDatabase;
use crate::database::Prepare;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

#[cfg(feature = "directory")]
pub(crate) use files::on_directory;

/// What a verb on a database works with.
pub(crate) struct Task<'a, V> {
    pub(crate) migrations: &'a Migrations<V>,
    pub(crate) prepare: Prepare<'a>,
    /// What the program was started as.
    pub(crate) program: &'a str,
    /// What `database` in Cargo.toml says.
    pub(crate) configured: Option<&'a str>,
    /// Whether Rust steps are here; on a directory alone they are not.
    pub(crate) has_steps: bool,
    /// Where the list is from, if it is not compiled in.
    #[cfg(feature = "directory")]
    pub(crate) directory: Option<&'a crate::directory::Directory>,
}

impl<V> Task<'_, V> {
    /// Why the runtime refuses a database, as it is said.
    fn refusal(&self, error: &Error) -> Failure {
        Failure::of(error).called(self.program)
    }
}

impl<'a, V: Version> Task<'a, V> {
    /// With the list of an application.
    pub(crate) fn new(migrations: &'a Migrations<V>, prepare: Prepare<'a>) -> Task<'a, V> {
        Task {
            migrations,
            prepare,
            program: "cargo migrate",
            configured: None,
            has_steps: true,
            #[cfg(feature = "directory")]
            directory: None,
        }
    }
}

/// Does a verb, on one database or on several.
pub(crate) fn on_database<V: Version>(
    task: &Task<'_, V>,
    verb: &OnDatabase,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    match verb {
        OnDatabase::Status(on) => status::run(task, on, terminal),
        OnDatabase::Plan(verb) => plan::run(task, verb, terminal),
        OnDatabase::Up(verb) => up::up(task, verb, terminal),
        OnDatabase::Down(verb) => up::down(task, verb, terminal),
        OnDatabase::Redo(verb) => redo::run(task, verb, terminal),
        OnDatabase::Verify(on) => verify::run(task, on, terminal),
        OnDatabase::Adopt(verb) => adopt::run(task, verb, terminal),
        OnDatabase::Backup(on) => backup::run(task, on, terminal),
        OnDatabase::Repair(verb) => repair::run(task, verb, terminal),
        OnDatabase::Fleet(verb) => fleet::run(task, verb, terminal),
    }
}
