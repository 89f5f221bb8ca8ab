//! dbmate 2: a program in Go, so its table is made here as its source makes it (`pkg/driver/sqlite/sqlite.go` in
//! amacneil/dbmate; `pkg/dbmate/db.go` for when a row is written).

use std::path::Path;

use include_dir::{Dir, include_dir};
use migrate::OtherTool;
use migrate::rusqlite::Connection;

use crate::peer::{execute, open_as_go, section};
use crate::{Peer, Result};

static DIRECTORY: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations/dbmate");

/// The application from now on; until now, a command ran before it.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/dbmate");
    }

    pub fn open(path: &Path) -> Result<Connection> {
        let mut conn = Connection::open(path)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(conn)
    }
}

fn bring(path: &Path, count: usize) -> Result<()> {
    let mut conn = open_as_go(path)?;
    conn.execute_batch("create table if not exists \"schema_migrations\" (version varchar(128) primary key)")?;
    let at =
        usize::try_from(conn.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get::<_, i64>(0))?)?;
    let mut files: Vec<_> =
        DIRECTORY.files().filter(|file| file.path().extension().is_some_and(|e| e == "sql")).collect();
    files.sort_by_key(|file| file.path());
    for file in &files[at..count] {
        let name = file.path().to_str().unwrap_or_default();
        let version = name.split('_').next().unwrap_or_default();
        let tx = conn.transaction()?;
        tx.execute_batch(section(file.contents_utf8().unwrap_or_default(), "-- migrate:up", "-- migrate:down"))?;
        tx.execute("insert into \"schema_migrations\" (version) values (?)", [version])?;
        tx.commit()?;
    }
    Ok(())
}

pub static PEER: Peer = Peer {
    name: "dbmate",
    tool: OtherTool::Dbmate,
    table: Some("schema_migrations"),
    bring,
    catch_up: |path| {
        execute(path, "INSERT INTO schema_migrations VALUES ('20240104120000'), ('20240105120000'), ('20240106120000')")
    },
    unknown: "INSERT INTO schema_migrations VALUES ('20240107120000')",
    after: |path| after::open(path).map(drop),
    list: &after::db::MIGRATIONS,
};
