//! One mistake a case; each snapshot is read from top to bottom, as a user would.

use std::fs;
use std::path::Path;

use crate::{load_files, load_prepared, rendered};

const OK: &str = "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);\n";

/// The messages of many small directories, each under its title.
#[derive(Default)]
struct Book(String);

impl Book {
    fn case<B: AsRef<[u8]>>(&mut self, title: &str, files: &[(&str, B)]) {
        let (source, findings) = load_files(files);
        self.add(title, &rendered(&source, &findings));
    }

    fn prepared(&mut self, title: &str, prepare: impl FnOnce(&Path)) {
        let (source, findings) = load_prepared(prepare);
        self.add(title, &rendered(&source, &findings));
    }

    /// Names only: each file holds one statement.
    fn names(&mut self, title: &str, names: &[&str]) {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, OK)).collect();
        self.case(title, &files);
    }

    /// A mistake in the text of one migration.
    fn text(&mut self, title: &str, text: impl AsRef<[u8]>) {
        self.case(title, &[("001_create_notes.sql", text)]);
    }

    fn add(&mut self, title: &str, text: &str) {
        self.0.push_str(&format!("######## {title}\n{text}\n\n"));
    }
}

#[test]
fn directories() {
    let mut book = Book::default();
    book.case::<&str>("nothing in it", &[]);
    book.case("nothing but notes", &[("README.md", "how to")]);
    book.case("only a base", &[("base.sql", OK)]);
    book.prepared("an empty migration directory", |dir| fs::create_dir(dir.join("001_create_notes")).unwrap());
    book.names("a directory above the real one", &["postgres/001_a.sql", "sqlite/001_a.sql"]);
    book.names("prisma", &["20240131093000_init/migration.sql"]);
    book.names("drizzle's meta is none of ours", &["0000_init.sql", "meta/_journal.json", "meta/0000_snapshot.json"]);
    book.names("sql in a directory that is not a migration", &["001_a.sql", "old/000_z.sql"]);
    book.names("a script too many", &["001_a/up.sql", "001_a/dwon.sql", "001_a/seed.sql"]);
    book.names("capitals in a migration directory", &["001_a/Up.sql"]);
    book.names("only the way down", &["001_a/down.sql"]);
    book.names("inside of one migration", &["up.sql", "down.sql"]);
    book.case(
        "empty, under names that are not right",
        &[("001-a.SQL", ""), ("002-b.sql", "-- to do\n"), ("V3_c.sql", "")],
    );
    book.names("directories named like files", &["001_a.sql/up.sql", "base/up.sql", "migrate.toml/x", "002b/up.sql"]);
    book.names(
        "dashes after numbers",
        &["1-a.sql", "2-2fa/up.sql", "3-_c/up.sql", "4--d/up.sql", "5-/up.sql", "2024-01_e/up.sql"],
    );
    book.names("a dash and an underscore after one number", &["1-a/up.sql", "1_b/up.sql"]);

    let parent = tempfile::tempdir().unwrap();
    fs::create_dir_all(parent.path().join("db/migrations")).unwrap();
    fs::write(parent.path().join("db/migration.txt"), "").unwrap();
    for (title, shown) in [
        ("missing", "sql"),
        ("missing, and there is one of a similar name", "db/migratons"),
        ("a file", "db/migration.txt"),
    ] {
        let (source, findings) = migrate_source::load(&parent.path().join(shown), shown);
        book.add(title, &rendered(&source, &findings));
    }
    insta::assert_snapshot!(book.0);
}

#[test]
fn names() {
    let mut book = Book::default();
    book.names("duplicate number", &["002_add_tags.sql", "2_add_users.sql", "02_more.sql"]);
    book.names("the same migration in two layouts", &["001_a.sql", "001_a.up.sql", "001_a/up.sql"]);
    book.names("case alone, without numbers", &["Notes.sql", "notes.sql"]);
    book.names("one without a number", &["001_a.sql", "002_b.sql", "seed.sql"]);
    book.names("one with a number", &["a.sql", "b.sql", "003_c.sql"]);
    book.names("nearly schema.sql", &["001_a.sql", "shema.sql"]);
    book.names("timestamps and one without", &["20240131093000_a.sql", "seed.sql"]);
    book.names("dates and one without", &["20240131_a.sql", "seed.sql"]);
    book.names("down of nothing", &["001_add_tags.sql", "001_other_words.down.sql", "002_more.down.sql"]);
    book.names("witness of nothing", &["001_add_tags.sql", "01_add_tags.witness.sql"]);
    book.names("base and schema have no down", &["001_a.sql", "base.down.sql", "schema.up.sql"]);
    book.names("variants collide", &["001_add_tags.sql", "002_add-tags.sql", "003_add_tags2.sql"]);
    book.case(
        "a name given twice",
        &[("001_a.sql", OK), ("002_b.sql", "--! name: A\nSELECT 1;"), ("003_c.sql", "--! name: C\nSELECT 1;")],
    );
    insta::assert_snapshot!(book.0);
}

#[test]
fn near_misses() {
    let mut book = Book::default();
    for name in [
        "001_add_tags.SQL",
        "001_add_tags.sql.txt",
        "001_add_tags.sql.disabled",
        "001_add_tags.slq",
        "001_add_tags.txt",
        "001_add_tags",
        "V1__add_tags.rs",
        "001_add_tags.py",
        "001addtags.sql",
        "001-add-tags.sql",
        "001 add tags.sql",
        "001.sql",
        "001_.sql",
        "1.2.0_add_tags.sql",
        "20240131-093000_add_tags.sql",
        "2024-01-31-add-tags.sql",
        "V1_add_tags.sql",
        "v1__add_tags.sql",
        "V1.sql",
        "U1__add_tags.sql",
        "R__views.sql",
        "B1__base.sql",
        "a..sql",
        " 001_add_tags.sql",
        "001_add\ttags.sql",
        "001_add_tags.dwon.sql",
        "001_add_tags.Down.sql",
        "001_add_tags.undo.sql",
        "Schema.sql",
        "base.SQL",
        "Migrate.toml",
        "migrate.tml",
        "migration.toml",
        "migrations.lok",
    ] {
        book.names(&format!("{name:?}"), &[name]);
    }
    insta::assert_snapshot!(book.0);
}

#[test]
fn texts() {
    let mut book = Book::default();
    book.text("latin-1", b"CREATE TABLE notes(\r\n  body TEXT DEFAULT 'caf\xe9'\r\n);");
    book.text("UTF-16 with a BOM", b"\xff\xfeS\0E\0L\0");
    book.text("UTF-16 without", b"S\0E\0L\0E\0C\0T\0");
    book.text("UTF-16 without, big end first", b"\0S\0E\0L\0E\0C\0T");
    book.text("a NUL byte", "SELECT 1;\nSELECT 'a\0b';");
    book.text("CR alone", "-- one\rSELECT 1;\rSELECT 2;");
    book.text("a stray CR", "SELECT 1;\n-- two\rSELECT 2;\n");
    book.text(
        "a conflict",
        "CREATE TABLE notes(\n<<<<<<< HEAD\n  body TEXT\n=======\n  body BLOB\n>>>>>>> feature/blob\n);\n",
    );
    book.text("half of a conflict", "--! typo: here\nSELECT ?;\n>>>>>>> feature/blob\n");
    book.text(
        "a string that never ends",
        "INSERT INTO notes VALUES (1, 'it''s fine');\nINSERT INTO notes VALUES (2, 'it's not');\n",
    );
    book.text("a name that never ends", "CREATE TABLE [notes(id);\n");
    book.text("a blob that never ends", "SELECT x'00;\n");
    book.text("a comment that never ends", "SELECT 1;\n/* the rest\nSELECT 2;\n");
    book.text(
        "a trigger that never ends",
        "CREATE TRIGGER t AFTER INSERT ON notes BEGIN\n  DELETE FROM notes;\n\nCREATE TABLE tags(id);\n",
    );
    book.text("a string that never ends in a trigger", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 'x;\nEND;\n");
    book.text("parameters", "INSERT INTO notes(body) VALUES (?, ?2);\nSELECT :name;\nSELECT '1'::text;\n# a comment\n");
    book.text("a file that is too large", format!("SELECT '{}'", "x".repeat(5_000_000)));
    book.text("an empty file", "");
    book.text("comments only", "-- to do\n\n/* soon */\n");
    book.case(
        "other files that are empty",
        &[
            ("001_a.sql", OK),
            ("001_a.down.sql", "-- This file should undo anything in `up.sql`\n"),
            ("001_a.witness.sql", ";"),
            ("base.sql", "\n"),
            ("schema.sql", ""),
        ],
    );
    book.text("tabs, wide letters and a long line", {
        let long = "x, ".repeat(200);
        format!("CREATE TABLE t(a TEXT);\n\tSELECT\t'日本語', '👩‍👩‍👧',\t?;\nSELECT {long} ?1, {long} 1;\n")
    });
    insta::assert_snapshot!(book.0);
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read() {
    let mut book = Book::default();
    book.prepared("a broken link", |dir| {
        fs::write(dir.join("001_a.sql"), OK).unwrap();
        std::os::unix::fs::symlink("gone.sql", dir.join("002_b.sql")).unwrap();
        // An editor's lock is one too.
        std::os::unix::fs::symlink("me@here.1", dir.join(".#001_a.sql")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.join("README.md")).unwrap();
        fs::create_dir(dir.join("003_c")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.join("003_c/up.sql")).unwrap();
    });
    book.prepared("a name that is not UTF-8", |dir| {
        use std::os::unix::ffi::OsStrExt;
        fs::write(dir.join("001_a.sql"), OK).unwrap();
        fs::write(dir.join(std::ffi::OsStr::from_bytes(b"002_caf\xe9.sql")), OK).unwrap();
        fs::write(dir.join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "").unwrap();
    });
    insta::assert_snapshot!(book.0);
}

#[test]
fn directives() {
    let mut book = Book::default();
    for line in [
        "--! transacton: none",
        "--! transaction: off",
        "--! transaction none",
        "--! transaction:",
        "--! foreign_keys: off",
        "--! foreign-keys: on",
        "--! adopt: ran",
        "--! adopt: maybe -- why not",
        "--! name: addTags",
        "--! name: Self",
        "--! name: 2fa",
        "--! allow(drop-column)",
        "--! allow(drop-column): -- ",
        "--! allow: drop-column",
        "--! allow(drop-column, drop-table): unused",
        "--! unproved:",
        "--! this one is important",
        "--!",
        "-- ! transaction: none",
        "--! marker: colum notes.body",
        "--! marker: column body -- the new one",
        "--! marker: table main.notes",
        "--! marker: no definition notes",
        "--! marker: table",
        "--! marker: notes",
        "--! marker:",
        "--! marker: table 2fa",
        "--! marker: table 'notes'",
        "--! marker: table notes because it is new",
        "--! marker: table \"notes",
    ] {
        book.text(line, format!("-- the first\n{line}\n{OK}"));
    }
    let twice = "--! transaction: none\n--! adopt: run\n--! allow(a): x\n--! marker: table t\n--! name: A\n--! foreign_keys: on\n--! unproved: y\n";
    book.text("everything twice", format!("{twice}{twice}{OK}"));
    book.text("late", format!("{OK}--! adopt: run\n"));
    book.case(
        "in other files",
        &[
            ("001_a.sql", OK),
            ("001_a.down.sql", "--! transaction: none\nSELECT 1;"),
            ("base.sql", "--! marker: table notes\nSELECT 1;"),
        ],
    );
    insta::assert_snapshot!(book.0);
}

#[test]
fn sections() {
    let mut book = Book::default();
    book.text("no up", "-- +goose Down\nDROP TABLE notes;\n");
    book.text("dbmate without up", "CREATE TABLE notes(id);\n-- migrate:down\nDROP TABLE notes;\n");
    book.text("down first", "-- +goose Down\nDROP TABLE notes;\n-- +goose Up\nCREATE TABLE notes(id);\n");
    book.text("two of a kind", "-- +goose Up\nSELECT 1;\n-- +goose Up\nSELECT 2;\n");
    book.text("a statement before", "PRAGMA user_version = 1;\n-- migrate:up\nSELECT 1;\n");
    book.text("misspelt", "-- +goose Up\nSELECT 1;\n-- +goose Dwon\nSELECT 2;\n");
    book.text("misspelt for dbmate", "-- migrate:up\nSELECT 1;\n-- migrate:donw\nSELECT 2;\n");
    book.text("substitution", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;\n");
    book.text("two tools", "-- +goose Up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n");
    book.text("an option", "-- migrate:up transaction:no\nSELECT 1;\n");
    book.text("down without a transaction", "-- migrate:up\nSELECT 1;\n-- migrate:down transaction:false\nSELECT 2;\n");
    book.text("empty up", "-- migrate:up\n\n-- migrate:down\nDROP TABLE notes;\n");
    book.text(
        "a trigger that the section ends within",
        "-- +goose Up\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;\n-- +goose Down\nDROP TRIGGER t;\n",
    );
    book.case(
        "a second down",
        &[("001_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"), ("001_a.down.sql", "SELECT 3;\n")],
    );
    book.case("in a down script", &[("001_a.sql", OK), ("001_a.down.sql", "-- +goose Down\nSELECT 1;\n")]);
    insta::assert_snapshot!(book.0);
}

#[test]
fn config() {
    let mut book = Book::default();
    for text in [
        "history_tabel = \"history\"",
        "colour = 1",
        "history_table = 1",
        "history_table = \"\"",
        "history_table = \"SQLite_history\"",
        "shared = \"yes\"",
        "collations = \"german\"",
        "collations = [\"german\", 1, \"German\"]",
        "functions = [\"slug\"]",
        "functions = [{ arguments = 1 }]",
        "functions = [{ name = \"slug\", arguments = 200, deterministc = true }]",
        "functions = [{ name = \"slug\", arguments = \"some\" }]",
        "functions = [{ name = \"slug\" }, { name = \"Slug\" }]",
        "min_sqlite = 3.45",
        "min_sqlite = \"4.0\"",
        "target = \"postgres\"",
        "target = \"sqdl\"",
        "[steps.\"001_create_note\"]\nfresh = \"skip\"",
        "[steps.\"001_create_notes\"]\nfresh = \"skp\"\nwhen = 1",
        "[steps.\"001_create_notes\"]\n[steps.\"001_create_notes.sql\"]",
        "steps = 1",
        "shared = tru",
        "shared = true\nshared = false",
        "[steps\nshared = true\n",
        "<<<<<<< HEAD\nshared = true\n=======\n>>>>>>> other\n",
        "min_sqlite = \"caf\\u00e9\"  # ende\nx = '",
    ] {
        book.case(text, &[("001_create_notes.sql", OK), ("migrate.toml", text)]);
    }
    insta::assert_snapshot!(book.0);
}

#[test]
fn everything_is_said_at_once() {
    let mut book = Book::default();
    book.case(
        "six mistakes",
        &[
            ("001_a.sql", "--! adpot: run\nSELECT ?;\n"),
            ("002-b.sql", "SELECT 'x;\n"),
            ("002_c.sql", ""),
            ("migrate.toml", "share = true\n"),
        ],
    );
    insta::assert_snapshot!(book.0);
}
