//! Verbs that read only: no file is made, none is written.

use crate::kit::{Package, snapshot, words};

const READING: [&str; 12] = [
    "status -d app.db",
    "status -d app.db --json",
    "plan -d app.db",
    "plan -d app.db --json",
    "verify -d app.db",
    "check",
    "dump --check",
    "dump --stdout",
    "lock --check",
    "schema",
    "timeline",
    "up -d none.db --dry-run",
];

#[track_caller]
fn nothing_is_written(package: &Package) {
    let before = package.files();
    for line in READING {
        let output = package.output(&words(line));
        assert_ne!(output.status.code(), Some(4), "{line}: {output:?}");
        assert_eq!(package.files(), before, "{line}");
    }
}

#[test]
fn an_ordinary_database() {
    let package = Package::notes();
    package.up("1");
    nothing_is_written(&package);
}

#[test]
fn a_database_in_wal_mode() {
    let package = Package::notes();
    package.up("1");
    package.sql("app.db", "PRAGMA journal_mode = WAL; INSERT INTO notes VALUES (1, 'rain');");
    assert_eq!(package.names("."), ["Cargo.toml", "app.db", "migrations"]);
    nothing_is_written(&package);
}

#[test]
fn a_database_in_wal_mode_that_is_in_use() {
    let package = Package::notes();
    package.up("1");
    let conn = package.conn("app.db");
    conn.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO notes VALUES (1, 'rain');").unwrap();
    nothing_is_written_but_the_index(&package);
    drop(conn);
}

/// The index of a log in use is shared memory, in which every reader notes that it reads.
#[track_caller]
fn nothing_is_written_but_the_index(package: &Package) {
    let files = || {
        let mut files = package.files();
        files.retain(|path, _| !path.to_string_lossy().ends_with("-shm"));
        files
    };
    let before = files();
    for line in READING {
        let output = package.output(&words(line));
        assert_ne!(output.status.code(), Some(4), "{line}: {output:?}");
        assert_eq!(files(), before, "{line}");
    }
}

#[test]
fn a_database_that_nobody_may_write() {
    let package = Package::notes();
    package.up("1");
    let path = package.path("app.db");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    nothing_is_written(&package);
}

#[test]
fn a_file_that_is_not_there() {
    let package = Package::notes();
    let before = package.files();
    for line in ["status -d app.db", "verify -d app.db", "backup -d app.db", "down --to 1 -d app.db", "adopt -d app.db"]
    {
        assert_eq!(package.output(&words(line)).status.code(), Some(4), "{line}");
        assert_eq!(package.files(), before, "{line}");
    }
    assert_eq!(package.output(&["plan", "-d", "app.db"]).status.code(), Some(1));
    assert_eq!(package.files(), before);
}

#[test]
fn what_a_dead_program_began_is_left_to_its_next_start() {
    let package = Package::notes();
    package.up("1");
    // A journal with a valid head is hot: whoever may write rolls it back.
    let conn = package.conn("app.db");
    conn.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE").unwrap();
    for _ in 0..200 {
        conn.execute("INSERT INTO notes (body) VALUES (hex(randomblob(2000)))", []).unwrap();
    }
    let (journal, spilled) = (package.path("app.db-journal"), package.path("app.db"));
    let (journal, spilled) = (std::fs::read(journal).unwrap(), std::fs::read(spilled).unwrap());
    drop(conn);
    std::fs::write(package.path("app.db"), spilled).unwrap();
    std::fs::write(package.path("app.db-journal"), journal).unwrap();
    let before = package.files();
    snapshot!(package.story(&["status -d app.db", "plan -d app.db", "verify -d app.db", "status -d app.db --json"]));
    // The same where the directory is not looked at.
    package.write("migrations/003_bad.sql", "CREATE TABL;");
    let said = package.shows("status -d app.db");
    assert!(said.contains("the last program that wrote to it was interrupted"), "{said}");
    package.remove("migrations/003_bad.sql");
    assert_eq!(package.files(), before);
    // What the help says is so.
    assert!(package.output(&["backup", "-d", "app.db"]).status.success());
    assert_eq!(package.output(&["verify", "-d", "app.db"]).status.code(), Some(0));
    assert_eq!(package.conn("app.db").query_row("SELECT count(*) FROM notes", [], |row| row.get(0)), Ok(0));
}
