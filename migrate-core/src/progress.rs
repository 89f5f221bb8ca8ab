//! Progress inside of long statements.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::clock::Instant;

/// How far a run is, told while a statement runs.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use std::ops::ControlFlow;
///
/// use migrate::Progress;
///
/// // Gives up after two minutes; the run is rolled back then.
/// let patience = |progress: &Progress| match progress.elapsed.as_secs() < 120 {
///     true => ControlFlow::Continue(()),
///     false => ControlFlow::Break(()),
/// };
/// db::migrator().statement_progress(patience).run(&mut conn)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many of SQLite's instructions have run since the run began, rounded down to what one call stands for.
    pub instructions: u64,
    /// How long the run has been at work.
    pub elapsed: Duration,
}

/// SQLite's instructions between two calls: some milliseconds.
const EVERY: u32 = 100_000;

type Panicked = Arc<Mutex<Option<Box<dyn Any + Send>>>>;
type Callback = Arc<dyn Fn(&Progress) -> ControlFlow<()> + Send + Sync>;

/// Who wants to know, or nobody.
#[derive(Clone, Default)]
pub(crate) struct Meter(Option<Callback>);

impl Meter {
    pub(crate) fn new(callback: impl Fn(&Progress) -> ControlFlow<()> + Send + Sync + 'static) -> Meter {
        Meter(Some(Arc::new(callback)))
    }

    /// Puts the callback on the connection, until what is returned is dropped.
    pub(crate) fn watch<'c>(&self, conn: &'c mut Connection) -> Watched<'c> {
        let panicked: Panicked = Arc::default();
        if let Some(callback) = self.0.clone() {
            let (begun, mut calls) = (Instant::now(), 0_u64);
            let noted = Arc::clone(&panicked);
            let handler = move || {
                calls += 1;
                let progress = Progress { instructions: calls * u64::from(EVERY), elapsed: begun.elapsed() };
                catch_unwind(AssertUnwindSafe(|| callback(&progress).is_break())).unwrap_or_else(|panic| {
                    // It cannot pass through SQLite. The statement is interrupted, and the panic goes on afterwards.
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                    true
                })
            };
            // Only a connection that was not opened by rusqlite refuses; there is nothing to watch it with.
            let _ = conn.progress_handler(EVERY.cast_signed(), Some(handler));
        }
        Watched { conn, is_on: self.0.is_some(), panicked }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a callback" } else { "nobody" })
    }
}

/// A connection, perhaps with a callback on it, which is removed when this is dropped.
pub(crate) struct Watched<'c> {
    pub(crate) conn: &'c mut Connection,
    is_on: bool,
    panicked: Panicked,
}

impl Watched<'_> {
    /// Goes on with a panic of the callback, once everything is rolled back.
    pub(crate) fn resume(self) {
        let panicked = Arc::clone(&self.panicked);
        drop(self);
        let panic = panicked.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if self.is_on {
            let _ = self.conn.progress_handler(0, None::<fn() -> bool>);
        }
    }
}
