//! What a user is told who is in trouble, and what can be done then.

use std::fs;

use crate::kit::{NOTES, Package, TAGS, snapshot, words};

/// The history says more than there is: to record it again would lead back to where one was.
#[test]
fn a_table_that_was_dropped_by_hand() {
    let package = Package::notes();
    package.write("migrations/003_more.sql", "CREATE TABLE more (x);\n");
    package.up("2");
    package.sql("app.db", "DROP TABLE tags;");
    snapshot!(package.story(&["status -d app.db", "up -d app.db", "adopt -d app.db --at 2"]));
    // What the help says leads out.
    package.sql("app.db", TAGS);
    assert!(package.output(&["up", "-d", "app.db"]).status.success());
}

#[test]
fn a_database_of_another_program_is_not_adopted() {
    let package = Package::notes();
    package.sql("other.db", "CREATE TABLE users (name);");
    let before = package.files();
    let refused = package.story(&["adopt -d other.db --at base", "adopt -d other.db"]);
    assert_eq!(package.files(), before);
    package.sql("empty.db", "PRAGMA user_version = 1;");
    package.write("migrations/base.sql", "CREATE TABLE old (x);\n");
    package.sql("old.db", "CREATE TABLE old (x);");
    snapshot!([refused, package.story(&["adopt -d empty.db --at base", "adopt -d old.db --at base"])].join("\n"));
}

#[test]
fn a_redo_that_comes_half_way() {
    let package = Package::notes();
    package.write("migrations/003_fill.sql", "CREATE TABLE seen (x);\nINSERT INTO notes VALUES (1, 'a');\n");
    package.write("migrations/003_fill.down.sql", "DROP TABLE seen;\nDELETE FROM notes WHERE id = 1;\n");
    package.up("latest");
    package.write("migrations/003_fill.sql", "CREATE TABLE seen (x);\nINSERT INTO notes VALUES (2, 'a');\n");
    package.sql("app.db", "INSERT INTO notes VALUES (2, 'mine');");
    let said = package.shows("redo -d app.db");
    assert!(!said.contains("nothing was changed"), "{said}");
    snapshot!([said, package.shows("status -d app.db")].join("\n"));
}

#[test]
fn a_directory_with_errors() {
    let package = Package::notes();
    package.up("1");
    package.write("migrations/003_bad.sql", "CREATE TABL x;\n");
    package.remove("migrations/001_create_notes.sql");
    package.write("migrations/000_before.sql", "CREATE TABLE before (x);\n");
    let before = package.files();
    snapshot!(package.story(&[
        "status -d app.db",
        "verify -d app.db",
        "status -d app.db --json",
        "verify -d app.db --json",
        "up -d app.db",
    ]));
    assert_eq!(package.files(), before, "nothing is written");
    let copied = package.shows("backup -d app.db");
    assert!(copied.contains("app.db: backed up to app.db.") && !copied.contains("exit code"), "{copied}");
    let name = package.names(".").into_iter().find(|name| name.ends_with(".backup")).expect("a backup");
    assert_eq!(package.conn(&name).query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0)), Ok(1));
    // A backup needs no directory at all.
    fs::remove_dir_all(package.path("migrations")).unwrap();
    assert!(package.output(&["backup", "-d", "app.db"]).status.success());
}

#[test]
fn a_file_that_up_made_in_vain_is_gone() {
    let package = Package::with(&[("001_create_notes.sql", NOTES)]);
    package
        .write("migrations/migrate.toml", "functions = [{ name = \"slug\", arguments = 1, deterministic = true }]\n");
    package.write("migrations/002_slugs.sql", "CREATE VIEW slugs AS SELECT slug(body) FROM notes;\n");
    let output = package.output(&["up", "-d", "app.db"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(package.names("."), ["Cargo.toml", "migrations"]);
    // One that was there stays.
    package.write("app.db", "");
    assert_eq!(package.output(&["up", "-d", "app.db"]).status.code(), Some(4));
    assert_eq!(package.names("."), ["Cargo.toml", "app.db", "migrations"]);
}

#[test]
fn several_that_the_list_does_not_know() {
    let package = Package::notes();
    package.write("migrations/003_drafts.sql", "CREATE TABLE drafts (x);\n");
    package.write("migrations/004_more.sql", "CREATE TABLE more (x);\n");
    package.write("migrations/005_last.sql", "CREATE TABLE last (x);\n");
    package.up("latest");
    package.remove("migrations/003_drafts.sql");
    package.remove("migrations/005_last.sql");
    let alone = package.story(&["repair forget 5 -d app.db", "repair forget 3 5 -d app.db"]);
    package.sql("app.db", "DROP TABLE drafts; DROP TABLE last;");
    let before = package.files();
    let wrong = package.shows("repair forget 3 5 2 -d app.db");
    assert_eq!(package.files(), before, "all or nothing");
    let both = package.story(&["repair forget 3 5 -d app.db", "status -d app.db", "up -d app.db", "verify -d app.db"]);
    snapshot!([alone, wrong, both].join("\n"));
    // The chains are those of a database that never had them: the quick look at the next start finds nothing to do.
    package.up("latest");
    let chains = |name: &str| -> Vec<Option<String>> {
        let conn = package.conn(name);
        let mut statement = conn.prepare("SELECT chain FROM schema_migrations ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(package.output(&["up", "-d", "new.db"]).status.success());
    assert_eq!(chains("app.db"), chains("new.db"));
}

#[test]
fn names_that_cannot_stand_together() {
    let package = Package::notes();
    package.write("schema.sql", &format!("{NOTES}{TAGS}CREATE TABLE more (x);\n"));
    let before = package.files();
    let taken = package.story(&["new add tags", "new Add-Tags", "diff add tags --to schema.sql"]);
    assert_eq!(package.files(), before, "nothing was written");
    package.write("migrations/zeta.sql", "CREATE TABLE z (x);\n");
    let mixed = package.shows("new things");
    let others = Package::with(&[("create_notes.up.sql", NOTES), ("create_notes.down.sql", "DROP TABLE notes;\n")]);
    snapshot!([taken, mixed, others.story(&["new create_notes", "new CREATE notes"])].join("\n"));
}

#[test]
fn the_list_of_findings_has_their_severity() {
    let package = Package::with(&[]);
    let list = package.shows("check --list");
    for line in ["does-not-run (error)\n", "may-fail-on-data (warning)\n", "lost-autoincrement (error or warning)\n"] {
        assert!(list.contains(line), "{line}: {list}");
    }
    let list = package.json("check --list --json");
    let of =
        |id: &str| list["list"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()["severity"].clone();
    assert_eq!((of("unproved"), of("drop-table")), ("information".into(), "error".into()));
}

/// Pages that are overwritten are what `verify` is asked to find; to any other verb they are in the way.
#[test]
fn damage() {
    let package = Package::notes();
    package.up("1");
    for number in 0..50 {
        package.sql("app.db", &format!("INSERT INTO notes VALUES ({number}, hex(zeroblob(2000)))"));
    }
    let sound = fs::read(package.path("app.db")).unwrap();
    let page = 4096;
    assert!(sound.len() > 20 * page, "{}", sound.len());
    let mut rows = sound.clone();
    rows[10 * page..12 * page].fill(0xa5);
    fs::write(package.path("app.db"), &rows).unwrap();
    let output = package.output(&words("verify -d app.db"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    // The schema itself, behind the head of the file.
    let mut schema = sound;
    schema[100..page].fill(0xa5);
    fs::write(package.path("app.db"), &schema).unwrap();
    snapshot!(package.story(&["verify -d app.db", "verify -d app.db --json", "status -d app.db", "up -d app.db"]));
}

/// What somebody added goes with the table that a migration rebuilds; that is said, or refused.
#[test]
fn what_was_added_by_hand() {
    let package = Package::notes();
    package.up("2");
    package.write(
        "migrations/003_rebuild.sql",
        "CREATE TABLE n2 (id INTEGER PRIMARY KEY, body TEXT NOT NULL);\nINSERT INTO n2 (id, body) SELECT id, body FROM notes;\n\
         DROP TABLE notes;\nALTER TABLE n2 RENAME TO notes;\n",
    );
    package.sql("app.db", "ALTER TABLE notes ADD COLUMN mine; CREATE INDEX by_hand ON notes (body);");
    snapshot!(package.story(&[
        "status -d app.db",
        "verify -d app.db",
        "up -d app.db --dry-run",
        "up -d app.db --drift error",
        "up -d app.db",
    ]));
}
