use migrate_core::rusqlite::Connection;

use super::*;

fn drawn(sql: &str) -> String {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(sql).unwrap();
    let text = mermaid(&Schema::read(&conn, "schema_migrations").unwrap());
    // To have Mermaid itself read it.
    if let Some(dir) = std::env::var_os("MIGRATE_MERMAID") {
        let name = format!("{:x}.mmd", text.len());
        std::fs::write(std::path::Path::new(&dir).join(name), &text).unwrap();
    }
    text
}

#[test]
fn a_small_schema() {
    insta::assert_snapshot!(drawn(
        "CREATE TABLE users(id INTEGER PRIMARY KEY, email VARCHAR(90) NOT NULL UNIQUE, rate DECIMAL(10, 2), anything);
         CREATE TABLE notes(id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users, editor INTEGER REFERENCES users,
           parent INTEGER REFERENCES notes, lost REFERENCES nowhere);
         CREATE TABLE covers(note INTEGER PRIMARY KEY REFERENCES notes, image BLOB NOT NULL);
         CREATE TABLE note_tags(note INTEGER NOT NULL REFERENCES notes, tag TEXT NOT NULL, PRIMARY KEY(note, tag));
         CREATE VIEW recent AS SELECT id FROM notes"
    ));
}

#[test]
fn names_that_mermaid_cannot_take() {
    insta::assert_snapshot!(drawn(
        "CREATE TABLE \"order\"(\"my \"\"odd\"\" column\" \"DOUBLE PRECISION\", \"my  odd  column\", pk, UK, FK \"pk\", \"\u{e9}t\u{e9}\", \"1st\", \"\" TEXT);
         CREATE TABLE \"Ünïcode 表\"(id INTEGER PRIMARY KEY); CREATE TABLE _n_code__(id INTEGER PRIMARY KEY);
         CREATE TABLE \"class\"(id INTEGER PRIMARY KEY, \"end\" REFERENCES \"Ünïcode 表\");
         CREATE TABLE \"direction LR\"(\"direction TB\" REFERENCES \"class\", \"a\nb\" TEXT);
         CREATE TABLE \"%%{init: {}}%% ; } \\ \"\" #quot; <b>\"(id INTEGER PRIMARY KEY, \"x}y\" REFERENCES \"%%{init: {}}%% ; } \\ \"\" #quot; <b>\");
         CREATE TABLE \"to\"(x); CREATE TABLE one(x); CREATE TABLE u(x REFERENCES \"to\"); CREATE TABLE \"42\"(x REFERENCES u); CREATE TABLE \"end\"(\"`\" );
         CREATE TABLE \"\"(\"\" REFERENCES \"\")"
    ));
}

#[test]
fn nothing() {
    assert_eq!(drawn(""), "erDiagram\n");
}
