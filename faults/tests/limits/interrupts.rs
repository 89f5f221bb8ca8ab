//! No time: a run that is interrupted, by its own handler, by the application's, and from another thread.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::Error;
use rusqlite::ffi;

use crate::scene::{Kind, Scene};
use crate::sweep::{Tally, every};
use crate::trial::{Ended, Trial, is};

/// The handler that an application put on its connection, asked before every instruction.
#[test]
fn at_every_instruction() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 12, 4096);
        let mut tally = Tally::default();
        let (mut n, mut met) = (1, true);
        let mut count = 0;
        while met {
            let point = || {
                let mut trial = Trial::new(&scene, format!("at instruction {n}"));
                let calls = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&calls);
                let handler = move || counter.fetch_add(1, Ordering::Relaxed) + 1 == n;
                trial.conn.progress_handler(1, Some(handler)).expect("a handler");
                let outcome = trial.run();
                trial.conn.progress_handler(0, None::<fn() -> bool>).expect("no handler");
                count = calls.load(Ordering::Relaxed);
                met = count >= n;
                trial.judge(&outcome, is_interrupted)
            };
            tally.add(point);
            n += every(199);
        }
        tally.end(&format!("{kind:?}, one interrupt among {count} instructions"));
        assert!(count > 500, "{count}");
    }
}

/// What is told as failed must not have been done: SQLite asks the handler once more after a statement has ended.
#[test]
fn around_every_commit() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 12, 4096);
        let mut tally = Tally::default();
        for (commit, n) in (1..=6).flat_map(|commit| (1..=4).map(move |n| (commit, n))) {
            let point = || {
                let mut trial = Trial::new(&scene, format!("at instruction {n} from commit {commit} on"));
                let watch = Watch(Arc::default());
                let (commits, mut calls) = (Arc::clone(&watch.0), 0);
                let handler = move || {
                    calls += u64::from(commits.load(Ordering::Relaxed) >= commit);
                    calls == n
                };
                trial.conn.progress_handler(1, Some(handler)).expect("a handler");
                let outcome = trial.run_by(|conn| scene.migrator().observer(&watch).run(conn));
                trial.conn.progress_handler(0, None::<fn() -> bool>).expect("no handler");
                trial.judge(&outcome, is_interrupted)
            };
            tally.add(point);
        }
        tally.end(&format!("{kind:?}, one interrupt around a commit"));
    }
}

/// Where SQLite has rolled back because of an interrupt, the step's error is told, and not what became of its transaction.
#[test]
fn inside_of_a_step() {
    let scene = Scene::new(Kind::Step, 12, 4096);
    let mut tally = Tally::default();
    let (mut n, mut met) = (1, true);
    while met {
        let point = || {
            let mut trial = Trial::new(&scene, format!("at instruction {n} of the fourth migration"));
            let (started, calls) = (Started(Arc::default()), Arc::new(AtomicU64::new(0)));
            let (count, counter) = (Arc::clone(&started.0), Arc::clone(&calls));
            let handler = move || {
                let counts = count.load(Ordering::Relaxed) == 2;
                counts && counter.fetch_add(1, Ordering::Relaxed) + 1 == n
            };
            trial.conn.progress_handler(1, Some(handler)).expect("a handler");
            let outcome = trial.run_by(|conn| scene.migrator().observer(&started).run(conn));
            trial.conn.progress_handler(0, None::<fn() -> bool>).expect("no handler");
            met = calls.load(Ordering::Relaxed) >= n;
            trial.judge(&outcome, is_interrupted)
        };
        tally.add(point);
        n += every(37);
    }
    assert!(n > 300, "{n}");
    tally.end("a Rust step, one interrupt");
}

/// Counts migrations that have started.
struct Started(Arc<AtomicU64>);

impl migrate_core::Observer for Started {
    fn event(&self, event: &migrate_core::Event<'_>) {
        if matches!(event, migrate_core::Event::MigrationStarted { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts commits that are about to be.
struct Watch(Arc<AtomicU64>);

impl migrate_core::Observer for Watch {
    fn event(&self, event: &migrate_core::Event<'_>) {
        if matches!(event, migrate_core::Event::Committing) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn at_every_call_of_statement_progress() {
    for kind in [Kind::Upgrade, Kind::Outside] {
        let scene = Scene::new(kind, 12_000, 4096);
        let mut tally = Tally::default();
        let (mut n, mut met) = (1, true);
        while met {
            let point = || {
                let mut trial = Trial::new(&scene, format!("at call {n}"));
                let calls = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&calls);
                let callback = move |_: &migrate_core::Progress| {
                    let stop = counter.fetch_add(1, Ordering::Relaxed) + 1 == n;
                    if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let outcome = trial.run_by(|conn| scene.migrator().statement_progress(callback).run(conn));
                met = calls.load(Ordering::Relaxed) >= n;
                trial.judge(&outcome, is_interrupted)
            };
            tally.add(point);
            n += every(3);
        }
        assert!(n > 5, "{n}");
        tally.end(&format!("{kind:?}, a callback that breaks"));
    }
}

#[test]
fn from_another_thread() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 200, 4096);
        let mut tally = Tally::default();
        let mut trial = Trial::new(&scene, "no interrupt".to_owned());
        let began = Instant::now();
        let outcome = trial.run();
        let (step, end) = (Duration::from_micros(53 * every(16)), began.elapsed());
        assert_eq!(trial.judge(&outcome, |_| false), Ended::Well);
        let mut delay = Duration::ZERO;
        while delay < end {
            let point = || {
                let mut trial = Trial::new(&scene, format!("after {delay:?}"));
                let handle = trial.conn.get_interrupt_handle();
                let outcome = thread::scope(|scope| {
                    scope.spawn(move || {
                        thread::sleep(delay);
                        handle.interrupt();
                    });
                    trial.run()
                });
                trial.judge(&outcome, is_interrupted)
            };
            tally.add(point);
            delay += step;
        }
        tally.end(&format!("{kind:?}, an interrupt from another thread"));
    }
}

/// ALTER TABLE runs statements of its own, and tells of their errors without their code.
fn is_interrupted(error: &Error) -> bool {
    is(error, &[ffi::SQLITE_INTERRUPT]) || error.to_string().contains(": interrupted\n")
}
