//! The kit for the tests of applications: what it tries, and that it sees what is wrong.

use std::fs;
use std::path::Path;

use migrate::rusqlite::Connection;
use migrate::testing::{Failure, Upgrades, db_at};
use migrate::{AnyVersion, Migrations, Target};

mod db {
    migrate::migrations!("tests/fixtures/tour");
}

use db::Version;

const SHOPPING: &str = "INSERT INTO notes (title) VALUES ('Shopping')";

/// A list from files that are written here; every one is proved.
fn list(files: &[(&str, &str)]) -> Migrations<AnyVersion> {
    let dir = tempfile::tempdir().unwrap();
    for (name, sql) in files {
        fs::write(dir.path().join(name), sql).unwrap();
    }
    migrate_check::load(dir.path()).unwrap_or_else(|error| panic!("{error}")).migrations
}

fn why(failed: Result<impl std::fmt::Debug, Failure>) -> String {
    failed.expect_err("it should have failed").to_string()
}

fn titles(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT title FROM notes ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_database_in_memory_is_at_the_version_asked_for() {
    for (index, &version) in Version::ALL.iter().enumerate() {
        let conn = db_at(&db::MIGRATIONS, version).unwrap();
        let names: i64 = conn.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0)).unwrap();
        assert_eq!(names, index as i64 + 1, "{version}");
    }
    let empty = db_at(&db::MIGRATIONS, Target::Base).unwrap();
    assert!(!migrate::table_exists(&empty, "notes").unwrap());
}

#[test]
fn a_database_with_the_rows_of_old_releases_has_been_at_every_version() {
    let upgrades = Upgrades::new(&db::MIGRATIONS)
        .rows(Version::CreateNotes, SHOPPING)
        .rows(Version::AddSlugs, "INSERT INTO notes (title, slug) VALUES ('Cooking', 'cooking')");
    assert_eq!(titles(&upgrades.db_at(Version::AddTags).unwrap()), ["Shopping"]);
    assert_eq!(titles(&upgrades.db_at(Version::AddSlugs).unwrap()), ["Shopping", "Cooking"]);
}

#[test]
fn every_upgrade_is_tried_and_every_check_that_concerns_it_is_asked() {
    let asked = std::cell::Cell::new(0);
    let upgrades = Upgrades::new(&db::MIGRATIONS).rows(Version::CreateNotes, SHOPPING).check(Version::LATEST, |conn| {
        asked.set(asked.get() + 1);
        assert_eq!(titles(conn), ["Shopping"]);
        Ok(())
    });

    // From the empty file there are no rows of the first release; from the first and the second there are.
    let tried = upgrades.from_every_version().unwrap();
    assert_eq!((tried.upgrades, tried.downs, tried.checks), (3, 0, 3));
    assert_eq!(asked.replace(0), 3);

    let tried = upgrades.between_all_versions().unwrap();
    assert_eq!((tried.upgrades, tried.downs, tried.checks), (6, 1, 3));
    assert_eq!(asked.get(), 3);

    migrate::testing::assert_upgrades_from_every_version!(db::MIGRATIONS);
    migrate::testing::assert_upgrades_between_all_versions!(db::MIGRATIONS, |upgrades| upgrades);
}

#[test]
fn a_check_that_fails_says_of_which_upgrade() {
    let wrong = |conn: &Connection| {
        assert_eq!(titles(conn), ["Cooking"], "the title is another one");
        Ok(())
    };
    let upgrades = Upgrades::new(&db::MIGRATIONS).rows(Version::CreateNotes, SHOPPING).check(Version::AddSlugs, wrong);
    let said = why(upgrades.from_every_version());
    assert!(
        said.starts_with("one version after the other, to `003_add_slugs.sql`: the check at `003_add_slugs.sql`: "),
        "{said}"
    );
    assert!(said.contains("the title is another one"), "{said}");
    assert!(said.contains("\"Shopping\""), "{said}");

    let failed = Upgrades::new(&db::MIGRATIONS).check(Version::AddTags, |_| Err("no reason".into()));
    assert!(why(failed.from_every_version()).ends_with("the check at `002_add_tags.sql`: no reason"));
}

#[test]
fn a_check_that_no_database_can_be_asked_is_a_failure() {
    let upgrades =
        Upgrades::new(&db::MIGRATIONS).rows(Version::AddSlugs, SHOPPING).check(Version::AddSlugs, |_| Ok(()));
    let said = why(upgrades.from_every_version());
    assert!(said.starts_with("the check at `003_add_slugs.sql`: it is never asked"), "{said}");
}

#[test]
fn rows_that_do_not_fit_their_version_are_named() {
    let upgrades = Upgrades::new(&db::MIGRATIONS).rows(Version::CreateNotes, "INSERT INTO tags VALUES (1, 'home')");
    let said = why(upgrades.from_every_version());
    assert!(said.starts_with("the rows of `001_create_notes.sql`: no such table: tags"), "{said}");
}

#[test]
fn rows_that_only_real_data_loses_are_missed() {
    // No witness row is called so: the proof has nothing against it.
    let migrations = list(&[
        ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL);"),
        ("002_clean.sql", "--! adopt: run\nDELETE FROM notes WHERE title = 'Shopping';"),
    ]);
    let upgrades = || Upgrades::new(&migrations).rows(AnyVersion(0), SHOPPING);
    let said = why(upgrades().from_every_version());
    assert!(said.contains("`notes` had 1 row, and has 0"), "{said}");
    assert!(said.contains("help: if it should lose rows, say `.may_lose_rows(\"notes\")`"), "{said}");

    upgrades().may_lose_rows("Notes").from_every_version().unwrap();
}

#[test]
fn a_migration_that_real_data_refuses_is_a_failure_with_its_place() {
    let migrations = list(&[
        ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL);"),
        ("002_unique.sql", "CREATE UNIQUE INDEX notes_title ON notes(title);"),
    ]);
    let said = why(Upgrades::new(&migrations)
        .rows(AnyVersion(0), SHOPPING)
        .rows(AnyVersion(0), SHOPPING)
        .from_every_version());
    assert!(said.contains("UNIQUE constraint failed: notes.title"), "{said}");
    assert!(said.contains("002_unique.sql:1:1"), "{said}");
}

#[test]
fn what_a_connection_needs_is_prepared_on_each() {
    let migrations = list(&[
        ("migrate.toml", "functions = [{ name = \"shout\", arguments = 1, deterministic = true }]"),
        ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT NOT NULL);"),
        ("002_shout.sql", "--! adopt: run\nUPDATE notes SET title = shout(title);"),
    ]);
    let said = why(Upgrades::new(&migrations).from_every_version());
    assert!(said.contains("`shout`"), "{said}");

    let prepared = std::cell::Cell::new(0);
    let count = |_: &Connection| {
        prepared.set(prepared.get() + 1);
        Ok::<(), migrate::rusqlite::Error>(())
    };
    let tried = Upgrades::new(&db::MIGRATIONS).prepare(count).from_every_version().unwrap();
    // The walk opens its file at each of four positions.
    assert_eq!((tried.upgrades, prepared.get()), (3, 4 + 3));
    let said = why(Upgrades::new(&db::MIGRATIONS).prepare(|_| Err("no key")).from_every_version());
    assert_eq!(said, "`prepare`: no key");
}

#[test]
fn released_files_are_upgraded_as_copies() {
    let dir = tempfile::tempdir().unwrap();
    let upgrades = || Upgrades::new(&db::MIGRATIONS).rows(Version::CreateNotes, SHOPPING);
    let said = why(upgrades().released_files(dir.path()));
    assert!(said.starts_with("there is no database in "), "{said}");

    release(&dir.path().join("first.sqlite"), Version::CreateNotes);
    fs::write(dir.path().join("README.md"), "not a database").unwrap();
    let bytes = fs::read(dir.path().join("first.sqlite")).unwrap();
    let written = upgrades().write_release(dir.path()).unwrap();
    assert_eq!(written, Some(dir.path().join("003_add_slugs.db")));
    assert_eq!(upgrades().write_release(dir.path()).unwrap(), None);

    let seen = std::cell::RefCell::new(Vec::new());
    let see = |conn: &Connection| {
        seen.borrow_mut().push(titles(conn));
        Ok(())
    };
    let tried = upgrades().check_each_file(see).released_files(dir.path()).unwrap();
    assert_eq!((tried.files, tried.checks), (2, 2));
    assert_eq!(seen.into_inner(), [vec!["Shopping"], vec!["of the first"]]);
    assert_eq!(fs::read(dir.path().join("first.sqlite")).unwrap(), bytes);
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["003_add_slugs.db", "README.md", "first.sqlite"]);
}

#[test]
fn a_released_file_that_no_longer_upgrades_is_named() {
    let dir = tempfile::tempdir().unwrap();
    release(&dir.path().join("first.db"), Version::CreateNotes);
    let conn = Connection::open(dir.path().join("first.db")).unwrap();
    conn.execute("UPDATE schema_migrations SET checksum = x'00'", []).unwrap();
    conn.close().unwrap();
    let said = why(Upgrades::new(&db::MIGRATIONS).released_files(dir.path()));
    assert!(said.contains("first.db: ") && said.contains("`001_create_notes.sql`"), "{said}");
}

#[test]
#[should_panic(expected = "there is no database in ")]
fn the_macro_for_released_files_panics_with_the_failure() {
    migrate::testing::assert_released_files_upgrade!(db::MIGRATIONS, "tests/fixtures/tour");
}

fn release(file: &Path, version: Version) {
    let mut conn = Connection::open(file).unwrap();
    db::migrator().target(version).run(&mut conn).unwrap();
    conn.execute("INSERT INTO notes (title) VALUES ('of the first')", []).unwrap();
    conn.close().unwrap();
}
