//! A fresh database from the snapshot is the one that the migrations make, to the last row.

use migrate_check::{Declared, check};
use migrate_core::__private::{Set, create_history_sql, run_script};
use migrate_core::{AnyVersion, Migrations};
use migrate_source::{Listing, parse};
use rusqlite::Connection;

fn set(files: &[(&str, &str)]) -> Set {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    let checked = check(&source, &Declared::default());
    checked.set.unwrap_or_else(|| panic!("{:?}", checked.findings))
}

/// The snapshot of one migration with these statements.
fn snapshot(sql: &str) -> Option<String> {
    set(&[("001_all.sql", sql)]).snapshot.map(|script| script.sql.into_owned())
}

/// Everything in a database but the history.
fn dump(conn: &Connection) -> Vec<String> {
    let text = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut lines = text(
        "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master \
         WHERE tbl_name <> 'schema_migrations' ORDER BY type, name",
    );
    lines
        .extend(text("SELECT name || ' ' || seq FROM sqlite_sequence WHERE name <> 'schema_migrations' ORDER BY name"));
    lines.extend(text("SELECT 'version ' || user_version FROM pragma_user_version"));
    for table in text("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')") {
        if table == "schema_migrations" || table.starts_with("sqlite_") {
            continue;
        }
        let columns = text(&format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}')"));
        let rowid = format!("SELECT 1 FROM pragma_table_list WHERE name = '{table}' AND wr = 0");
        let rowid =
            conn.prepare(&rowid).unwrap().exists([]).unwrap() && !columns.iter().any(|name| name.contains("\"rowid\""));
        let columns = columns.into_iter().chain(rowid.then(|| "rowid".to_owned())).collect::<Vec<_>>();
        let rows = text(&format!("SELECT {} FROM \"{table}\" NOT INDEXED", columns.join(" || '|' || ")));
        lines.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    lines
}

#[track_caller]
fn same(files: &[(&str, &str)]) {
    let set = set(files);
    let name = files.last().unwrap().1;
    assert!(set.snapshot.is_some(), "no snapshot of\n{name}");
    let run = |set: Set| {
        let mut conn = Connection::open_in_memory().unwrap();
        let all: Migrations<AnyVersion> = Migrations::new(set, Vec::new().into());
        let report = all.run(&mut conn).unwrap();
        assert!(all.is_schema_current(&conn).unwrap() && report.drift().is_same());
        (dump(&conn), report.applied().count())
    };
    let (history, applied) = run(Set { snapshot: None, ..set.clone() });
    assert_eq!(applied, files.iter().filter(|(name, _)| name.starts_with('0')).count());
    assert_eq!(run(set), (history, 0), "{name}");
}

#[test]
fn every_shape_of_schema() {
    for sql in [
        "CREATE TABLE a(x DEFAULT 'it''s', \"y z\" DEFAULT \"quoted\", [w] CHECK ([w] <> ']'))",
        "CREATE TABLE a(x INTEGER PRIMARY KEY, y INTEGER AS (x + 1) STORED, z TEXT GENERATED ALWAYS AS (x || 'z')) STRICT;
         INSERT INTO a(x) VALUES (3), (1)",
        "CREATE TABLE a(x, y, PRIMARY KEY (y, x)) WITHOUT ROWID; INSERT INTO a VALUES (2, 'b'), (1, 'c'), (1, 'a')",
        "CREATE TABLE a(x); INSERT INTO a VALUES (1), (2), (3); DELETE FROM a WHERE x = 2; INSERT INTO a(rowid, x) VALUES (-5, 4)",
        "CREATE TABLE a(x INTEGER PRIMARY KEY DESC, y); INSERT INTO a VALUES (7, 1), (3, 2)",
        "CREATE TABLE a(rowid, oid TEXT); INSERT INTO a VALUES ('x', 'y'), (1, 2); DELETE FROM a WHERE rowid = 'x'",
        "CREATE TABLE a(rowid INTEGER PRIMARY KEY, _rowid_, oid); INSERT INTO a VALUES (4, 5, 6)",
        "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO a(x) VALUES (1), (2), (3); DELETE FROM a WHERE x > 1",
        "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO a(x) VALUES (1); DELETE FROM a",
        "CREATE TABLE a(x); INSERT INTO a VALUES (NULL), (-9223372036854775808), (0.1), (1e300), (-2.5e-8), (1.0), (x'00ff'),
         ('it''s\n\"two\" lines'), (CAST(x'610062' AS TEXT)), (''), (x'')",
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, other REFERENCES child(id)); CREATE TABLE child(id INTEGER PRIMARY KEY, up REFERENCES parent);
         INSERT INTO parent VALUES (1, 1); INSERT INTO child VALUES (1, 1)",
        "CREATE TABLE a(x); CREATE TABLE log(x); CREATE VIEW v AS SELECT x FROM a;
         INSERT INTO a VALUES (1);
         CREATE TRIGGER t1 AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); END;
         CREATE TRIGGER t2 AFTER INSERT ON a BEGIN INSERT INTO log VALUES (-new.x); END;
         CREATE TRIGGER t3 INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.x); END;
         INSERT INTO v VALUES (2)",
        "CREATE VIEW v AS SELECT * FROM later; CREATE TABLE later(x); CREATE INDEX i ON later(x) WHERE x > 0; CREATE INDEX j ON later(abs(x))",
        "CREATE TABLE notes(body); CREATE VIRTUAL TABLE words USING fts5(body, content='notes', tokenize=\"unicode61 tokenchars '-'\");
         CREATE TRIGGER n AFTER INSERT ON notes BEGIN INSERT INTO words(rowid, body) VALUES (new.rowid, new.body); END",
        "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1)",
        "CREATE TABLE a(x, at DEFAULT CURRENT_TIMESTAMP); CREATE INDEX i ON a(at); CREATE TABLE b(y); INSERT INTO b VALUES (1)",
        "CREATE TABLE a(x); UPDATE a SET x = datetime('now'); CREATE TRIGGER t AFTER UPDATE ON a BEGIN UPDATE a SET x = datetime('now'); END",
        "PRAGMA user_version = 7; CREATE TABLE a(date TEXT, time TEXT); INSERT INTO a(date, time) VALUES ('2020-01-01', 'now')",
        "CREATE TABLE a AS SELECT 1 AS one, 'two' AS \"the second\"",
    ] {
        same(&[("001_all.sql", sql)]);
    }
}

#[test]
fn a_history_ends_where_its_snapshot_begins() {
    same(&[
        ("base.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, Body TEXT); CREATE INDEX old ON notes(body);"),
        ("001_a.sql", "ALTER TABLE notes ADD COLUMN title TEXT DEFAULT 'none'; CREATE VIEW v AS SELECT title FROM notes;"),
        ("002_b.sql", "INSERT INTO notes(body) VALUES ('welcome'); ALTER TABLE notes RENAME COLUMN title TO heading;"),
        (
            "003_c.sql",
            "DROP VIEW v; CREATE TABLE n(id INTEGER PRIMARY KEY, body TEXT NOT NULL, heading TEXT); INSERT INTO n(id, body, heading)
             SELECT id, coalesce(body, ''), heading FROM notes; DROP TABLE notes; ALTER TABLE n RENAME TO notes; CREATE INDEX old ON notes(body);
             CREATE TABLE gone(x); ALTER TABLE notes DROP COLUMN heading;",
        ),
        ("004_d.sql", "--! allow(drop-table): was never used\nDROP TABLE gone; CREATE TABLE tags(name TEXT PRIMARY KEY, note REFERENCES notes);"),
    ]);
}

#[test]
fn in_doubt_there_is_none() {
    for sql in [
        "CREATE TABLE a(x); INSERT INTO a VALUES (random())",
        "CREATE TABLE a(x); INSERT INTO a VALUES (datetime('now'))",
        "CREATE TABLE a(x); INSERT INTO a VALUES (CURRENT_DATE)",
        "CREATE TABLE a(x); INSERT INTO a VALUES (1); UPDATE a SET x = unixepoch()",
        "CREATE TABLE a(x, at DEFAULT CURRENT_TIMESTAMP); INSERT INTO a(x) VALUES (1)",
        "CREATE TABLE a(x, at DEFAULT (julianday('now'))); CREATE TABLE b(x); INSERT INTO b VALUES (1);
         CREATE TRIGGER t AFTER INSERT ON b BEGIN INSERT INTO a(x) VALUES (new.x); END; INSERT INTO b VALUES (2)",
        "CREATE TABLE a(x); CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = \"random\"(); END; INSERT INTO a VALUES (1)",
        "CREATE TABLE a AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT random() FROM n",
        "CREATE TABLE a(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1001) INSERT INTO a SELECT i FROM n",
        "CREATE TABLE a(x); INSERT INTO a VALUES (zeroblob(60000))",
        "CREATE TABLE a(rowid, _rowid_, oid); INSERT INTO a VALUES (1, 2, 3)",
        "CREATE TABLE a(x); INSERT INTO a VALUES (9e999)",
        "CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('hello')",
        "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES (1, 0, 1)",
        "CREATE TABLE a(x); CREATE INDEX i ON a(x); INSERT INTO a VALUES (1); ANALYZE",
        "--! transaction: none -- VACUUM cannot run in one\nCREATE TABLE a(x); VACUUM",
    ] {
        assert_eq!(snapshot(sql), None, "{sql}");
    }
    let functions = "functions = [{ name = \"slug\" }]\ncollations = [\"german\"]";
    let with = |sql| set(&[("migrate.toml", functions), ("001_a.sql", sql)]).snapshot;
    assert!(with("CREATE TABLE a(x CHECK (slug(x) <> ''))").is_some());
    assert_eq!(with("CREATE TABLE a(x); INSERT INTO a VALUES (slug('A b'))"), None);
    assert_eq!(with("CREATE TABLE a(x COLLATE german); INSERT INTO a VALUES ('a')"), None);
    assert_eq!(set(&[("001_a.sql", "CREATE TABLE a(x)"), ("schema.sql", "CREATE TABLE a(x)")]).snapshot, None);
}

#[test]
fn a_step_that_runs_stands_in_the_way() {
    for (fresh, expected) in [("run", false), ("skip", true)] {
        let options = format!("[steps.\"001_a\"]\nfresh = \"{fresh}\"");
        let (source, _) = parse(&Listing::from_files([("001_a.sql", "CREATE TABLE a(x)"), ("migrate.toml", &options)]));
        let declared = Declared { steps: vec!["001_a".to_owned()], ..Declared::default() };
        assert_eq!(check(&source, &declared).set.unwrap().snapshot.is_some(), expected);
    }
}

#[test]
fn it_reads_like_a_script() {
    let text = snapshot(
        "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x DEFAULT 'it''s');
         CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;
         INSERT INTO a(x) VALUES ('one'), ('two'); ALTER TABLE a ADD COLUMN y; DELETE FROM a WHERE x = 'two'; PRAGMA user_version = 3",
    );
    insta::assert_snapshot!(text.unwrap());
    let set = set(&[("001_a.sql", "CREATE TABLE a(x); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END")]);
    let script = set.snapshot.unwrap();
    let texts: Vec<&str> = script.statements.iter().map(|statement| script.text(statement)).collect();
    assert_eq!(texts, ["CREATE TABLE a(x)", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END"]);
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&create_history_sql("schema_migrations")).unwrap();
    run_script(&conn, &script).unwrap();
}
