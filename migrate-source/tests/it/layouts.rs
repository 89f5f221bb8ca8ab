//! Every layout that is read, and what it becomes.

use std::fs;

use migrate_source::{Listing, Migration, parse};

use crate::{load_files, load_prepared, rendered};

/// One line a migration: name, number, variant, statements, then those of the other scripts.
fn show(migration: &Migration) -> String {
    let number = migration.number.as_ref().map_or("-".to_owned(), ToString::to_string);
    let mut line = format!("{} {number} {}: ", migration.name, migration.variant);
    line.push_str(&migration.up.sql().collect::<Vec<_>>().join("; "));
    for (what, script) in [("down", &migration.down), ("witness", &migration.witness)] {
        if let Some(script) = script {
            line.push_str(&format!(" | {what}: {}", script.sql().collect::<Vec<_>>().join("; ")));
        }
    }
    if migration.directives.no_transaction.is_some() {
        line.push_str(" | no transaction");
    }
    line
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let (source, findings) = load_files(files);
    assert_eq!(rendered(&source, &findings), "nothing is wrong");
    let shown: Vec<String> = source.migrations.iter().map(show).collect();
    assert_eq!(shown, expected);
}

#[track_caller]
fn names(files: &[&str], expected: &[&str]) {
    let files: Vec<(&str, &str)> = files.iter().map(|name| (*name, "SELECT 1;")).collect();
    let (source, findings) = load_files(&files);
    assert_eq!(rendered(&source, &findings), "nothing is wrong");
    let shown: Vec<&str> = source.migrations.iter().map(|migration| migration.name.as_str()).collect();
    assert_eq!(shown, expected);
}

#[test]
fn numbers_are_ordered_as_numbers() {
    names(&["10_c.sql", "2_b.sql", "0000_a.sql"], &["0000_a.sql", "2_b.sql", "10_c.sql"]);
    names(
        &["99999999999999999999999_a.sql", "100000000000000000000000_b.sql", "018446744073709551616_c.sql"],
        &["018446744073709551616_c.sql", "99999999999999999999999_a.sql", "100000000000000000000000_b.sql"],
    );
    names(&["20240131093000_b.sql", "20231231235959_a.sql"], &["20231231235959_a.sql", "20240131093000_b.sql"]);
}

#[test]
fn without_numbers_by_bytes() {
    names(&["b.sql", "B2.sql", "a b.sql", "é.sql"], &["B2.sql", "a b.sql", "b.sql", "é.sql"]);
    names(&["u1.sql", "v8engine.sql", "B2_gallery.sql"], &["B2_gallery.sql", "u1.sql", "v8engine.sql"]);
}

#[test]
fn names_that_are_fine() {
    names(&["001_add tags.sql", "2_release_1.4.sql"], &["001_add tags.sql", "2_release_1.4.sql"]);
    names(&["001__x.sql", "2024-01-31_y.sql"], &["001__x.sql", "2024-01-31_y.sql"]);
}

#[test]
fn plain() {
    check(
        &[
            ("001_add_tags.sql", "CREATE TABLE a(b);;\nSELECT 2"),
            ("001_add_tags.down.sql", "DROP TABLE a"),
            ("001_add_tags.witness.sql", "INSERT INTO x VALUES (1);"),
        ],
        &[
            "001_add_tags.sql 1 AddTags: CREATE TABLE a(b); SELECT 2 | down: DROP TABLE a | witness: INSERT INTO x VALUES (1)",
        ],
    );
}

#[test]
fn up_and_down_files() {
    check(
        &[("20240131_add.up.sql", "SELECT 1"), ("20240131_add.down.sql", "SELECT 2")],
        &["20240131_add.sql 20240131 Add: SELECT 1 | down: SELECT 2"],
    );
}

#[test]
fn refinery_and_flyway() {
    check(
        &[
            ("V10__c.sql", "SELECT 1"),
            ("V2__add_tags.sql", "SELECT 1"),
            ("V2.1__b.sql", "SELECT 1"),
            ("V2_0_9__a.sql", "SELECT 1"),
            ("V2__add_tags.down.sql", "SELECT 2"),
        ],
        &[
            "V2__add_tags.sql 2 AddTags: SELECT 1 | down: SELECT 2",
            "V2_0_9__a.sql 2.0.9 A: SELECT 1",
            "V2.1__b.sql 2.1 B: SELECT 1",
            "V10__c.sql 10 C: SELECT 1",
        ],
    );
}

#[test]
fn a_directory_per_migration() {
    check(
        &[
            ("2024-01-01-000000_create/up.sql", "SELECT 1"),
            ("2024-01-01-000000_create/down.sql", "SELECT 2"),
            ("20240101000001_more/up.sql", "SELECT 3"),
            ("20240101000001_more/witness.sql", "SELECT 4"),
            ("20240101000001_more/metadata.toml", "run_in_transaction = false\n"),
            ("20240101000002_last/up.sql", "SELECT 5"),
            ("20240101000002_last/metadata.toml", "run_in_transaction = true\n"),
            ("20240101000002_last/notes.md", "…"),
        ],
        &[
            "2024-01-01-000000_create.sql 20240101000000 Create: SELECT 1 | down: SELECT 2",
            "20240101000001_more.sql 20240101000001 More: SELECT 3 | witness: SELECT 4 | no transaction",
            "20240101000002_last.sql 20240101000002 Last: SELECT 5",
        ],
    );
}

#[test]
fn a_directory_per_migration_as_rusqlite_migration_names_it() {
    check(
        &[
            ("1-create_notes/up.sql", "SELECT 1"),
            ("1-create_notes/down.sql", "SELECT 2"),
            ("02-add-tags/up.sql", "SELECT 3"),
            ("10-über uns/up.sql", "SELECT 4"),
            ("11_more/up.sql", "SELECT 5"),
        ],
        &[
            "1-create_notes.sql 1 CreateNotes: SELECT 1 | down: SELECT 2",
            "02-add-tags.sql 2 AddTags: SELECT 3",
            "10-über uns.sql 10 ÜberUns: SELECT 4",
            "11_more.sql 11 More: SELECT 5",
        ],
    );
}

#[test]
fn sections_of_goose() {
    let text = "-- made by goose\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\nSELECT 2\n\
                -- +goose Down\nSELECT 3;\n";
    check(&[("00001_a.sql", text)], &["00001_a.sql 1 A: SELECT 1; SELECT 2 | down: SELECT 3"]);
    let text = "-- +goose no transaction\n--! adopt: run\n--+goose up\nVACUUM;\n-- +GOOSE down\n-- nothing to do\n";
    check(&[("00001_a.sql", text)], &["00001_a.sql 1 A: VACUUM | no transaction"]);
    let text = "-- +migrate Up notransaction\nVACUUM;\n-- +migrate Down\n";
    check(&[("1_a.sql", text)], &["1_a.sql 1 A: VACUUM | no transaction"]);
    let (source, _) = load_files(&[("001_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 3;\n")]);
    let migration = &source.migrations[0];
    assert_eq!(migration.up.statements.first(), Some(&(13..21)), "offsets are offsets in the file");
    assert_eq!(migration.down.as_ref().unwrap().text, migration.up.text);
}

#[test]
fn sections_of_dbmate() {
    let text = "-- migrate:up\nSELECT 1;\n\n-- migrate:down\n";
    check(&[("20240131_a.sql", text)], &["20240131_a.sql 20240131 A: SELECT 1"]);
    let text = "-- migrate: up and away\n-- migrate:up transaction:false\nVACUUM;\n-- migrate:down transaction:false\nSELECT 2\n";
    check(&[("1_a.sql", text)], &["1_a.sql 1 A: VACUUM | down: SELECT 2 | no transaction"]);
    let text = "SELECT 1; -- migrate:down\nSELECT 2;";
    check(&[("1_a.sql", text)], &["1_a.sql 1 A: SELECT 1; SELECT 2"]);
    let text = "SELECT '\n-- migrate:down\n'; /*\n-- migrate:up\n*/";
    check(&[("1_a.sql", text)], &["1_a.sql 1 A: SELECT '\n-- migrate:down\n'"]);
}

#[test]
fn drizzle() {
    let text = "CREATE TABLE a(b);--> statement-breakpoint\nCREATE TABLE c(d);\n--> statement-breakpoint\nSELECT 1";
    check(
        &[("0000_x.sql", text), ("meta/_journal.json", "{}")],
        &["0000_x.sql 0 X: CREATE TABLE a(b); CREATE TABLE c(d); SELECT 1"],
    );
}

#[test]
fn sqlx() {
    check(&[("20240101_a.sql", "-- no-transaction\nVACUUM")], &["20240101_a.sql 20240101 A: VACUUM | no transaction"]);
}

#[test]
fn layouts_may_be_mixed_if_the_numbers_are_unique() {
    names(
        &["001_a.sql", "002_b.up.sql", "003_c/up.sql", "V4__d.sql"],
        &["001_a.sql", "002_b.sql", "003_c.sql", "V4__d.sql"],
    );
}

#[test]
fn what_is_skipped() {
    let skipped = [
        ".001_x.sql",
        ".hidden/up.sql",
        "001_a.sql~",
        "#001_a.sql#",
        ".001_a.sql.swp",
        "001_a.sql.swo",
        "001_a.sql.bak",
        "001_a.sql.orig",
        "001_a.sql.rej",
        "001_a.sql.tmp",
        ".DS_Store",
        "Thumbs.db",
        "README",
        "README.md",
        "NOTES.MD",
        ".gitkeep",
        "001_fixture.json",
        "002_users.csv",
        "dev.db",
        "dev.sqlite3",
        "mod.rs",
        "4913",
        "LICENSE.txt",
        "refinery.toml",
        "001_a.sql___jb_tmp___",
        "diagram.png",
        "meta/x.json",
        "docs/001_old.sql.bak",
        "docs/.hidden.sql",
        "~$001_a.sql",
    ];
    let files: Vec<(&str, &str)> =
        skipped.iter().copied().chain(["001_a.sql"]).map(|name| (name, "SELECT 1")).collect();
    check(&files, &["001_a.sql 1 A: SELECT 1"]);
    let (source, _) = load_files(&files);
    assert_eq!(source.entries, ["001_a.sql", "docs", "meta"]);
    assert_eq!(source.files.len(), 1, "nothing else is opened");
}

#[test]
fn only_what_is_read_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["001_a.sql", "dev.db", "migrate.tml"] {
        fs::write(dir.path().join(name), "x").unwrap();
    }
    let listing = format!("{:?}", migrate_source::read(dir.path(), "migrations").unwrap());
    for entry in ["\"001_a.sql\": File([120])", "\"dev.db\": NotRead", "\"migrate.tml\": NotRead"] {
        assert!(listing.contains(entry), "{listing}");
    }
}

#[test]
fn files_and_entries() {
    let (source, findings) = load_files(&[
        ("001_a.sql", "SELECT 1"),
        ("001_a.down.sql", "SELECT 1"),
        ("002_b/up.sql", "SELECT 1"),
        ("base.sql", "\u{feff}SELECT 1;\r\n"),
        ("schema.sql", "SELECT 1"),
        ("migrate.toml", "shared = true"),
        ("migrations.lock", "# migrate lock 1\n"),
        ("proof.lock", "# migrate proof 1\n"),
    ]);
    assert_eq!(rendered(&source, &findings), "nothing is wrong");
    assert!(source.config.shared);
    assert_eq!(source.base.as_ref().unwrap().text, "SELECT 1;\n");
    let mut shown: Vec<&str> =
        source.files.iter().map(|file| file.shown.strip_prefix("migrations/").unwrap()).collect();
    shown.sort_unstable();
    let expected = [
        "001_a.down.sql",
        "001_a.sql",
        "002_b/up.sql",
        "base.sql",
        "migrate.toml",
        "migrations.lock",
        "proof.lock",
        "schema.sql",
    ];
    assert_eq!(shown, expected);
    assert!(source.files.iter().all(|file| file.path.starts_with(&source.dir)));
    let expected = [
        "001_a.down.sql",
        "001_a.sql",
        "002_b",
        "base.sql",
        "migrate.toml",
        "migrations.lock",
        "proof.lock",
        "schema.sql",
    ];
    assert_eq!(source.entries, expected);
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    let (source, findings) = load_prepared(|dir| {
        let elsewhere = dir.parent().unwrap().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("up.sql"), "SELECT 1").unwrap();
        std::os::unix::fs::symlink(elsewhere.join("up.sql"), dir.join("001_a.sql")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, dir.join("002_b")).unwrap();
        // A link to the directory above would never end.
        std::os::unix::fs::symlink(".", dir.join("again")).unwrap();
    });
    let names: Vec<&str> = source.migrations.iter().map(|migration| migration.name.as_str()).collect();
    assert_eq!(names, ["001_a.sql", "002_b.sql"]);
    assert_eq!(findings[0].id, "unexpected-directory");
}

#[test]
fn a_listing_in_memory_is_the_same_as_a_directory() {
    let files =
        [("001_a/up.sql", "SELECT 1"), ("002-b.sql", "SELECT ?"), ("migrate.toml", "x = 1"), ("meta/a.json", "")];
    let (mut on_disk, found) = load_files(&files);
    let (in_memory, same) = parse(&Listing::from_files(files));
    assert_eq!(found, same);
    let dir = std::mem::replace(&mut on_disk.dir, "migrations".into());
    for file in &mut on_disk.files {
        file.path = std::path::Path::new("migrations").join(file.path.strip_prefix(&dir).unwrap());
    }
    assert_eq!(on_disk, in_memory);
}

#[test]
fn with_errors_the_names_are_known_all_the_same() {
    let (source, findings) = load_files(&[
        ("001_a.sql", "SELECT 'x".as_bytes()),
        ("002_b.sql", b"\xff\xfea\0"),
        ("003-c.sql", b""),
        ("4_A.sql", b"?"),
    ]);
    assert!(findings.len() >= 5);
    let variants: Vec<&str> = source.migrations.iter().map(|migration| migration.variant.as_str()).collect();
    assert_eq!(variants, ["A", "B", "C", "A2"], "distinct, so that a fallback compiles");
}
