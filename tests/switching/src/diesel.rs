//! diesel 2.3.

use std::path::Path;

use ::diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use migrate::OtherTool;

use crate::peer::execute;
use crate::{Peer, Result};

/// The application until now.
pub mod before {
    use diesel_migrations::embed_migrations;

    use super::*;

    pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/diesel");

    pub fn open(path: &str) -> Result<SqliteConnection> {
        let mut conn = SqliteConnection::establish(path)?;
        conn.run_pending_migrations(MIGRATIONS).map_err(|error| error.to_string())?;
        Ok(conn)
    }
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/diesel");
    }

    pub fn open(path: &str) -> Result<SqliteConnection> {
        db::MIGRATIONS.run(&mut migrate::rusqlite::Connection::open(path)?)?;
        let conn = SqliteConnection::establish(path)?;
        Ok(conn)
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "a path that is no UTF-8".into())
}

fn bring(path: &Path, count: usize) -> Result<()> {
    let mut conn = SqliteConnection::establish(text(path)?)?;
    // Makes its table, also where nothing is to be run.
    let mut at = conn.applied_migrations().map_err(|error| error.to_string())?.len();
    while at < count {
        conn.run_next_migration(before::MIGRATIONS).map_err(|error| error.to_string())?;
        at += 1;
    }
    Ok(())
}

pub static PEER: Peer = Peer {
    name: "diesel",
    tool: OtherTool::Diesel,
    table: Some("__diesel_schema_migrations"),
    bring,
    catch_up: |path| {
        execute(
            path,
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('20240104120000'), ('20240105120000'), ('20240106120000')",
        )
    },
    unknown: "INSERT INTO __diesel_schema_migrations (version) VALUES ('20240107120000')",
    after: |path| after::open(text(path)?).map(drop),
    list: &after::db::MIGRATIONS,
};
