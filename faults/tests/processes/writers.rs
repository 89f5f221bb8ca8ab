//! Somebody writes all the time, in short transactions, while the migrations run and a backup is made.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::{Outcome, Start};
use crate::random::{Random, count};

#[test]
fn in_rollback_mode() {
    rounds(&Scene::new(List::of(5), Begin::At(2), "delete", 500), "rollback journal", 1);
}

#[test]
fn in_wal_mode() {
    rounds(&Scene::new(List::of(5), Begin::At(2), "wal", 500), "WAL", 2);
}

#[test]
fn and_a_migration_runs_outside_a_transaction() {
    rounds(&Scene::new(List::outside(), Begin::At(2), "delete", 500), "outside, rollback journal", 3);
    rounds(&Scene::new(List::outside(), Begin::At(2), "wal", 500), "outside, WAL", 4);
}

fn rounds(scene: &Scene, what: &str, salt: u64) {
    let rounds = count("STARTS", 5);
    let mut writes = 0;
    for round in 0..rounds {
        let what = format!("{what}, round {round}");
        let db = scene.copy();
        let start = Start::of(scene.list.path(), &db.path()).with("timeout", 20_000).with("backup", "always");
        let (outcome, written) = amid_writes(&db, Random::of(round * 10 + salt), || start.run());
        assert_eq!(outcome.kind, "applied", "{what}: {outcome:?}");
        scene.assert_current(&db.path(), &what);
        assert_eq!(scene.assert_backups(&db, &what), 1, "{what}");
        writes += written;
    }
    println!("{what}: {rounds} runs amid {writes} writes");
}

/// What is written leaves the rows as they are.
fn amid_writes(db: &Db, mut random: Random, run: impl FnOnce() -> Outcome) -> (Outcome, u32) {
    let (done, writes) = (AtomicBool::new(false), AtomicU32::new(0));
    let mut outcome = None;
    scope(|scope| {
        for _ in 0..2 {
            let pause = Duration::from_micros(random.below(3_000));
            let (done, writes) = (&done, &writes);
            scope.spawn(move || {
                let conn = db.open();
                while !done.load(Ordering::Relaxed) {
                    conn.execute_batch("UPDATE notes SET title = title WHERE id < 200").expect("a write");
                    writes.fetch_add(1, Ordering::Relaxed);
                    sleep(pause);
                }
            });
        }
        sleep(Duration::from_millis(20));
        outcome = Some(run());
        done.store(true, Ordering::Relaxed);
    });
    (outcome.expect("an outcome"), writes.into_inner())
}
