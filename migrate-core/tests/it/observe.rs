//! Watching a run, and stopping it.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{panic, sync::Arc};

use migrate_core::rusqlite::Connection;
use migrate_core::{BackupPolicy, Event, Migrator, Target};

use crate::kit::{Db, list};

fn told(event: &Event<'_>) -> String {
    match event {
        Event::Planned { at, target, scripts, .. } => format!("planned {at} to {target}, {scripts}"),
        Event::BackupStarted { .. } => "backing up".to_owned(),
        Event::BackupFinished { bytes, .. } => format!("backed up {}", if *bytes > 0 { "all" } else { "nothing" }),
        Event::WaitingForLock => "waiting".to_owned(),
        Event::Locked => "locked".to_owned(),
        Event::MigrationStarted { name, number, total, .. } => format!("{number}/{total} {name}"),
        Event::MigrationFinished { name, number, total, .. } => format!("{number}/{total} {name} done"),
        Event::Committing => "committing".to_owned(),
        Event::Committed { at, .. } => format!("committed {at}"),
        event => format!("{event:?}"),
    }
}

fn watched(migrator: Migrator<'_, migrate_core::AnyVersion>, conn: &mut Connection) -> Vec<String> {
    let seen = Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| seen.lock().unwrap().push(told(event));
    let _ = migrator.observer(&observer).run(conn);
    seen.into_inner().unwrap()
}

#[test]
fn everything_is_told_in_order() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "DELETE FROM a", "VACUUM"]).no_transaction().make();
    let db = Db::new();
    let migrator = || Migrator::new(&all);
    insta::assert_snapshot!(watched(migrator().target(migrate_core::AnyVersion(0)), &mut db.open()).join("\n"), @"
    planned an empty database to `001_m.sql`, 1
    locked
    1/1 001_m.sql
    1/1 001_m.sql done
    committing
    committed `001_m.sql`
    ");
    // The first two locks are given back: one to copy alone, one to copy before it is held.
    insta::assert_snapshot!(watched(migrator(), &mut db.open()).join("\n"), @"
    planned `001_m.sql` to `004_m.sql`, 3
    locked
    locked
    backing up
    backed up all
    locked
    1/3 002_m.sql
    1/3 002_m.sql done
    2/3 003_m.sql
    2/3 003_m.sql done
    committing
    committed `003_m.sql`
    locked
    committing
    committed `003_m.sql`
    3/3 004_m.sql
    3/3 004_m.sql done
    locked
    committing
    committed `004_m.sql`
    ");
    assert_eq!(watched(migrator(), &mut db.open()), Vec::<String>::new());
    let down = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).down("DROP TABLE b").make();
    let db = Db::new();
    down.run(&mut db.open()).unwrap();
    let migrator = Migrator::new(&down).target(Target::At(migrate_core::AnyVersion(0))).allow_down(true);
    insta::assert_snapshot!(watched(migrator.backup(BackupPolicy::Never), &mut db.open()).join("\n"), @"
    planned `002_m.sql` to `001_m.sql`, 1
    locked
    1/1 002_m.sql
    1/1 002_m.sql done
    committing
    committed `001_m.sql`
    ");
}

#[test]
fn waiting_is_told_once() {
    let all = list(&["CREATE TABLE a(x)"]).make();
    let db = Db::with("PRAGMA user_version = 1");
    let holder = db.open();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let migrator = Migrator::new(&all).lock_timeout(std::time::Duration::from_millis(300));
    let seen = watched(migrator, &mut db.open());
    assert_eq!(seen, ["planned an empty database to `001_m.sql`, 1", "waiting"]);
}

#[test]
fn an_observer_that_panics_at_any_point_leaves_all_as_it_was() {
    let all = list(&["CREATE TABLE a(x); INSERT INTO a VALUES (1)", "DELETE FROM a"]).make();
    let events = {
        let db = Db::new();
        Migrator::new(&all).target(migrate_core::AnyVersion(0)).run(&mut db.open()).unwrap();
        watched(Migrator::new(&all), &mut db.open())
    };
    assert!(events.len() > 5);
    for (at, event) in events.iter().enumerate() {
        let db = Db::new();
        let mut conn = db.open();
        Migrator::new(&all).target(migrate_core::AnyVersion(0)).run(&mut conn).unwrap();
        let before = db.dump();
        let count = AtomicU64::new(0);
        let observer = |_: &Event<'_>| {
            if count.fetch_add(1, Ordering::Relaxed) == at as u64 {
                panic!("told too much");
            }
        };
        let run = panic::AssertUnwindSafe(|| Migrator::new(&all).observer(&observer).run(&mut conn));
        panic::catch_unwind(run).unwrap_err();
        assert!(conn.is_autocommit(), "{}", event);
        let committed = event.starts_with("committed");
        assert_eq!(db.dump() == before, !committed, "{}", event);
        let files = std::fs::read_dir(db.dir.path()).unwrap().count();
        // The database; and after the commit its backup.
        assert_eq!(files, if committed { 2 } else { 1 }, "{}", event);
        all.run(&mut conn).unwrap();
    }
}

#[test]
fn a_long_statement_can_be_watched_and_stopped() {
    let long = "INSERT INTO a SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n)";
    let all = list(&["CREATE TABLE a(x)", long]).make();
    for stop in [false, true] {
        let db = Db::new();
        let mut conn = db.open();
        Migrator::new(&all).target(migrate_core::AnyVersion(0)).run(&mut conn).unwrap();
        let instructions = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&instructions);
        let migrator = Migrator::new(&all).statement_progress(move |progress| {
            seen.store(progress.instructions, Ordering::Relaxed);
            if stop && progress.instructions >= 200_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let done = migrator.run(&mut conn);
        if stop {
            let error = done.unwrap_err().to_string();
            assert!(
                error.contains("interrupted") && error.contains("nothing was changed, still at `001_m.sql`"),
                "{error}"
            );
            assert_eq!(instructions.load(Ordering::Relaxed), 200_000);
            assert_eq!(db.one("SELECT count(*) FROM a"), "0");
        } else {
            done.unwrap();
            assert!(instructions.load(Ordering::Relaxed) > 1_000_000);
        }
        // It is off again.
        instructions.store(0, Ordering::Relaxed);
        conn.execute_batch(long).unwrap();
        assert_eq!(instructions.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_callback_that_panics_rolls_back_and_the_panic_goes_on() {
    let long = "INSERT INTO a SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n)";
    let all = list(&["CREATE TABLE a(x)", long]).make();
    let db = Db::new();
    let mut conn = db.open();
    Migrator::new(&all).target(migrate_core::AnyVersion(0)).run(&mut conn).unwrap();
    let migrator = Migrator::new(&all).statement_progress(|_| panic!("no more"));
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(|| migrator.run(&mut conn))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"no more"));
    assert!(conn.is_autocommit());
    assert_eq!(db.history(), "001_m.sql fresh");
    all.run(&mut conn).unwrap();
}
