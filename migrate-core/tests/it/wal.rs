//! Into WAL mode, after the run and among others.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use migrate_core::rusqlite::{Connection, OpenFlags};
use migrate_core::{Error, Outcome};

use crate::kit::{Db, Kit, list};

fn two() -> Kit {
    list(&["CREATE TABLE a(x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN y DEFAULT 2"])
}

fn mode(conn: &Connection) -> String {
    conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_mode_is_as_asked_and_stays() {
    let db = Db::new();
    let list = two().make();
    list.run(&mut db.open()).unwrap();
    assert_eq!(mode(&db.open()), "delete", "nobody asked");
    let mut conn = db.open();
    assert_eq!(list.migrator().wal(true).run(&mut conn).unwrap().outcome(), Outcome::Current);
    assert_eq!(mode(&conn), "wal");
    drop(conn);
    list.migrator().wal(false).run(&mut db.open()).unwrap();
    assert_eq!(mode(&db.open()), "wal", "false leaves it alone");
}

#[test]
fn what_is_refused_or_tried_only_keeps_its_mode() {
    let db = Db::with("CREATE TABLE recipes(id INTEGER PRIMARY KEY)");
    let before = db.bytes();
    let list = two().make();
    let refused = list.migrator().wal(true).run(&mut db.open());
    assert!(matches!(refused, Err(Error::UnrelatedDatabase { .. })), "{refused:?}");
    assert!(db.bytes() == before);

    let db = Db::new();
    list.migrator().wal(true).dry_run(&mut db.open()).unwrap();
    assert_eq!(mode(&db.open()), "delete");
}

#[test]
fn where_there_is_no_such_mode_the_run_is_as_good() {
    let list = two().make();
    let mut conn = Connection::open_in_memory().unwrap();
    assert_eq!(list.migrator().wal(true).run(&mut conn).unwrap().outcome(), Outcome::Fresh);
    assert_eq!(mode(&conn), "memory");
    let db = Db::new();
    list.run(&mut db.open()).unwrap();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mut conn = Connection::open_with_flags(&db.path, flags).unwrap();
    assert_eq!(list.migrator().wal(true).run(&mut conn).unwrap().outcome(), Outcome::Current);
    assert_eq!(mode(&conn), "delete");
}

/// It needs the file for itself; a reader is no reason not to start.
#[test]
fn a_reader_keeps_the_mode_and_not_the_application() {
    let db = Db::new();
    let list = two().make();
    list.run(&mut db.open()).unwrap();
    let reader = db.open();
    reader.execute_batch("BEGIN; SELECT * FROM a").unwrap();
    let mut conn = db.open();
    conn.busy_timeout(Duration::from_secs(3600)).unwrap();
    let hurried = list.migrator().wal(true).lock_timeout(Duration::from_millis(20));
    assert_eq!(hurried.run(&mut conn).unwrap().outcome(), Outcome::Current);
    assert_eq!(mode(&conn), "delete");
    let patience: i64 = conn.query_row("PRAGMA busy_timeout", [], |row| row.get(0)).unwrap();
    assert_eq!(patience, 3_600_000, "the connection's own timeout is back");
    reader.execute_batch("COMMIT").unwrap();
    hurried.run(&mut conn).unwrap();
    assert_eq!(mode(&conn), "wal");
}

#[test]
fn of_eight_at_once_none_fails() {
    let list = two().make();
    for round in 0..20 {
        let db = Db::new();
        let together = Barrier::new(8);
        let outcomes: Vec<Outcome> = thread::scope(|scope| {
            let start = || {
                let mut conn = db.open();
                together.wait();
                let report = list.migrator().wal(true).run(&mut conn).unwrap();
                assert_eq!(mode(&conn), "wal", "round {round}");
                report.outcome()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Fresh).count(), 1, "round {round}");
    }
}
