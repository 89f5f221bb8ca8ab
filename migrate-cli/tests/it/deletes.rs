//! What `docs/recipes/delete-data.md` says of a `DELETE`: what is found, and what a run does.

use crate::kit::Package;

const FIRST: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE sessions (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users ON DELETE CASCADE, token TEXT);
";
const ROWS: &str =
    "INSERT INTO users VALUES (1, 'bob'), (2, 'eve'); INSERT INTO sessions VALUES (1, 1, 't'), (2, 2, NULL);";

fn package(second: &str) -> Package {
    Package::with(&[("001_a.sql", FIRST), ("002_b.sql", second)])
}

/// The findings of a second migration, and whether it is proved.
fn found(second: &str) -> (Vec<String>, bool) {
    let package = package(second);
    let check = package.json("check --json");
    let ids = check["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned());
    (ids.collect(), package.output(&["check"]).status.success())
}

/// What a run says of a database with rows, and how many users and sessions there are after it.
fn ran(second: &str) -> (String, i64, i64) {
    let package = package(second);
    package.up("1");
    package.sql("app.db", ROWS);
    let said = package.shows("up -d app.db");
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        package.conn("app.db").query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (said, count("users"), count("sessions"))
}

#[test]
fn rows_that_nothing_refers_to() {
    for sql in ["DELETE FROM sessions WHERE token IS NULL;", "DELETE FROM sessions;"] {
        assert_eq!(found(sql), (vec![], true), "{sql}");
    }
    let (said, users, sessions) = ran("DELETE FROM sessions WHERE token IS NULL;");
    assert!((users, sessions) == (2, 1) && said.contains("; backup: "), "{said}");
}

#[test]
fn rows_that_others_refer_to() {
    assert_eq!(found("DELETE FROM users WHERE id > 0;"), (vec!["may-fail-on-data".to_owned()], true));
    let allowed = "--! allow(may-fail-on-data): we try it\nDELETE FROM users WHERE id > 0;";
    assert_eq!(found(allowed), (vec![], true));
    let bob = "DELETE FROM users WHERE name = 'bob';";
    assert_eq!(found(bob), (vec![], true), "no row of the proof has this name");
    for sql in [allowed, bob] {
        let (said, users, sessions) = ran(sql);
        assert!(said.contains("foreign key violation") && (users, sessions) == (2, 2), "{said}");
    }
    let first =
        "DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE id > 0);\nDELETE FROM users WHERE id > 0;";
    assert_eq!(found(first), (vec![], true));
    assert_eq!(ran(first).1, 0);
}

#[test]
fn rows_that_a_witness_has() {
    let witness = "INSERT INTO users VALUES (1, 'bob'); INSERT INTO sessions VALUES (1, 1, 't');";
    for (head, id) in [("", "may-fail-on-data"), ("--! foreign_keys: on\n", "row-loss")] {
        let package = package(&format!("{head}DELETE FROM users WHERE name = 'bob';"));
        package.write("migrations/002_b.witness.sql", witness);
        let check = package.json("check --json");
        let ids: Vec<_> = check["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str()).collect();
        assert_eq!(ids, [Some(id)], "{check}");
    }
}

#[test]
fn rows_of_others_that_go_with_them() {
    let lost = (vec!["row-loss".to_owned()], false);
    assert_eq!(found("--! foreign_keys: on\nDELETE FROM users WHERE id > 0;"), lost);
    assert_eq!(
        found("--! foreign_keys: on\n--! allow(row-loss): theirs\nDELETE FROM users WHERE id > 0;"),
        (vec![], true)
    );
    let (said, users, sessions) = ran("--! foreign_keys: on\nDELETE FROM users WHERE name = 'bob';");
    assert_eq!((users, sessions), (1, 1), "{said}");
    let trigger = "CREATE TRIGGER t AFTER DELETE ON sessions BEGIN DELETE FROM users WHERE id = old.user_id; END;
        DELETE FROM sessions WHERE id > 0;";
    assert_eq!(found(trigger), lost);
}

#[test]
fn a_database_without_history() {
    for (head, refused, left) in [("", true, 2), ("--! adopt: run\n", false, 1)] {
        let package = package(&format!("{head}DELETE FROM sessions WHERE token IS NULL;"));
        package.sql("old.db", &format!("{FIRST}{ROWS}"));
        let output = package.output(&["up", "-d", "old.db"]);
        assert_eq!(!output.status.success(), refused, "{output:?}");
        let sessions = package.conn("old.db").query_row("SELECT count(*) FROM sessions", [], |row| row.get(0));
        assert_eq!(sessions, Ok(left));
    }
}
