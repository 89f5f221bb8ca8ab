//! Somebody holds the lock: a starter that was stopped, or a writer that does not come to an end.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::{Outcome, Start};

/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(1);

fn start(scene: &Scene, db: &Db, timeout: Duration) -> Start {
    Start::of(scene.list.path(), &db.path()).with("timeout", timeout.as_millis())
}

/// A clear error, neither before the timeout nor a second after it.
fn assert_locked(outcome: &Outcome, timeout: Duration, what: &str) {
    assert_eq!((outcome.well, outcome.kind.as_str()), (false, "locked"), "{what}: {outcome:?}");
    assert!(outcome.took >= timeout && outcome.took <= timeout + SLACK, "{what}: {outcome:?}");
    assert!(outcome.message.contains("was locked for") && outcome.message.contains("help: "), "{what}: {outcome:?}");
    assert!(outcome.message.contains("nothing was changed"), "{what}: {outcome:?}");
}

#[test]
fn by_a_starter_that_was_stopped() {
    let timeout = Duration::from_millis(700);
    for (journal, point) in [("delete", "decide"), ("delete", "commit"), ("wal", "applied:2"), ("wal", "commit")] {
        let what = format!("{journal}, stopped at `{point}`");
        let scene = Scene::new(List::of(5), Begin::At(2), journal, 50);
        let db = scene.copy();
        let mut holder = start(&scene, &db, timeout).stop(point).spawn();
        holder.reach(point.split(':').next().expect("a point"));
        holder.signal("STOP");
        holder.go();
        let mut others = [0, 1, 2].map(|_| start(&scene, &db, timeout).spawn());
        others.iter_mut().for_each(|other| assert_locked(&other.outcome(), timeout, &what));
        assert_eq!(scene.position(&db.path(), &what), 2, "{what}");
        assert_eq!(holder.hear_within(Duration::from_millis(50)), None, "{what}: it is stopped");
        holder.signal("CONT");
        let outcome = holder.outcome();
        assert_eq!((outcome.kind.as_str(), outcome.names.len()), ("applied", 3), "{what}: {outcome:?}");
        assert_eq!(start(&scene, &db, timeout).run().kind, "current", "{what}");
        scene.assert_current(&db.path(), &what);
    }
    println!("stopped holders of the lock: 4, each with 3 others waiting");
}

/// Where it copies the database, or migrates outside a transaction, it cannot hold the write lock. Others wait for it all
/// the same.
#[test]
fn by_a_starter_that_was_stopped_without_the_write_lock() {
    let timeout = Duration::from_millis(700);
    for (list, point, backups) in [(List::of(5), "backup", 1), (List::outside(), "applied:2", 1)] {
        let what = format!("stopped at `{point}`");
        let scene = Scene::new(list, Begin::At(2), "delete", 50);
        let db = scene.copy();
        let mut holder = start(&scene, &db, timeout).stop(point).spawn();
        holder.reach(point.split(':').next().expect("a point"));
        holder.signal("STOP");
        let outcome = start(&scene, &db, timeout).run();
        assert_eq!((outcome.well, outcome.kind.as_str()), (false, "lock-file"), "{what}: {outcome:?}");
        assert!(outcome.took >= timeout && outcome.took <= timeout + SLACK, "{what}: {outcome:?}");
        for part in ["another process or thread migrates", "nothing was changed", "help: "] {
            assert!(outcome.message.contains(part), "{what}: {outcome:?}");
        }
        holder.signal("CONT");
        holder.go();
        assert_eq!(holder.outcome().kind, "applied", "{what}");
        scene.assert_current(&db.path(), &what);
        assert_eq!(scene.assert_backups(&db, &what), backups, "{what}");
    }
}

/// The ones that waited for it take over.
#[test]
fn by_a_starter_that_is_killed() {
    for journal in ["delete", "wal"] {
        for (list, point) in [
            (List::of(5), "decide"),
            (List::of(5), "backup"),
            (List::of(5), "commit"),
            (List::outside(), "apply:4"),
            (List::outside(), "applied:4"),
        ] {
            let what = format!("{journal}, killed at `{point}`");
            let scene = Scene::new(list, Begin::Legacy, journal, 500);
            let db = scene.copy();
            let timeout = Duration::from_secs(30);
            let mut holder = start(&scene, &db, timeout).with("cache_size", 10).stop(point).spawn();
            holder.reach(point.split(':').next().expect("a point"));
            let mut others = [0; 3].map(|_| start(&scene, &db, timeout).stop("read").spawn());
            others.iter_mut().for_each(|other| other.reach("read"));
            others.iter_mut().for_each(|other| other.go());
            sleep(Duration::from_millis(50));
            assert!(holder.kill());
            let outcomes = others.map(|mut other| other.outcome());
            assert!(outcomes.iter().all(|outcome| outcome.well), "{what}: {outcomes:?}");
            let names: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.names).collect();
            let committed = if point.contains('4') { 3 } else { 0 };
            assert_eq!(names, scene.pending()[committed..], "{what}: {outcomes:?}");
            scene.assert_current(&db.path(), &what);
            scene.assert_backups(&db, &what);
        }
    }
}

/// Takes a lock, and keeps it until the answer is dropped.
fn hold(db: &Db, how: &str) -> Connection {
    let conn = db.open();
    conn.execute_batch(how).expect("a lock");
    conn
}

#[test]
fn by_a_writer_that_does_not_end() {
    for (journal, how, timeout) in [
        ("delete", "BEGIN IMMEDIATE", 600),
        ("delete", "BEGIN EXCLUSIVE", 600),
        ("delete", "BEGIN EXCLUSIVE", 0),
        ("wal", "BEGIN IMMEDIATE", 600),
        ("wal", "BEGIN EXCLUSIVE", 0),
    ] {
        refused(journal, how, timeout);
    }
}

/// A connection has a patience of its own, five seconds if nobody set another: the timeout is the run's.
#[test]
fn whatever_the_patience_of_the_connection() {
    let scene = Scene::new(List::of(5), Begin::At(2), "delete", 5);
    let mut starters =
        [("5000", 5_500), ("20000", 5_500), ("20000", 1_000), ("1", 1_000)].map(|(patience, timeout)| {
            let (db, timeout) = (scene.copy(), Duration::from_millis(timeout));
            let lock = hold(&db, "BEGIN EXCLUSIVE");
            let process = start(&scene, &db, timeout).with("busy_timeout", patience).spawn();
            (format!("busy_timeout {patience}"), timeout, process, lock, db)
        });
    for (what, timeout, process, ..) in &mut starters {
        assert_locked(&process.outcome(), *timeout, what);
    }
}

fn refused(journal: &str, how: &str, timeout: u64) {
    let what = format!("{journal}, {how}, {timeout} ms");
    let timeout = Duration::from_millis(timeout);
    let scene = Scene::new(List::of(5), Begin::At(2), journal, 5);
    let db = scene.copy();
    let lock = hold(&db, how);
    assert_locked(&start(&scene, &db, timeout).run(), timeout, &what);
    drop(lock);
    assert_eq!(scene.position(&db.path(), &what), 2, "{what}");
    let outcome = start(&scene, &db, Duration::from_secs(20)).run();
    assert_eq!(outcome.kind, "applied", "{what}: {outcome:?}");
}

#[test]
fn and_an_up_to_date_database_is_served_all_the_same() {
    for (journal, how) in [
        ("delete", "BEGIN IMMEDIATE"),
        ("delete", "BEGIN IMMEDIATE; UPDATE notes SET body = 'x'"),
        ("wal", "BEGIN IMMEDIATE"),
        ("wal", "BEGIN EXCLUSIVE; UPDATE notes SET body = 'x'"),
    ] {
        let scene = Scene::new(List::of(5), Begin::At(5), journal, 5);
        let db = scene.copy();
        let lock = hold(&db, how);
        let begun = Instant::now();
        let outcome = start(&scene, &db, Duration::from_secs(30)).stop("waiting").run();
        assert_eq!(outcome.kind, "current", "{journal}, {how}: {outcome:?}");
        assert!(outcome.took < Duration::from_millis(500), "{journal}, {how}: {outcome:?}");
        lock.execute_batch("ROLLBACK").expect("still held");
        drop(lock);
        // A writer that comes and goes is waited for.
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn for_a_while_only() {
    for journal in ["delete", "wal"] {
        let scene = Scene::new(List::of(5), Begin::At(2), journal, 5);
        let db = scene.copy();
        let lock = hold(&db, "BEGIN EXCLUSIVE");
        let mut process = start(&scene, &db, Duration::from_secs(20)).spawn();
        sleep(Duration::from_millis(300));
        lock.execute_batch("ROLLBACK").expect("still held");
        let outcome = process.outcome();
        assert_eq!(outcome.kind, "applied", "{journal}: {outcome:?}");
        assert!(outcome.took < Duration::from_secs(5), "{journal}: {outcome:?}");
        scene.assert_current(&db.path(), journal);
    }
}

/// A migration outside a transaction gives the lock away between its statements, and waits when it wants it back.
#[test]
fn by_a_writer_in_the_midst_of_a_migration_outside_a_transaction() {
    for (journal, point) in [("delete", "apply:2"), ("delete", "applied:2"), ("wal", "apply:2"), ("wal", "applied:2")] {
        let what = format!("{journal}, at `{point}`");
        let scene = Scene::new(List::outside(), Begin::At(2), journal, 50);
        let db = scene.copy();
        let mut process = start(&scene, &db, Duration::from_secs(20)).stop(point).spawn();
        process.reach(point.split(':').next().expect("a point"));
        let lock = hold(&db, "BEGIN EXCLUSIVE");
        process.go();
        sleep(Duration::from_millis(400));
        drop(lock);
        let outcome = process.outcome();
        assert_eq!(outcome.kind, "applied", "{what}: {outcome:?}");
        assert!(outcome.took >= Duration::from_millis(400), "{what}: {outcome:?}");
        scene.assert_current(&db.path(), &what);
    }
}

/// The timeout is one for the whole run, not one for each of its parts.
#[test]
fn again_after_it_was_let_go() {
    let timeout = Duration::from_millis(2_000);
    let scene = Scene::new(List::of(5), Begin::At(2), "delete", 5);
    let db = scene.copy();
    let mut process = start(&scene, &db, timeout).stop("read").stop("lock").spawn();
    process.reach("read");
    let lock = hold(&db, "BEGIN EXCLUSIVE");
    process.go();
    sleep(timeout * 9 / 10);
    lock.execute_batch("ROLLBACK").expect("still held");
    process.reach("lock");
    lock.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    process.go();
    assert_locked(&process.outcome(), timeout, "held while it looked, and again when it wanted to write");
}
