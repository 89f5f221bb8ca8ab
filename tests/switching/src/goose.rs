//! goose 3: a program in Go, so its table is made here as its source makes it (`internal/dialects/sqlite3.go` in
//! pressly/goose; `provider_run.go` for when a row is written).

use std::path::Path;

use include_dir::{Dir, include_dir};
use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::peer::{execute, open_as_go, section};
use crate::{Peer, Result};

static DIRECTORY: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations/goose");

/// The application from now on; until now, a command ran before it.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/goose");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(conn)
    }
}

const TABLE: &str = "CREATE TABLE goose_db_version (
\t\tid INTEGER PRIMARY KEY AUTOINCREMENT,
\t\tversion_id INTEGER NOT NULL,
\t\tis_applied INTEGER NOT NULL,
\t\ttstamp TIMESTAMP DEFAULT (datetime('now'))
\t)";

fn bring(path: &Path, count: usize) -> Result<()> {
    let mut conn = open_as_go(path)?;
    let insert = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?1, ?2)";
    if !migrate::table_exists(&conn, "goose_db_version")? {
        let tx = conn.transaction()?;
        tx.execute_batch(TABLE)?;
        tx.execute(insert, (0, true))?;
        tx.commit()?;
    }
    let at =
        usize::try_from(conn.query_row("SELECT count(*) - 1 FROM goose_db_version", [], |row| row.get::<_, i64>(0))?)?;
    let mut files: Vec<_> = DIRECTORY.files().collect();
    files.sort_by_key(|file| file.path());
    for file in &files[at..count] {
        let name = file.path().to_str().unwrap_or_default();
        let version: i64 = name.split('_').next().unwrap_or_default().parse()?;
        let tx = conn.transaction()?;
        tx.execute_batch(section(file.contents_utf8().unwrap_or_default(), "-- +goose Up", "-- +goose Down"))?;
        tx.execute(insert, (version, true))?;
        tx.commit()?;
    }
    Ok(())
}

pub static PEER: Peer = Peer {
    name: "goose",
    tool: OtherTool::Goose,
    table: Some("goose_db_version"),
    bring,
    catch_up: |path| {
        execute(
            path,
            "INSERT INTO goose_db_version (version_id, is_applied) VALUES (20240104120000, 1), (20240105120000, 1), (20240106120000, 1)",
        )
    },
    unknown: "INSERT INTO goose_db_version (version_id, is_applied) VALUES (20240107120000, 1)",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
