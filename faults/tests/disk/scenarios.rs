//! The scenarios, each a test of its own.

use migrate_core::StepFn;

use crate::scenario::{Does, Scenario, Start};
use crate::sweep::sweep;

const ONE: (&str, &str) = (
    "001_create_notes.sql",
    "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT, body TEXT);\nCREATE TABLE tags(id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes(id) ON DELETE CASCADE, name TEXT);\n",
);
const TWO: (&str, &str) = (
    "002_add_stars.sql",
    "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;\nCREATE INDEX idx_tags_name ON tags(name);\n",
);
const THREE: (&str, &str) = (
    "003_first_note.sql",
    "CREATE TABLE shelves(name TEXT PRIMARY KEY) WITHOUT ROWID;\nINSERT INTO shelves(name) VALUES ('inbox'), ('archive');\n",
);
const REBUILD: (&str, &str) = (
    "002_rebuild_notes.sql",
    "CREATE TABLE notes_new(id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '', body TEXT);\n\
     INSERT INTO notes_new(id, title, body) SELECT id, coalesce(title, ''), body FROM notes;\n\
     DROP TABLE notes;\n\
     ALTER TABLE notes_new RENAME TO notes;\n\
     CREATE INDEX idx_notes_title ON notes(title);\n",
);
/// More than the cache holds.
const ROWS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24) \
    INSERT INTO notes(id, title, body) SELECT i, 'note ' || i, hex(zeroblob(400)) FROM n; \
    INSERT INTO tags(note_id, name) SELECT id, 'tag ' || id FROM notes";

pub(crate) const UPGRADE: Scenario = Scenario {
    name: "upgrade",
    files: &[ONE, REBUILD, THREE],
    start: Start::History(1, ROWS),
    step: None,
    does: Does::Run,
    commits: &[3],
};

#[test]
fn fresh() {
    sweep(Scenario { name: "fresh", files: &[ONE, TWO, THREE], start: Start::Nothing, ..UPGRADE });
}

#[test]
fn legacy() {
    const BASE: &str = "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT, body TEXT);\nCREATE TABLE tags(id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes(id) ON DELETE CASCADE, name TEXT);\n";
    const START: &str = "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT, body TEXT);\nCREATE TABLE tags(id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes(id) ON DELETE CASCADE, name TEXT);\nINSERT INTO notes VALUES (1, 'a', 'b'), (7, NULL, NULL); INSERT INTO tags VALUES (1, 7, 'x')";
    let files = &[("base.sql", BASE), ("001_add_stars.sql", TWO.1), ("002_shelves.sql", THREE.1)];
    sweep(Scenario { name: "legacy", files, start: Start::Sql(START), commits: &[2], ..UPGRADE });
}

#[test]
fn upgrade() {
    sweep(UPGRADE);
}

#[test]
fn foreign_keys() {
    const DELETE: &str =
        "--! foreign_keys: on\n--! allow(row-loss): duplicates, with their tags\nDELETE FROM notes WHERE id % 2 = 0;\n";
    let files = &[ONE, ("002_delete.sql", DELETE), ("003_shelves.sql", THREE.1)];
    sweep(Scenario { name: "foreign-keys", files, commits: &[2, 3], ..UPGRADE });
}

#[test]
fn each() {
    let files = &[
        ONE,
        REBUILD,
        THREE,
        (
            "004_stars.sql",
            "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;\nUPDATE notes SET stars = id;\n",
        ),
    ];
    sweep(Scenario { name: "each", files, does: Does::RunEach, commits: &[2, 3, 4], ..UPGRADE });
}

#[test]
fn step() {
    const DOES: &str = "UPDATE notes SET shout = upper(title) WHERE title IS NOT NULL";
    let step: StepFn = |conn| {
        conn.execute(DOES, [])?;
        Ok(())
    };
    let files = &[ONE, ("002_add_shout.sql", "ALTER TABLE notes ADD COLUMN shout TEXT;\n"), THREE];
    sweep(Scenario { name: "step", files, step: Some(("002_add_shout", step, DOES)), ..UPGRADE });
}

#[test]
fn outside() {
    const OUTSIDE: &str = "--! transaction: none\nCREATE INDEX IF NOT EXISTS idx_notes_title ON notes(title);\nVACUUM;\nUPDATE notes SET body = 'short' WHERE body IS NOT 'short' AND id < 20;\n";
    let files = &[ONE, TWO, ("003_tidy.sql", OUTSIDE), ("004_shelves.sql", THREE.1)];
    sweep(Scenario { name: "outside", files, commits: &[2, 3, 4], ..UPGRADE });
}

#[test]
fn three_columns() {
    let files = &[ONE, TWO, THREE];
    let rows = "INSERT INTO notes(id, title) VALUES (1, 'a'), (7, NULL); INSERT INTO tags VALUES (1, 7, 'x')";
    sweep(Scenario { name: "three-columns", files, start: Start::ThreeColumns(2, rows), ..UPGRADE });
}

#[test]
fn adopt_at() {
    const START: &str = "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT, body TEXT, stars INTEGER NOT NULL DEFAULT 0);\nCREATE TABLE tags(id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes(id) ON DELETE CASCADE, name TEXT);\nCREATE INDEX idx_tags_name ON tags(name);\nINSERT INTO notes VALUES (1, 'a', 'b', 5), (7, NULL, NULL, 0)";
    let (files, does) = (&[ONE, TWO, THREE], Does::AdoptAt(2));
    sweep(Scenario { name: "adopt-at", files, start: Start::Sql(START), does, commits: &[2], ..UPGRADE });
}
