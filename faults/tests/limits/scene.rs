//! A database to begin with, what is to be done with it, and every state that plain SQLite brings it to.

use std::fs;
use std::time::Duration;

use migrate_core::{AnyVersion, Atomicity, BackupPolicy, Error, Migrator, Report};
use rusqlite::Connection;

use crate::allocator;
use crate::lists::{COUNT_OF_ALL, Fourth, List, fill};

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fresh,
    Upgrade,
    Each,
    Step,
    Backup,
    Outside,
    Adopt,
    Down,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] =
        [Kind::Fresh, Kind::Upgrade, Kind::Each, Kind::Step, Kind::Backup, Kind::Outside, Kind::Adopt, Kind::Down];

    fn fourth(self) -> Fourth {
        match self {
            Kind::Step => Fourth::Step,
            Kind::Outside => Fourth::Outside,
            _ => Fourth::Inside,
        }
    }

    /// How many migrations are there before.
    fn begin(self) -> usize {
        match self {
            Kind::Fresh => 0,
            Kind::Down => COUNT_OF_ALL,
            _ => 2,
        }
    }

    pub(crate) fn end(self) -> usize {
        if self == Kind::Down { 3 } else { COUNT_OF_ALL }
    }
}

/// A database to begin with.
pub(crate) struct Scene {
    pub(crate) kind: Kind,
    list: List,
    /// The file; `None` where there is none yet.
    pub(crate) file: Option<Vec<u8>>,
    /// Before the run.
    pub(crate) old: String,
    pub(crate) old_history: Option<Vec<String>>,
    /// At each position; those that are not passed are empty.
    pub(crate) at: Vec<String>,
    /// After each statement of the migration outside a transaction.
    pub(crate) within: Vec<String>,
}

impl Scene {
    pub(crate) fn new(kind: Kind, rows: u32, page_size: u32) -> Scene {
        allocator::install();
        let list = List::of(COUNT_OF_ALL, kind.fourth());
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("app.db");
        let begin = kind.begin();
        if begin > 0 {
            let mut conn = Connection::open(&path).expect("open");
            conn.execute_batch(&format!("PRAGMA page_size = {page_size}; PRAGMA foreign_keys = OFF")).expect("pragma");
            if kind == Kind::Adopt {
                (0..begin).for_each(|index| list.bring(&conn, index));
                fill(&conn, rows);
            } else {
                List::of(2, kind.fourth()).loaded.migrations.run(&mut conn).expect("the first two");
                fill(&conn, rows);
                if begin > 2 {
                    list.loaded.migrations.run(&mut conn).expect("the others");
                }
            }
        }
        let file = fs::read(&path).ok();
        let conn = Connection::open(&path).expect("open");
        let (old, old_history) = (faults::dump(&conn).expect("dump"), faults::history(&conn).expect("history"));
        let mut at = vec![String::new(); COUNT_OF_ALL + 1];
        let mut within = Vec::new();
        conn.execute_batch("PRAGMA foreign_keys = OFF").expect("pragma");
        let dump = || faults::dump(&conn).expect("dump");
        at[begin] = dump();
        for index in begin..kind.end() {
            let outside = list.outside(index);
            for statement in &outside {
                within.push(dump());
                conn.execute_batch(statement).expect("plain SQLite");
            }
            if outside.is_empty() {
                list.bring(&conn, index);
            }
            at[index + 1] = dump();
        }
        for index in (kind.end()..begin).rev() {
            List::bring_back(&conn, index);
            at[index] = dump();
        }
        within.extend(at.get(4).cloned());
        Scene { kind, list, file, old, old_history, at, within }
    }

    /// The run, with a callback for its progress or without.
    pub(crate) fn migrator(&self) -> Migrator<'_, AnyVersion> {
        let migrator = self.list.loaded.migrations.migrator().check_build(false).lock_timeout(Duration::from_secs(20));
        match self.kind {
            Kind::Each => migrator.atomicity(Atomicity::Each).backup(BackupPolicy::Never),
            Kind::Backup => migrator.backup(BackupPolicy::Always),
            Kind::Down => migrator.target(AnyVersion(2)).allow_down(true).backup(BackupPolicy::Never),
            _ => migrator.backup(BackupPolicy::Never),
        }
    }

    pub(crate) fn run(&self, conn: &mut Connection) -> Result<Report<AnyVersion>, Error> {
        self.migrator().run(conn)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.list.loaded.names
    }
}
