//! A database, and what a program does to it at its start.

use std::sync::Arc;
use std::time::Duration;

use faults::{Course, Disk, Place, Text, dump_all};
use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Atomicity, BackupPolicy, Error, Migrations, Migrator, StepFn};

use crate::setting::Setting;

/// What is written down of one.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) start: Start,
    /// The migration with a Rust step, the step, and what it does as SQL.
    pub(crate) step: Option<(&'static str, StepFn, &'static str)>,
    pub(crate) does: Does,
    /// The positions at which it commits; the last is the end.
    pub(crate) commits: &'static [usize],
}

/// What there is before.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    Nothing,
    /// A database that was made without migrations.
    Sql(&'static str),
    /// The first so many migrations, and what was done after them.
    History(usize, &'static str),
    /// The same, with the ancestor's history.
    ThreeColumns(usize, &'static str),
}

/// What the program does.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    Run,
    RunEach,
    AdoptAt(usize),
}

/// One with its list made, ready to be run.
pub(crate) struct Ready {
    pub(crate) scenario: Scenario,
    migrations: Migrations<AnyVersion>,
    texts: Vec<Text>,
}

const ANCESTOR: &str = "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, \
    migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

impl Scenario {
    pub(crate) fn ready(self) -> Ready {
        let dir = tempfile::tempdir().expect("folder");
        for (name, sql) in self.files {
            std::fs::write(dir.path().join(name), sql).expect("write");
        }
        let steps: Vec<(&str, StepFn)> = self.step.iter().map(|(name, step, _)| (*name, *step)).collect();
        let loaded = migrate_check::load_with_steps(dir.path(), &steps).unwrap_or_else(|error| panic!("{error}"));
        let text = |(name, sql): &(&str, &str)| Text {
            name: (*name).to_owned(),
            sql: (*sql).to_owned(),
            outside: sql.contains("--! transaction: none"),
            foreign_keys: sql.contains("--! foreign_keys: on"),
            step: self.step.filter(|(step, ..)| name.starts_with(step)).map(|(.., sql)| sql),
        };
        let numbered = self.files.iter().filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_digit()));
        let texts = numbered.map(text).collect();
        Ready { migrations: loaded.migrations, scenario: self, texts }
    }
}

impl Ready {
    /// The database before the run.
    pub(crate) fn disk(&self, setting: Setting) -> Arc<Disk> {
        let disk = Disk::new();
        let conn = &mut setting.open(&disk).expect("open");
        let sql = |conn: &Connection, sql: &str| {
            conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}; PRAGMA foreign_keys = ON")).expect("start");
        };
        match self.scenario.start {
            Start::Nothing => {}
            Start::Sql(start) => sql(conn, start),
            Start::History(at, rows) => {
                Migrator::new(&self.migrations).target(AnyVersion(at - 1)).run(conn).expect("start");
                sql(conn, rows);
            }
            Start::ThreeColumns(at, rows) => {
                sql(conn, ANCESTOR);
                for text in &self.texts[..at] {
                    sql(conn, &text.sql);
                    conn.execute("INSERT INTO schema_migrations (migration_name) VALUES (?1)", [&text.name])
                        .expect("row");
                }
                sql(conn, rows);
            }
        }
        // The connection is still open: what there is of a WAL, or of a journal that persists, is there at the start.
        disk.fork()
    }

    /// What plain SQLite makes of it.
    pub(crate) fn course(&self, disk: &Disk) -> Course {
        let old = dump_all(&disk.open().expect("open")).expect("dump");
        let conn = Connection::open_in_memory().expect("memory");
        conn.execute_batch("PRAGMA foreign_keys = OFF").expect("pragma");
        let from = match self.scenario.start {
            Start::Nothing => 0,
            Start::Sql(sql) => {
                conn.execute_batch(sql).expect("start");
                0
            }
            Start::History(at, rows) | Start::ThreeColumns(at, rows) => {
                let before = self.texts[..at].iter().map(|text| text.sql.as_str());
                before.chain([rows]).for_each(|sql| conn.execute_batch(sql).expect("start"));
                at
            }
        };
        let (from, texts) = match self.scenario.does {
            // It is there already.
            Does::AdoptAt(position) => (position, &self.texts[..position]),
            _ => (from, &self.texts[..]),
        };
        Course::of(&conn, old, from, texts).expect("plain SQLite executes the migrations")
    }

    /// What the program does at its start.
    pub(crate) fn run(&self, conn: &mut Connection) -> Result<(), Error> {
        let migrator =
            Migrator::new(&self.migrations).lock_timeout(Duration::from_millis(20)).backup(BackupPolicy::Never);
        match self.scenario.does {
            Does::Run => migrator.run(conn),
            Does::RunEach => migrator.atomicity(Atomicity::Each).run(conn),
            Does::AdoptAt(position) => migrator.adopt_at(conn, AnyVersion(position - 1)),
        }
        .map(drop)
    }

    /// Whether a run may end there.
    pub(crate) fn may_end_at(&self, place: Place) -> bool {
        match place {
            Place::Old => true,
            Place::At(position) => self.scenario.commits.contains(&position),
            Place::Started(index) => self.texts[index].outside,
        }
    }

    pub(crate) fn is_end(&self, place: Place) -> bool {
        place == Place::At(*self.scenario.commits.last().expect("an end"))
    }
}
