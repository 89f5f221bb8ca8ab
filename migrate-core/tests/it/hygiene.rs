//! Locks, waiting, and settings that are afterwards as before.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::rusqlite::Connection;
use migrate_core::{Error, Migrator, Outcome};

use crate::kit::{Db, Kit, list};

fn two() -> Kit {
    list(&["CREATE TABLE a(x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN y DEFAULT 2"])
}

const SETTINGS: [&str; 8] = [
    "foreign_keys",
    "legacy_alter_table",
    "recursive_triggers",
    "ignore_check_constraints",
    "reverse_unordered_selects",
    "synchronous",
    "busy_timeout",
    "query_only",
];

fn settings(conn: &Connection) -> Vec<i64> {
    SETTINGS.iter().map(|name| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()).collect()
}

#[test]
fn settings_are_afterwards_as_before() {
    for odd in [true, false] {
        for sql in [
            "SELECT 1",
            "oops",
            "PRAGMA legacy_alter_table = 1; PRAGMA recursive_triggers = 0; PRAGMA reverse_unordered_selects = 0",
        ] {
            let db = Db::new();
            let mut conn = db.open();
            if odd {
                conn.execute_batch(
                    "PRAGMA foreign_keys = 0; PRAGMA legacy_alter_table = 1; PRAGMA recursive_triggers = 1;
                     PRAGMA ignore_check_constraints = 1; PRAGMA reverse_unordered_selects = 1; PRAGMA synchronous = 1;
                     PRAGMA busy_timeout = 77",
                )
                .unwrap();
            }
            let before = settings(&conn);
            let result = two().then(sql).make().run(&mut conn);
            assert_eq!(result.is_err(), sql == "oops");
            assert_eq!(settings(&conn), before, "{sql}");
        }
    }
}

#[test]
fn migrations_run_under_the_settings_of_the_proof() {
    let db = Db::new();
    let mut conn = db.open();
    conn.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    let error = list(&["CREATE TABLE a(x CHECK (x > 1)); INSERT INTO a VALUES (0)"]).make().run(&mut conn).unwrap_err();
    assert!(error.to_string().contains("CHECK constraint failed"), "{error}");
}

#[test]
fn a_locked_database_is_an_error_within_the_timeout() {
    let (all, db) = (two().make(), Db::new());
    let holder = db.open();
    holder.execute_batch("BEGIN IMMEDIATE; CREATE TABLE other(x)").unwrap();
    let mut conn = db.open();
    let begun = Instant::now();
    let error = Migrator::new(&all).lock_timeout(Duration::from_millis(200)).run(&mut conn).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    // The connection's own patience is five seconds; a busy machine takes its time, too.
    assert!((200..4500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let told = error.to_string();
    assert!(told.starts_with("the database was locked for "), "{told}");
    assert!(told.contains(" s by another connection\nstate: nothing was changed\n"), "{told}");
    assert_eq!(settings(&conn)[6], 5000);
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Fresh);
}

#[test]
fn an_exclusive_lock_keeps_readers_out_and_is_an_error_too() {
    let (all, db) = (two().make(), Db::new());
    let holder = db.open();
    holder.execute_batch("BEGIN EXCLUSIVE; CREATE TABLE other(x)").unwrap();
    let mut conn = db.open();
    conn.busy_timeout(Duration::ZERO).unwrap();
    let error = Migrator::new(&all).lock_timeout(Duration::from_millis(100)).run(&mut conn).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
}

#[test]
fn waiting_ends_when_the_lock_is_free() {
    let (all, db) = (two().make(), Db::new());
    thread::scope(|scope| {
        let holder = db.open();
        holder.execute_batch("BEGIN IMMEDIATE; CREATE TABLE other(x)").unwrap();
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(150));
            holder.execute_batch("ROLLBACK").unwrap();
        });
        assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Fresh);
    });
}

#[test]
fn of_eight_that_start_at_once_one_migrates() {
    let all = two().make();
    for round in 0..20 {
        let db = Db::new();
        if round % 2 == 1 {
            db.sql("PRAGMA journal_mode = WAL");
        }
        let barrier = Barrier::new(8);
        let outcomes: Vec<Outcome> = thread::scope(|scope| {
            let start = || {
                let mut conn = db.open();
                conn.busy_timeout(Duration::ZERO).unwrap();
                barrier.wait();
                all.run(&mut conn).unwrap().outcome()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Fresh).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Current).count(), 7, "{outcomes:?}");
        assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh");
    }
}
