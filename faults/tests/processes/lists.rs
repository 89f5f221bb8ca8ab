//! The migrations of a small application, in directories.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

const BASE: &str = "
CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);
CREATE TABLE tags(
    id INTEGER PRIMARY KEY,
    note_id INTEGER NOT NULL REFERENCES notes(id) ON DELETE CASCADE,
    name TEXT NOT NULL
);
";

const ADD_RATING: &str = "ALTER TABLE notes ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;";

const INDEX_TAGS: &str = "CREATE INDEX tags_name ON tags(name, note_id);";

/// Dropping the old table would take the tags with it, were foreign keys on.
const REBUILD_NOTES: &str = "
CREATE TABLE notes_new(
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL DEFAULT '',
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating >= 0)
);
INSERT INTO notes_new(id, title, body, rating) SELECT id, title, coalesce(body, ''), rating FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
";

const RATE_NOTES: &str = "--! adopt: run
UPDATE notes SET rating = length(body) + 1;
UPDATE tags SET name = lower(name);
";

/// Every statement by itself, and all of them again after a crash.
const RATE_NOTES_OUTSIDE: &str = "--! transaction: none -- VACUUM cannot run in one
--! adopt: run
UPDATE notes SET rating = length(body) + 1;
VACUUM;
UPDATE tags SET name = lower(name);
";

const COUNT_TAGS: &str = "
CREATE TABLE counts(note_id INTEGER PRIMARY KEY REFERENCES notes(id) ON DELETE CASCADE, tags INTEGER NOT NULL);
INSERT INTO counts(note_id, tags) SELECT notes.id, count(tags.id) FROM notes JOIN tags ON note_id = notes.id GROUP BY 1;
CREATE TRIGGER tags_counted AFTER INSERT ON tags BEGIN
    UPDATE counts SET tags = tags + 1 WHERE note_id = new.note_id;
END;
CREATE VIEW best AS SELECT title FROM notes WHERE rating > 3;
";

/// A directory of migrations.
pub(crate) struct List {
    dir: TempDir,
    migrations: Vec<(&'static str, &'static str)>,
}

impl List {
    /// The first migrations of the five, and `base.sql`.
    pub(crate) fn of(count: usize) -> List {
        List::new(RATE_NOTES, count)
    }

    /// All five; the fourth runs outside a transaction.
    pub(crate) fn outside() -> List {
        List::new(RATE_NOTES_OUTSIDE, 5)
    }

    fn new(rate_notes: &'static str, count: usize) -> List {
        let mut migrations = vec![
            ("001_add_rating.sql", ADD_RATING),
            ("002_index_tags.sql", INDEX_TAGS),
            ("003_rebuild_notes.sql", REBUILD_NOTES),
            ("004_rate_notes.sql", rate_notes),
            ("005_count_tags.sql", COUNT_TAGS),
        ];
        migrations.truncate(count);
        let dir = tempfile::tempdir().expect("a folder");
        for (name, sql) in [("base.sql", BASE)].iter().chain(&migrations) {
            fs::write(dir.path().join(name), sql).expect("a file");
        }
        List { dir, migrations }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.migrations.iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn base(&self) -> &'static str {
        BASE
    }

    pub(crate) fn sql(&self, index: usize) -> &'static str {
        self.migrations[index].1
    }

    pub(crate) fn len(&self) -> usize {
        self.migrations.len()
    }

    /// The statements of a migration that does not run in a transaction; empty for the others.
    pub(crate) fn statements(&self, index: usize) -> Vec<&'static str> {
        let sql = self.sql(index);
        if !sql.contains("transaction: none") {
            return Vec::new();
        }
        sql.split_inclusive(';').filter(|statement| statement.contains(';')).collect()
    }
}
