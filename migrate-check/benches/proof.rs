//! How long the proof takes: `cargo bench -p migrate-check --bench proof --profile dev` for a dev build, as most users
//! have it; without `--profile dev` for an optimised one.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

use migrate_check::{Declared, check, check_cached};
use migrate_source::Source;
use tempfile::TempDir;

/// Tables, added columns, indexes, seed rows, and every tenth migration a rebuild.
fn migration(index: usize) -> (String, String) {
    let table = index / 5 * 5;
    let sql = match index % 10 {
        0 | 5 => format!(
            "CREATE TABLE t{index}(id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent INTEGER REFERENCES t{index});\n\
             INSERT INTO t{index} (name) VALUES ('first');\n"
        ),
        1 | 6 => format!("ALTER TABLE t{table} ADD COLUMN note TEXT NOT NULL DEFAULT '';\n"),
        2 | 7 => format!("CREATE INDEX t{table}_name ON t{table}(name);\n"),
        3 | 8 => format!("INSERT INTO t{table} (name) VALUES ('second');\n"),
        _ => format!(
            "CREATE TABLE t{table}_new(id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent INTEGER REFERENCES t{table}, \
             note TEXT NOT NULL DEFAULT '') STRICT;\n\
             INSERT INTO t{table}_new (id, name, parent, note) SELECT id, name, parent, note FROM t{table};\n\
             DROP TABLE t{table};\nALTER TABLE t{table}_new RENAME TO t{table};\n\
             CREATE INDEX t{table}_name ON t{table}(name);\n"
        ),
    };
    (format!("{:04}_step.sql", index + 1), format!("--! name: Step{index}\n{sql}"))
}

/// A directory of migrations, and what its proofs leave for the next.
struct Project {
    dir: TempDir,
    count: usize,
}

impl Project {
    fn new(count: usize) -> Project {
        let project = Project { dir: tempfile::tempdir().expect("a directory"), count };
        fs::create_dir(project.migrations()).expect("a directory of migrations");
        for index in 0..count {
            let (name, sql) = migration(index);
            fs::write(project.migrations().join(name), sql).expect("a migration");
        }
        project
    }

    fn migrations(&self) -> PathBuf {
        self.dir.path().join("migrations")
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn forget(&self) {
        let _ = fs::remove_dir_all(self.cache());
    }

    /// Another text, which no proof has seen yet.
    fn edit(&self, index: usize, round: usize) {
        let (name, sql) = migration(index);
        let text = format!("{sql}CREATE VIEW edit AS SELECT {round} AS round;\nDROP VIEW edit;\n");
        fs::write(self.migrations().join(name), text).expect("a migration");
    }

    fn read(&self) -> Source {
        let (source, findings) = migrate_source::load(&self.migrations(), "migrations");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(source.migrations.len(), self.count);
        source
    }

    /// How long reading takes, and how long a proof of what was read.
    fn prove(&self) -> [Duration; 2] {
        let begun = Instant::now();
        let source = self.read();
        let read = Instant::now();
        let checked = check_cached(&source, &Declared::default(), &self.cache());
        assert!(checked.set.is_some(), "{:?}", checked.findings);
        [read - begun, read.elapsed()]
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What a build costs: a number in the command line asks for a directory of that size alone.
fn main() {
    let only: Option<usize> = env::args().find_map(|argument| argument.parse().ok());
    println!("| migrations | reading | cold, nothing kept | cold | unchanged | newest edited | first edited |");
    println!("|---|---|---|---|---|---|---|");
    for (count, rounds) in [(10, 21), (100, 11), (1000, 3)] {
        if only.is_some_and(|only| only != count) {
            continue;
        }
        let project = Project::new(count);
        let [mut read, mut bare, mut cold, mut warm, mut last, mut first] = [const { Vec::new() }; 6];
        for round in 0..rounds {
            let source = project.read();
            let begun = Instant::now();
            assert!(check(&source, &Declared::default()).set.is_some());
            bare.push(begun.elapsed());
            project.forget();
            cold.push(project.prove()[1]);
            let [reading, proving] = project.prove();
            read.push(reading);
            warm.push(proving);
            project.edit(count - 1, round);
            last.push(project.prove()[1]);
            project.edit(0, round);
            first.push(project.prove()[1]);
        }
        let [read, bare, cold, warm, last, first] = [read, bare, cold, warm, last, first].map(median);
        println!("| {count} | {read:.1?} | {bare:.1?} | {cold:.1?} | {warm:.1?} | {last:.1?} | {first:.1?} |");
    }
}
