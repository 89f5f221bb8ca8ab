use migrate_source::{Listing, parse};

use super::*;

const ONE: &str = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT, -- what it says
      owner INTEGER REFERENCES people(id));
    CREATE INDEX notes_owner ON notes(owner);
    CREATE TABLE kinds(name TEXT PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO kinds VALUES ('it''s'), ('b');
    CREATE VIEW full AS SELECT body, name FROM notes JOIN people ON owner = people.id;
    CREATE TRIGGER two AFTER INSERT ON notes BEGIN SELECT 2; END;
    CREATE TRIGGER one AFTER INSERT ON notes BEGIN SELECT 1; END;
    PRAGMA user_version = 7;";
const TWO: &str =
    "ALTER TABLE notes ADD COLUMN tags TEXT; ALTER TABLE people RENAME TO \"persons\"; DROP INDEX notes_owner;";

fn dumped(files: &[(&str, &str)]) -> Dump {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.iter().all(|finding| finding.id != "does-not-run"), "{findings:?}");
    let dump = dump(&source).unwrap();
    let source = with_schema(&source, &dump.text);
    let said = check(&source, &Declared::default()).findings;
    assert!(said.iter().all(|finding| !finding.id.starts_with("schema-")), "{said:#?}\n{}", dump.text);
    dump
}

#[test]
fn from_nothing() {
    insta::assert_snapshot!(dumped(&[("001_a.sql", ONE), ("002_b.sql", TWO)]).text);
}

#[test]
fn it_is_stable() {
    let first = dumped(&[("001_a.sql", ONE), ("002_b.sql", TWO)]).text;
    let again = dumped(&[("001_a.sql", ONE), ("002_b.sql", TWO), ("schema.sql", &first)]);
    assert_eq!(again, Dump { text: first, is_current: true });
}

#[test]
fn what_is_right_stays_as_it_is_written() {
    let schema = "-- Ours.\n\n-- Who writes.\ncreate table people(id integer primary key, name text not null); -- here\n\n\
                  CREATE TABLE kinds(name TEXT PRIMARY KEY) WITHOUT ROWID;\nINSERT INTO kinds VALUES ('b'), ('it''s');\n\n\
                  -- What they write.\nCREATE TABLE notes(id INTEGER PRIMARY KEY);\nCREATE TABLE gone(x);\n\
                  PRAGMA user_version = 7;\n";
    let dump = dumped(&[("001_a.sql", ONE), ("schema.sql", schema)]);
    assert!(!dump.is_current);
    insta::assert_snapshot!(dump.text);
}

#[test]
fn rows_that_are_wrong_are_written_anew() {
    let base = dumped(&[("001_a.sql", ONE)]).text;
    let dump = dumped(&[("001_a.sql", ONE), ("schema.sql", &base.replace("'b'", "'c'"))]);
    assert_eq!(dump.text.matches("INSERT INTO").count(), 1);
    assert!(dump.text.contains("'b'") && !dump.is_current);
}

#[test]
fn a_migration_that_does_not_run_is_said() {
    let (source, _) = parse(&Listing::from_files([("001_a.sql", "CREATE TABLE a(x"), ("schema.sql", "SELECT 1")]));
    assert_eq!(dump(&source).unwrap_err()[0].id, "does-not-run");
}

#[test]
fn rows_come_before_the_triggers_of_their_table() {
    let log = "CREATE TABLE k(a INTEGER PRIMARY KEY); CREATE TABLE log(x); INSERT INTO k VALUES (1);
               CREATE TRIGGER t AFTER INSERT ON k BEGIN INSERT INTO log VALUES (new.a); END;";
    let text = dumped(&[("001_a.sql", log)]).text;
    assert!(text.find("INSERT INTO k (a)").unwrap() < text.find("CREATE TRIGGER t").unwrap(), "{text}");
    // Also where there is a file already, whose table has had no rows.
    let schema = log.replace("INSERT INTO k VALUES (1);", "");
    let text = dumped(&[("001_a.sql", log), ("schema.sql", &schema)]).text;
    assert!(text.starts_with("CREATE TABLE k(a INTEGER PRIMARY KEY);\n\nINSERT INTO k (a)"), "{text}");
}

#[test]
fn marks_that_no_row_explains() {
    let table =
        "CREATE TABLE k(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO k VALUES (1), (2); DELETE FROM k WHERE a";
    let text = dumped(&[("001_a.sql", &format!("{table} > 1;"))]).text;
    assert!(text.ends_with("\nUPDATE sqlite_sequence SET seq = 2 WHERE name = 'k';\n"), "{text}");
    let text = dumped(&[("001_a.sql", &format!("{table} > 0;"))]).text;
    assert!(text.ends_with("\nINSERT INTO sqlite_sequence (name, seq) VALUES ('k', 2);\n"), "{text}");
}

#[test]
fn what_hangs_on_a_renamed_table_comes_after_it() {
    let schema = "-- Ours.\nCREATE TABLE b(y); -- kept\nCREATE TABLE a(x);\nCREATE INDEX i ON a(x);\n";
    let dump = dumped(&[("001_a.sql", schema), ("002_b.sql", "ALTER TABLE a RENAME TO c;"), ("schema.sql", schema)]);
    assert!(dump.text.starts_with("-- Ours.\nCREATE TABLE b(y); -- kept\n"), "{}", dump.text);
    assert!(dump.text.contains("CREATE INDEX i ON \"c\"(x)"), "{}", dump.text);
}
