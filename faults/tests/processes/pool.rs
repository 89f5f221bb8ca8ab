//! A pool of connections in the process that migrates, on a connection of its own.
//!
//! Where a process closes any descriptor of a file, it loses every POSIX lock that it holds on it: whatever migrates
//! next to a pool must not open the database but through SQLite.

use std::thread::{scope, sleep};
use std::time::Duration;

use migrate_check::Loaded;
use migrate_core::Outcome;
use rusqlite::Connection;

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::Start;

const CACHED: &str = "SELECT count(*), max(name) FROM tags WHERE note_id = ?1";

struct Pool<'a> {
    scene: &'a Scene,
    db: &'a Db,
    connections: [Connection; 3],
}

impl Pool<'_> {
    /// Every connection asks, with a statement that is prepared once.
    fn ask(&mut self) {
        for conn in &self.connections {
            let mut statement = conn.prepare_cached(CACHED).expect("a statement");
            let count: i64 = statement.query_row([3], |row| row.get(0)).expect("a count");
            assert_eq!(count, 2);
        }
    }

    /// Another process wants to write, and must not.
    fn assert_exclusive(&self, what: &str) {
        let start = Start::of(self.scene.list.path(), &self.db.path());
        let outcome = start.with("timeout", 100).with("backup", "never").run();
        assert_eq!(outcome.kind, "locked", "{what}: {outcome:?}");
    }
}

fn migrate(db: &Db, loaded: &Loaded) -> Outcome {
    let mut conn = db.open();
    loaded.migrations.run(&mut conn).expect("the migrations run").outcome()
}

#[test]
fn keeps_its_locks_while_a_thread_migrates() {
    for journal in ["delete", "wal"] {
        // What this process migrates to, and one more for the other process to want.
        let (scene, list) = (Scene::new(List::of(5), Begin::At(2), journal, 50), List::of(4));
        let loaded = migrate_check::load(list.path()).expect("the list");
        let db = scene.copy();
        let mut pool = Pool { scene: &scene, db: &db, connections: [0; 3].map(|_| db.open()) };
        pool.ask();

        pool.connections[0].execute_batch("BEGIN IMMEDIATE; UPDATE notes SET body = body").expect("a lock");
        scope(|scope| {
            let migrating = scope.spawn(|| migrate(&db, &loaded));
            for _ in 0..3 {
                sleep(Duration::from_millis(50));
                pool.assert_exclusive(&format!("{journal}, while a thread waits"));
            }
            pool.connections[0].execute_batch("COMMIT").expect("still locked");
            assert_eq!(migrating.join().expect("no panic"), Outcome::Applied);
        });
        assert_eq!(scene.position(&db.path(), journal), 4);

        pool.connections[0].execute_batch("BEGIN IMMEDIATE").expect("a lock");
        assert_eq!(migrate(&db, &loaded), Outcome::Current);
        pool.assert_exclusive(&format!("{journal}, next to a run with nothing to do"));
        pool.connections[0].execute_batch("COMMIT").expect("still locked");

        pool.ask();
        for conn in &pool.connections {
            let rated = "SELECT count(*) FROM notes WHERE rating > 0";
            assert_eq!(conn.query_row(rated, [], |row| row.get::<_, i64>(0)).expect("the new schema"), 50, "{journal}");
        }
        drop(pool);
        assert_eq!(Start::of(scene.list.path(), &db.path()).run().kind, "applied", "{journal}");
        scene.assert_current(&db.path(), journal);
    }
}

/// A reader in rollback mode holds others up by a lock that is lost as easily.
#[test]
fn keeps_what_it_reads_while_a_thread_migrates() {
    let (scene, list) = (Scene::new(List::of(5), Begin::At(3), "delete", 50), List::of(4));
    let loaded = migrate_check::load(list.path()).expect("the list");
    let db = scene.copy();
    let mut pool = Pool { scene: &scene, db: &db, connections: [0; 3].map(|_| db.open()) };
    scope(|scope| {
        pool.connections[1].execute_batch("BEGIN; SELECT * FROM notes").expect("a read");
        let migrating = scope.spawn(|| migrate(&db, &loaded));
        sleep(Duration::from_millis(200));
        assert!(!migrating.is_finished(), "COMMIT waits for the reader");
        pool.connections[1].execute_batch("COMMIT").expect("the end of reading");
        assert_eq!(migrating.join().expect("no panic"), Outcome::Applied);
    });
    pool.connections[1].execute_batch("BEGIN; SELECT * FROM notes").expect("a read");
    assert_eq!(migrate(&db, &loaded), Outcome::Current);
    pool.assert_exclusive("a reader next to a run with nothing to do");
    pool.connections[1].execute_batch("COMMIT").expect("the end of reading");
    pool.ask();
    drop(pool);
    assert_eq!(scene.position(&db.path(), "after the reader"), 4);
}
