//! `--json` on every verb.

use serde_json::Value;

use crate::kit::{Package, filters, words};

#[track_caller]
fn shape(package: &Package, name: &str, line: &str) {
    let value = package.json(line);
    let own = package.path("").canonicalize().unwrap().display().to_string();
    let text = serde_json::to_string_pretty(&value).unwrap().replace(&own, "[dir]");
    filters().bind(|| insta::assert_snapshot!(format!("json_{name}"), format!("$ cargo migrate {line}\n{text}")));
}

#[test]
fn of_a_directory() {
    let package = Package::with(&[]);
    shape(&package, "init", "init --json");
    let package = Package::notes();
    shape(&package, "new", "new more --down --json");
    shape(&package, "check", "check --json");
    package.remove("migrations/003_more.sql");
    package.remove("migrations/003_more.down.sql");
    shape(&package, "check_fine", "check --json --write");
    shape(&package, "dump", "dump --json");
    shape(&package, "lock", "lock --json");
    shape(&package, "schema", "schema --json");
    let timeline = package.json("timeline --json");
    assert_eq!(timeline["versions"].as_array().map(Vec::len), Some(3));
    assert_eq!(package.json("check --list --json")["list"][0]["id"], "adopt-changes-schema");
    assert_eq!(package.json("check --explain too-slow --json")["id"], "too-slow");
}

#[test]
fn of_a_database() {
    let package = Package::notes();
    package.up("1");
    shape(&package, "status", "status -d app.db --json");
    shape(&package, "plan", "plan -d app.db --json");
    shape(&package, "up", "up -d app.db --json");
    shape(&package, "verify", "verify -d app.db --json");
    shape(&package, "redo", "redo -d app.db --json");
    shape(&package, "down", "down -d app.db --to 1 --json");
    shape(&package, "adopt", "adopt -d app.db --at 1 --json");
    shape(&package, "backup", "backup -d app.db --json");
}

#[test]
fn of_what_fails() {
    let package = Package::notes();
    package.up("latest");
    shape(&package, "failed_one", "status -d none.db --json");
    shape(&package, "usage", "status --json");
    shape(&package, "usage_of_clap", "status --json --nonsense");
    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags (other);\n");
    shape(&package, "refused", "up -d app.db -d other.db --json");
    package.write("migrations/003_more.sql", "DROP TABLE nothing;\n");
    shape(&package, "findings", "up -d app.db --json");
}

#[test]
fn every_answer_says_which_verb_and_how_it_ended() {
    let package = Package::notes();
    package.up("latest");
    for line in [
        "status -d app.db",
        "plan -d app.db",
        "up -d app.db",
        "verify -d app.db",
        "redo -d app.db",
        "adopt -d app.db",
        "backup -d app.db",
        "down -d app.db --to 1",
        "check",
        "dump",
        "lock",
        "new more",
        "repair forget 9 -d app.db",
    ] {
        let value: Value = package.json(&format!("{line} --json"));
        assert_eq!(value["version"], 1, "{line}");
        assert_eq!(value["verb"], words(line)[0], "{line}");
        assert!(value["exit"].is_string(), "{line}: {value}");
    }
}
