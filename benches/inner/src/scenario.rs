//! What is counted: one thing at a time, and nothing of what comes before it.

use std::path::Path;
use std::{fs, io};

use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Error, Outcome, Report};

use crate::project::Project;

/// One thing that an application does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// The first run on an open connection; there is nothing to do.
    NoopFirst,
    /// Ten more runs on the same connection.
    NoopRepeated,
    /// A connection is opened, the run has nothing to do, and the application asks its first question.
    OpenNoopQuery,
    /// A run that applies the newest migration.
    UpgradeByOne,
    /// A run on a new file: the snapshot of the schema, and a row for each migration.
    Fresh,
    /// What such a run would do.
    Plan,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Scenario; 6] = [
        Scenario::NoopFirst,
        Scenario::NoopRepeated,
        Scenario::OpenNoopQuery,
        Scenario::UpgradeByOne,
        Scenario::Fresh,
        Scenario::Plan,
    ];

    /// How it is called on the command line.
    ///
    /// ```
    /// assert_eq!(inner::Scenario::ALL.map(inner::Scenario::name)[0], "noop-first");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scenario::NoopFirst => "noop-first",
            Scenario::NoopRepeated => "noop-repeated",
            Scenario::OpenNoopQuery => "open-noop-query",
            Scenario::UpgradeByOne => "upgrade-by-one",
            Scenario::Fresh => "fresh",
            Scenario::Plan => "plan",
        }
    }

    /// Does it once, inside of [`measured`]. What is written is written to a copy in `scratch`.
    ///
    /// # Errors
    ///
    /// Of the file system. Panics if something else happened than what is to be counted.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let project = inner::Project::at(dir.path(), 10)?;
    /// for scenario in inner::Scenario::ALL {
    ///     scenario.run(&project, dir.path())?;
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn run(self, project: &Project, scratch: &Path) -> io::Result<()> {
        let list = project.migrations();
        let open = |path: &Path| Connection::open(path).expect("a connection");
        match self {
            Scenario::NoopFirst => {
                let mut conn = open(&project.current());
                measured(&mut || assert!(is_noop(list.run(&mut conn))));
            }
            Scenario::NoopRepeated => {
                let mut conn = open(&project.current());
                assert!(is_noop(list.run(&mut conn)));
                measured(&mut || (0..10).for_each(|_| assert!(is_noop(list.run(&mut conn)))));
            }
            Scenario::OpenNoopQuery => {
                let path = project.current();
                let mut opened = None;
                measured(&mut || {
                    let conn = opened.insert(open(&path));
                    assert!(is_noop(list.run(conn)));
                    let rows = conn.query_row("SELECT count(*) FROM t0", [], |row| row.get::<_, u32>(0));
                    assert!(rows.is_ok_and(|rows| rows >= 2));
                });
            }
            Scenario::UpgradeByOne => {
                let path = scratch.join("upgraded.db");
                fs::copy(project.behind(), &path)?;
                let mut conn = open(&path);
                measured(&mut || assert_eq!(list.run(&mut conn).expect("an upgrade").entries().len(), 1));
            }
            Scenario::Fresh => {
                let path = scratch.join("fresh.db");
                if path.exists() {
                    fs::remove_file(&path)?;
                }
                let mut conn = open(&path);
                measured(&mut || assert_eq!(list.run(&mut conn).expect("a database").outcome(), Outcome::Fresh));
            }
            Scenario::Plan => {
                let conn = open(&project.behind());
                measured(&mut || assert_eq!(list.plan(&conn).expect("a plan").pending().count(), 1));
            }
        }
        Ok(())
    }
}

fn is_noop(report: Result<Report<AnyVersion>, Error>) -> bool {
    report.is_ok_and(|report| report.outcome() == Outcome::Current)
}

/// What callgrind collects: `--toggle-collect` goes by the name of this function.
#[inline(never)]
pub fn measured(work: &mut dyn FnMut()) {
    work();
}
