//! Schemas and how they came about; what a shell and a reader get.

use crate::kit::{Package, snapshot};

fn package() -> Package {
    let package = Package::notes();
    package.write(
        "migrations/003_change.sql",
        "ALTER TABLE tags RENAME COLUMN name TO word;\nCREATE INDEX tags_word ON tags(word);\nCREATE VIEW words AS SELECT word FROM tags;\n",
    );
    package.write("migrations/004_nothing.sql", "--! adopt: run\nUPDATE notes SET body = trim(body);\n");
    package
}

#[test]
fn at_any_version() {
    snapshot!(package().story(&[
        "schema",
        "schema --at 1",
        "schema --at base",
        "schema --at 1 --format json",
        "schema --at 2 --format mermaid",
        "schema --at 5",
        "timeline",
    ]));
}

#[test]
fn drawn() {
    let package = package();
    let text = |args: &[&str]| String::from_utf8(package.output(args).stdout).unwrap();
    let svg = text(&["schema", "--format", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.contains(">notes</text>"), "{svg}");
    for args in [["schema", "--format", "html"], ["timeline", "--format", "html"]] {
        let page = text(&args);
        assert!(page.starts_with("<!doctype html>") && page.contains("tags_word"), "{page}");
    }
}

#[test]
fn a_plan_shows_a_rename_as_one() {
    let package = Package::notes();
    package.up("latest");
    package.write(
        "migrations/003_words.up.sql",
        "ALTER TABLE tags RENAME COLUMN name TO word;\nALTER TABLE tags RENAME TO words;\n",
    );
    package.write(
        "migrations/003_words.down.sql",
        "ALTER TABLE words RENAME TO tags;\nALTER TABLE tags RENAME COLUMN word TO name;\n",
    );
    let renamed = |verb: &str| -> Vec<(String, String, String)> {
        let plan = package.json(verb);
        let changes = plan["databases"][0]["changes"].as_array().unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        changes.iter().map(|change| (text(&change["how"]), text(&change["name"]), text(&change["note"]))).collect()
    };
    let is = |name: &str, note: &str| ("renamed".to_owned(), name.to_owned(), note.to_owned());
    assert_eq!(renamed("plan -d app.db --json"), [is("words", "was tags"), is("word", "was name")]);
    assert!(package.shows("plan -d app.db").contains("\n  > table `words`: was tags\n"));
    package.up("latest");
    assert_eq!(renamed("plan -d app.db --json --to 2"), [is("tags", "was words"), is("name", "was word")]);
}

#[test]
fn what_base_makes_comes_first() {
    let package =
        Package::with(&[("base.sql", "CREATE TABLE old (x);\n"), ("001_more.sql", "ALTER TABLE old ADD COLUMN y;\n")]);
    snapshot!(package.shows("timeline"), @"
    $ cargo migrate timeline
    base.sql
      + table `old`
    001_more.sql
      + column `old.y`
    ");
}

#[test]
fn completions_and_manual_pages() {
    let package = Package::with(&[]);
    let text = |args: &[&str]| {
        let output = package.output(args);
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&["completions", shell]);
        assert!(script.contains("cargo-migrate") && script.contains("timeline"), "{shell}: {script}");
    }
    assert!(text(&["man"]).contains(".TH cargo-migrate 1"));
    let up = text(&["man", "up"]);
    assert!(up.contains(".TH cargo-migrate-up 1") && up.contains("dry\\-run"), "{up}");
    snapshot!(package.story(&["man upp", "completions csh"]));
}
