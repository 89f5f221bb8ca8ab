//! A list of migrations, whatever its type of versions is.

use migrate::rusqlite::Connection;
use migrate::{EntryKind, Error, Migrations, Outcome, Report, Version};

/// What a run did.
#[derive(Debug)]
pub struct Ran {
    /// What kind of database it was.
    pub outcome: Outcome,
    /// How many migrations were recorded without running.
    pub marked: usize,
    /// How many ran.
    pub applied: usize,
    /// The report, as people read it.
    pub shown: String,
}

/// What the tests ask of a list.
pub trait List: Sync {
    /// Brings a database to the newest version.
    fn run(&self, conn: &mut Connection) -> Result<Ran, Error>;
    /// Records a version of which the caller says that the database has it; 1 is the first.
    fn adopt_at(&self, conn: &mut Connection, version: usize) -> Result<Ran, Error>;
    /// Where a database is, as people read it, and whether its schema differs from that of its version.
    fn status(&self, conn: &Connection) -> Result<(String, bool), Error>;
    /// Whether the markers of the newest version are there.
    fn is_current(&self, conn: &Connection) -> Result<bool, Error>;
}

fn ran<V: Version>(report: Report<V>) -> Ran {
    let marked = report.entries().iter().filter(|entry| entry.kind == EntryKind::Marked).count();
    Ran { outcome: report.outcome(), marked, applied: report.applied().count(), shown: report.to_string() }
}

impl<V: Version> List for Migrations<V> {
    fn run(&self, conn: &mut Connection) -> Result<Ran, Error> {
        Migrations::run(self, conn).map(ran)
    }

    fn adopt_at(&self, conn: &mut Connection, version: usize) -> Result<Ran, Error> {
        let version = version.checked_sub(1).and_then(V::from_index).expect("a version of the list");
        self.migrator().adopt_at(conn, version).map(ran)
    }

    fn status(&self, conn: &Connection) -> Result<(String, bool), Error> {
        let status = Migrations::status(self, conn)?;
        Ok((status.to_string(), !status.difference().is_same()))
    }

    fn is_current(&self, conn: &Connection) -> Result<bool, Error> {
        self.is_schema_current(conn)
    }
}
