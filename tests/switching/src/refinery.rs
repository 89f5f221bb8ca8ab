//! refinery 0.10.

use std::path::Path;

use ::refinery::Target;
use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::{COUNT, Peer, Result};

/// The application until now.
pub mod before {
    use super::*;

    mod embedded {
        refinery::embed_migrations!("migrations/refinery");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        embedded::migrations::runner().run(&mut conn)?;
        Ok(conn)
    }

    /// Before this build gets a file back.
    pub fn catch_up(path: &Path) -> Result<()> {
        let mut conn = Connection::open(path)?;
        embedded::migrations::runner().set_target(Target::Fake).run(&mut conn)?;
        Ok(())
    }

    pub(super) fn runner() -> ::refinery::Runner {
        embedded::migrations::runner()
    }
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/refinery");
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
    // With `Version(0)` it makes its table only.
    let mut conn = Connection::open(path)?;
    before::runner().set_target(Target::Version(count.try_into()?)).run(&mut conn)?;
    Ok(())
}

pub static PEER: Peer = Peer {
    name: "refinery",
    tool: OtherTool::Refinery,
    table: Some("refinery_schema_history"),
    bring,
    catch_up: before::catch_up,
    unknown: "INSERT INTO refinery_schema_history VALUES (7, 'rate_books', '2024-01-07T12:00:00Z', '7')",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
