//! The verbs of a directory: what they write, and what they say.

use crate::kit::{NOTES, Package, TAGS, snapshot};

#[test]
fn a_package_begins() {
    let package = Package::with(&[]);
    snapshot!(package.story(&["init create notes", "init", "check"]));
    assert_eq!(package.names("."), ["Cargo.toml", "build.rs", "migrations"]);
    assert_eq!(package.read("build.rs"), "fn main() {\n    println!(\"cargo::rerun-if-changed=migrations\");\n}\n");
}

#[test]
fn a_package_that_has_a_build_script_keeps_it() {
    let package = Package::with(&[]);
    package.write("build.rs", "fn main() {}\n");
    snapshot!(package.shows("init --dir data/changes"));
    assert_eq!(package.read("build.rs"), "fn main() {}\n");
    let package = Package::with(&[]);
    package.write("build.rs", "fn main() { println!(\"cargo::rerun-if-changed=migrations\"); }\n");
    assert!(!package.shows("init").contains("build.rs"));
}

#[test]
fn the_next_file_is_named_as_the_newest() {
    for (names, words, expect) in [
        (vec![("009_a.sql", NOTES)], "Add Tags!", vec!["010_add_tags.sql"]),
        (vec![("9_a.sql", NOTES)], "b --down", vec!["10_b.down.sql", "10_b.sql"]),
        (vec![("V1__a.sql", NOTES)], "b", vec!["V2__b.sql"]),
        (vec![("001_a.up.sql", NOTES)], "b --down", vec!["002_b.down.sql", "002_b.up.sql"]),
        (vec![("create_notes.sql", NOTES)], "extend notes", vec!["extend_notes.sql"]),
        (vec![("99999999999999_a.sql", NOTES)], "b", vec!["100000000000000_b.sql"]),
        (vec![("29991231235959_a.sql", NOTES)], "b", vec!["29991231235960_b.sql"]),
        (vec![], "b", vec!["001_b.sql"]),
    ] {
        let package = Package::with(&names);
        package.write("migrations/.keep", "");
        let before = package.names("migrations");
        let output = package.output(&[vec!["new"], words.split(' ').collect()].concat());
        assert!(output.status.success(), "{output:?}");
        let mut after = package.names("migrations");
        after.retain(|name| !before.contains(name));
        assert_eq!(after, expect, "{names:?}");
        // It is of no layout's mistakes: what it lacks are statements.
        let findings = package.json("check --json");
        let ids: Vec<&str> =
            findings["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect();
        assert!(ids.iter().all(|id| ["empty-migration", "empty-file"].contains(id)), "{names:?}: {ids:?}");
    }
}

#[test]
fn the_next_file_has_the_time_where_the_others_have() {
    let package = Package::with(&[("20200101000000_a.sql", NOTES)]);
    assert!(package.output(&["new", "b"]).status.success());
    let names = package.names("migrations");
    let (time, words) = names[1].split_once('_').unwrap();
    assert_eq!((time.len(), &time[..2], words), (14, "20", "b.sql"));
    assert!(time > "20260101000000", "{time}");
}

#[test]
fn the_next_file_has_the_sections_of_the_others() {
    let package =
        Package::with(&[("001_a.sql", "-- migrate:up\nCREATE TABLE a(x);\n-- migrate:down\nDROP TABLE a;\n")]);
    assert!(package.output(&["new", "b"]).status.success());
    assert_eq!(package.read("migrations/002_b.sql"), "-- migrate:up\n\n-- migrate:down\n");
    let package = Package::with(&[("001_a/up.sql", NOTES), ("001_a/down.sql", "DROP TABLE notes;")]);
    assert!(package.output(&["new", "b"]).status.success());
    assert_eq!(package.names("migrations"), ["001_a", "002_b"]);
    assert_eq!(package.names("migrations/002_b"), ["up.sql"]);
}

#[test]
fn the_next_directory_is_named_as_rusqlite_migration_reads_it() {
    for (newest, expect) in [
        ("1-create_notes", "2-add_tags"),
        ("09-create-notes", "10-add_tags"),
        ("1_create_notes", "2_add_tags"),
        ("20200101-create_notes", "20"),
    ] {
        let package = Package::with(&[]);
        package.write(&format!("migrations/{newest}/up.sql"), NOTES);
        assert!(package.output(&["new", "add", "tags", "--down"]).status.success());
        let mut names = package.names("migrations");
        names.retain(|name| name != newest);
        // A number that is a date is followed by today's.
        assert!(names.len() == 1 && names[0].starts_with(expect) && names[0].ends_with("add_tags"), "{names:?}");
        assert_eq!(names[0].contains('-'), newest.contains('-'), "{names:?}");
        assert!(expect != "20" || names[0].as_str() > "20260101-add_tags", "{names:?}");
        assert_eq!(package.names(&format!("migrations/{}", names[0])), ["down.sql", "up.sql"]);
        package.write(&format!("migrations/{}/up.sql", names[0]), "CREATE TABLE tags (name TEXT);");
        package.write(&format!("migrations/{}/down.sql", names[0]), "DROP TABLE tags;");
        let findings = package.json("check --json");
        assert_eq!(findings["findings"].as_array().map(Vec::len), Some(0), "{findings}");
    }
}

#[test]
fn a_new_file_makes_cargo_look() {
    let package = Package::notes();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let path = package.path("migrations/001_create_notes.sql");
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(old).unwrap();
    assert!(package.output(&["new", "more"]).status.success());
    assert!(package.files()[&path].1 > old);
    assert_eq!(package.read("migrations/001_create_notes.sql"), NOTES);
}

#[test]
fn what_new_refuses() {
    let package = Package::with(&[]);
    let unnumbered = Package::with(&[("create_notes.sql", NOTES)]);
    let stories = [
        package.shows("new add tags"),
        package.shows("new"),
        Package::notes().shows("new !!!"),
        unnumbered.shows("new add tags"),
    ];
    snapshot!(stories.join("\n"));
}

#[test]
fn checking() {
    let package = Package::with(&[
        ("001_create_notes.sql", NOTES),
        ("002_broken.sql", "ALTER TABLE notse ADD COLUMN tag TEXT;\n"),
        ("003_late.sql", "ALTER TABLE notes ADD COLUMN at TEXT NOT NULL;\n"),
    ]);
    snapshot!(package.story(&["check", "check --write", "lock", "dump", "schema", "timeline", "status -d app.db"]));
    assert_eq!(package.names("."), ["Cargo.toml", "migrations"]);
    assert_eq!(package.names("migrations").len(), 3);
}

#[test]
fn warnings() {
    let unique = "CREATE UNIQUE INDEX one_body ON notes(body);\n";
    let package = Package::with(&[("001_create_notes.sql", NOTES), ("002_unique.sql", unique)]);
    package.up("1");
    snapshot!(package.story(&["check", "check --deny-warnings", "plan -d app.db"]));
}

#[test]
fn a_proof_is_written_and_written_anew() {
    let package = Package::notes();
    assert!(package.output(&["check", "--write"]).status.success());
    let proof = package.read("migrations/proof.lock");
    package.write("migrations/003_more.sql", "CREATE TABLE more (x);\n");
    snapshot!(package.story(&["check", "check --write", "check"]));
    assert_ne!(package.read("migrations/proof.lock"), proof);
}

#[test]
fn pages() {
    let package = Package::with(&[]);
    let list = package.output(&["check", "--list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("\nfails-on-data (error)\n    "), "{list}");
    assert!(list.lines().count() > 180);
    snapshot!(package.story(&["check --explain empty-file", "check --explain empty-fil", "check --explain x"]));
}

#[test]
fn dumping() {
    let package = Package::notes();
    snapshot!(package.story(&["dump --check", "dump --stdout", "dump", "dump", "dump --check"]));
    package.write("migrations/003_more.sql", "ALTER TABLE notes ADD COLUMN more TEXT;\n");
    snapshot!(package.story(&["dump --check", "dump", "check"]));
    assert!(package.read("migrations/schema.sql").contains("more TEXT"));
}

#[test]
fn locking() {
    let package = Package::notes();
    let story = package.story(&["lock --check", "lock", "lock", "lock --check", "new more"]);
    package.write("migrations/003_more.sql", "CREATE TABLE more (x);\n");
    let more = package.story(&["lock --check", "lock"]);
    package.write("migrations/002_add_tags.sql", &TAGS.replace("name", "word"));
    let edited = package.story(&["lock", "status -d app.db"]);
    snapshot!([story, more, edited].join("\n"));
}

#[test]
fn markers_and_steps_are_those_of_the_macro() {
    let package = Package::notes();
    package.write("migrations/003_fill.sql", "--! adopt: run\nUPDATE notes SET body = trim(body);\n");
    package.write("migrations/migrate.toml", "[steps.\"003_fill\"]\nfresh = \"run\"\n");
    package.write(
        "src/main.rs",
        "mod db { migrate::migrations!(\"migrations\", markers = [table tagz], after = { \"003_fill\" => crate::fill }); }",
    );
    snapshot!(package.shows("check"));
    package.write(
        "src/main.rs",
        "mod db { migrate::migrations!(\"migrations\", after = { \"003_fill\" => crate::fill }); }",
    );
    assert!(package.output(&["check"]).status.success());
    // The step of another directory's list is no business of this one.
    package.write("src/main.rs", "mod db { migrate::migrations!(\"others\", markers = [table tagz]); }");
    assert!(package.output(&["check"]).status.success());
}
