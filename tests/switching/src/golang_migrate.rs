//! golang-migrate 4: a program in Go, so its table is made here as its source makes it (`database/sqlite3/sqlite3.go` in
//! golang-migrate/migrate; `migrate.go` for when the row is written).

use std::path::Path;

use include_dir::{Dir, include_dir};
use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::peer::{execute, open_as_go};
use crate::{Peer, Result};

static DIRECTORY: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations/golang-migrate");

/// The application from now on; until now, a command ran before it.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/golang-migrate");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(conn)
    }
}

const TABLE: &str = "
\tCREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool);
  CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);
  ";

fn bring(path: &Path, count: usize) -> Result<()> {
    let mut conn = open_as_go(path)?;
    conn.execute_batch(TABLE)?;
    let at =
        usize::try_from(
            conn.query_row("SELECT coalesce(max(version), 0) FROM schema_migrations", [], |row| row.get::<_, i64>(0))?,
        )?;
    let is_up = |name: &str| name.ends_with(".up.sql");
    let mut files: Vec<_> = DIRECTORY.files().filter(|file| file.path().to_str().is_some_and(is_up)).collect();
    files.sort_by_key(|file| file.path());
    for (index, file) in files.iter().enumerate().take(count).skip(at) {
        set_version(&mut conn, index + 1, true)?;
        let tx = conn.transaction()?;
        tx.execute_batch(file.contents_utf8().unwrap_or_default())?;
        tx.commit()?;
        set_version(&mut conn, index + 1, false)?;
    }
    Ok(())
}

fn set_version(conn: &mut Connection, version: usize, dirty: bool) -> Result<()> {
    let tx = conn.transaction()?;
    tx.execute("DELETE FROM schema_migrations", [])?;
    tx.execute("INSERT INTO schema_migrations (version, dirty) VALUES (?, ?)", (i64::try_from(version)?, dirty))?;
    Ok(tx.commit()?)
}

pub static PEER: Peer = Peer {
    name: "golang-migrate",
    tool: OtherTool::GolangMigrate,
    table: Some("schema_migrations"),
    bring,
    catch_up: |path| execute(path, "UPDATE schema_migrations SET version = 6"),
    unknown: "UPDATE schema_migrations SET version = 7",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
