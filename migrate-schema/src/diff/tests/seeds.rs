//! Rows and numbers that the schema's text makes.

use super::*;

const KINDS: &str = "CREATE TABLE k(name TEXT PRIMARY KEY, n INT); INSERT INTO k VALUES ('a', 1), ('b', 2), ('c', 3);";

#[test]
fn seeds_are_added_changed_and_removed() {
    let after = "CREATE TABLE k(name TEXT PRIMARY KEY, n INT); INSERT INTO k VALUES ('a', 1), ('b', NULL), ('d', 4);";
    insta::assert_snapshot!(shown(KINDS, after, &Options::default()), @r"
    1 row of `k` is gone, which the migrations insert
    help: put it into the schema, or `--drop` if users are to lose it too
    ");
    insta::assert_snapshot!(shown(KINDS, after, &options(&[], true, &[])), @r"
    - 1 row of k
    ~ 1 row of k
    + 1 row of k

    DELETE FROM k WHERE name = 'c';
    UPDATE k SET n = NULL WHERE name = 'b';

    INSERT INTO k (name, n) VALUES
        ('d', 4);
    ");
}

#[test]
fn rows_without_a_key_are_counted() {
    let before = "CREATE TABLE k(a, b); INSERT INTO k VALUES (1, NULL), (1, NULL), (1, NULL), (2, 2);";
    let after = "CREATE TABLE k(a, b); INSERT INTO k VALUES (1, NULL), (3, 3);";
    insta::assert_snapshot!(shown(before, after, &options(&[], true, &[])), @r"
    - 3 rows of k
    + 1 row of k

    DELETE FROM k WHERE rowid IN (SELECT rowid FROM k WHERE a = 1 AND b IS NULL LIMIT 2);
    DELETE FROM k WHERE rowid IN (SELECT rowid FROM k WHERE a = 2 AND b = 2 LIMIT 1);

    INSERT INTO k (a, b) VALUES
        (3, 3);
    ");
}

#[test]
fn the_time_stays_a_default() {
    let table = "CREATE TABLE k(a INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);";
    // As if the first row were a minute old.
    let before = format!("{table} INSERT INTO k VALUES (1, datetime('now', '-60 seconds'));");
    let after = format!("{table} INSERT INTO k(a) VALUES (1), (2);");
    let shown = shown(&before, &after, &Options::default());
    assert!(shown.ends_with("\nINSERT INTO k (a) VALUES\n    (2);\n"), "{shown}");
}

#[test]
fn triggers_fire_where_the_schema_has_them_fire() {
    let table = "CREATE TABLE k(a INTEGER PRIMARY KEY); CREATE TABLE log(x);";
    let trigger = "CREATE TRIGGER t AFTER INSERT ON k BEGIN INSERT INTO log VALUES (new.a); END;";
    let (row, before) = ("INSERT INTO k VALUES (1);", format!("{table} {trigger}"));
    let silent = shown(&before, &format!("{table} {row} {trigger}"), &Options::default());
    insta::assert_snapshot!(silent, @r"
    + 1 row of k

    DROP TRIGGER t;

    INSERT INTO k (a) VALUES
        (1);

    CREATE TRIGGER t AFTER INSERT ON k BEGIN INSERT INTO log VALUES (new.a); END;
    ");
    // An index of texts is kept by its trigger.
    let text = "CREATE TABLE k(id INTEGER PRIMARY KEY, b); CREATE VIRTUAL TABLE f USING fts5(b);
                CREATE TRIGGER t AFTER INSERT ON k BEGIN INSERT INTO f(rowid, b) VALUES (new.id, new.b); END;";
    let indexed = shown(text, &format!("{text} INSERT INTO k VALUES (1, 'x');"), &Options::default());
    assert!(!indexed.contains("DROP TRIGGER"), "{indexed}");
}

#[test]
fn numbers_of_the_header() {
    let shown = |before, after| shown(before, after, &Options::default());
    insta::assert_snapshot!(shown("PRAGMA user_version = 3;", "PRAGMA user_version = 4; PRAGMA application_id = -7;"), @r"
    ~ application_id
    ~ user_version

    PRAGMA application_id = -7;
    PRAGMA user_version = 4;
    ");
    assert_eq!(
        shown("CREATE TABLE k(a); PRAGMA user_version = 3;", "PRAGMA user_version = 3; CREATE TABLE k(a);"),
        "\n"
    );
}
