//! Whatever a proof is made from is part of the key: if any of it is another, an earlier proof is of no use.

use std::time::Duration;

use migrate_check::{Declared, Reused, check_cached_within};
use migrate_source::{Listing, Source, parse, parse_marker};

use super::LIMIT;

const FILES: [(&str, &str); 8] = [
    ("migrate.toml", "functions = [{ name = \"slug\", arguments = 1 }]\n"),
    ("base.sql", "CREATE TABLE base(id INTEGER PRIMARY KEY);\n"),
    ("001_a.sql", "CREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT);\n"),
    ("001_a.down.sql", "DROP TABLE a;\n"),
    ("002_b.sql", "--! marker: table b\nCREATE TABLE b(id INTEGER PRIMARY KEY);\n"),
    ("002_b.witness.sql", "INSERT INTO a VALUES (1, 'x');\n"),
    ("003_c.sql", "--! marker: table c\nCREATE TABLE c(id INTEGER PRIMARY KEY);\n"),
    (
        "schema.sql",
        "CREATE TABLE base(id INTEGER PRIMARY KEY);\nCREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT);\n\
         CREATE TABLE b(id INTEGER PRIMARY KEY);\nCREATE TABLE c(id INTEGER PRIMARY KEY);\n",
    ),
];

fn files() -> Vec<(String, String)> {
    FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn source(files: &[(String, String)]) -> Source {
    parse(&Listing::from_files(files.iter().cloned())).0
}

/// What is of use after one proof, to a proof of something else.
fn after(source: &Source, declared: &Declared, limit: Duration) -> Reused {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    let (checked, _) = check_cached_within(&self::source(&files()), &Declared::default(), LIMIT, &dir);
    assert!(checked.set.is_some(), "{:?}", checked.findings);
    check_cached_within(source, declared, limit, &dir).1
}

#[test]
fn the_same_again_is_not_proved_again() {
    let all = Reused { verdict: true, ..Reused::default() };
    assert_eq!(after(&source(&files()), &Declared::default(), LIMIT), all);
    // Where the directory is does not matter, and neither does what only the macro looks at.
    let mut elsewhere = source(&files());
    elsewhere.dir = "/elsewhere".into();
    elsewhere.migrations[0].variant = "Other".to_owned();
    assert_eq!(after(&elsewhere, &Declared::default(), LIMIT), all);
}

#[test]
fn an_edit_of_a_file_leaves_what_comes_before_it() {
    let check = |name: &str, expected: usize| {
        let mut files = files();
        let (_, text) = files.iter_mut().find(|(other, _)| other == name).unwrap();
        text.push_str(if name == "migrate.toml" { "# edited\n" } else { "-- edited\n" });
        let reused = after(&source(&files), &Declared::default(), LIMIT);
        let states = Reused { verdict: false, replay: expected, witness: expected };
        assert_eq!(reused, states, "{name}");
    };
    check("migrate.toml", 3);
    check("base.sql", 0);
    check("001_a.sql", 0);
    check("001_a.down.sql", 0);
    // States are kept at the newest position and the one before.
    check("002_b.sql", 0);
    check("002_b.witness.sql", 0);
    check("003_c.sql", 2);
    check("schema.sql", 3);
}

#[test]
fn every_input_counts() {
    type Edit = fn(&mut Source, &mut Declared);
    let edits: [(&str, Edit, usize); 22] = [
        ("shown", |source, _| source.shown.push('x'), 3),
        ("config", |source, _| source.config.min_sqlite = 3_045_000, 0),
        ("base text", |source, _| source.base.as_mut().unwrap().text.push(' '), 0),
        ("base statements", |source, _| source.base.as_mut().unwrap().statements.clear(), 0),
        ("no base", |source, _| source.base = None, 0),
        ("schema", |source, _| source.schema.as_mut().unwrap().shown.push('x'), 3),
        ("no schema", |source, _| source.schema = None, 3),
        ("lock", |source, _| source.lock = Some(migrate_source::Lock { shown: String::new(), entries: Vec::new() }), 3),
        ("entries", |source, _| source.entries.push("x".to_owned()), 3),
        ("file name", |source, _| source.files[0].shown.push('x'), 3),
        ("file text", |source, _| source.files[0].text.as_mut().unwrap().push(' '), 3),
        ("no file text", |source, _| source.files[0].text = None, 3),
        ("order", |source, _| source.migrations.swap(1, 2), 0),
        ("name", |source, _| source.migrations[2].name.push('x'), 2),
        ("up", |source, _| source.migrations[2].up.text.push(' '), 2),
        ("up shown", |source, _| source.migrations[2].up.shown.push('x'), 2),
        ("down", |source, _| source.migrations[2].down = source.migrations[0].down.clone(), 2),
        ("witness", |source, _| source.migrations[2].witness = source.migrations[1].witness.clone(), 2),
        ("directives", |source, _| source.migrations[2].directives = source.migrations[1].directives.clone(), 2),
        ("checksum", |source, _| source.migrations[2].checksum = source.migrations[1].checksum, 2),
        ("markers", |_, declared| declared.markers.push(parse_marker("table c").unwrap()), 3),
        ("steps", |_, declared| declared.steps.push("003_c".to_owned()), 3),
    ];
    for (what, edit, expected) in edits {
        let (mut source, mut declared) = (source(&files()), Declared::default());
        edit(&mut source, &mut declared);
        let states = Reused { verdict: false, replay: expected, witness: expected };
        assert_eq!(after(&source, &declared, LIMIT), states, "{what}");
    }
    let none = Reused::default();
    assert_eq!(after(&source(&files()), &Declared::default(), LIMIT * 2), none, "the time of a statement");
}
