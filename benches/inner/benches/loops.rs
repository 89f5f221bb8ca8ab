//! How long the runtime's inner loops take: `cargo bench -p inner`, or with a name, `cargo bench -p inner -- noop`.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use divan::{Bencher, black_box};
use inner::{HISTORY, Project};
use migrate_core::__private::Catalog;
use migrate_core::Outcome;
use migrate_sql::{Definition, Names, checksum, statements};
use rusqlite::{Connection, MAIN_DB};
use tempfile::TempDir;

const COUNTS: [usize; 4] = [1, 10, 100, 1000];

/// In memory and in a file, with so many migrations each.
const CASES: [Case; 8] = {
    let mut cases = [Case { place: Place::Memory, count: 0 }; 8];
    let mut index = 0;
    while index < 4 {
        cases[index].count = COUNTS[index];
        cases[index + 4] = Case { place: Place::File, count: COUNTS[index] };
        index += 1;
    }
    cases
};

#[derive(Clone, Copy)]
struct Case {
    place: Place,
    count: usize,
}

#[derive(Clone, Copy)]
enum Place {
    Memory,
    File,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Memory => "memory",
            Place::File => "file",
        };
        write!(f, "{place}, {}", self.count)
    }
}

/// A connection, and the folder of its file.
struct Database {
    conn: Connection,
    _dir: Option<TempDir>,
}

impl Case {
    fn project(self) -> &'static Project {
        project(self.count)
    }

    fn current(self) -> Database {
        self.open(Some(self.project().current()))
    }

    fn behind(self) -> Database {
        self.open(Some(self.project().behind()))
    }

    fn empty(self) -> Database {
        self.open(None)
    }

    /// A database of its own, with what is in the file.
    fn open(self, from: Option<PathBuf>) -> Database {
        match self.place {
            Place::Memory => {
                let mut conn = Connection::open_in_memory().expect("memory");
                let bytes = from.map(|from| fs::read(from).expect("a database")).unwrap_or_default();
                if !bytes.is_empty() {
                    conn.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), false).expect("a copy");
                }
                Database { conn, _dir: None }
            }
            Place::File => {
                let dir = tempfile::tempdir().expect("a folder");
                let path = dir.path().join("app.db");
                if let Some(from) = from {
                    fs::copy(from, &path).expect("a copy");
                }
                Database { conn: Connection::open(path).expect("a connection"), _dir: Some(dir) }
            }
        }
    }
}

/// The project of a size, which is made once.
fn project(count: usize) -> &'static Project {
    static PROJECTS: [OnceLock<(Project, TempDir)>; 4] = [const { OnceLock::new() }; 4];
    let index = COUNTS.iter().position(|&known| known == count).expect("a known size");
    let made = PROJECTS[index].get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        (Project::at(dir.path(), count).expect("a project"), dir)
    });
    &made.0
}

fn main() {
    divan::main();
}

/// Nothing to do, on a connection that nothing was asked of yet.
#[divan::bench(args = CASES, sample_size = 1)]
fn noop_first(bencher: Bencher<'_, '_>, case: Case) {
    let list = case.project().migrations();
    bencher.with_inputs(|| case.current()).bench_local_refs(|database| list.run(&mut database.conn).expect("a run"));
}

/// Nothing to do, as so many times before.
#[divan::bench(args = CASES)]
fn noop_repeated(bencher: Bencher<'_, '_>, case: Case) {
    let list = case.project().migrations();
    let mut database = case.current();
    assert_eq!(list.run(&mut database.conn).expect("the first run").outcome(), Outcome::Current);
    bencher.bench_local(|| list.run(&mut database.conn).expect("a run"));
}

/// The whole schema.
#[divan::bench(args = CASES)]
fn catalog_read(bencher: Bencher<'_, '_>, case: Case) {
    let database = case.current();
    bencher.bench_local(|| Catalog::read(&database.conn, HISTORY).expect("a catalog"));
}

/// The whole schema, of which all is known but what the newest migration changed.
#[divan::bench(args = CASES)]
fn catalog_read_again(bencher: Bencher<'_, '_>, case: Case) {
    let before = Catalog::read(&case.behind().conn, HISTORY).expect("a catalog");
    let database = case.current();
    bencher.bench_local(|| before.read_again(&database.conn, HISTORY).expect("a catalog"));
}

/// What a run would do that applies the newest migration.
#[divan::bench(args = CASES)]
fn plan_one(bencher: Bencher<'_, '_>, case: Case) {
    let (list, database) = (case.project().migrations(), case.behind());
    bencher.bench_local(|| list.plan(&database.conn).expect("a plan"));
}

/// The same database, described.
#[divan::bench(args = CASES)]
fn status_one_behind(bencher: Bencher<'_, '_>, case: Case) {
    let (list, database) = (case.project().migrations(), case.behind());
    bencher.bench_local(|| list.status(&database.conn).expect("a status"));
}

/// The newest migration, on a connection that nothing was asked of yet.
#[divan::bench(args = CASES, sample_size = 1, max_time = 5)]
fn upgrade_by_one(bencher: Bencher<'_, '_>, case: Case) {
    let list = case.project().migrations();
    bencher.with_inputs(|| case.behind()).bench_local_refs(|database| list.run(&mut database.conn).expect("a run"));
}

/// An empty database: the snapshot of all migrations.
#[divan::bench(args = CASES, sample_size = 1, max_time = 5)]
fn fresh(bencher: Bencher<'_, '_>, case: Case) {
    let list = case.project().migrations();
    bencher.with_inputs(|| case.empty()).bench_local_refs(|database| list.run(&mut database.conn).expect("a run"));
}

/// The definition of everything in the schema, with the names that there are.
#[divan::bench(args = COUNTS)]
fn definition_of(bencher: Bencher<'_, '_>, count: usize) {
    let conn = Connection::open(project(count).current()).expect("a connection");
    let definitions = strings(&conn, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
    let mut names: Names = strings(&conn, "SELECT name FROM sqlite_schema").into_iter().collect();
    names.extend(strings(&conn, "SELECT DISTINCT c.name FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c"));
    bencher.bench_local(|| {
        for sql in &definitions {
            black_box(Definition::of(black_box(sql), &names));
        }
    });
}

/// Every migration's text, parted into its statements.
#[divan::bench(args = COUNTS)]
fn statements_of(bencher: Bencher<'_, '_>, count: usize) {
    let texts: Vec<String> = (0..count).map(inner::migration).collect();
    bencher.bench_local(|| {
        for sql in &texts {
            black_box(statements(black_box(sql)));
        }
    });
}

/// The checksum of every migration's text.
#[divan::bench(args = COUNTS)]
fn checksum_of(bencher: Bencher<'_, '_>, count: usize) {
    let texts: Vec<String> = (0..count).map(inner::migration).collect();
    bencher.bench_local(|| {
        for sql in &texts {
            black_box(checksum(black_box(sql)));
        }
    });
}

fn strings(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("a query");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("text")
}
