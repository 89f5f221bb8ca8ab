//! Every kind of database that a run may find.

use migrate::rusqlite::Connection;
use migrate::{AnyVersion, Atomicity, DriftPolicy, Error as Refusal, Evidence, Outcome, RowState};
use migrate_remote::Error;

use crate::kit::{NOTES, copied, dump, history, list};
use crate::server::started;

#[test]
fn fresh_and_current() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    assert_eq!(server.remote().plan(&notes).unwrap().outcome(), Outcome::Fresh);
    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.outcome(), Outcome::Fresh);
    assert!(report.to_string().starts_with("fresh database: 5 migrations"), "{report}");
    assert_eq!(server.sql(&["SELECT title, pinned FROM notes"]), ["welcome|1"]);
    assert_eq!(server.sql(&["SELECT rowid FROM search WHERE search MATCH 'comment'"]), ["1"]);

    let again = server.remote().run(&notes).unwrap();
    assert_eq!(again.outcome(), Outcome::Current, "{again}");
    assert!(again.to_string().contains("005_overview.sql"), "{again}");
    let status = server.remote().status(&notes).unwrap();
    assert!(status.rows().iter().all(|row| matches!(row.state, RowState::Recorded(_))), "{status}");
}

/// Rows as users have them, at a version.
const ROWS: [&str; 2] = [
    "INSERT INTO notes (title, body) VALUES ('milk', 'two bottles'), ('eggs', NULL)",
    "INSERT INTO tags (note_id, name) SELECT id, 'shopping' FROM notes UNION ALL SELECT id, 'urgent' FROM notes WHERE title = 'eggs'",
];

#[test]
fn from_every_version_as_in_a_file() {
    let mut server = started!();
    let notes = list(&NOTES).migrations;
    for known in 0..=NOTES.len() {
        for atomicity in [Atomicity::All, Atomicity::Each] {
            let local = tempfile::tempdir().unwrap();
            let mut conn = Connection::open(local.path().join("app.db")).unwrap();
            if known > 0 {
                let older = list(&NOTES[..known]).migrations;
                older.run(&mut conn).unwrap();
                server.remote().run(&older).unwrap();
                // The body became NOT NULL with the third.
                let rows = ROWS.map(|sql| if known >= 3 { sql.replace("NULL", "''") } else { sql.to_owned() });
                rows.iter().for_each(|sql| conn.execute_batch(sql).unwrap());
                server.sql(&rows.each_ref().map(String::as_str));
            }
            let here = notes.migrator().atomicity(atomicity).run(&mut conn).unwrap();
            let there = server.remote().run_with(&notes.migrator().atomicity(atomicity)).unwrap();
            assert_eq!(there.outcome(), here.outcome(), "from {known}: {there}");
            assert_eq!((there.before(), there.after()), (here.before(), here.after()), "from {known}");
            let entries = |report: &migrate::Report<AnyVersion>| -> Vec<_> {
                report.entries().iter().map(|entry| (entry.name.clone(), entry.kind, entry.origin)).collect()
            };
            assert_eq!(entries(&there), entries(&here), "from {known}");
            drop(conn);

            let copy = copied(&mut server);
            assert_eq!(dump(&copy), dump(&local.path().join("app.db")), "from {known}, {atomicity:?}");
            let mut conn = Connection::open(&copy).unwrap();
            assert_eq!(notes.run(&mut conn).unwrap().outcome(), Outcome::Current);
            server.empty();
        }
    }
}

#[test]
fn an_application_from_before_there_were_migrations() {
    let server = started!();
    let base = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL);";
    let next = ("001_add_mail.sql", "ALTER TABLE accounts ADD COLUMN mail TEXT;");
    let accounts = list(&[("base.sql", base), next]).migrations;
    server.sql(&[
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "INSERT INTO accounts VALUES (1, 'ada')",
    ]);
    let report = server.remote().run(&accounts).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(server.sql(&["SELECT id, name, mail FROM accounts"]), ["1|ada|NULL"]);
    assert_eq!(history(&server), "001_add_mail.sql applied");
}

#[test]
fn a_schema_without_history_is_recognised() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    server.remote().run(&list(&NOTES[..2]).migrations).unwrap();
    server.sql(&["DROP TABLE schema_migrations"]);
    let status = server.remote().status(&notes).unwrap();
    assert_eq!(status.rows().iter().filter(|row| row.state == RowState::Recognised).count(), 2, "{status}");
    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint), "{report}");
    let history = history(&server);
    assert!(
        history.starts_with("001_create_notes.sql adopted, 002_pin.sql adopted, 003_rebuild_notes.sql applied"),
        "{history}"
    );
}

#[test]
fn a_history_with_three_columns_is_taken_over() {
    let mut server = started!();
    let notes = list(&NOTES).migrations;
    server.remote().run(&list(&NOTES[..2]).migrations).unwrap();
    server.sql(&[
        "DROP TABLE schema_migrations",
        "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        "INSERT INTO schema_migrations (migration_name) VALUES ('001_create_notes.sql'), ('002_pin.sql')",
    ]);
    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.outcome(), Outcome::Applied, "{report}");
    let copy = copied(&mut server);
    assert_eq!(notes.run(&mut Connection::open(copy).unwrap()).unwrap().outcome(), Outcome::Current);
}

#[test]
fn what_another_tool_recorded_is_read() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    server.remote().run(&list(&NOTES[..2]).migrations).unwrap();
    server.sql(&[
        "DROP TABLE schema_migrations",
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (1, 'create notes', 1, x'00ff', 7), (2, 'pin', 1, x'0a', 7)",
    ]);
    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::OtherHistory(migrate::OtherTool::Sqlx)), "{report}");
    assert_eq!(server.sql(&["SELECT count(*) FROM _sqlx_migrations"]), ["2"]);
}

#[test]
fn what_a_run_would_refuse_in_a_file() {
    let mut server = started!();
    let notes = list(&NOTES).migrations;
    let refused = |server: &crate::server::Server, migrations: &migrate::Migrations<AnyVersion>| {
        let before = server.sql(&["SELECT count(*), max(rowid) FROM sqlite_schema"]);
        let error = server.remote().run(migrations).unwrap_err();
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        assert_eq!(server.sql(&["SELECT count(*), max(rowid) FROM sqlite_schema"]), before);
        error
    };
    server.sql(&["CREATE TABLE invoices (id)"]);
    assert!(matches!(refused(&server, &notes), Error::Refusal(Refusal::UnrelatedDatabase { .. })));
    server.empty();

    server.remote().run(&notes).unwrap();
    let older = list(&NOTES[..4]).migrations;
    assert!(matches!(refused(&server, &older), Error::Refusal(Refusal::DatabaseTooNew { .. })));
    let mut edited = NOTES;
    edited[1].1 = "ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;";
    let error = refused(&server, &list(&edited).migrations);
    assert!(error.to_string().contains("`002_pin.sql` was edited after it was applied"), "{error}");
    let mut renamed = NOTES;
    renamed[4].0 = "005_view.sql";
    assert!(matches!(refused(&server, &list(&renamed).migrations), Error::Refusal(Refusal::HistoryDiverged { .. })));
    server.empty();

    server.sql(&["CREATE TABLE schema_migrations (version INTEGER)"]);
    assert!(matches!(refused(&server, &notes), Error::Refusal(Refusal::ForeignHistory { .. })));
}

#[test]
fn a_schema_that_drifted() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    server.remote().run(&list(&NOTES[..3]).migrations).unwrap();
    server.sql(&["ALTER TABLE tags ADD COLUMN by_hand", "CREATE INDEX by_hand ON notes(title)"]);
    let strict = notes.migrator().drift(DriftPolicy::Error);
    let error = server.remote().run_with(&strict).unwrap_err().to_string();
    assert!(error.contains("by_hand") && error.contains("nothing was changed"), "{error}");
    assert_eq!(history(&server).matches("sql").count(), 3);

    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.drift().different, ["table `tags`"], "{report}");
    // Every start compares and tells, as on a file.
    assert_eq!(server.sql(&["SELECT schema_version FROM schema_migrations ORDER BY id DESC LIMIT 1"]), ["NULL"]);
    assert!(server.remote().run_with(&strict).unwrap_err().to_string().contains("by_hand"));
}

#[test]
fn what_goes_with_its_table_is_told() {
    let server = started!();
    server.remote().run(&list(&NOTES[..2]).migrations).unwrap();
    server.sql(&["CREATE INDEX by_hand ON notes(title)"]);
    let notes = list(&NOTES).migrations;
    let error = server.remote().run_with(&notes.migrator().drift(DriftPolicy::Error)).unwrap_err().to_string();
    assert!(
        error.contains("index `by_hand` on `notes`") && error.contains("nothing was changed, still at `002_pin.sql`"),
        "{error}"
    );
    let report = server.remote().run(&notes).unwrap();
    assert_eq!(report.removed(), ["index `by_hand` on `notes`"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    let report = server.remote().dry_run(&notes).unwrap();
    assert!(report.is_dry_run() && report.to_string().contains("fresh database"), "{report}");
    assert_eq!(server.sql(&["SELECT count(*) FROM sqlite_schema"]), ["0"]);
    server.remote().run(&list(&NOTES[..1]).migrations).unwrap();
    server.remote().dry_run(&notes).unwrap();
    assert_eq!(history(&server), "001_create_notes.sql fresh");
    assert_eq!(server.sql(&["SELECT sql FROM sqlite_schema WHERE name = 'notes' AND sql LIKE '%pinned%'"]).len(), 0);
}

#[test]
fn to_a_target_and_back() {
    let server = started!();
    let files = [
        ("001_a.sql", "CREATE TABLE a (x);"),
        ("002_b.sql", "CREATE TABLE b (x);"),
        ("002_b.down.sql", "DROP TABLE b;"),
    ];
    let list = list(&files).migrations;
    let report = server.remote().run_with(&list.migrator().target(AnyVersion(0))).unwrap();
    assert_eq!(report.after(), Some(AnyVersion(0)));
    server.remote().run(&list).unwrap();
    let refused = server.remote().run_with(&list.migrator().target(AnyVersion(0))).unwrap_err();
    assert!(matches!(refused, Error::Refusal(Refusal::PastTarget { .. })), "{refused}");
    let report = server.remote().run_with(&list.migrator().target(AnyVersion(0)).allow_down(true)).unwrap();
    assert_eq!(report.outcome(), Outcome::Reverted, "{report}");
    assert_eq!(server.sql(&["SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('a', 'b')"]), ["a"]);
    assert_eq!(history(&server), "001_a.sql fresh");
}

#[test]
fn out_of_order_as_in_a_file() {
    let mut server = started!();
    let files = [
        ("001_a.sql", "CREATE TABLE a (x);"),
        ("002_b.sql", "CREATE TABLE b (x);"),
        ("003_c.sql", "CREATE TABLE c (x);"),
        ("004_d.sql", "CREATE TABLE d (x);"),
        ("005_e.sql", "CREATE TABLE e (x);"),
    ];
    let (early, all) = (list(&[files[0], files[2], files[3]]).migrations, list(&files).migrations);
    let local = tempfile::tempdir().unwrap();
    let mut conn = Connection::open(local.path().join("app.db")).unwrap();
    early.run(&mut conn).unwrap();
    server.remote().run(&early).unwrap();
    assert!(matches!(server.remote().run(&all), Err(Error::Refusal(Refusal::HistoryDiverged { .. }))));
    let here = all.migrator().out_of_order(true).run(&mut conn).unwrap();
    let there = server.remote().run_with(&all.migrator().out_of_order(true)).unwrap();
    assert_eq!((there.outcome(), there.after()), (here.outcome(), here.after()), "{there}");
    drop(conn);
    assert_eq!(dump(&copied(&mut server)), dump(&local.path().join("app.db")));
    assert_eq!(server.remote().run(&all).unwrap().outcome(), Outcome::Current);
}

/// Vectors, and rows that are numbered by chance: libSQL's own, which SQLite cannot read.
#[test]
fn beside_what_only_the_server_understands() {
    let server = started!();
    let shared = ("migrate.toml", "shared = true\n");
    let files = [shared, NOTES[0], NOTES[1]];
    server.sql(&[
        "CREATE TABLE vectors (id INTEGER PRIMARY KEY, embedding F32_BLOB(3))",
        "CREATE INDEX vectors_near ON vectors(libsql_vector_idx(embedding))",
        "CREATE TABLE numbered (x) RANDOM ROWID",
        "INSERT INTO vectors VALUES (1, vector('[1, 2, 3]'))",
    ]);
    assert_eq!(server.remote().run(&list(&files[..2]).migrations).unwrap().outcome(), Outcome::Fresh);
    server.sql(&["CREATE TRIGGER vectors_copied AFTER INSERT ON notes BEGIN INSERT INTO vectors (embedding) VALUES (vector32('[1, 2, 3]')); END"]);
    let report = server.remote().run(&list(&files).migrations).unwrap();
    assert_eq!(report.applied().count(), 1, "{report}");
    assert_eq!(server.sql(&["SELECT count(*) FROM vectors"]), ["1"]);
    assert_eq!(server.remote().run(&list(&files).migrations).unwrap().outcome(), Outcome::Current);
}
