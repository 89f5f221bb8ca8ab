//! Migrations that fail, and what is refused before.

use migrate::rusqlite::Connection;
use migrate::{Atomicity, Outcome};
use migrate_check::load_with_steps;
use migrate_remote::Error;

use crate::kit::{copied, directory, history, list};
use crate::server::started;

const UNIQUE: [(&str, &str); 4] = [
    ("001_people.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT);"),
    ("002_note.sql", "ALTER TABLE people ADD COLUMN note TEXT;"),
    (
        "003_unique.sql",
        "ALTER TABLE people ADD COLUMN seen INTEGER;\n\n  CREATE UNIQUE INDEX people_mail ON people(mail);\nUPDATE people SET seen = 1;",
    ),
    ("004_last.sql", "CREATE TABLE last (x);"),
];

#[test]
fn a_failure_in_the_middle_leaves_everything_as_it_was() {
    let server = started!();
    server.remote().run(&list(&UNIQUE[..1]).migrations).unwrap();
    server.sql(&["INSERT INTO people (mail) VALUES ('a'), ('a')"]);
    let schema = "SELECT group_concat(sql) FROM sqlite_schema";
    let before = server.sql(&[schema]);
    let migrations = list(&UNIQUE).migrations;
    let error = server.remote().run(&migrations).unwrap_err();
    let Error::Statement(failed) = &error else { panic!("{error}") };
    assert_eq!((failed.line, failed.column), (3, 3), "{error}");
    assert!(failed.path.ends_with("003_unique.sql"), "{error}");
    let text = error.to_string();
    for part in [
        "migration `003_unique.sql` failed on the server at ",
        "UNIQUE constraint failed: people.mail",
        "statement: CREATE UNIQUE INDEX people_mail ON people(mail)",
        "state: nothing was changed, still at `001_people.sql`",
        "help: some row of this database does not fit",
    ] {
        assert!(text.contains(part), "{text}\nlacks {part}");
    }
    assert_eq!(server.sql(&[schema]), before);
    assert_eq!(history(&server), "001_people.sql fresh");

    // One by one, what was before it stays, and is said.
    let error = server.remote().run_with(&migrations.migrator().atomicity(Atomicity::Each)).unwrap_err().to_string();
    assert!(error.contains("state: at `002_note.sql`; this run had committed `002_note.sql`"), "{error}");
    assert_eq!(history(&server), "001_people.sql fresh, 002_note.sql applied");

    server.sql(&["DELETE FROM people WHERE id = 2"]);
    let report = server.remote().run(&migrations).unwrap();
    assert_eq!(report.applied().count(), 2, "{report}");
}

#[test]
fn what_the_server_does_not_read_is_said_before_anything_runs() {
    let server = started!();
    let files =
        [("001_a.sql", "CREATE TABLE a (x);"), ("002_b.sql", "CREATE TABLE b (x);\n-- for the planner\nANALYZE b;")];
    // As applications that were written for a file have it; on a fresh database the proof's snapshot would be run instead.
    server.remote().run(&list(&files[..1]).migrations).unwrap();
    let migrations = list(&files).migrations;
    for error in [server.remote().run(&migrations).unwrap_err(), server.remote().plan(&migrations).unwrap_err()] {
        let text = error.to_string();
        assert!(text.contains("is refused by the server at ") && text.contains("002_b.sql:3:1: "), "{text}");
        assert!(
            text.contains("unsupported statement: ANALYZE")
                && text.contains("nothing was changed, still at `001_a.sql`"),
            "{text}"
        );
    }
    let each = migrations.migrator().atomicity(Atomicity::Each);
    assert!(server.remote().run_with(&each).is_err());
    assert_eq!(server.sql(&["SELECT count(*) FROM sqlite_schema WHERE name = 'b'"]), ["0"]);
}

#[test]
fn what_newer_sqlite_alone_has() {
    let server = started!();
    let files = [
        ("001_a.sql", "CREATE TABLE a (x);"),
        ("002_pretty.sql", "INSERT INTO a VALUES (1);\nUPDATE a SET x = json_pretty('[]');"),
    ];
    server.remote().run(&list(&files[..1]).migrations).unwrap();
    let error = server.remote().run(&list(&files).migrations).unwrap_err().to_string();
    assert!(error.contains("002_pretty.sql:2:18: no such function: json_pretty"), "{error}");
    assert_eq!(server.sql(&["SELECT count(*) FROM a"]), ["0"]);
    let newer = [files[0], ("migrate.toml", "min_sqlite = \"3.46\"\n")];
    let more = [newer[0], newer[1], ("002_more.sql", "CREATE TABLE more (x);")];
    let error = server.remote().run(&list(&more).migrations).unwrap_err().to_string();
    assert!(error.contains("the server has SQLite 3.45.1, and the migrations need at least 3.46.0"), "{error}");
}

#[test]
fn what_needs_a_connection_is_refused() {
    let server = started!();
    let first = ("001_a.sql", "CREATE TABLE a (x);");
    let refused = |migrations: &migrate::Migrations<migrate::AnyVersion>, why: &str| {
        let error = server.remote().run(migrations).unwrap_err();
        assert!(matches!(error, Error::Unfit { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains("nothing was changed") && text.contains("help: "), "{text}");
        assert_eq!(history(&server), "001_a.sql fresh");
    };
    server.remote().run(&list(&[first]).migrations).unwrap();

    let stepped = directory(&[first, ("002_b.sql", "CREATE TABLE b (x);")]);
    let stepped = load_with_steps(stepped.path(), &[("002_b", |_| Ok(()))]).unwrap().migrations;
    refused(&stepped, "`002_b.sql` cannot be done on a server: its Rust step");
    let outside = list(&[first, ("002_vacuum.sql", "--! transaction: none -- smaller\nVACUUM;")]);
    refused(&outside.migrations, "`002_vacuum.sql` cannot be done on a server: `--! transaction: none`");
    let function = ("migrate.toml", "[functions]\nslug = { args = 1, deterministic = true }\n");
    let calls = directory(&[first, function, ("002_slug.sql", "UPDATE a SET x = slug(x);")]);
    if let Ok(loaded) = migrate_check::load(calls.path()) {
        refused(&loaded.migrations, "the function `slug`");
    }
}

const PARENTS: [(&str, &str); 2] = [
    (
        "001_tables.sql",
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents(id) ON DELETE CASCADE);",
    ),
    (
        "002_rebuild.sql",
        "CREATE TABLE parents_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');
         INSERT INTO parents_new (id, name) SELECT id, coalesce(name, '') FROM parents;
         DROP TABLE parents;
         ALTER TABLE parents_new RENAME TO parents;",
    ),
];

#[test]
fn a_rebuild_keeps_the_rows_that_refer_to_it() {
    let server = started!();
    server.remote().run(&list(&PARENTS[..1]).migrations).unwrap();
    server
        .sql(&["INSERT INTO parents VALUES (1, 'a'), (2, NULL)", "INSERT INTO children VALUES (1, 1), (2, 2), (3, 2)"]);
    server.remote().run(&list(&PARENTS).migrations).unwrap();
    assert_eq!(server.sql(&["SELECT id, parent FROM children"]), ["1|1", "2|2", "3|2"]);
    assert_eq!(server.sql(&["SELECT name FROM parents"]), ["a", ""]);
    // And the next connection enforces them again.
    assert_eq!(server.sql(&["PRAGMA foreign_keys"]), ["1"]);
}

#[test]
fn rows_that_lose_their_parent_are_not_committed() {
    let server = started!();
    server.remote().run(&list(&PARENTS[..1]).migrations).unwrap();
    server.sql(&[
        "INSERT INTO parents VALUES (1, 'a'), (2, 'it''s')",
        "INSERT INTO children VALUES (1, 1), (2, 2), (3, 2)",
    ]);
    let deletes = [PARENTS[0], ("002_delete.sql", "DELETE FROM parents WHERE name = 'it''s';")];
    let error = server.remote().run(&list(&deletes).migrations).unwrap_err();
    let Error::ForeignKeys { violations, .. } = &error else { panic!("{error}") };
    assert_eq!(violations, &["`children`: 2 row(s) have no row in `parents`"]);
    assert!(error.to_string().contains("nothing was changed, still at `001_tables.sql`"), "{error}");
    assert_eq!(server.sql(&["SELECT count(*) FROM parents"]), ["2"]);

    // What was broken before is not this migration's fault, as in a file; one more is.
    server.sql(&["PRAGMA foreign_keys = OFF", "INSERT INTO children VALUES (9, 99)"]);
    assert!(matches!(server.remote().run(&list(&deletes).migrations), Err(Error::ForeignKeys { .. })));
    server.remote().run(&list(&PARENTS).migrations).unwrap();
    assert_eq!(server.sql(&["SELECT count(*) FROM children"]), ["4"]);
}

#[test]
fn foreign_keys_that_stay_on_act() {
    let server = started!();
    server.remote().run(&list(&PARENTS[..1]).migrations).unwrap();
    server.sql(&["INSERT INTO parents VALUES (1, 'a'), (2, 'b')", "INSERT INTO children VALUES (1, 1), (2, 2)"]);
    let deletes = [
        PARENTS[0],
        ("002_delete.sql", "--! foreign_keys: on -- children go too\nDELETE FROM parents WHERE id = 2;"),
        ("003_more.sql", "CREATE TABLE more (x);"),
    ];
    let report = server.remote().dry_run(&list(&deletes).migrations).unwrap();
    assert_eq!(report.untried(), Some("`003_more.sql`"), "{report}");
    server.remote().run(&list(&deletes).migrations).unwrap();
    assert_eq!(server.sql(&["SELECT id FROM children"]), ["1"]);
}

/// Names, texts and line ends that need quoting; a large script; a large list.
#[test]
fn odd_names_and_large_scripts() {
    let mut server = started!();
    let values: Vec<String> =
        (1..=300).map(|n| format!("({n}, 'row \"{n}\" it''s 中文 \\n{}')", "x".repeat(1000))).collect();
    let insert = format!("INSERT INTO \"odd table\" VALUES {};", values.join(",\n"));
    let files = [
        ("001_it's.sql", "CREATE TABLE \"odd table\" (id INTEGER PRIMARY KEY, \"a b\" TEXT);"),
        ("002_rows.sql", insert.as_str()),
        ("migrate.toml", "history_table = \"odd history\"\n"),
    ];
    let directory = directory(&files);
    let loaded = migrate_check::load(directory.path()).unwrap();
    let older = list(&[files[0], files[2]]).migrations;
    server.remote().run(&older).unwrap();
    let report = server.remote().run(&loaded.migrations).unwrap();
    assert_eq!(report.outcome(), Outcome::Applied);
    assert_eq!(server.sql(&["SELECT count(*), max(length(\"a b\")) FROM \"odd table\""]), ["300|1020"]);
    let copy = copied(&mut server);
    assert_eq!(loaded.migrations.run(&mut Connection::open(copy).unwrap()).unwrap().outcome(), Outcome::Current);

    server.empty();
    let many: Vec<(String, String)> =
        (1..=300).map(|n| (format!("{n}_t{n}.sql"), format!("CREATE TABLE t{n} (x);"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let report = server.remote().run(&list(&many).migrations).unwrap();
    assert_eq!(report.entries().len(), 300);
    server.empty();
    server.remote().run(&list(&many[..1]).migrations).unwrap();
    let report = server.remote().run(&list(&many).migrations).unwrap();
    assert_eq!(report.applied().count(), 299);
}
