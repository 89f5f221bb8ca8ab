//! A pool under tokio.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use deadpool_async::{Error, add, db, list, open};
use migrate::Outcome;
use migrate::rusqlite::Connection;
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn file() -> Result<(TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("tasks.db");
    Ok((dir, path))
}

#[tokio::test]
async fn a_file_of_the_first_release_is_brought_on() -> Result {
    let (_dir, path) = file()?;
    let mut conn = Connection::open(&path)?;
    db::migrator().target(db::Version::CreateTasks).run(&mut conn)?;
    conn.execute("INSERT INTO tasks (title) VALUES ('Rest')", [])?;
    drop(conn);

    let (pool, report) = open(&path).await?;
    assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 1));
    add(&pool, "Work".to_owned(), 1).await?;
    assert_eq!(list(&pool).await?, ["Work", "Rest"]);
    Ok(())
}

#[tokio::test]
async fn the_error_comes_through_as_it_is() -> Result {
    let (_dir, path) = file()?;
    Connection::open(&path)?.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")?;
    let error = open(&path).await.expect_err("it is another application's file");
    assert!(matches!(&error, Error::Migrate(migrate::Error::UnrelatedDatabase { .. })), "{error:?}");
    // And on, into what most functions return.
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert!(boxed.to_string().contains("nothing was changed"), "{boxed}");
    Ok(())
}

/// One thread for everything: what blocks it stops the clock.
#[tokio::test(flavor = "current_thread")]
async fn the_runtime_goes_on_while_the_migrations_wait() -> Result {
    let (_dir, path) = file()?;
    let mut other = Connection::open(&path)?;
    db::migrator().target(db::Version::CreateTasks).run(&mut other)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let ticks = Arc::new(AtomicU32::new(0));
    let (clock, seen) = (Arc::clone(&ticks), Arc::clone(&ticks));
    // The lock is held until the clock has ticked. If it stood still while the migrations wait, they would wait in vain.
    let holder = thread::spawn(move || {
        while seen.load(Ordering::Relaxed) < 20 {
            thread::sleep(Duration::from_millis(5));
        }
        other.execute_batch("COMMIT")
    });
    let clock = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (_pool, report) = open(&path).await?;
    holder.join().expect("no panic")?;
    clock.abort();
    assert_eq!(report.outcome(), Outcome::Applied);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_has_the_settings() -> Result {
    let (_dir, path) = file()?;
    let (pool, _) = open(&path).await?;
    let (first, second) = (pool.get().await?, pool.get().await?);
    for conn in [first, second] {
        let on = conn.interact(|conn| conn.query_row("PRAGMA foreign_keys", [], |row| row.get::<_, bool>(0))).await;
        assert!(on.map_err(Error::from)??);
        assert!(conn.interact(|conn| db::is_schema_current(conn)).await.map_err(Error::from)??);
    }
    Ok(())
}
