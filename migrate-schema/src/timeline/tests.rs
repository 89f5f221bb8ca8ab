use migrate_source::{Listing, parse};

use super::*;

const NOTES: &str = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT CHECK (body <> ''), who REFERENCES users(id), a, b);
    CREATE INDEX notes_body ON notes(body);
    CREATE VIEW texts AS SELECT body FROM notes;
    CREATE TRIGGER full AFTER INSERT ON notes BEGIN UPDATE notes SET a = new.body; END;";

fn source(files: &[(&str, &str)]) -> Source {
    parse(&Listing::from_files(files.iter().copied())).0
}

/// What a second migration changes: `Renamed column notes.text: was body`.
fn of(second: &str) -> Vec<String> {
    let source = source(&[("001_a.sql", NOTES), ("002_b.sql", second)]);
    let changes = Timeline::of(&source).unwrap().versions[2].changes();
    assert_eq!(changes, changes_between(&source, 1, 2).unwrap());
    changes.iter().map(line).collect()
}

fn line(change: &Difference) -> String {
    let of = change.of.as_ref().map_or(String::new(), |of| format!("{of}."));
    format!("{:?} {} {of}{}: {}", change.how, change.what.word(), change.name, change.note)
}

#[test]
fn what_refers_to_it_has_not_changed() {
    assert_eq!(of("ALTER TABLE notes RENAME COLUMN body TO text;"), ["Renamed column notes.text: was body"]);
    assert_eq!(of("ALTER TABLE notes RENAME TO entries;"), ["Renamed table entries: was notes"]);
    assert_eq!(of("ALTER TABLE users RENAME TO people;"), ["Renamed table people: was users"]);
    assert_eq!(
        of("ALTER TABLE notes RENAME TO entries; ALTER TABLE entries RENAME body TO text;
            ALTER TABLE entries ADD COLUMN day TEXT; DROP VIEW texts;"),
        [
            "Renamed table entries: was notes",
            "Renamed column entries.text: was body",
            "Added column entries.day: TEXT",
            "Removed view texts: "
        ]
    );
}

#[test]
fn what_changes_places_is_renamed_twice() {
    let swap = "ALTER TABLE notes RENAME a TO c; ALTER TABLE notes RENAME b TO a; ALTER TABLE notes RENAME c TO b;";
    let found = of(swap);
    assert!(found.contains(&"Renamed column notes.a: was b".to_owned()), "{found:?}");
    assert!(found.contains(&"Renamed column notes.b: was a".to_owned()), "{found:?}");
    assert!(found.iter().all(|line| line.starts_with("Renamed ")), "{found:?}");
}

#[test]
fn what_is_rebuilt_is_not_renamed() {
    let rebuild = "--! allow(lost-view): nobody reads it
        DROP VIEW texts; DROP TRIGGER full;
        CREATE TABLE notes_new(id INTEGER PRIMARY KEY, text TEXT CHECK (text <> ''), who REFERENCES users(id), a, b);
        INSERT INTO notes_new(id, text, who, a, b) SELECT id, body, who, a, b FROM notes;
        DROP TABLE notes; ALTER TABLE notes_new RENAME TO notes;";
    let found = of(rebuild);
    assert!(found.contains(&"Removed column notes.body: ".to_owned()), "{found:?}");
    assert!(!found.iter().any(|line| line.starts_with("Renamed")), "{found:?}");
}

#[test]
fn by_their_names_where_the_rename_alone_does_not_run() {
    // The name is only free once the view is gone.
    assert_eq!(
        of("DROP VIEW texts; ALTER TABLE users RENAME TO texts;"),
        [
            "Removed foreign key notes.who → users(id): ",
            "Added foreign key notes.who → texts(id): ",
            "Removed table users: ",
            "Added table texts: ",
            "Removed view texts: "
        ]
    );
}

#[test]
fn down_again() {
    let source = source(&[
        ("001_a.sql", NOTES),
        ("002_b.up.sql", "ALTER TABLE notes RENAME COLUMN body TO text;"),
        ("002_b.down.sql", "ALTER TABLE notes RENAME COLUMN text TO body;"),
    ]);
    let down: Vec<String> = changes_between(&source, 2, 1).unwrap().iter().map(line).collect();
    assert_eq!(down, ["Renamed column notes.body: was text"]);
    let whole: Vec<String> = changes_between(&source, 0, 2).unwrap().iter().map(line).collect();
    assert!(whole.iter().all(|line| line.starts_with("Added")), "{whole:?}");
}
