//! What random schemas and attacks by hand have found.

use migrate_core::rusqlite::Connection;

use super::*;

/// What a query says after both migrations, with rows put in between them.
fn upgraded(before: &str, after: &str, options: &Options, rows: &str, query: &str) -> String {
    let listing = Listing::from_files([("001_a.sql", before)]);
    let diff = diff(&listing, "002_b.sql", after, options).unwrap_or_else(|error| panic!("{error}"));
    assert!(diff.findings.iter().all(|finding| finding.severity < Severity::Error), "{:#?}", diff.findings);
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&format!("{before};{rows};PRAGMA foreign_keys = OFF;BEGIN;{};COMMIT", diff.sql)).unwrap();
    let mut statement = conn.prepare(query).unwrap();
    let count = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..count).map(|at| row.get::<_, rusqlite::types::Value>(at));
        let values = values.map(|value| Ok(crate::rows::literal(&value?)));
        Ok(values.collect::<rusqlite::Result<Vec<String>>>()?.join(" "))
    });
    rows.unwrap().collect::<rusqlite::Result<Vec<String>>>().unwrap().join("; ")
}

#[test]
fn two_columns_swap_their_names() {
    let before = "CREATE TABLE t(a INT CHECK (a > 0), b TEXT); CREATE INDEX i ON t(a);";
    let after = "CREATE TABLE t(b INT CHECK (b > 0), a TEXT); CREATE INDEX i ON t(b);";
    let swap = options(&[("t", "a", "b"), ("t", "b", "a")], false, &[]);
    assert_eq!(upgraded(before, after, &swap, "INSERT INTO t VALUES (1, 'x')", "SELECT a, b FROM t"), "'x' 1");
}

#[test]
fn renames_come_in_the_order_that_makes_room() {
    let chain = options(&[("t", "a", "b"), ("t", "b", "c"), ("", "s", "t")], false, &[]);
    insta::assert_snapshot!(shown("CREATE TABLE s(a, b);", "CREATE TABLE t(b, c, a);", &chain), @r"
    > table s to t
    > column t.a to b
    > column t.b to c
    + column t.a

    ALTER TABLE s RENAME TO t;
    ALTER TABLE t RENAME COLUMN b TO c;
    ALTER TABLE t RENAME COLUMN a TO b;
    ALTER TABLE t ADD COLUMN a;
    ");
    let circle = options(&[("", "a", "b"), ("", "b", "a")], false, &[]);
    let (before, after) = ("CREATE TABLE a(x); CREATE TABLE b(y);", "CREATE TABLE b(x); CREATE TABLE a(y);");
    assert_eq!(upgraded(before, after, &circle, "INSERT INTO a VALUES (1)", "SELECT x FROM b"), "1");
}

#[test]
fn a_table_changes_the_case_of_its_name() {
    let case = options(&[("", "Notes", "notes")], false, &[]);
    let query = "SELECT name FROM sqlite_master";
    assert_eq!(upgraded("CREATE TABLE Notes(a);", "CREATE TABLE notes(a);", &case, "", query), "'notes'");
}

#[test]
fn a_name_that_is_taken_is_said() {
    let check = |before, after, options: Options, expected: &str| assert_eq!(shown(before, after, &options), expected);
    let taken =
        "`a` cannot become `b`, which is there already\nhelp: drop or rename `b` in a migration before this one";
    check("CREATE TABLE t(a, b);", "CREATE TABLE t(b);", options(&[("t", "a", "b")], true, &[]), taken);
    check("CREATE TABLE a(x); CREATE TABLE b(y);", "CREATE TABLE b(x);", options(&[("", "a", "b")], true, &[]), taken);
    let twice = options(&[("t", "a", "c"), ("t", "a", "d")], false, &[]);
    check("CREATE TABLE t(a, b);", "CREATE TABLE t(c, d);", twice, "`a` to `d` contradicts another rename");
    let index = options(&[("", "i", "j")], false, &[]);
    let said =
        "`i` is no table, and SQLite renames nothing else\nhelp: let the index be dropped and made anew: `--drop`";
    let (before, after) = ("CREATE TABLE t(a); CREATE INDEX i ON t(a);", "CREATE TABLE t(a); CREATE INDEX j ON t(a);");
    check(before, after, index, said);
}

#[test]
fn a_column_moves_to_another_table() {
    // The other table comes first in one order of names, and last in the other.
    for (from, into) in [("a", "b"), ("b", "a")] {
        let before = format!("CREATE TABLE {from}(id INTEGER PRIMARY KEY, mail TEXT); CREATE TABLE {into}(k INT);");
        let value = format!("(SELECT mail FROM {from} WHERE id = k)");
        let moved = options(&[], true, &[(into, "mail", value.as_str())]);
        let rows = format!("INSERT INTO {from} VALUES (1, 'm'); INSERT INTO {into} VALUES (1)");
        let query = format!("SELECT k, mail FROM {into}");
        // By ALTER TABLE, and by a rebuild of both.
        for (unique, check) in [("", ""), (" UNIQUE", ", CHECK (id > 0)")] {
            let before = before.replace("mail TEXT", &format!("mail TEXT{unique}"));
            let after = format!(
                "CREATE TABLE {from}(id INTEGER PRIMARY KEY{check}); CREATE TABLE {into}(k INT, mail TEXT{unique});"
            );
            assert_eq!(upgraded(&before, &after, &moved, &rows, &query), "1 'm'", "{after}");
        }
    }
}

#[test]
fn a_fill_reads_what_goes_and_what_comes() {
    let before = "CREATE TABLE t(id INTEGER PRIMARY KEY, first, last);";
    let after = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT);";
    let filled = options(&[], true, &[("t", "name", "first || ' ' || last")]);
    assert_eq!(upgraded(before, after, &filled, "INSERT INTO t VALUES (1, 'a', 'b')", "SELECT * FROM t"), "1 'a b'");
    let after = "CREATE TABLE k(id INTEGER PRIMARY KEY, name); INSERT INTO k VALUES (5, 'a');
                 CREATE TABLE t(id INTEGER PRIMARY KEY, kind INT REFERENCES k);";
    let filled = options(&[], true, &[("t", "kind", "(SELECT k.id FROM k WHERE name = first)")]);
    assert_eq!(upgraded(before, after, &filled, "INSERT INTO t VALUES (1, 'a', 'b')", "SELECT * FROM t"), "1 5");
}

#[test]
fn a_fill_fires_no_trigger_and_breaks_no_check() {
    let touched = "CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET at = 'now'; END;";
    let before = format!("CREATE TABLE t(at TEXT); {touched}");
    let after = format!("CREATE TABLE t(at TEXT, k TEXT NOT NULL DEFAULT '' CHECK (k <> '')); {touched}");
    let filled = options(&[], false, &[("t", "k", "'v'")]);
    assert_eq!(upgraded(&before, &after, &filled, "INSERT INTO t VALUES ('then')", "SELECT * FROM t"), "'then' 'v'");
    let after = after.replace(" NOT NULL DEFAULT '' CHECK (k <> '')", "");
    assert_eq!(upgraded(&before, &after, &filled, "INSERT INTO t VALUES ('then')", "SELECT * FROM t"), "'then' 'v'");
    let (before, after) = ("CREATE TABLE t(a);", "CREATE TABLE t(a, k NOT NULL DEFAULT '' CHECK (k <> ''));");
    assert_eq!(upgraded(before, after, &filled, "INSERT INTO t VALUES (1)", "SELECT * FROM t"), "1 'v'");
}

#[test]
fn a_fill_of_a_column_that_is_there() {
    let before = "CREATE TABLE t(a TEXT NOT NULL, b TEXT);";
    let shown = |value| shown(before, before, &options(&[], false, &[("t", "a", value)]));
    assert_eq!(
        shown("'v'"),
        "column `t.a` has a value in every row\nhelp: a fill that names the column changes its values, as `trim(a)` would"
    );
    let rows = "INSERT INTO t VALUES (' x ', NULL)";
    let upgraded = |fill| upgraded(before, before, &options(&[], false, &[fill]), rows, "SELECT * FROM t");
    assert_eq!(upgraded(("t", "a", "trim(a)")), "'x' NULL");
    assert_eq!(upgraded(("t", "b", "'none'")), "' x ' 'none'");
}

#[test]
fn defaults_that_sqlite_does_not_add() {
    let after = "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT (1 + 2), b DEFAULT CURRENT_DATE);";
    let before = "CREATE TABLE t(id INTEGER PRIMARY KEY);";
    let (rows, query) = ("INSERT INTO t(id) VALUES (1)", "SELECT id, a FROM t");
    assert_eq!(upgraded(before, after, &Options::default(), rows, query), "1 3");
    // A lone name is a text as a default, and a column anywhere else.
    let before = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);";
    let after = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT word, b NOT NULL DEFAULT \"id\");";
    assert_eq!(upgraded(before, after, &Options::default(), rows, "SELECT * FROM t"), "1 'word' 'id'");
}

#[test]
fn a_row_that_does_not_fit_is_not_left_out() {
    let (before, after) = ("CREATE TABLE t(a);", "CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE);");
    let shown = shown(before, after, &Options::default());
    assert!(shown.contains("INSERT OR ABORT INTO t_new"), "{shown}");
    assert!(shown.contains("[may-fail-on-data]"), "{shown}");
}

#[test]
fn rows_and_rowids_stay() {
    let drop = options(&[], true, &[]);
    let rows = "INSERT INTO t VALUES (7, 'a'), (9, 'b')";
    let kept = |before, after| upgraded(before, after, &drop, rows, "SELECT rowid, * FROM t");
    assert_eq!(
        kept("CREATE TABLE t(id INTEGER PRIMARY KEY, a);", "CREATE TABLE t(id INTEGER, a);"),
        "7 7 'a'; 9 9 'b'"
    );
    assert_eq!(kept("CREATE TABLE t(id INTEGER PRIMARY KEY, a);", "CREATE TABLE t(a CHECK (a > ''));"), "7 'a'; 9 'b'");
    assert_eq!(kept("CREATE TABLE t(k, a);", "CREATE TABLE t(id INTEGER PRIMARY KEY, k, a);"), "1 1 7 'a'; 2 2 9 'b'");
    let none = upgraded(
        "CREATE TABLE t(k PRIMARY KEY, a) WITHOUT ROWID;",
        "CREATE TABLE t(b DEFAULT 'x');",
        &drop,
        rows,
        "SELECT * FROM t",
    );
    assert_eq!(none, "'x'; 'x'");
}

#[test]
fn a_column_that_is_generated_from_now_on_loses_its_values() {
    let asked = shown("CREATE TABLE t(a, b);", "CREATE TABLE t(a, b AS (a));", &Options::default());
    assert!(asked.starts_with("column `t.b` is gone\n"), "{asked}");
}

#[test]
fn what_hangs_on_two_tables_is_out_of_the_way_of_both() {
    let rest = "CREATE VIEW v AS SELECT x FROM a; CREATE VIEW w AS SELECT x FROM v;
                CREATE TRIGGER t AFTER INSERT ON b BEGIN INSERT INTO a SELECT x FROM w; END;";
    let before = format!("CREATE TABLE a(x); CREATE TABLE b(y); {rest}");
    let after = before.replace("a(x)", "a(x CHECK (x <> ''))").replace("b(y)", "b(y CHECK (y <> ''))");
    let rows = "INSERT INTO b VALUES (1)";
    assert_eq!(upgraded(&before, &after, &Options::default(), rows, "SELECT count(*) FROM a, b"), "0");
    // A view that changes is away too, and takes along one that reads nothing else.
    let (before, after) = (
        "CREATE TABLE a(x); CREATE VIEW v AS SELECT 1 AS one; CREATE VIEW w AS SELECT one FROM v;",
        "CREATE TABLE a(x UNIQUE); CREATE VIEW v AS SELECT 2 AS one; CREATE VIEW w AS SELECT one FROM v;",
    );
    assert_eq!(upgraded(before, after, &Options::default(), "", "SELECT * FROM w"), "2");
}

#[test]
fn a_trigger_changes_with_a_column_that_goes() {
    let before = "CREATE TABLE k(a, b, c); CREATE TRIGGER t AFTER UPDATE ON k BEGIN SELECT new.b; END;";
    let after = "CREATE TABLE k(a, c); CREATE TRIGGER t AFTER UPDATE ON k BEGIN SELECT new.c; END;";
    let rows = "INSERT INTO k VALUES (1, 2, 3)";
    assert_eq!(upgraded(before, after, &options(&[], true, &[]), rows, "SELECT * FROM k"), "1 3");
}

#[test]
fn names_go_from_one_to_another() {
    let drop = options(&[], true, &[]);
    let upgraded = |before, after, query| upgraded(before, after, &drop, "", query);
    let index = "CREATE TABLE a(x); CREATE INDEX i ON a(x);";
    assert_eq!(upgraded(index, "CREATE TABLE i(y);", "SELECT name FROM sqlite_master"), "'i'");
    let both = "CREATE TABLE u(b); CREATE TABLE t(a);";
    let view = "CREATE TABLE u(b); CREATE VIEW t AS SELECT b AS a FROM u;";
    let kind = "SELECT type FROM sqlite_master WHERE name = 't'";
    assert_eq!(upgraded(both, view, kind), "'view'");
    assert_eq!(upgraded(view, both, kind), "'table'");
}

#[test]
fn the_new_table_has_a_name_of_its_own() {
    let config = ("migrate.toml", "history_table = \"k_new\"\n");
    let listing = Listing::from_files([config, ("001_a.sql", "CREATE TABLE k(a); CREATE INDEX k_new2 ON k(a);")]);
    let after = "CREATE TABLE k(a CHECK (a <> '')); CREATE INDEX k_new2 ON k(a);";
    let diff = diff(&listing, "002_b.sql", after, &Options::default()).unwrap();
    assert!(diff.sql.contains("ALTER TABLE k_new3 RENAME TO k;"), "{}", diff.sql);
}

#[test]
fn what_is_not_run_here_cannot_be_made_again() {
    let unproved = "--! unproved: geo\n--! marker: trigger geo_k\nSELECT Init();\nCREATE TRIGGER geo_k AFTER INSERT ON k BEGIN SELECT 1; END;";
    let listing = Listing::from_files([("001_a.sql", "CREATE TABLE k(a);"), ("002_geo.sql", unproved)]);
    let error = diff(&listing, "003_b.sql", "CREATE TABLE k(a UNIQUE);", &Options::default()).unwrap_err();
    let said = "`k` would be rebuilt, and its trigger `geo_k` is made by a file that is not run here";
    assert!(error.to_string().contains(said), "{error}");
}
