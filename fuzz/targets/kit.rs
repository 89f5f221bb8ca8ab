//! A small list of migrations, made at run time.

use migrate_core::{AnyVersion, Migrations};

pub(crate) fn list() -> Migrations<AnyVersion> {
    let dir = tempfile::tempdir().expect("folder");
    for (name, sql) in [
        ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'x'), (2, 'y');"),
        ("002_tags.sql", "CREATE TABLE tags(note INTEGER REFERENCES notes, tag TEXT); CREATE INDEX tag ON tags(tag);"),
        ("003_loud.sql", "UPDATE notes SET body = upper(body); ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;"),
    ] {
        std::fs::write(dir.path().join(name), sql).expect("write");
    }
    migrate_check::load(dir.path()).expect("a valid list").migrations
}
