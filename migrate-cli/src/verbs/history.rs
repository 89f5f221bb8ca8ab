//! What is done to a history alone, in a file or on a server.

use migrate_core::rusqlite::Connection;
use migrate_core::{Status, Version};

use super::Task;
use crate::database::{Access, Database};
use crate::failure::Failure;

/// Does what reads the schema, and changes nothing but the history. On a server it is done to a copy in memory first, and once more where
/// somebody came in between.
pub(super) fn on_history<V: Version, T>(
    task: &Task<'_, V>,
    database: &Database,
    mut act: impl FnMut(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match database {
        #[cfg(feature = "remote")]
        Database::Server(server) => server.edit_history(&task.migrations.migrator(), act),
        Database::File(_) => act(&mut database.open(Access::Write, task.prepare)?),
    }
}

/// Reads the schema, and what is recorded. A verb that writes afterwards may write here too: what a dead program left is taken up.
pub(super) fn look<V: Version, T>(
    task: &Task<'_, V>,
    database: &Database,
    access: Access,
    read: impl Fn(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match database {
        #[cfg(feature = "remote")]
        Database::Server(server) => server.edit_history(&task.migrations.migrator(), |copy| read(copy)),
        Database::File(_) => read(&database.open(access, task.prepare)?),
    }
}

pub(super) fn status<V: Version>(
    task: &Task<'_, V>,
    database: &Database,
    access: Access,
) -> Result<Status<V>, Failure> {
    match database {
        #[cfg(feature = "remote")]
        Database::Server(server) => server.status(&task.migrations.migrator()),
        Database::File(_) => Ok(task.migrations.status(&database.open(access, task.prepare)?)?),
    }
}
