//! Eight threads, one file.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use migrate::Outcome;
use r2d2::Pool;
use r2d2_pool::{count, db, open, visit};
use r2d2_sqlite::SqliteConnectionManager;
use r2d2_sqlite::rusqlite::{self, Connection};

type Result<T = ()> = anyhow::Result<T>;

#[test]
fn eight_threads_find_the_schema_and_the_settings() -> Result {
    let dir = tempfile::tempdir()?;
    let (pool, report) = open(&dir.path().join("visits.db"))?;
    assert_eq!(report.outcome(), Outcome::Fresh);
    let together = Barrier::new(8);
    thread::scope(|scope| {
        let work = |number: usize| {
            let (pool, together) = (pool.clone(), &together);
            move || -> Result {
                let conn = pool.get()?;
                // Every thread holds one of the eight now, so each of them is looked at.
                together.wait();
                assert!(db::is_schema_current(&conn)?);
                let refused = conn.execute("INSERT INTO visits (visitor_id) VALUES (4711)", []);
                assert!(refused.is_err(), "foreign keys are on");
                drop(conn);
                (0..25).try_for_each(|_| visit(&pool, &format!("visitor {}", number % 4)))
            }
        };
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(work(number))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })?;
    assert_eq!(pool.state().connections, 8);
    assert_eq!(count(&pool)?, (200, 4));
    let runs: u32 = pool.get()?.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0))?;
    assert_eq!(runs, 2, "every migration is recorded once");
    Ok(())
}

#[test]
fn eight_pools_at_once_migrate_one_file_once() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("visits.db");
    let together = Barrier::new(8);
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let start = || {
            together.wait();
            open(&path).map(|(_, report)| report.outcome())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Result<_>>()
    })?;
    let fresh = outcomes.iter().filter(|outcome| **outcome == Outcome::Fresh).count();
    let current = outcomes.iter().filter(|outcome| **outcome == Outcome::Current).count();
    assert_eq!((fresh, current), (1, 7), "{outcomes:?}");
    Ok(())
}

#[test]
fn what_is_refused_is_said_at_once_and_in_full() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("visits.db");
    Connection::open(&path)?.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")?;
    let begun = Instant::now();
    let error = open(&path).expect_err("it is another application's file");
    assert!(begun.elapsed() < Duration::from_secs(20), "the pool would have asked again for 30 seconds");
    assert!(matches!(error.downcast_ref(), Some(migrate::Error::UnrelatedDatabase { .. })), "{error:?}");
    assert!(error.to_string().contains("`recipes`"), "{error}");
    // Nothing was changed, the journal mode neither.
    let mode: String = Connection::open(&path)?.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    assert_eq!(mode, "delete");
    Ok(())
}

/// Where the pool's database is in memory there is none before the pool: it is migrated on one of its connections, and the others
/// see it.
#[test]
fn a_pool_in_memory_is_migrated_on_one_of_its_connections() -> Result {
    let pool = Pool::builder().max_size(4).build(SqliteConnectionManager::memory())?;
    db::MIGRATIONS.run(&mut *pool.get()?)?;
    let all = (0..4).map(|_| Ok(pool.get()?)).collect::<Result<Vec<_>>>()?;
    for conn in &all {
        assert!(db::is_schema_current(conn)?);
    }
    drop(all);
    visit(&pool, "Ada")?;
    assert_eq!(count(&pool)?, (1, 1));
    Ok(())
}

/// Why `open` does not do it like this: the pool asks again until its own timeout, and then tells of that.
#[test]
fn in_the_init_of_the_pool_the_error_would_come_late_and_be_another_one() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("visits.db");
    Connection::open(&path)?.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")?;
    let manager = SqliteConnectionManager::file(&path).with_init(|conn| {
        let run = db::MIGRATIONS.run(conn);
        // It can return an error of rusqlite only, and none of them is meant for this.
        run.map(drop).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    });
    let begun = Instant::now();
    let timeout = Duration::from_secs(1);
    let error = Pool::builder().connection_timeout(timeout).build(manager).expect_err("it is refused");
    assert!(begun.elapsed() >= timeout, "by default this would be 30 seconds");
    assert!(error.to_string().starts_with("timed out waiting for connection"), "{error}");
    Ok(())
}
