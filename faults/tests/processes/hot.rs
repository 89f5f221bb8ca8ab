//! What a killed process leaves behind, a hot journal or a WAL that nobody closed, found by four starters at once.

use std::fs::{self, File};

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::{Said, Start};
use crate::random::count;

/// So many that ten pages do not hold what is changed.
const NOTES: u32 = 1_000;

#[test]
fn a_hot_journal() {
    let scene = Scene::new(List::of(5), Begin::Legacy, "delete", NOTES);
    let mut found = 0;
    for round in 0..count("STARTS", 10).div_ceil(5) {
        for point in ["applied:3", "applied:4", "commit"] {
            let what = format!("killed at `{point}`, round {round}");
            let (db, before) = killed(&scene, point);
            // It is hot: pages were written over, and the journal that has the old ones is there.
            assert!(fs::read(db.path()).expect("a file") != before, "{what}");
            assert!(beside(&db, "-journal") > 512, "{what}");
            assert_eq!(scene.position(&db.copy().path(), &what), 0, "{what}");
            assert_eq!(four_starts(&scene, &db, &what), scene.list.names(), "{what}");
            found += 1;
        }
    }
    println!("hot journals found by four starters: {found}");
}

#[test]
fn a_wal_that_nobody_closed() {
    let scene = Scene::new(List::of(5), Begin::Legacy, "wal", NOTES);
    let mut found = 0;
    for round in 0..count("STARTS", 10).div_ceil(5) {
        for (point, applied) in [("applied:3", 0), ("commit", 0), ("committed", 5)] {
            let what = format!("killed at `{point}`, round {round}");
            let (db, before) = killed(&scene, point);
            // What there is of the migrations is in the WAL alone.
            assert!(applied > 0 || fs::read(db.path()).expect("a file") == before, "{what}");
            assert!(beside(&db, "-wal") > 4096, "{what}");
            assert_eq!(scene.position(&db.copy().path(), &what), applied, "{what}");
            assert_eq!(four_starts(&scene, &db, &what), scene.list.names()[applied..], "{what}");
            found += 1;
        }
    }
    println!("open WALs found by four starters: {found}");
}

/// The file, and what it was before.
fn killed(scene: &Scene, point: &str) -> (Db, Vec<u8>) {
    let db = scene.copy();
    let before = fs::read(db.path()).expect("a file");
    let start = Start::of(scene.list.path(), &db.path()).with("cache_size", 10).with("backup", "never");
    let mut process = start.stop(point).spawn();
    process.reach(point.split(':').next().expect("a point"));
    assert!(process.kill());
    (db, before)
}

fn beside(db: &Db, suffix: &str) -> u64 {
    db.beside(suffix).first().map_or(0, |path| path.metadata().expect("a file").len())
}

/// What they applied, all together.
fn four_starts(scene: &Scene, db: &Db, what: &str) -> Vec<String> {
    let path = db.folder().join("gate");
    let gate = File::create(&path).expect("a gate");
    gate.lock().expect("closed");
    let start = Start::of(scene.list.path(), &db.path()).with("gate", path.display());
    let mut processes = [0; 4].map(|_| start.spawn());
    processes.iter_mut().for_each(|process| assert_eq!(process.hear(), Said::At("gate".to_owned()), "{what}"));
    drop(gate);
    let mut names = Vec::new();
    for process in &mut processes {
        let mut outcome = process.outcome();
        assert!(outcome.well, "{what}: {outcome:?}");
        names.append(&mut outcome.names);
    }
    scene.assert_current(&db.path(), what);
    names
}
