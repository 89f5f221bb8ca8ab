//! Somebody reads while the migrations run.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use rusqlite::Connection;

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::Start;

/// Begins to read, and does not end.
fn reader(db: &Db) -> Connection {
    let conn = db.open();
    conn.execute_batch("BEGIN").expect("BEGIN");
    assert!(!has_counts(&conn));
    conn
}

/// Whether the last migration is there.
fn has_counts(conn: &Connection) -> bool {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'counts'";
    conn.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count") == 1
}

fn start(scene: &Scene, db: &Db, timeout: u64) -> Start {
    Start::of(scene.list.path(), &db.path()).with("timeout", timeout).with("cache_size", 10)
}

#[test]
fn and_does_not_end_in_rollback_mode() {
    for backup in ["never", "always"] {
        let scene = Scene::new(List::of(5), Begin::At(1), "delete", 500);
        let db = scene.copy();
        let conn = reader(&db);
        let outcome = start(&scene, &db, 500).with("backup", backup).run();
        assert_eq!(outcome.kind, "locked", "{outcome:?}");
        assert!(outcome.message.contains("nothing was changed"), "{outcome:?}");
        assert!((500..1_500).contains(&outcome.took.as_millis()), "{outcome:?}");
        assert!(!has_counts(&conn));
        drop(conn);
        assert_eq!(scene.position(&db.path(), "after the reader"), 1);
        assert_eq!(scene.assert_backups(&db, "after the reader"), 0, "a run that changes nothing leaves no copy");
        assert_eq!(start(&scene, &db, 500).run().kind, "applied");
        scene.assert_current(&db.path(), "after the next start");
    }
}

#[test]
fn for_a_while_in_rollback_mode() {
    let scene = Scene::new(List::of(5), Begin::At(1), "delete", 500);
    let db = scene.copy();
    let conn = reader(&db);
    let mut process = start(&scene, &db, 30_000).stop("commit").spawn();
    process.reach("commit");
    process.go();
    assert_eq!(process.hear_within(Duration::from_millis(300)), None, "COMMIT waits");
    assert!(!has_counts(&conn));
    conn.execute_batch("COMMIT").expect("the end of reading");
    assert_eq!(process.outcome().kind, "applied");
    assert!(has_counts(&conn));
    drop(conn);
    scene.assert_current(&db.path(), "after the reader");
}

#[test]
fn and_does_not_end_in_wal_mode() {
    let scene = Scene::new(List::of(5), Begin::At(1), "wal", 500);
    let db = scene.copy();
    let conn = reader(&db);
    let outcome = start(&scene, &db, 0).run();
    assert_eq!(outcome.kind, "applied", "nothing is waited for: {outcome:?}");
    assert!(!has_counts(&conn), "the reader sees what it saw");
    let is_busy = |conn: &Connection| {
        conn.busy_timeout(Duration::ZERO).expect("a timeout");
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).expect("a row") == 1
    };
    assert!(is_busy(&db.open()), "the WAL is kept for the reader");
    conn.execute_batch("COMMIT").expect("the end of reading");
    assert!(has_counts(&conn));
    assert!(!is_busy(&db.open()), "the checkpoint comes after it");
    drop(conn);
    scene.assert_current(&db.path(), "after the reader");
}

/// Somebody reads at nearly every moment, and nobody for long. (In rollback mode, threads of one process whose reads
/// overlap keep other processes from writing for as long as they like: SQLite lets them share a lock.)
#[test]
fn again_and_again() {
    for (journal, readers) in [("delete", 1), ("wal", 4)] {
        let scene = Scene::new(List::of(5), Begin::At(1), journal, 500);
        let db = scene.copy();
        let (done, reads) = (AtomicBool::new(false), AtomicU32::new(0));
        scope(|scope| {
            for _ in 0..readers {
                scope.spawn(|| {
                    let conn = db.open();
                    while !done.load(Ordering::Relaxed) {
                        conn.execute_batch("BEGIN").expect("BEGIN");
                        has_counts(&conn);
                        sleep(Duration::from_millis(20));
                        conn.execute_batch("COMMIT").expect("COMMIT");
                        reads.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // They are at it; or one of them panicked, which the scope tells.
            for _ in 0..12_000 {
                if reads.load(Ordering::Relaxed) > 4 {
                    break;
                }
                sleep(Duration::from_millis(5));
            }
            let outcome = start(&scene, &db, 60_000).run();
            done.store(true, Ordering::Relaxed);
            assert_eq!(outcome.kind, "applied", "{journal}: {outcome:?}");
        });
        scene.assert_current(&db.path(), journal);
    }
}
