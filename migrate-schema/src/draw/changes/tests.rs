use migrate_core::rusqlite::Connection;

use super::*;

fn schema(sql: &str) -> Schema {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(sql).unwrap();
    Schema::read(&conn, "schema_migrations").unwrap()
}

/// Every change as a line: `+ column notes.body TEXT`.
fn between(before: &str, after: &str) -> Vec<String> {
    let line = |change: Difference| {
        let sign = crate::draw::face::sign(change.how);
        let of = change.of.map_or(String::new(), |of| of + ".");
        format!("{sign} {} {of}{} {}", change.what.word(), change.name, change.note).trim_end().to_owned()
    };
    changes(&schema(before), &schema(after)).into_iter().map(line).collect()
}

#[test]
fn tables_and_what_is_theirs() {
    let before = "CREATE TABLE gone(id INTEGER PRIMARY KEY, a); CREATE INDEX gone_a ON gone(a);
        CREATE TRIGGER gone_t AFTER INSERT ON gone BEGIN SELECT 1; END;";
    let after = "CREATE TABLE made(id INTEGER PRIMARY KEY, p REFERENCES made); CREATE INDEX made_p ON made(p);
        CREATE TRIGGER made_t AFTER INSERT ON made BEGIN SELECT 1; END;";
    let found = between(before, after);
    assert_eq!(
        found,
        [
            "- table gone".replace('-', "−"),
            "+ table made".into(),
            "+ index made.made_p".into(),
            "+ trigger made.made_t".into()
        ]
    );
}

#[test]
fn columns() {
    let found = between(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1, c, d TEXT UNIQUE, e)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB NOT NULL, b int DEFAULT 2, d TEXT, e AS (a), f TEXT)",
    );
    assert_eq!(
        found,
        [
            "~ column t.a TEXT → BLOB, now NOT NULL",
            "~ column t.b DEFAULT 1 → DEFAULT 2",
            "− column t.c",
            "~ column t.d no longer UNIQUE",
            "~ column t.e now GENERATED VIRTUAL",
            "+ column t.f TEXT",
        ]
    );
}

#[test]
fn what_is_rebuilt_as_it_was_has_not_changed() {
    let text = "CREATE TABLE users(id INTEGER PRIMARY KEY);
        CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT DEFAULT 'x' CHECK (body <> ''), who REFERENCES users);
        CREATE INDEX i ON notes(body); CREATE VIEW v AS SELECT body FROM notes;
        CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END;";
    let rebuilt = "CREATE TABLE users(id INTEGER PRIMARY KEY);
        CREATE TABLE new(\"id\" integer primary key, -- the key
            body text default 'x' check(body<>''), who references users(id));
        ALTER TABLE new RENAME TO notes; CREATE INDEX i on [notes] ( body ); CREATE VIEW v AS select body from notes;
        CREATE TRIGGER t after insert on notes begin select 1; end;";
    // What a key refers to is the same, though the words are not: it is the definition that differs.
    assert_eq!(between(text, rebuilt), ["~ table notes its definition"]);
    assert_eq!(between(text, &rebuilt.replace("users(id)", "users")), [""; 0]);
}

#[test]
fn a_table_by_itself() {
    assert_eq!(between("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT) STRICT"), ["~ table t now STRICT"]);
    assert_eq!(between("CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT CHECK (a > 1))"), ["~ table t its definition"]);
    assert_eq!(between("CREATE TABLE t(a, b)", "CREATE TABLE t(b, a)"), ["~ table t the order of its columns"]);
}

#[test]
fn foreign_keys() {
    let users = "CREATE TABLE users(id INTEGER PRIMARY KEY);";
    let with = |column: &str| format!("{users} CREATE TABLE notes(id INTEGER PRIMARY KEY, who INTEGER {column})");
    let (none, plain, cascade) = (with(""), with("REFERENCES users"), with("REFERENCES users ON DELETE CASCADE"));
    assert_eq!(between(&none, &plain), ["+ foreign key notes.who → users(id)"]);
    assert_eq!(between(&plain, &none), ["− foreign key notes.who → users(id)"]);
    assert_eq!(between(&plain, &cascade), ["~ foreign key notes.who → users(id) nothing → ON DELETE CASCADE"]);
}

#[test]
fn an_index_that_makes_a_column_unique_is_one_change() {
    let table = "CREATE TABLE t(a)";
    assert_eq!(between(table, "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)"), ["+ index t.i"]);
}

#[test]
fn views_triggers_and_indexes() {
    let before = "CREATE TABLE t(a, b); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT 1;
        CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END; CREATE TRIGGER s AFTER DELETE ON t BEGIN SELECT 1; END;";
    let after =
        "CREATE TABLE t(a, b); CREATE INDEX i ON t(b); CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW x AS SELECT 1;
        CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 2; END;";
    assert_eq!(
        between(before, after),
        ["~ index t.i", "− trigger t.s", "~ view v", "~ trigger v.r", "− view w", "+ view x"]
    );
}

#[test]
fn what_is_renamed_is_removed_and_added() {
    let before = "CREATE TABLE t(a TEXT)";
    assert_eq!(between(before, "CREATE TABLE t(b TEXT)"), ["− column t.a", "+ column t.b TEXT"]);
    assert_eq!(between(before, "CREATE TABLE u(a TEXT)"), ["− table t", "+ table u"]);
    assert_eq!(between(before, "CREATE TABLE T(A text)"), [""; 0]);
}

#[test]
fn pairs_keep_their_places() {
    let of = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let (was, is) = (of(&["x", "a", "b", "c"]), of(&["c", "A", "n"]));
    let names =
        pairs(&was, &is, |name| name).into_iter().map(|(was, is)| (was.map(String::as_str), is.map(String::as_str)));
    let expected =
        [(Some("x"), None), (Some("c"), Some("c")), (Some("a"), Some("A")), (Some("b"), None), (None, Some("n"))];
    assert_eq!(names.collect::<Vec<_>>(), expected);
}
