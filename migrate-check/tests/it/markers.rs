//! Which markers are derived, and when they hold.

use migrate_check::{Checked, Declared, check};
use migrate_core::__private::{Look, create_history_sql, look_holds};
use migrate_source::{Listing, Source, parse, parse_marker};
use rusqlite::Connection;

const FILES: &[(&str, &str)] = &[
    ("base.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX idx_old ON notes(body);"),
    ("001_add_title.sql", "ALTER TABLE notes ADD COLUMN Title TEXT;"),
    ("002_tags.sql", "CREATE TABLE tags(name TEXT); CREATE INDEX idx_tags ON tags(name); CREATE TABLE drafts(a);"),
    ("003_fill.sql", "--! adopt: run -- twice is as good\nUPDATE notes SET title = body;"),
    (
        "004_drop_title.sql",
        "--! allow(drop-column): unused\n--! allow(drop-table): unused\nALTER TABLE notes DROP COLUMN title; DROP TABLE drafts;",
    ),
    (
        "005_view.sql",
        "CREATE VIEW tagged AS SELECT * FROM notes, tags; CREATE TRIGGER tag AFTER INSERT ON notes BEGIN SELECT 1; END;",
    ),
    ("006_index.sql", "DROP INDEX idx_old; CREATE TABLE drafts(a, b);"),
    (
        "007_rebuild.sql",
        "--! allow(drop-table): they are written anew\nDROP TRIGGER tag; CREATE TABLE n(id INTEGER PRIMARY KEY, body TEXT NOT NULL DEFAULT ''); DROP VIEW tagged; DROP TABLE notes; \
         ALTER TABLE n RENAME TO notes; CREATE TRIGGER tag AFTER INSERT ON notes BEGIN SELECT 2; END;",
    ),
    (
        "008_no_tags.sql",
        "--! allow(drop-table): unused\nDROP TABLE tags; CREATE VIEW tags AS SELECT body AS word FROM notes;",
    ),
    ("009_fill_again.sql", "--! adopt: skip -- drafts are empty\nDELETE FROM drafts;"),
];

fn source(files: &[(&str, &str)]) -> Source {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    source
}

fn text(look: &Look) -> String {
    let no = |present: &bool| if *present { "" } else { "no " };
    match look {
        Look::Object { kind, name, present } => format!("{}{} {name}", no(present), kind.word()),
        Look::Column { table, column, present } => format!("{}column {table}.{column}", no(present)),
        Look::Definition { kind, name, .. } => format!("definition of {} {name}", kind.word()),
    }
}

/// Runs the scripts on a connection of its own, and looks after each.
fn flips(source: &Source, look: &Look) -> Vec<u32> {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    conn.execute_batch(&create_history_sql("schema_migrations")).unwrap();
    let (mut held, mut flips) = (false, Vec::new());
    let base = source.base.as_ref().map_or("", |base| &base.text);
    let scripts = std::iter::once(base).chain(source.migrations.iter().map(|migration| migration.up.text.as_str()));
    for (position, sql) in (0..).zip(scripts) {
        conn.execute_batch(sql).unwrap();
        if look_holds(&conn, look, "schema_migrations").unwrap() != held {
            held = !held;
            flips.push(position);
        }
    }
    assert!(held, "{look:?}");
    flips
}

#[test]
fn a_marker_is_derived_for_each_change_that_left_a_trace() {
    let source = source(FILES);
    let Checked { set, findings, .. } = check(&source, &Declared::default());
    assert_eq!(findings, []);
    let set = set.unwrap();
    let derived: Vec<(String, Vec<u32>)> =
        set.markers.iter().map(|marker| (text(&marker.look), marker.flips.to_vec())).collect();
    let expected: [(&str, &[u32]); 6] = [
        ("table drafts", &[2, 4, 6]),
        ("no column notes.Title", &[0, 1, 4]),
        ("trigger tag", &[5]),
        ("no index idx_old", &[6]),
        ("no view tagged", &[0, 5, 7]),
        ("view tags", &[8]),
    ];
    for marker in set.markers.iter() {
        assert_eq!(marker.flips.to_vec(), flips(&source, &marker.look), "{}", text(&marker.look));
    }
    let derived: Vec<(&str, &[u32])> = derived.iter().map(|(text, flips)| (text.as_str(), flips.as_slice())).collect();
    assert_eq!(derived, expected);
}

#[test]
fn declared_markers_hold_when_the_runtime_finds_them() {
    let markers = [
        "table drafts",
        "column DRAFTS.b",
        "no column notes.title",
        "no table tags",
        "view tags",
        "no index idx_tags",
        "no index idx_old",
        "no view tagged",
        "trigger tag",
        "definition tag",
        "definition notes",
        "definition tags",
        "no column tags.name",
    ];
    let source = source(FILES);
    let markers: Vec<_> = markers.into_iter().map(|marker| parse_marker(marker).unwrap()).collect();
    let count = markers.len();
    let Checked { set, findings, .. } = check(&source, &Declared { markers, steps: Vec::new() });
    assert_eq!(findings, []);
    let set = set.unwrap();
    assert_eq!(set.markers.len(), count);
    for marker in set.markers.iter() {
        assert_eq!(marker.flips.to_vec(), flips(&source, &marker.look), "{}", text(&marker.look));
    }
}

#[test]
fn a_marker_that_is_proposed_is_accepted() {
    for (name, sql) in [
        ("002_a.sql", "ALTER TABLE notes ADD COLUMN title TEXT;"),
        ("002_a.sql", "--! allow(drop-column): unused\nALTER TABLE notes DROP COLUMN body;"),
        ("002_a.sql", "ALTER TABLE notes RENAME COLUMN body TO \"the text\";"),
        ("002_a.sql", "CREATE TABLE \"odd.name \"\" here\"(a);"),
        ("002_a.sql", "DROP INDEX idx;"),
        ("002_a.sql", "--! allow(may-fail-on-data): none\nDROP INDEX idx; CREATE UNIQUE INDEX idx ON notes(body);"),
        ("002_a.sql", "CREATE VIEW v AS SELECT 1;"),
        ("002_a.sql", "CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END;"),
        ("002_a.sql", "--! allow(drop-table): unused\nDROP TABLE notes;"),
    ] {
        let first = "--! marker: table other\nCREATE TABLE other(a); CREATE TABLE notes(id, body TEXT); CREATE INDEX idx ON notes(id);";
        let before = check(&source(&[("001_notes.sql", first), (name, sql)]), &Declared::default());
        let [finding] = &before.findings[..] else { panic!("{sql}: {:?}", before.findings) };
        assert_eq!(finding.id, "marker-missing");
        let [macro_help, header_help] = &finding.help[..] else { panic!("{finding:?}") };
        let proposal = macro_help.split('`').nth(1).unwrap();
        let declared = Declared { markers: vec![parse_marker(proposal).unwrap()], steps: Vec::new() };
        let after = check(&source(&[("001_notes.sql", first), (name, sql)]), &declared);
        assert_eq!(after.findings, [], "{proposal}");
        let header = header_help.split('`').nth(1).unwrap();
        let after =
            check(&source(&[("001_notes.sql", first), (name, &format!("{header}\n{sql}"))]), &Declared::default());
        assert_eq!(after.findings, [], "{header}");
    }
}
