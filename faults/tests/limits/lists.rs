//! The migrations that run into the limits, in directories.

use std::fs;
use std::path::Path;

use migrate_check::Loaded;
use rusqlite::Connection;
use tempfile::TempDir;

const CREATE: &str = "
CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);
CREATE TABLE tags(
    id INTEGER PRIMARY KEY,
    note_id INTEGER NOT NULL REFERENCES notes(id) ON DELETE CASCADE,
    name TEXT NOT NULL
);
";

const ADD_RATING: &str = "ALTER TABLE notes ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;";

/// Dropping the old table would take the tags with it, were foreign keys on.
const REBUILD: &str = "
CREATE TABLE notes_new(
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL DEFAULT \"\",
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating >= 0)
);
INSERT INTO notes_new(id, title, body, rating) SELECT id, title, coalesce(body, ''), rating FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
CREATE INDEX \"notes by title\" ON notes(\"title\");
";

const RATE: &str = "--! adopt: run
UPDATE notes SET rating = length(body) + 1;
UPDATE tags SET name = lower(name);
";

const RATE_OUTSIDE: &str = "--! transaction: none -- VACUUM cannot run in one
--! adopt: run
UPDATE notes SET rating = length(body) + 1;
VACUUM;
UPDATE tags SET name = lower(name);
";

const RATE_DOWN: &str = "UPDATE notes SET rating = 0;";

const COUNT: &str = "
CREATE TABLE counts(note_id INTEGER PRIMARY KEY REFERENCES notes(id) ON DELETE CASCADE, tags INTEGER NOT NULL);
INSERT INTO counts(note_id, tags) SELECT notes.id, count(tags.id) FROM notes JOIN tags ON note_id = notes.id GROUP BY 1;
CREATE TRIGGER tags_counted AFTER INSERT ON tags BEGIN
    UPDATE counts SET tags = tags + 1 WHERE note_id = new.note_id;
END;
CREATE VIEW best AS SELECT title FROM notes WHERE rating > 3;
";

const COUNT_DOWN: &str = "DROP VIEW best; DROP TRIGGER tags_counted; DROP TABLE counts;";

/// As many migrations as all lists have.
pub(crate) const COUNT_OF_ALL: usize = 5;

/// What the fourth migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fourth {
    Inside,
    Outside,
    /// A Rust step follows it.
    Step,
}

/// A directory, as it was loaded.
pub(crate) struct List {
    pub(crate) loaded: Loaded,
    fourth: Fourth,
}

impl List {
    /// The first migrations of the five.
    pub(crate) fn of(count: usize, fourth: Fourth) -> List {
        let dir = write(count, fourth);
        let loaded = match fourth {
            Fourth::Step if count > 3 => migrate_check::load_with_steps(dir.path(), &[("004_rate", step)]),
            _ => migrate_check::load(dir.path()),
        };
        List { loaded: loaded.expect("the list is sound"), fourth }
    }

    /// Does to a database what a migration does, with plain SQLite.
    pub(crate) fn bring(&self, conn: &Connection, index: usize) {
        conn.execute_batch(text(index, self.fourth).1).expect("plain SQLite");
        if self.fourth == Fourth::Step && index == 3 {
            step(conn).expect("the step");
        }
    }

    /// Takes the newest migration back, with plain SQLite.
    pub(crate) fn bring_back(conn: &Connection, index: usize) {
        conn.execute_batch(if index == 4 { COUNT_DOWN } else { RATE_DOWN }).expect("plain SQLite");
    }

    /// The statements of the migration outside a transaction.
    pub(crate) fn outside(&self, index: usize) -> Vec<&'static str> {
        if self.fourth != Fourth::Outside || index != 3 {
            return Vec::new();
        }
        RATE_OUTSIDE.split_inclusive(';').filter(|statement| statement.contains(';')).collect()
    }
}

fn text(index: usize, fourth: Fourth) -> (&'static str, &'static str) {
    match index {
        0 => ("001_create", CREATE),
        1 => ("002_add_rating", ADD_RATING),
        2 => ("003_rebuild", REBUILD),
        3 => ("004_rate", if fourth == Fourth::Outside { RATE_OUTSIDE } else { RATE }),
        _ => ("005_count", COUNT),
    }
}

fn write(count: usize, fourth: Fourth) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &Path, sql: &str| fs::write(path, sql).expect("a file");
    for index in 0..count {
        let (name, sql) = text(index, fourth);
        put(&dir.path().join(format!("{name}.sql")), sql);
    }
    if count == COUNT_OF_ALL && fourth == Fourth::Inside {
        put(&dir.path().join("004_rate.down.sql"), RATE_DOWN);
        put(&dir.path().join("005_count.down.sql"), COUNT_DOWN);
    }
    dir
}

fn step(conn: &Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let titles: Vec<(i64, String)> = conn
        .prepare("SELECT id, title FROM notes ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, title) in titles {
        conn.execute("UPDATE notes SET title = ?2 WHERE id = ?1", (id, title.to_uppercase()))?;
    }
    Ok(())
}

/// Notes with two tags each.
pub(crate) fn fill(conn: &Connection, rows: u32) {
    conn.execute_batch(&format!(
        "BEGIN;
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO notes(id, title, body) SELECT i, 'note ' || i, CASE WHEN i % 3 THEN hex(zeroblob(i % 50)) END FROM n;
        INSERT INTO tags(note_id, name) SELECT id, 'Tag ' || id % 7 FROM notes;
        INSERT INTO tags(note_id, name) SELECT id, 'Other ' || id % 11 FROM notes;
        COMMIT;"
    ))
    .expect("rows");
}
