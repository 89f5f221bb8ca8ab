use migrate_source::{Listing, parse};

use super::*;

/// Every rename as `old > new`, a column's with its table by its new name.
fn of(sql: &str) -> Vec<String> {
    let (source, _) = parse(&Listing::from_files([("001_a.sql", sql)]));
    let line = |renamed: Renamed| {
        let table = renamed.table.map_or(String::new(), |(_, table)| table + ".");
        format!("{table}{} > {}", renamed.old, renamed.new)
    };
    renamed([&source.migrations[0].up]).into_iter().map(line).collect()
}

#[test]
fn tables_and_columns() {
    assert_eq!(of("ALTER TABLE a RENAME TO b"), ["a > b"]);
    assert_eq!(of("ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME TO \"c d\""), ["a > c d"]);
    assert_eq!(of("ALTER TABLE a RENAME x TO y; ALTER TABLE A RENAME COLUMN Y TO z"), ["a.x > z"]);
    assert_eq!(of("ALTER TABLE a RENAME x TO y; ALTER TABLE a RENAME TO b"), ["a > b", "b.x > y"]);
}

#[test]
fn what_is_not_renamed_in_the_end() {
    assert_eq!(of("ALTER TABLE a RENAME TO A; ALTER TABLE a RENAME x TO X"), [""; 0]);
    assert_eq!(of("ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME TO a"), [""; 0]);
    assert_eq!(of("ALTER TABLE a RENAME x TO y; ALTER TABLE a DROP COLUMN y"), [""; 0]);
    assert_eq!(of("ALTER TABLE a ADD COLUMN x; ALTER TABLE a RENAME x TO y"), [""; 0]);
    assert_eq!(of("CREATE TABLE a(x); ALTER TABLE a RENAME x TO y; ALTER TABLE a RENAME TO b"), [""; 0]);
}

#[test]
fn what_is_rebuilt() {
    let rebuild =
        "CREATE TABLE a_new(x); INSERT INTO a_new SELECT x FROM a; DROP TABLE a; ALTER TABLE a_new RENAME TO a;";
    assert_eq!(of(rebuild), [""; 0]);
    let aside =
        "ALTER TABLE a RENAME TO a_old; CREATE TABLE a(x); INSERT INTO a SELECT x FROM a_old; DROP TABLE a_old;";
    assert_eq!(of(aside), [""; 0]);
    assert_eq!(
        of(&format!("ALTER TABLE old RENAME TO a; ALTER TABLE a RENAME w TO x; {rebuild}")),
        ["old > a", "a.w > x"]
    );
}

#[test]
fn names_that_change_places() {
    let swap = "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b";
    assert_eq!(of(swap), ["t.b > a", "t.a > b"]);
}
