//! Databases that are migrated when they are opened.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use migrate_fleet::{TenantError, Tenants};

use crate::kit::{Version, bytes, count, db, directory, runs, tenant};

#[test]
fn a_database_is_migrated_before_anybody_sees_it() {
    let dir = directory();
    let old = tenant(dir.path(), "old.db", Version::CreateNotes, &["Shopping"]);
    let tenants = Tenants::new(&db::MIGRATIONS, 10);
    for path in [&old, &dir.path().join("new.db")] {
        let conn = tenants.open(path).unwrap();
        assert!(db::is_schema_current(&conn).unwrap());
    }
    assert_eq!((count(&old, "notes"), count(&old, "tags"), runs(&old)), (1, 1, 1));
}

#[test]
fn connections_are_used_again_and_no_more_files_are_kept_than_allowed() {
    let dir = directory();
    let opened = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&opened);
    let tenants = Tenants::new(&db::MIGRATIONS, 3).prepare(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<(), migrate::rusqlite::Error>(())
    });
    let opened = || opened.load(Ordering::Relaxed);
    let path = |n: usize| dir.path().join(format!("{n}.db"));

    for _ in 0..5 {
        drop(tenants.open(path(0)).unwrap());
    }
    assert_eq!((opened(), tenants.len()), (1, 1));
    let both = (tenants.open(path(0)).unwrap(), tenants.open(path(0)).unwrap());
    assert_eq!(opened(), 2);
    drop(both);
    for n in 0..10 {
        drop(tenants.open(path(n)).unwrap());
    }
    assert_eq!((opened(), tenants.len()), (2 + 9, 3));
    // The oldest were closed; the newest was not.
    drop(tenants.open(path(9)).unwrap());
    assert_eq!(opened(), 11);
    drop(tenants.open(path(0)).unwrap());
    assert_eq!(opened(), 12);
    tenants.forget(path(0));
    assert_eq!(tenants.len(), 2);
}

#[test]
fn of_many_who_ask_at_once_one_migrates() {
    let dir = directory();
    let path = tenant(dir.path(), "old.db", Version::CreateNotes, &["Shopping"]);
    let (tenants, barrier) = (Tenants::new(&db::MIGRATIONS, 10), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let conn = tenants.open(&path).unwrap();
                assert!(db::is_schema_current(&conn).unwrap());
            });
        }
    });
    assert_eq!(runs(&path), 1);
}

#[test]
fn nobody_finds_himself_in_the_transaction_of_another() {
    let dir = directory();
    let path = dir.path().join("tenant.db");
    let tenants = Tenants::new(&db::MIGRATIONS, 10);
    let conn = tenants.open(&path).unwrap();
    conn.execute_batch("BEGIN; INSERT INTO notes (title, slug) VALUES ('half', 'half')").unwrap();
    drop(conn);
    let conn = tenants.open(&path).unwrap();
    assert!(conn.is_autocommit());
    assert_eq!(count(&path, "notes"), 0);
}

#[test]
fn what_cannot_be_migrated_is_refused_each_time_and_stays_as_it_was() {
    let dir = directory();
    let path = tenant(dir.path(), "twice.db", Version::Count, &["a", "a"]);
    let before = bytes(dir.path());
    let tenants = Tenants::new(&db::MIGRATIONS, 10);
    for _ in 0..2 {
        let error = tenants.open(&path).unwrap_err();
        assert!(matches!(error, TenantError::Migrate { .. }), "{error}");
        assert!(error.to_string().contains("twice.db`: ") && error.to_string().contains("UNIQUE"), "{error}");
    }
    assert_eq!(bytes(dir.path()), before);
    fs::write(dir.path().join("garbage.db"), "x".repeat(2000)).unwrap();
    assert!(tenants.open(dir.path().join("garbage.db")).is_err());
}

/// One after the other they would have waited for the lock twelve times.
#[test]
fn a_crowd_before_a_locked_file_waits_once() {
    const CROWD: usize = 12;
    let dir = directory();
    let path = tenant(dir.path(), "held.db", Version::CreateNotes, &["Shopping"]);
    let holder = migrate::rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&attempts);
    let tenants = Tenants::new(&db::MIGRATIONS, 10).configure(move |migrator| {
        counter.fetch_add(1, Ordering::Relaxed);
        migrator.lock_timeout(Duration::from_secs(2)).wal(true)
    });
    let barrier = Barrier::new(CROWD);
    thread::scope(|scope| {
        for _ in 0..CROWD {
            scope.spawn(|| {
                barrier.wait();
                let error = tenants.open(&path).unwrap_err();
                let TenantError::Migrate { source, .. } = &error else { panic!("{error}") };
                assert!(matches!(**source, migrate::Error::Locked { .. }), "{error}");
            });
        }
    });
    let tried = attempts.load(Ordering::Relaxed);
    assert!(tried <= CROWD / 2, "{tried} attempts");
    holder.execute_batch("ROLLBACK").unwrap();
    let conn = tenants.open(&path).unwrap();
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}
