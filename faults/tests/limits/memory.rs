//! No memory: the n-th allocation fails, or all from the n-th on.

use rusqlite::ffi;

use crate::allocator::{self, Failing};
use crate::scene::{Kind, Scene};
use crate::sweep::{Tally, every};
use crate::trial::{Trial, is};

/// Where memory is wholly gone, the little that a connection holds back is what a ROLLBACK is run with: then it is left there.
fn sweep(kind: Kind, name: &str, daily: u64, failing: fn(u64) -> Failing) {
    let scene = Scene::new(kind, 12, 4096);
    let mut tally = Tally::default();
    let mut n = 1;
    let (mut met, mut count) = (true, 0);
    while met {
        let failing = failing(n);
        let point = || {
            let mut trial = Trial::new(&scene, format!("{failing:?}"));
            if matches!(failing, Failing::At(_)) {
                allocator::take_all(&trial.conn);
            }
            trial.no_memory = matches!(failing, Failing::From(_));
            allocator::arm(failing);
            let outcome = trial.run();
            (met, count) = allocator::disarm();
            trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_NOMEM]))
        };
        tally.add(point);
        n += every(daily);
    }
    tally.end(&format!("{kind:?}, {name} of {count}"));
    assert!(count > 100, "{count}");
}

#[test]
fn one_allocation_fails() {
    Kind::ALL.into_iter().for_each(|kind| sweep(kind, "one allocation", 97, Failing::At));
}

#[test]
fn all_allocations_from_one_on_fail() {
    Kind::ALL.into_iter().for_each(|kind| sweep(kind, "all allocations from one on", 67, Failing::From));
}
