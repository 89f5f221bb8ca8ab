//! The list that the runtime works from.

use migrate_check::{Declared, IDS, check, load, load_with_steps};
use migrate_core::__private::{Adopt, Catalog, Digest, Fresh, Look, Set, chain, create_history_sql, marker_sql};
use migrate_core::StepFn;
use migrate_source::{Listing, Source, parse};
use rusqlite::Connection;

fn source(files: &[(&str, &str)]) -> Source {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    source
}

const FILES: &[(&str, &str)] = &[
    (
        "migrate.toml",
        "history_table = \"versions\"\nshared = true\nmin_sqlite = \"3.40.0\"\ncollations = [\"german\"]\n\
         functions = [{ name = \"slug\", arguments = 1 }, { name = \"any\" }]\n[steps.\"004_rows\"]\nfresh = \"skip\"\n[steps.\"001_tags\"]\nfresh = \"run\"\n",
    ),
    ("base.sql", "CREATE TABLE Notes(id INTEGER PRIMARY KEY, \"body\" TEXT);\nCREATE VIEW v AS SELECT 1;"),
    ("001_tags.sql", "-- tags\nCREATE TABLE tags(name TEXT);\n  CREATE VIRTUAL TABLE search USING fts5(body);"),
    ("002_vacuum.sql", "--! transaction: none -- VACUUM cannot run in one\n--! adopt: skip -- no need\nVACUUM;"),
    ("003_delete.sql", "--! foreign_keys: on -- cascades\n--! adopt: run -- harmless\nDELETE FROM notes;"),
    ("004_rows.sql", "DROP VIEW v; INSERT INTO tags VALUES ('todo');"),
    ("004_rows.down.sql", "CREATE VIEW v AS SELECT 1;"),
];

#[test]
fn every_version_is_described() {
    let source = source(FILES);
    let declared = Declared { steps: vec!["004_rows".to_owned(), "001_tags.sql".to_owned()], ..Declared::default() };
    let checked = check(&source, &declared);
    assert_eq!(checked.findings, []);
    assert_eq!(checked.steps, [Some(3), Some(0)]);
    let set = checked.set.unwrap();

    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&create_history_sql("versions")).unwrap();
    let read = || Catalog::read(&conn, "versions").unwrap();
    conn.execute_batch(&set.base.as_ref().unwrap().sql).unwrap();
    let mut before = read();
    assert_eq!(set.base_fingerprint, before.fingerprint());
    assert_eq!(set.base_changes.to_vec(), Catalog::default().changes_to(&before));
    let mut last = Digest::ZERO;
    for (migration, source) in set.migrations.iter().zip(&source.migrations) {
        conn.execute_batch(&migration.up.sql).unwrap();
        let after = read();
        assert_eq!(migration.name, source.name);
        assert_eq!(migration.changes.to_vec(), before.changes_to(&after), "{}", migration.name);
        assert_eq!(migration.fingerprint, after.fingerprint(), "{}", migration.name);
        assert_eq!(migration.checksum, source.checksum);
        last = chain(last, &migration.name, migration.checksum);
        assert_eq!(migration.chain, last);
        before = after;
    }
    let flags: Vec<_> =
        set.migrations.iter().map(|m| (m.transaction, m.foreign_keys, m.adopt, m.step, m.down.is_some())).collect();
    assert_eq!(
        flags,
        [
            (true, false, None, Some(Fresh::Run), false),
            (false, false, Some(Adopt::Skip), None, false),
            (true, true, Some(Adopt::Run), None, false),
            (true, false, None, Some(Fresh::Skip), true),
        ]
    );
    let looks: Vec<Look> = set.markers.iter().map(|marker| marker.look.clone()).collect();
    assert_eq!(set.marker_sql, marker_sql(&looks));
    assert_eq!((set.options.history_table.as_ref(), set.options.shared), ("versions", true));
    assert_eq!((set.options.min_sqlite, set.options.collations.to_vec()), (3_040_000, vec!["german".into()]));
    let functions: Vec<_> = set.options.functions.iter().map(|f| (f.name.as_ref(), f.arguments)).collect();
    assert_eq!(functions, [("slug", 1), ("any", -1)]);
    assert_eq!(set.origin, None);
    assert_eq!(base_markers(&set), ["table Notes", "column Notes.id", "column Notes.body", "view v"]);
}

fn base_markers(set: &Set) -> Vec<String> {
    let text = |look: &Look| match look {
        Look::Object { kind, name, present: true } => format!("{} {name}", kind.word()),
        Look::Column { table, column, present: true } => format!("column {table}.{column}"),
        other => format!("{other:?}"),
    };
    set.base_markers.iter().map(text).collect()
}

#[test]
fn statements_have_their_place_in_the_file() {
    let sectioned =
        "-- +goose Up\nCREATE TABLE a(x); CREATE TABLE b(y);\n\n-- +goose Down\nDROP TABLE b;\n  DROP TABLE a;\n";
    let set = check(&source(&[("001_a.sql", sectioned)]), &Declared::default()).set.unwrap();
    let migration = &set.migrations[0];
    let places = |script: &migrate_core::__private::Script| -> Vec<(String, u32, u32)> {
        script.statements.iter().map(|s| (script.text(s).to_owned(), s.line, s.column)).collect()
    };
    let place = |sql: &str, line, column| (sql.to_owned(), line, column);
    assert_eq!(places(&migration.up), [place("CREATE TABLE a(x)", 2, 1), place("CREATE TABLE b(y)", 2, 20)]);
    assert_eq!(places(migration.down.as_ref().unwrap()), [place("DROP TABLE b", 5, 1), place("DROP TABLE a", 6, 3)]);
    assert_eq!((migration.up.sql.as_ref(), migration.up.path.as_ref()), (sectioned, "migrations/001_a.sql"));
}

#[test]
fn what_is_independent_of_a_failure_is_reported_with_it() {
    let files = [
        ("001_a.sql", "COMMIT;\nCREATE TABLE a(x);"),
        ("002_b.sql", "CREATE TABLE b(y;\nDROP TABLE absent;"),
        ("003_c.sql", "DROP TABLE absent;"),
        ("schema.sql", "CREATE INDEX i ON c(x);"),
    ];
    let declared = Declared { steps: vec!["004_d".to_owned()], ..Declared::default() };
    let checked = check(&source(&files), &declared);
    let ids: Vec<&str> = checked.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["transaction-control", "does-not-run", "base-missing", "does-not-run", "step-unknown"]);
    assert!(checked.set.is_none());
    assert!(ids.iter().all(|id| IDS.contains(id)));
}

#[test]
fn a_directory_is_loaded_at_run_time() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let loaded = load(dir.path()).unwrap();
    assert_eq!(loaded.names, ["001_tags.sql", "002_vacuum.sql", "003_delete.sql", "004_rows.sql"]);
    assert_eq!(loaded.warnings, []);
    let steps: [(&str, StepFn); 2] = [("004_rows", |_| Ok(())), ("001_tags", |_| Ok(()))];
    assert!(load_with_steps(dir.path(), &steps).is_ok());
    let error = load_with_steps(dir.path(), &[]).unwrap_err();
    assert_eq!(error.findings[0].id, "step-unknown");
    let error = load_with_steps(dir.path(), &[("004_row", |_| Ok(()))]).unwrap_err().to_string();
    assert!(error.contains("write `004_rows`"), "{error}");

    std::fs::write(dir.path().join("005_broken.sql"), "CREATE TABEL x(y);").unwrap();
    std::fs::write(dir.path().join("006-odd.sql"), "SELECT 1;").unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("[near-miss-name]"), "{error}");
}
