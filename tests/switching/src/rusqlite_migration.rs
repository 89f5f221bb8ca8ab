//! rusqlite_migration 2.5, the newest that takes rusqlite 0.39, from a directory.

use std::path::Path;

use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::peer::execute;
use crate::{Peer, Result};

/// The application until now.
pub mod before {
    use include_dir::{Dir, include_dir};
    use rusqlite_migration::Migrations;

    use super::*;

    static DIRECTORY: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations/rusqlite_migration");

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        Migrations::from_directory(&DIRECTORY)?.to_latest(&mut conn)?;
        Ok(conn)
    }

    pub(super) fn bring(path: &Path, count: usize) -> Result<()> {
        Migrations::from_directory(&DIRECTORY)?.to_version(&mut Connection::open(path)?, count)?;
        Ok(())
    }
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/rusqlite_migration");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(conn)
    }
}

pub static PEER: Peer = Peer {
    name: "rusqlite_migration",
    tool: OtherTool::RusqliteMigration,
    table: None,
    bring: before::bring,
    catch_up: |path| execute(path, "PRAGMA user_version = 6"),
    unknown: "PRAGMA user_version = 7",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
