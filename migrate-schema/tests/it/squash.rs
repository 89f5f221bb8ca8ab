//! Databases of every age, before and after a squash.

use std::fs;
use std::path::Path;

use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Error, Migrations, Outcome, Target};
use tempfile::TempDir;

const FILES: [(&str, &str); 5] = [
    (
        "001_notes.sql",
        "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'welcome');",
    ),
    ("002_tags.sql", "CREATE TABLE tags(note_id INTEGER REFERENCES notes(id), name TEXT);"),
    ("003_title.sql", "ALTER TABLE notes ADD COLUMN title TEXT;"),
    ("004_index.sql", "CREATE INDEX tags_name ON tags(name);"),
    ("004_index.down.sql", "DROP INDEX tags_name;"),
];

/// A directory of migrations, and databases beside it.
struct Lab {
    dir: TempDir,
}

impl Lab {
    fn new() -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(lab.migrations()).unwrap();
        for (name, text) in FILES {
            fs::write(lab.migrations().join(name), text).unwrap();
        }
        lab
    }

    fn migrations(&self) -> std::path::PathBuf {
        self.dir.path().join("migrations")
    }

    fn list(&self) -> Migrations<AnyVersion> {
        migrate_check::load(&self.migrations()).unwrap_or_else(|error| panic!("{error}")).migrations
    }

    fn open(&self, name: &str) -> Connection {
        Connection::open(self.dir.path().join(name)).unwrap()
    }

    /// A database as the old program left it, with a row of a user.
    fn at(&self, version: usize) -> Connection {
        let mut conn = self.open(&format!("{version}.db"));
        let target = version.checked_sub(1).map_or(Target::Base, |index| Target::At(AnyVersion(index)));
        self.list().migrator().target(target).run(&mut conn).unwrap();
        if version > 0 {
            conn.execute("INSERT INTO notes (body) VALUES ('mine')", []).unwrap();
        }
        conn
    }

    fn squash(&self, count: usize, release: Option<&str>) {
        let dir = self.migrations();
        let listing = migrate_source::read(&dir, "migrations").unwrap();
        let squash = migrate_schema::squash(&listing, count, release).unwrap_or_else(|error| panic!("{error}"));
        for (name, text) in [
            ("base.sql", Some(&squash.base)),
            ("squashed.lock", Some(&squash.squashed)),
            ("migrations.lock", squash.lock.as_ref()),
        ] {
            if let Some(text) = text {
                fs::write(dir.join(name), text).unwrap();
            }
        }
        squash.removed.iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

fn schema(conn: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' \
               AND name <> 'schema_migrations' ORDER BY name";
    let words = |sql: String| {
        let tokens = migrate_core::__private::Definition::of(
            &sql,
            &["id", "body", "title", "name", "note_id"].into_iter().collect(),
        );
        tokens.strict.to_string()
    };
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, words(row.get(1)?)))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn names(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT migration_name FROM schema_migrations ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn databases_of_every_age() {
    let lab = Lab::new();
    let mut databases: Vec<Connection> = (0..=4).map(|version| lab.at(version)).collect();
    let expected = schema(&databases[4]);
    lab.squash(2, Some("1.4"));
    let list = lab.list();

    let error = list.run(&mut databases[1]).unwrap_err();
    assert!(matches!(&error, Error::Squashed { at, .. } if at == "001_notes.sql"), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the database is at `001_notes.sql`, and the migrations up to `002_tags.sql` are part of `base.sql` now, so that this \
         program cannot run them; nothing was changed\nhelp: start release 1.4 of the application once, then this program again"
    );
    assert_eq!(names(&databases[1]), ["001_notes.sql"]);

    for version in [2, 3, 4] {
        let conn = &mut databases[version];
        let before = names(conn);
        assert!(list.status(conn).unwrap().unknown().is_empty());
        assert_eq!(list.status(conn).unwrap().pending().count(), 4 - version);
        let report = list.run(conn).unwrap();
        assert_eq!(report.entries().len(), 4 - version);
        assert_eq!(report.outcome(), if version == 4 { Outcome::Current } else { Outcome::Applied });
        assert_eq!(schema(conn), expected, "{version}");
        assert_eq!(names(conn)[..before.len()], before);
        let mine: i64 = conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
        assert_eq!(mine, 2, "{version}");
        // The second start has nothing to read but one row.
        conn.pragma_update(None, "query_only", true).unwrap();
        assert_eq!(list.run(conn).unwrap().outcome(), Outcome::Current);
        conn.pragma_update(None, "query_only", false).unwrap();
    }

    let mut fresh = lab.open("fresh.db");
    list.run(&mut fresh).unwrap();
    assert_eq!(
        (schema(&fresh), names(&fresh)),
        (expected.clone(), vec!["003_title.sql".to_owned(), "004_index.sql".to_owned()])
    );
    let body: String = fresh.query_row("SELECT body FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "welcome");

    // Back to before the first that is left, and up again.
    list.migrator().target(Target::At(AnyVersion(0))).allow_down(true).run(&mut databases[4]).unwrap();
    assert_eq!(names(&databases[4]).last().map(String::as_str), Some("003_title.sql"));
    list.run(&mut databases[4]).unwrap();
    assert_eq!(schema(&databases[4]), expected);

    lab.squash(1, None);
    for conn in databases[2..].iter_mut().chain([&mut fresh]) {
        assert_eq!(lab.list().run(conn).unwrap().outcome(), Outcome::Current);
    }
}

#[test]
fn a_database_without_history_is_at_the_base() {
    let lab = Lab::new();
    let mut conn = lab.at(2);
    conn.execute_batch("DROP TABLE schema_migrations").unwrap();
    lab.squash(2, None);
    let report = lab.list().run(&mut conn).unwrap();
    assert!(matches!(report.outcome(), Outcome::Adopted(_)), "{report}");
    assert_eq!(names(&conn), ["003_title.sql", "004_index.sql"]);
}

#[test]
fn the_ancestors_history_goes_on() {
    let lab = Lab::new();
    let mut conn = lab.at(3);
    conn.execute_batch(
        "ALTER TABLE schema_migrations RENAME TO old;
         CREATE TABLE schema_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, applied_at TEXT);
         INSERT INTO schema_migrations SELECT id, migration_name, applied_at FROM old; DROP TABLE old;",
    )
    .unwrap();
    lab.squash(2, None);
    let list = lab.list();
    let report = list.run(&mut conn).unwrap();
    assert_eq!(report.entries().len(), 1, "{report}");
    assert_eq!(list.run(&mut conn).unwrap().outcome(), Outcome::Current);
}

#[test]
fn another_text_than_the_squashed_one_is_refused() {
    let lab = Lab::new();
    let mut conn = lab.at(3);
    conn.execute("UPDATE schema_migrations SET checksum = ?1 WHERE id = 2", ["0".repeat(64)]).unwrap();
    // Not the chain of the newest, by which a current database is known.
    lab.squash(2, None);
    let error = lab.list().run(&mut conn).unwrap_err();
    assert!(matches!(error, Error::HistoryDiverged { .. }), "{error}");
    assert!(error.to_string().contains("`002_tags.sql`"), "{error}");
}

#[test]
fn a_release_that_is_not_named_is_still_spoken_of() {
    let lab = Lab::new();
    let mut conn = lab.at(1);
    lab.squash(3, None);
    let error = lab.list().run(&mut conn).unwrap_err().to_string();
    assert!(error.contains("help: start an older release of the application, which still has them, once"), "{error}");
}

/// The directory is a real one.
#[test]
fn the_files_are_those_of_the_directory() {
    let lab = Lab::new();
    lab.squash(2, None);
    let mut left: Vec<String> = fs::read_dir(lab.migrations())
        .unwrap()
        .map(|entry| Path::new(&entry.unwrap().file_name()).display().to_string())
        .collect();
    left.sort();
    assert_eq!(left, ["003_title.sql", "004_index.down.sql", "004_index.sql", "base.sql", "squashed.lock"]);
}
