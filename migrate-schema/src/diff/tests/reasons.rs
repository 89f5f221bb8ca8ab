//! What is asked before values change, and what a file says of itself.

use super::*;

const CODES: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, size REAL);";

#[test]
fn a_new_type_that_changes_values_is_asked_for() {
    let after = CODES.replace("code TEXT", "code INTEGER");
    insta::assert_snapshot!(shown(CODES, &after, &Options::default()), @r#"
    column `t.code` is INTEGER and was TEXT, which changes the values of rows that exist: '007' becomes 7
    help: `--convert t.code` if that is right, or say what they become: `--fill "t.code=EXPRESSION"`
    "#);
    let said = shown(CODES, &after, &converting(&["T.Code"]));
    assert!(
        said.contains("-- A rebuild of t: column code is INTEGER and was TEXT, its values are converted as SQLite"),
        "{said}"
    );
    assert!(said.contains("\nSELECT id, code, size\nFROM t;"), "{said}");
    let said = shown(CODES, &after, &options(&[], false, &[("t", "code", "CAST(code AS INTEGER)")]));
    assert!(
        said.contains("-- A rebuild of t: column code is INTEGER and was TEXT, its values are converted by its fill."),
        "{said}"
    );
    assert!(said.contains("\nSELECT id, CAST(code AS INTEGER), size\nFROM t;"), "{said}");
    // A fill that only stands for NULL says nothing of the others.
    let filled = shown(CODES, &after, &options(&[], false, &[("t", "code", "0")]));
    assert!(filled.starts_with("column `t.code` is INTEGER and was TEXT"), "{filled}");
    let renamed = shown(CODES, &after.replace("code", "number"), &options(&[("t", "code", "number")], false, &[]));
    assert!(renamed.starts_with("column `t.number` is INTEGER and was TEXT"), "{renamed}");
}

#[test]
fn a_new_type_that_changes_none_is_not() {
    for (from, to) in [("size REAL", "size NUMERIC"), ("code TEXT", "code VARCHAR(9)"), ("code TEXT", "code BLOB")] {
        let text = shown(CODES, &CODES.replace(from, to), &Options::default());
        assert!(text.contains("INSERT INTO t_new (id, code, size)\nSELECT id, code, size"), "{from}: {text}");
    }
}

#[test]
fn what_is_not_converted_is_said() {
    let check = |options: &Options, expected: &str| assert_eq!(shown(CODES, CODES, options), expected);
    check(
        &converting(&["t.code"]),
        "column `t.code` keeps its type, so nothing is converted\nhelp: leave out `--convert t.code`",
    );
    check(
        &converting(&["code"]),
        "there is no column `code`, before and after, to convert\nhelp: write `TABLE.COLUMN`",
    );
}

#[test]
fn why_a_table_is_rebuilt() {
    let why = |after: &str, options: &Options| {
        let listing = Listing::from_files([("001_a.sql", CODES)]);
        let diff = diff(&listing, "002_b.sql", after, options).unwrap_or_else(|error| panic!("{error}"));
        let rebuilt = diff.changes.into_iter().find_map(|change| change.rebuilt).unwrap_or_default();
        assert!(diff.sql.contains(&format!("-- A rebuild of t: {rebuilt}.\n")), "{}", diff.sql);
        rebuilt
    };
    let stricter = CODES.replace("code TEXT", "code TEXT NOT NULL");
    let fill = |value| options(&[], false, &[("t", "code", value)]);
    assert_eq!(why(&stricter, &fill("'?'")), "column code becomes NOT NULL");
    let with_default = CODES.replace("code TEXT", "code TEXT NOT NULL DEFAULT '?'");
    assert_eq!(why(&with_default, &Options::default()), "column code becomes NOT NULL");
    assert_eq!(why(CODES, &fill("trim(code)")), "the values of column code change");
    assert_eq!(why(CODES, &fill("'?'")), "column code is filled where it is NULL");
    let both = CODES.replace("code TEXT", "code INTEGER NOT NULL DEFAULT 0");
    assert_eq!(
        why(&both, &converting(&["t.code"])),
        "column code is INTEGER and was TEXT, its values are converted as SQLite does it; column code becomes NOT NULL"
    );
}

/// A rebuild leaves the mark 0 where there was no row; beside a full-text index, whose own tables have rows, that counted.
#[test]
fn a_rebuild_beside_a_full_text_index() {
    let before =
        "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT); CREATE VIRTUAL TABLE f USING fts5(body);";
    let after = before.replace("name TEXT", "name TEXT CHECK (name <> '')");
    let listing = Listing::from_files([("001_a.sql", before)]);
    let diff = diff(&listing, "002_b.sql", &after, &Options::default()).unwrap();
    assert_eq!(
        diff.findings.iter().filter(|finding| finding.severity == Severity::Error).count(),
        0,
        "{:#?}",
        diff.findings
    );
    // A mark that counts stays.
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    conn.execute_batch(&format!("{before} INSERT INTO users VALUES (7, 'a'); DELETE FROM users; {}", diff.sql))
        .unwrap();
    let mark: i64 =
        conn.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'users'", [], |row| row.get(0)).unwrap();
    assert_eq!(mark, 7);
}

/// The proof asks for a word where a table is renamed and rebuilt; that it was taken out of the schema would not be true.
#[test]
fn a_table_that_is_renamed_and_rebuilt_is_not_given_up() {
    let after = CODES.replace("t(id", "s(id").replace("code TEXT", "code TEXT CHECK (code <> '')");
    let text = shown(CODES, &after, &options(&[("", "t", "s")], false, &[]));
    assert!(!text.contains("does without it"), "{text}");
    assert!(text.contains("> table t to s\n~ table s (rebuilt: "), "{text}");
}

/// `ANY` keeps every value in a STRICT table, and makes numbers of texts in any other.
#[test]
fn a_table_that_is_strict_no_more_converts_under_the_same_type() {
    let strict = "CREATE TABLE t(id INTEGER PRIMARY KEY, a ANY) STRICT;";
    let after = strict.replace(" STRICT", "");
    let asked = shown(strict, &after, &Options::default());
    assert!(asked.contains("`--convert t.a`"), "{asked}");
    let text = shown(strict, &after, &converting(&["t.a"]));
    assert!(text.contains("CAST(a AS NUMERIC)") || text.contains("SELECT id, a"), "{text}");
}
