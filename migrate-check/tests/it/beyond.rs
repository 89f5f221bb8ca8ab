//! One build says what is wrong with every file, and nothing that only follows from the first mistake.

use migrate_check::{Declared, check};
use migrate_source::{Listing, Subject, parse};

/// The findings, each as its id and the text that it points at.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    let checked = check(&source, &Declared::default());
    assert!(checked.set.is_none());
    let shown = |finding: &migrate_source::Finding| {
        let Subject::Place(place) = &finding.subject else { panic!("{finding:?}") };
        let file = source.files.iter().find(|file| file.shown == place.path).unwrap();
        format!("{} {}", finding.id, &file.text.as_ref().unwrap()[place.span.clone()])
    };
    checked.findings.iter().map(shown).collect()
}

const NOTES: (&str, &str) = ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);");

fn check_all(second: &str, third: &str, expected: &[&str]) {
    assert_eq!(said(&[NOTES, ("002_second.sql", second), ("003_third.sql", third)]), expected, "{second}\n{third}");
}

#[test]
fn what_is_wrong_by_itself_is_said() {
    check_all("CREATE TABEL tags(a);", "SELECT 1 FORM notes;", &["does-not-run TABEL", "does-not-run notes"]);
    check_all("DROP TABLE nots;", "UPDATE notes SET boddy = 1;", &["does-not-run nots", "does-not-run boddy"]);
    check_all(
        "DROP TABLE nots; COMMIT;",
        "BEGIN;",
        &["does-not-run nots", "transaction-control COMMIT", "transaction-control BEGIN"],
    );
    check_all(
        "DROP TABLE nots;",
        "CREATE TABLE IF NOT EXISTS x(y);",
        &["does-not-run nots", "if-exists IF NOT EXISTS"],
    );
    check_all(
        "INSERT INTO notes VALUES (1, 'a', 2);",
        "PRAGMA foreign_keys = ON;",
        &["does-not-run notes", "foreign-keys-pragma PRAGMA foreign_keys"],
    );
    check_all(
        "ATTACH 'x' AS other; INSERT INTO other.x VALUES (1);",
        "DROP TABLE nots;",
        &["attach ATTACH", "does-not-run nots"],
    );
}

#[test]
fn what_only_follows_is_not() {
    check_all(
        "CREATE TABEL tags(a); CREATE INDEX i ON tags(a); CREATE VIEW v AS SELECT a FROM tags;",
        "INSERT INTO tags VALUES (1); CREATE TABLE copy AS SELECT a FROM v; DROP TABLE copy; DROP INDEX i;",
        &["does-not-run TABEL"],
    );
    check_all(
        "ALTER TABLE notes ADD COLUMN title TEXT NOT 1;",
        "UPDATE notes SET title = 'x'; CREATE INDEX i ON notes(title); ALTER TABLE notes DROP COLUMN title;",
        &["does-not-run 1"],
    );
    check_all("DROP TABLE nots; DROP TABLE notes;", "CREATE TABLE notes(x);", &["does-not-run nots"]);
    check_all(
        "DROP TABLE notes CASCADE;",
        "CREATE TABLE notes(x); INSERT INTO notes(x) VALUES (1);",
        &["does-not-run CASCADE"],
    );
    check_all(
        "CREATE TABLE a(x)\nCREATE TABLE b(y);",
        "CREATE TABLE c(z REFERENCES b); INSERT INTO c SELECT y FROM b; INSERT INTO a VALUES (1);",
        &["does-not-run CREATE"],
    );
}
