//! The verbs of a database.

use crate::kit::{NOTES, Package, TAGS, snapshot};

#[test]
fn from_nothing_to_the_latest_and_back() {
    let package = Package::notes();
    snapshot!(package.story(&[
        "plan -d app.db",
        "up -d app.db --dry-run",
        "up -d app.db --to 1",
        "status -d app.db",
        "plan -d app.db",
        "up -d app.db --dry-run",
        "up -d app.db",
        "up -d app.db",
        "status -d app.db",
        "plan -d app.db --to 1",
        "down -d app.db --to 1 --dry-run",
        "down -d app.db --to 1",
        "down -d app.db --to 1",
        "plan -d app.db --to base",
    ]));
}

#[test]
fn a_dry_run_makes_no_file() {
    let package = Package::notes();
    assert!(package.output(&["up", "-d", "app.db", "--dry-run"]).status.success());
    assert_eq!(package.names("."), ["Cargo.toml", "migrations"]);
}

#[test]
fn a_backup_before_what_destroys() {
    let package = Package::notes();
    package.up("latest");
    package.sql("app.db", "INSERT INTO notes VALUES (1, 'rain'); INSERT INTO tags VALUES (1, 'weather');");
    package.write("migrations/003_drop_tags.sql", "--! allow(drop-table): nobody used them\nDROP TABLE tags;\n");
    snapshot!(package.story(&["plan -d app.db", "plan -d app.db --backup never", "up -d app.db", "backup -d app.db"]));
    let backups: Vec<String> = package.names(".").into_iter().filter(|name| name.ends_with(".backup")).collect();
    assert_eq!(backups.len(), 2, "{backups:?}");
    for name in backups {
        let tags = package.conn(&name).query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0));
        assert_eq!(tags, Ok(1), "{name}");
    }
    package.write("migrations/004_more.sql", "CREATE TABLE more (x);\n");
    assert!(package.shows("up -d app.db --backup always").contains("; backup: app.db.003-to-004."));
    assert_eq!(package.shows("backup -d empty.db"), package.shows("backup -d empty.db"));
}

#[test]
fn versions_have_many_names() {
    let package = Package::notes();
    for word in ["2", "002", "002_add_tags", "002_add_tags.sql", "latest", "1", "0001", "base"] {
        let plan = package.json(&format!("plan -d app.db --json --to {word}"));
        let changes = plan["databases"][0]["changes"].as_array().unwrap().len();
        let expect = match word {
            "base" => 0,
            "1" | "0001" => 1,
            _ => 2,
        };
        assert_eq!(changes, expect, "{word}");
    }
    snapshot!(package.story(&["up -d app.db --to 3", "up -d app.db --to 002_add_tag", "up -d app.db --to lates"]));
    assert_eq!(package.names("."), ["Cargo.toml", "migrations"]);
}

#[test]
fn redo_of_what_was_edited() {
    let package = Package::notes();
    package.up("latest");
    let untouched = package.shows("redo -d app.db");
    package.write("migrations/002_add_tags.sql", &TAGS.replace("name TEXT", "name TEXT UNIQUE"));
    let diverged = package.shows("up -d app.db");
    let edited = package.story(&["redo -d app.db", "status -d app.db", "verify -d app.db"]);
    snapshot!([untouched, diverged, edited].join("\n"));
    let sql: String = package
        .conn("app.db")
        .query_row("SELECT sql FROM sqlite_master WHERE name = 'tags'", [], |row| row.get(0))
        .unwrap();
    assert!(sql.contains("UNIQUE"), "{sql}");
}

#[test]
fn redo_where_there_is_none() {
    let package = Package::notes();
    let story = package.story(&["redo -d app.db"]);
    package.up("base");
    let base = package.shows("redo -d app.db");
    package.up("1");
    // It has no down script.
    let first = package.shows("redo -d app.db");
    package.up("latest");
    package.remove("migrations/002_add_tags.down.sql");
    snapshot!([story, base, first, package.shows("redo -d app.db")].join("\n"));
    // What was released is not edited, and so not redone.
    assert!(package.output(&["lock"]).status.success());
    package.write("migrations/002_add_tags.sql", &TAGS.replace("name TEXT", "name TEXT UNIQUE"));
    assert_eq!(package.output(&["redo", "-d", "app.db"]).status.code(), Some(1));
}

#[test]
fn verifying() {
    let package = Package::notes();
    package.up("1");
    let pending = package.shows("verify -d app.db");
    package.up("latest");
    let fine = package.shows("verify -d app.db");
    package.sql(
        "app.db",
        "PRAGMA foreign_keys = OFF; INSERT INTO tags VALUES (7, 'x'), (8, 'y'); ALTER TABLE notes ADD COLUMN more TEXT;",
    );
    let wrong = package.shows("verify -d app.db");
    package.sql(
        "app.db",
        "CREATE TABLE damaged (x INTEGER); INSERT INTO damaged VALUES (1), (2); CREATE INDEX d ON damaged(x);
         PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE INDEX d ON damaged(-x)' WHERE name = 'd';",
    );
    snapshot!([pending, fine, wrong, package.shows("verify -d app.db")].join("\n"));
}

#[test]
fn adopting() {
    let package = Package::notes();
    package.sql("app.db", NOTES);
    let recognised = package.shows("status -d app.db");
    package.sql("app.db", TAGS);
    let story = package.story(&["adopt -d app.db --at 1", "adopt -d app.db", "adopt -d app.db", "status -d app.db"]);
    package.sql("other.db", NOTES);
    let partly = package.story(&["adopt -d other.db --at 1", "up -d other.db"]);
    snapshot!([recognised, story, partly].join("\n"));
}

#[test]
fn repairing() {
    let package = Package::notes();
    package.up("latest");
    package.write("migrations/002_add_tags.sql", &TAGS.replace("name TEXT", "word TEXT"));
    let refused = package.story(&["repair accept-edit 2 -d app.db", "repair accept-edit base -d app.db"]);
    package.sql("app.db", "ALTER TABLE tags RENAME COLUMN name TO word;");
    let accepted =
        package.story(&["repair accept-edit 2 -d app.db", "status -d app.db", "repair accept-edit 2 -d app.db"]);
    package.remove("migrations/002_add_tags.sql");
    package.remove("migrations/002_add_tags.down.sql");
    let unknown = package.story(&["status -d app.db", "repair forget 3 -d app.db", "repair forget 2 -d app.db"]);
    package.sql("app.db", "DROP TABLE tags;");
    let forgotten = package.story(&[
        "repair forget 2 -d app.db",
        "repair forget 1 -d app.db",
        "repair forget 2 -d app.db",
        "status -d app.db",
    ]);
    snapshot!([refused, accepted, unknown, forgotten].join("\n"));
}

#[test]
fn out_of_order() {
    let package = Package::with(&[("001_create_notes.sql", NOTES), ("003_more.sql", "CREATE TABLE more (x);\n")]);
    package.up("latest");
    package.write("migrations/002_add_tags.sql", TAGS);
    snapshot!(package.story(&[
        "up -d app.db",
        "plan -d app.db --out-of-order",
        "up -d app.db --out-of-order",
        "status -d app.db",
    ]));
}

#[test]
fn a_rust_step_is_the_applications() {
    let package = Package::notes();
    package.write("migrations/003_fill.sql", "--! adopt: run\nUPDATE notes SET body = trim(body);\n");
    package.write("migrations/migrate.toml", "[steps.\"003_fill\"]\nfresh = \"run\"\n");
    let fresh = package.story(&["up -d app.db", "up -d app.db --dry-run", "plan -d app.db --json"]);
    // Nothing is left of what was refused.
    assert_eq!(package.names("."), ["Cargo.toml", "migrations"]);
    package.up("2");
    snapshot!([fresh, package.story(&["plan -d app.db", "up -d app.db", "up -d app.db --to 2"])].join("\n"));
    // Where there is nothing for it to do, it is not missed.
    package.write("migrations/migrate.toml", "[steps.\"003_fill\"]\nfresh = \"skip\"\n");
    assert!(package.output(&["up", "-d", "fresh.db"]).status.success());
}

#[test]
fn a_step_that_only_the_macro_names_is_found() {
    let package = Package::notes();
    package.write("migrations/003_fill.sql", "--! adopt: run\nUPDATE notes SET body = trim(body);\n");
    package.write("src/deep/db.rs", "migrate::migrations! { \"migrations\", after = { \"003_fill\" => fill } }");
    let output = package.output(&["up", "-d", "app.db"]);
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(package.names("."), ["Cargo.toml", "migrations", "src"]);
}
