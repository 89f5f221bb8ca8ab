//! Migrations that the program writes: `diff`, `new --rebuild`, `squash`.

use crate::kit::{NOTES, Package, TAGS, snapshot};

/// Two migrations, and a schema that is edited.
fn edited(schema: &str) -> Package {
    let package = Package::with(&[("001_create_notes.sql", NOTES), ("002_add_tags.sql", TAGS)]);
    package.write("migrations/schema.sql", schema);
    package
}

fn schema() -> String {
    format!("{NOTES}{TAGS}")
}

#[test]
fn help() {
    snapshot!(Package::with(&[]).story(&["diff --help", "squash --help", "new --help"]));
}

#[test]
fn the_migration_that_leads_there() {
    let package = edited(&schema().replace("body TEXT NOT NULL", "body TEXT NOT NULL,\n    color TEXT DEFAULT 'blue'"));
    snapshot!(package.story(&["dump --check", "diff add color", "check", "diff nothing more", "dump --check"]));
    assert_eq!(
        package.read("migrations/003_add_color.sql"),
        "ALTER TABLE notes ADD COLUMN color TEXT DEFAULT 'blue';\n"
    );
    assert_eq!(package.names("migrations").len(), 4);
}

#[test]
fn what_only_the_author_knows() {
    let package = edited(&schema().replace("body TEXT NOT NULL", "text TEXT NOT NULL,\n    kind TEXT NOT NULL"));
    let before = package.files();
    snapshot!(package.story(&[
        "diff guess",
        "diff guess --json",
        "diff guess --rename notes.bdy=text",
        "diff guess --rename text",
        "diff guess --fill notes.kind",
    ]));
    assert_eq!(package.files(), before, "nothing was written");
    snapshot!(package.shows("diff kinds --rename notes.body=text --fill notes.kind='plain' --stdout"));
    assert_eq!(package.files(), before, "it went to the output");
}

#[test]
fn the_examples_of_the_help() {
    let package = Package::notes();
    package.up("latest");
    package.sql("app.db", "INSERT INTO notes VALUES (1, 'rain'); INSERT INTO tags VALUES (1, 'weather');");
    let now = "CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL
);
";
    package.write("migrations/schema.sql", &format!("{now}{}", TAGS.replace("REFERENCES notes", "REFERENCES entries")));
    let written = package.output(&[
        "diff",
        "entries",
        "--rename",
        "notes=entries",
        "--rename",
        "entries.body=text",
        "--fill",
        "entries.kind='plain'",
        "--fill",
        "entries.title=substr(text, 1, 2)",
    ]);
    assert!(written.status.success(), "{written:?}");
    package.up("latest");
    let row = package.conn("app.db").query_row("SELECT text || kind || title FROM entries", [], |row| row.get(0));
    assert_eq!(row, Ok("rainplainra".to_owned()));
}

#[test]
fn a_drop_is_acknowledged() {
    let package = edited(NOTES);
    snapshot!(package.story(&["diff no tags", "diff no tags --drop", "check", "up -d app.db"]));
    assert_eq!(
        package.read("migrations/003_no_tags.sql"),
        "--! allow(drop-table): schema.sql does without it\n\nDROP TABLE tags;\n"
    );
}

#[test]
fn values_that_a_new_type_changes() {
    let package = edited(&schema().replace("name TEXT", "name INTEGER"));
    let before = package.files();
    let refused = package.story(&["diff numbers", "diff numbers --convert tags.nam"]);
    assert_eq!(package.files(), before, "nothing was written");
    snapshot!([refused, package.story(&["diff numbers --convert tags.name", "check"])].join("\n"));
    assert!(package.read("migrations/003_numbers.sql").contains("column name is INTEGER and was TEXT"));
}

#[test]
fn a_virtual_table_is_for_its_author() {
    let package = Package::with(&[("001_search.sql", "CREATE VIRTUAL TABLE search USING fts5(body);\n")]);
    package.write("migrations/schema.sql", "CREATE VIRTUAL TABLE search USING fts5(body, title);\n");
    let before = package.files();
    snapshot!(package.shows("diff titles"));
    assert_eq!(package.files(), before, "nothing was written");
}

#[test]
fn as_json() {
    let package = edited(&schema().replace("name TEXT NOT NULL", "name TEXT NOT NULL UNIQUE"));
    let value = package.json("diff unique --json");
    assert_eq!(value["written"], "migrations/003_unique.sql");
    assert_eq!(value["changes"][0]["sign"], "~");
    assert!(value["changes"][0]["rebuilt"].is_string(), "{value}");
    assert!(value["sql"].as_str().is_some_and(|sql| sql.contains("CREATE TABLE tags_new")), "{value}");
    assert_eq!(value["findings"][0]["id"], "may-fail-on-data");
}

#[test]
fn a_schema_that_is_wrong_or_not_there() {
    let package = edited("CREATE TABLE notes (id INTEGER PRIMARY KEY;\n");
    snapshot!(package.shows("diff broken"));
    package.remove("migrations/schema.sql");
    snapshot!(package.story(&["diff absent", "diff absent --to other.sql"]));
    package.write("other.sql", &format!("{}CREATE TABLE more (x);\n", schema()));
    assert!(package.shows("diff other --to other.sql").contains("+ table more"));
}

#[test]
fn in_the_layout_of_the_directory() {
    let package = Package::with(&[(
        "20260101120000_notes.sql",
        "-- migrate:up\nCREATE TABLE notes (x);\n-- migrate:down\nDROP TABLE notes;\n",
    )]);
    package.write("migrations/schema.sql", "CREATE TABLE notes (x, y);\n");
    assert!(package.output(&["diff", "y"]).status.success());
    let names = package.names("migrations");
    let written = package.read(&format!("migrations/{}", names[1]));
    assert_eq!(written, "-- migrate:up\nALTER TABLE notes ADD COLUMN y;\n\n-- migrate:down\n");
}

#[test]
fn a_rebuild_to_be_changed() {
    let package = Package::notes();
    snapshot!(package.story(&[
        "new stricter notes --rebuild note",
        "new stricter notes --rebuild notes",
        "up -d app.db"
    ]));
    snapshot!(package.read("migrations/003_stricter_notes.sql"));
}

#[test]
fn old_migrations_become_the_base() {
    let package = Package::notes();
    package.write("migrations/003_more.sql", "ALTER TABLE tags ADD COLUMN color TEXT;\n");
    for (name, to) in [("one.db", "1"), ("two.db", "2"), ("three.db", "3")] {
        assert!(package.output(&["up", "-d", name, "--to", to]).status.success());
    }
    assert!(package.output(&["lock"]).status.success());
    let before = package.files();
    snapshot!(package.story(&["squash --upto 3", "squash --upto 9", "squash --upto 2 --dry-run"]));
    assert_eq!(package.files(), before, "nothing was written");
    snapshot!(package.story(&[
        "squash --upto 2 --release 1.4",
        "check",
        "lock --check",
        "up -d one.db",
        "up -d two.db",
        "up -d three.db",
        "up -d fresh.db",
        "status -d two.db",
    ]));
    assert_eq!(package.names("migrations"), ["003_more.sql", "base.sql", "migrations.lock", "squashed.lock"]);
}
