//! A ladder over `user_version`, as applications write it themselves.

use std::path::Path;

use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::peer::execute;
use crate::{COUNT, Peer, Result};

/// The application until now.
pub mod before {
    use super::*;

    pub const STEPS: [&str; 6] = [
        include_str!("../migrations/by-hand/001_create_library.sql"),
        include_str!("../migrations/by-hand/002_add_year.sql"),
        include_str!("../migrations/by-hand/003_fill_year.sql"),
        include_str!("../migrations/by-hand/004_rebuild_author.sql"),
        include_str!("../migrations/by-hand/005_index_books.sql"),
        include_str!("../migrations/by-hand/006_add_shelf.sql"),
    ];

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        migrate_to(&mut conn, STEPS.len())?;
        Ok(conn)
    }

    pub fn migrate_to(conn: &mut Connection, count: usize) -> Result<()> {
        let at: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        for (sql, number) in STEPS.iter().zip(1_u32..).take(count).skip(at as usize) {
            let tx = conn.transaction()?;
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", number)?;
            tx.commit()?;
        }
        Ok(())
    }
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/by-hand");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(conn)
    }
}

fn bring(path: &Path, count: usize) -> Result<()> {
    if count == COUNT {
        return before::open(path).map(drop);
    }
    before::migrate_to(&mut Connection::open(path)?, count)
}

pub static PEER: Peer = Peer {
    name: "by-hand",
    // The same number in the same place: nobody can tell the two apart.
    tool: OtherTool::RusqliteMigration,
    table: None,
    bring,
    catch_up: |path| execute(path, "PRAGMA user_version = 6"),
    unknown: "PRAGMA user_version = 7",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
