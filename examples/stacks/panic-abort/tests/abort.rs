//! A real process, which is gone in the middle of a migration.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aborting::db::{self, Version};
use migrate::rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SIGABRT: i32 = 6;

/// The program as `cargo build` makes it. The one that Cargo makes for tests unwinds, whatever the profile says.
fn program() -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("it is in the target directory")?;
    let mut build = Command::new(env!("CARGO"));
    build.args([
        "build",
        "--quiet",
        "--offline",
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    let built = build.arg("--target-dir").arg(target).status()?;
    assert!(built.success());
    Ok(target.join("debug/aborting"))
}

/// What is in the database, read by somebody who has not migrated it.
fn content(path: &Path) -> Result<(Vec<String>, i64, i64, String)> {
    let conn = Connection::open(path)?;
    let mut names = conn.prepare("SELECT migration_name FROM schema_migrations ORDER BY id")?;
    let names = names.query_map([], |row| row.get(0))?.collect::<std::result::Result<_, _>>()?;
    let columns = conn.query_row("SELECT count(*) FROM pragma_table_info('articles')", [], |row| row.get(0))?;
    let rows = conn.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    let check = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok((names, columns, rows, check))
}

#[test]
fn a_panic_in_a_step_ends_the_process_and_leaves_the_database_whole() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("articles.db");
    let mut conn = Connection::open(&path)?;
    db::migrator().target(Version::CreateArticles).run(&mut conn)?;
    // More than the cache holds, so that pages of the unfinished transaction are in the file when the process ends.
    let rows = "INSERT INTO articles (name, price) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n
                WHERE n < 30000) SELECT printf('article %d, %.200c', n, 'x'), printf('%.2f', n / 100.0) FROM n";
    conn.execute_batch(rows)?;
    conn.execute("INSERT INTO articles (name, price) VALUES ('the last', 'ask')", [])?;
    drop(conn);
    let before = fs::read(&path)?;

    let program = program()?;
    let start = || -> Result<Output> { Ok(Command::new(&program).arg(&path).output()?) };
    let output = start()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.signal(), Some(SIGABRT), "{said}");
    assert!(said.contains("a price is a number"), "{said}");
    // Nothing was rolled back by the process itself: the file is half-way, and the journal beside it says how to go back.
    assert!(fs::read(&path)? != before, "it was in the middle of writing");
    assert!(dir.path().join("articles.db-journal").exists());

    // The first who opens it rolls back.
    assert_eq!(content(&path)?, (vec!["001_create_articles.sql".to_owned()], 3, 30_001, "ok".to_owned()));
    assert!(fs::read(&path)? == before, "to the last byte");

    // A start changes nothing of that, as long as the row is there; when it is mended, the next one goes through.
    assert_eq!(start()?.status.signal(), Some(SIGABRT));
    Connection::open(&path)?.execute("UPDATE articles SET price = '1.00' WHERE price = 'ask'", [])?;
    let output = start()?;
    let said = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("1 migration applied in "), "{said}");
    assert_eq!(content(&path)?.1, 4);
    Ok(())
}
