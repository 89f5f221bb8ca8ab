//! The proof must not be felt.

use std::fmt::Write;
use std::time::{Duration, Instant};

use migrate_check::{Declared, check};
use migrate_source::{Listing, parse};

/// Each migration makes a table, an index and a trigger, and alters the table of another.
fn files(count: usize) -> Vec<(String, String)> {
    let file = |at: usize| {
        let mut sql = format!(
            "CREATE TABLE table_{at}(\n  id INTEGER PRIMARY KEY,\n  owner INTEGER REFERENCES table_0(id) ON DELETE CASCADE,\n  \
             name TEXT NOT NULL COLLATE NOCASE,\n  kind TEXT NOT NULL DEFAULT 'none' CHECK (kind IN ('none', 'some')),\n  \
             created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP\n);\n\
             CREATE UNIQUE INDEX idx_{at} ON table_{at}(owner, name);\n\
             CREATE TRIGGER touch_{at} AFTER UPDATE ON table_{at} BEGIN\n  \
             UPDATE table_{at} SET created_at = CURRENT_TIMESTAMP WHERE id = new.id;\nEND;\n\
             INSERT INTO table_{at}(owner, name) VALUES (NULL, 'first');\n"
        );
        if at > 0 {
            writeln!(sql, "ALTER TABLE table_{} ADD COLUMN extra_{at} TEXT;", at - 1).unwrap();
        }
        (format!("{at:04}_step_{at}.sql"), sql)
    };
    (0..count).map(file).collect()
}

#[test]
fn a_hundred_migrations_are_no_burden() {
    let (source, findings) = parse(&Listing::from_files(files(100)));
    assert!(findings.is_empty());
    let prove = || {
        let start = Instant::now();
        let checked = check(&source, &Declared::default());
        let took = start.elapsed();
        assert_eq!(checked.set.map(|set| set.migrations.len()), Some(100));
        took
    };
    // Other work on the machine may be in the way of one of them.
    let took = (0..3).map(|_| prove()).min().expect("three");
    // The aim is 300 ms on a quiet machine; this is where a proof of quadratic cost would be noticed.
    assert!(took < Duration::from_secs(3), "{took:?}");
}
