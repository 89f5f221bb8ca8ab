//! Eight starters at once, round after round: one of them migrates, the others find it done.

use std::fs::File;
use std::thread::sleep;
use std::time::Duration;

use crate::database::{Begin, Scene};
use crate::lists::List;
use crate::process::{Process, Said, Start};
use crate::random::{Random, count};

const STARTERS: usize = 8;

#[test]
fn on_a_fresh_database() {
    rounds("fresh", &Scene::new(List::of(5), Begin::Fresh, "delete", 0), None, 1);
}

#[test]
fn on_a_legacy_database() {
    rounds("legacy", &Scene::new(List::of(5), Begin::Legacy, "delete", 20), None, 2);
}

#[test]
fn on_a_wal_database() {
    rounds("WAL upgrade", &Scene::new(List::of(5), Begin::At(2), "wal", 20), None, 3);
    rounds("WAL fresh", &Scene::new(List::of(5), Begin::Fresh, "wal", 0), None, 4);
}

#[test]
fn of_several_versions_of_the_program() {
    let older = List::of(3);
    rounds("versions, fresh", &Scene::new(List::of(5), Begin::Fresh, "delete", 0), Some(&older), 5);
    rounds("versions, legacy", &Scene::new(List::of(5), Begin::Legacy, "wal", 20), Some(&older), 6);
    rounds("versions, upgrade", &Scene::new(List::of(5), Begin::At(1), "delete", 20), Some(&older), 7);
}

#[test]
fn with_a_migration_outside_a_transaction() {
    rounds("outside", &Scene::new(List::outside(), Begin::At(3), "delete", 20), None, 8);
    rounds("outside, WAL", &Scene::new(List::outside(), Begin::Legacy, "wal", 20), None, 9);
    rounds("outside, versions", &Scene::new(List::outside(), Begin::At(1), "delete", 20), Some(&List::of(3)), 10);
}

#[test]
fn who_put_the_database_into_wal_mode_too() {
    let fresh = Scene::new(List::of(5), Begin::Fresh, "delete", 0);
    let upgrade = Scene::new(List::of(5), Begin::At(2), "delete", 20);
    rounds("to WAL, fresh", &fresh.into_wal(), None, 11);
    rounds("to WAL, upgrade", &upgrade.into_wal(), None, 12);
}

/// `STARTS` rounds, or 10. Where there is an older program, at least one starter is of it, and one is not.
fn rounds(what: &str, scene: &Scene, older: Option<&List>, salt: u64) {
    let mut crew: Vec<Process> = (0..STARTERS).map(|_| Process::serve()).collect();
    let rounds = count("STARTS", 10);
    let mut refused = 0;
    for round in 0..rounds {
        let seed = count("STARTS_SEED", round * 10 + salt);
        refused += Round { what: format!("STARTS_SEED={seed}, {what}"), scene, older }.run(&mut crew, seed);
    }
    println!("{what}: {rounds} rounds of {STARTERS} starts, {refused} older programs refused");
}

struct Round<'a> {
    what: String,
    scene: &'a Scene,
    older: Option<&'a List>,
}

impl Round<'_> {
    fn run(&self, crew: &mut [Process], seed: u64) -> usize {
        let mut random = Random::of(seed);
        let db = self.scene.copy();
        let is_old: Vec<bool> = (0..STARTERS)
            .map(|index| self.older.is_some() && index > 0 && (index == 1 || random.below(2) == 0))
            .collect();
        let start = |index: usize| {
            let list = self.older.filter(|_| is_old[index]).unwrap_or(&self.scene.list);
            let start = Start::of(list.path(), &db.path()).with("timeout", 60_000);
            if self.scene.to_wal { start.with("wal", true) } else { start }
        };
        match random.below(3) {
            // One after the other, as fast as can be.
            0 => crew.iter_mut().enumerate().for_each(|(index, process)| process.begin(&start(index))),
            // All at once, behind a gate; and, one time in two, behind a lock on the database: they have all looked at
            // it when the first of them may write.
            kind => {
                let path = db.folder().join("gate");
                let gate = File::create(&path).expect("a gate");
                gate.lock().expect("closed");
                for (index, process) in crew.iter_mut().enumerate() {
                    process.begin(&start(index).with("gate", path.display()));
                }
                for process in crew.iter_mut() {
                    assert_eq!(process.hear(), Said::At("gate".to_owned()), "{}", self.what);
                }
                let conn = db.open();
                if kind == 1 {
                    conn.execute_batch("BEGIN IMMEDIATE").expect("a lock");
                }
                drop(gate);
                if kind == 1 {
                    sleep(Duration::from_millis(random.below(20)));
                    conn.execute_batch("ROLLBACK").expect("unlocked");
                }
            }
        }
        let mut names = Vec::new();
        let mut refused = 0;
        for (index, process) in crew.iter_mut().enumerate() {
            let Said::Ended(mut outcome) = process.hear() else { panic!("{}: no outcome", self.what) };
            let too_new = is_old[index] && outcome.kind == "too-new";
            assert!(outcome.well || too_new, "{}: {outcome:?}", self.what);
            assert_eq!(outcome.kind == "current", outcome.well && outcome.names.is_empty(), "{}", self.what);
            names.append(&mut outcome.names);
            refused += usize::from(too_new);
        }
        names.sort();
        assert_eq!(names, self.scene.pending(), "{}: who applied what", self.what);
        self.scene.assert_current(&db.path(), &self.what);
        self.scene.assert_backups(&db, &self.what);
        if self.scene.to_wal {
            let mode: String = db.open().query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a mode");
            assert_eq!(mode, "wal", "{}", self.what);
        }
        refused
    }
}
