//! How long the proof takes: `cargo bench -p migrate-check --bench proof --profile dev` for a dev build, as most users
//! have it; without `--profile dev` for an optimised one.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::time::{Duration, Instant};

use migrate_check::{Declared, check};
use migrate_source::{Listing, parse};

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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    println!("| migrations | read and parse | prove |");
    println!("|---|---|---|");
    for (count, rounds) in [(10, 9), (100, 5), (1000, 1)] {
        let files: Vec<(String, String)> = (0..count).map(migration).collect();
        let (mut parsed, mut proved) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let begun = Instant::now();
            let (source, findings) = parse(&Listing::from_files(files.clone()));
            parsed.push(begun.elapsed());
            assert!(findings.is_empty(), "{findings:?}");
            let begun = Instant::now();
            let checked = check(&source, &Declared::default());
            proved.push(begun.elapsed());
            assert!(checked.set.is_some(), "{:?}", checked.findings);
        }
        println!("| {count} | {:.1?} | {:.1?} |", median(parsed), median(proved));
    }
}
