//! What is shown while migrations run: on a terminal a line that moves, elsewhere nothing.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use migrate_core::{Event, Observer, Progress};

/// A line on a terminal, or nothing.
pub(super) struct Bar {
    bar: ProgressBar,
    work: Arc<Work>,
    is_shown: bool,
}

/// SQLite's instructions, in which the length of a statement is measured.
#[derive(Default)]
struct Work {
    /// How many have run.
    done: AtomicU64,
    /// How many a rehearsal needed; 0 where there was none, and then nothing is known of what is left.
    total: AtomicU64,
}

/// A statement has to take this long before more is said of it than its migration's name.
const LONG: Duration = Duration::from_secs(1);

impl Bar {
    pub(super) fn new(is_shown: bool) -> Bar {
        let bar = if is_shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}{prefix}") {
            bar.set_style(style);
        }
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Bar { bar, work: Arc::default(), is_shown }
    }

    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// What is told while a statement runs.
    pub(super) fn meter(&self) -> impl Fn(&Progress) -> ControlFlow<()> + Send + Sync + 'static {
        let (bar, work) = (self.bar.clone(), Arc::clone(&self.work));
        move |progress| {
            work.done.store(progress.instructions, Ordering::Relaxed);
            if progress.elapsed > LONG {
                bar.set_prefix(said(progress.instructions, progress.elapsed, work.total.load(Ordering::Relaxed)));
            }
            ControlFlow::Continue(())
        }
    }

    pub(super) fn rehearses(&self) {
        self.bar.set_message("dry run");
    }

    /// A dry run is over; it measured the run that follows, if it went all the way.
    pub(super) fn rehearsed(&self, all_the_way: bool) {
        let total = if all_the_way { self.work.done.swap(0, Ordering::Relaxed) } else { 0 };
        self.work.total.store(total, Ordering::Relaxed);
        self.bar.set_prefix("");
    }

    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

/// `, 40 million steps`; `, 42 %, about 12 s left` where it is known how many there will be.
fn said(done: u64, elapsed: Duration, total: u64) -> String {
    if total < done || done == 0 {
        return format!(", {:.0} million steps", done as f64 / 1e6);
    }
    let part = done as f64 / total as f64;
    let left = elapsed.as_secs_f64() * (1.0 - part) / part;
    format!(", {:.0} %, about {left:.0} s left", part * 100.0)
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done();
    }
}

impl Observer for Bar {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::WaitingForLock => self.bar.set_message("waiting for another program's lock"),
            Event::BackupStarted { .. } => {
                self.bar.reset_elapsed();
                self.bar.set_message("making a backup");
            }
            Event::MigrationStarted { name, number, total, .. } => {
                self.bar.reset_elapsed();
                self.bar.set_message(format!("[{number}/{total}] {name}"));
            }
            Event::Committing => self.bar.set_message("committing"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_estimated_that_was_not_measured() {
        let after = Duration::from_secs(3);
        assert_eq!(said(40_000_000, after, 0), ", 40 million steps");
        assert_eq!(said(40_000_000, after, 160_000_000), ", 25 %, about 9 s left");
        // More than the rehearsal needed: it says nothing about the rest.
        assert_eq!(said(41_000_000, after, 40_000_000), ", 41 million steps");
    }
}
