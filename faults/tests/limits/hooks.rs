//! A commit hook that refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::ffi;

use crate::scene::{Kind, Scene};
use crate::sweep::Tally;
use crate::trial::{Ended, Trial, is};

#[test]
fn at_every_commit() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 12, 4096);
        let mut tally = Tally::default();
        let (mut n, mut met) = (1, true);
        while met {
            let point = || {
                let mut trial = Trial::new(&scene, format!("at commit {n}"));
                let calls = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&calls);
                let hook = move || counter.fetch_add(1, Ordering::Relaxed) + 1 == n;
                trial.conn.commit_hook(Some(hook)).expect("a hook");
                let outcome = trial.run();
                met = calls.load(Ordering::Relaxed) >= n;
                trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_CONSTRAINT]))
            };
            tally.add(point);
            n += 1;
        }
        assert_eq!(tally.of(Ended::Well), 1, "{kind:?}: only the last is not refused");
        tally.end(&format!("{kind:?}, a commit that is refused"));
    }
}
