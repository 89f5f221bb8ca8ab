//! Files that SQLite alone cannot run: what is proved around them, and what the runtime makes of them.

use migrate_check::{Checked, Declared, check, proof_lock};
use migrate_core::{AnyVersion, DriftPolicy, Evidence, Migrations, Migrator, Outcome, Target};
use migrate_source::{Listing, Severity, Source, parse, proof, render};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

const FILES: &[(&str, &str)] = &[
    ("001_notes.sql", "--! marker: table notes\nCREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);"),
    (
        "002_vectors.sql",
        "--! unproved: needs the vector module\n--! marker: table vectors\n--! marker: column vectors.note\n\
         --! marker: column vectors.embedding\n--! marker: column notes.kind\n--! marker: index by_note\n--! marker: trigger forget\n\
         CREATE TABLE vectors(note REFERENCES notes, embedding BLOB DEFAULT (zeroblob(dimensions())));\n\
         ALTER TABLE notes ADD COLUMN kind TEXT NOT NULL DEFAULT 'plain';\n\
         CREATE INDEX by_note ON vectors(note);\n\
         CREATE TRIGGER forget AFTER DELETE ON notes BEGIN DELETE FROM vectors WHERE note = old.id AND dimensions() > 0; END;",
    ),
    ("002_vectors.down.sql", "SELECT vector_drop('vectors');"),
    (
        "003_use.sql",
        "--! marker: view kinds\nCREATE TABLE tags(name TEXT); CREATE VIEW kinds AS SELECT kind, embedding FROM notes JOIN vectors ON note = id;\n\
         INSERT INTO vectors(note) SELECT id FROM notes;",
    ),
];

fn source(files: &[(&str, &str)]) -> Source {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    source
}

fn proved(files: &[(&str, &str)]) -> (Checked, String) {
    let source = source(files);
    let checked = check(&source, &Declared::default());
    let text = checked.findings.iter().map(|finding| render(finding, &source)).collect::<Vec<_>>().join("\n\n");
    (checked, text)
}

#[test]
fn what_is_not_run_is_said_on_request() {
    let (checked, text) = proved(FILES);
    assert!(checked.findings.iter().all(|finding| finding.severity == Severity::Information), "{text}");
    insta::assert_snapshot!(text);
    assert_eq!(checked.set.unwrap().snapshot, None);
}

#[test]
fn what_follows_is_proved() {
    let mut files = FILES.to_vec();
    files.push(("004_typo.sql", "CREATE INDEX i ON vectors(embeding);"));
    let (checked, text) = proved(&files);
    assert!(checked.set.is_none());
    assert!(text.contains("no such column: embeding"), "{text}");

    let wrong = [("001_a.sql", "--! unproved: why\n--! marker: column nothing.here\nSELECT f();")];
    let (checked, text) = proved(&wrong);
    assert!(checked.set.is_none());
    insta::assert_snapshot!(text);
}

#[test]
fn at_run_time_the_file_simply_runs() {
    let (checked, _) = proved(FILES);
    let set = checked.set.unwrap();
    assert!(set.migrations[1].up.sql.contains("dimensions()"), "the file itself, not its stand-in");
    let known: Vec<String> = set.known().into_iter().map(|(_, name)| name).collect();
    assert_eq!(known, ["tags", "kinds"], "the definitions of the others are not known");
    let all: Migrations<AnyVersion> = Migrations::new(set, Vec::new().into());
    let to = |conn: &mut Connection, target: Target<AnyVersion>| {
        Migrator::new(&all).drift(DriftPolicy::Error).target(target).run(conn).unwrap_or_else(|error| panic!("{error}"))
    };
    for stop in 0..3 {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.create_scalar_function("dimensions", 0, FunctionFlags::SQLITE_DETERMINISTIC, |_| Ok(3)).unwrap();
        to(&mut conn, Target::At(AnyVersion(stop)));
        assert_eq!(all.is_schema_current(&conn).unwrap(), stop == 2);
        to(&mut conn, Target::Latest);
        assert!(all.is_schema_current(&conn).unwrap());
        // What is known of the schema is enough to recognise it where the history is lost.
        conn.execute_batch("DROP TABLE schema_migrations").unwrap();
        assert_eq!(to(&mut conn, Target::Latest).outcome(), Outcome::Adopted(Evidence::Fingerprint));
    }
}

#[test]
fn the_lock_says_the_same() {
    let text = proof_lock(&source(FILES), &Declared::default()).unwrap();
    let locked: Vec<(&str, &str)> = FILES.iter().copied().chain([("proof.lock", text.as_str())]).collect();
    let locked = source(&locked);
    let proved = proof::read(&locked).unwrap();
    assert_eq!(Some(proof::assemble(&locked, proved, &[])), check(&locked, &Declared::default()).set);
}

/// At run time nothing is known of what such a file makes, so the schema does not say whether it ran.
#[test]
fn what_leaves_no_known_mark_says_how_it_is_adopted() {
    let file = |adopt: &str| {
        format!(
            "--! unproved: needs the vector module\n{adopt}--! marker: table vectors\nCREATE VIRTUAL TABLE vectors USING vec0(a);"
        )
    };
    let base = ("base.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);");
    let ids = |text: &str| {
        let (checked, _) = proved(&[base, ("001_vectors.sql", text)]);
        checked.findings.iter().map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&file("--! adopt: run\n")), ["unproved"]);
    assert_eq!(ids(&file("")), ["adoption-ambiguous", "unproved"]);
}
