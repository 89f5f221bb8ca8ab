//! Watching a run.

use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Something that happens during a run, told as it happens.
///
/// A run that finds nothing to do tells nothing.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use std::cell::RefCell;
///
/// use migrate::Event;
///
/// let seen = RefCell::new(Vec::new());
/// let note = |event: &Event<'_>| match event {
///     Event::MigrationFinished { name, .. } => seen.borrow_mut().push((*name).to_owned()),
///     Event::Committed { at, .. } => seen.borrow_mut().push(format!("now at {at}")),
///     _ => {}
/// };
/// db::migrator().target(db::Version::AddTags).observer(&note).run(&mut conn)?;
/// assert_eq!(seen.into_inner(), ["001_create_notes.sql", "002_add_tags.sql", "now at `002_add_tags.sql`"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// There is something to do. Nothing is locked yet; another process may still do it first.
    #[non_exhaustive]
    Planned {
        /// How the version before the run is called.
        at: &'a str,
        /// How the version after it will be called.
        target: &'a str,
        /// How many scripts will run: migrations, and `base.sql`, `schema.sql` or the snapshot. Those that are only
        /// marked do not count.
        scripts: usize,
    },
    /// A copy of the database is being made.
    #[non_exhaustive]
    BackupStarted {
        /// Where.
        path: &'a Path,
    },
    /// The copy is complete, and was read back.
    #[non_exhaustive]
    BackupFinished {
        /// Where.
        path: &'a Path,
        /// Its size.
        bytes: u64,
        /// How long it took.
        elapsed: Duration,
    },
    /// Another connection holds the write lock; said once for each time that it is taken.
    WaitingForLock,
    /// The write lock is held. What is to be done is decided now, once more.
    Locked,
    /// A script begins.
    #[non_exhaustive]
    MigrationStarted {
        /// `002_add_tags.sql`; or `base.sql`, `schema.sql`, `the snapshot`.
        name: &'a str,
        /// Which of the scripts that this run runs, counted from 1.
        number: usize,
        /// How many this run runs, as far as is known now.
        total: usize,
    },
    /// The script has run, its Rust step too. It is not committed yet.
    #[non_exhaustive]
    MigrationFinished {
        /// As in [`Event::MigrationStarted`].
        name: &'a str,
        /// As in [`Event::MigrationStarted`].
        number: usize,
        /// As in [`Event::MigrationStarted`].
        total: usize,
        /// How long it ran.
        elapsed: Duration,
    },
    /// Everything was checked, and the commit begins.
    Committing,
    /// The commit is done.
    #[non_exhaustive]
    Committed {
        /// How the version that is now in the database is called.
        at: &'a str,
    },
}

/// Somebody who watches runs: a progress bar, a splash screen, a test. Closures are observers.
///
/// It is called on the thread that runs the migrations, often with the write lock held, so it should return soon. If it
/// panics, the run is rolled back and the panic goes on.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use std::cell::Cell;
///
/// use migrate::{Event, Observer};
///
/// /// A bar that is as long as the migrations that are done.
/// #[derive(Default)]
/// struct Bar(Cell<usize>);
///
/// impl Observer for Bar {
///     fn event(&self, event: &Event<'_>) {
///         if let Event::MigrationFinished { number, total, .. } = event {
///             self.0.set(*number);
///             println!("{}{}", "#".repeat(*number), ".".repeat(*total - *number));
///         }
///     }
/// }
///
/// let bar = Bar::default();
/// db::migrator().target(db::Version::AddTags).observer(&bar).run(&mut conn)?;
/// assert_eq!(bar.0.get(), 2);
/// # Ok(())
/// # }
/// ```
pub trait Observer {
    /// Is told what happens.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>)> Observer for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// An observer, or none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Watch<'a>(pub(crate) Option<&'a dyn Observer>);

impl Watch<'_> {
    pub(crate) fn tell(self, event: Event<'_>) {
        if let Some(observer) = self.0 {
            observer.event(&event);
        }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "an observer" } else { "nobody" })
    }
}
