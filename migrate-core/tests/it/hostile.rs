//! What connections, schemas and other programs do to a run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use migrate_core::__private::Fresh;
use migrate_core::rusqlite::Connection;
use migrate_core::rusqlite::config::DbConfig;
use migrate_core::{AnyVersion, DriftPolicy, Error, Migrator, StepFn};

use crate::kit::{Db, Kit, column, list, table};

fn at_first(kit: &Kit) -> Db {
    let db = Db::new();
    Migrator::new(&kit.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db
}

/// Runs on a connection that was prepared, expects an error that changes nothing, and returns it.
fn refused(kit: &Kit, prepare: &str) -> Error {
    let db = at_first(kit);
    let before = db.dump();
    let mut conn = db.open();
    conn.execute_batch(prepare).unwrap();
    let error = kit.make().run(&mut conn).unwrap_err();
    drop(conn);
    assert_eq!(db.dump(), before);
    error
}

const REBUILD: &str = "CREATE TABLE notes_new(id INTEGER PRIMARY KEY, x TEXT NOT NULL DEFAULT '');
    INSERT INTO notes_new(id, x) SELECT id, coalesce(x, '') FROM notes;
    DROP TABLE notes; ALTER TABLE notes_new RENAME TO notes";

fn rebuild() -> Kit {
    list(&["CREATE TABLE notes(id INTEGER PRIMARY KEY, x)", REBUILD])
}

#[test]
fn temp_objects_of_any_name_that_a_migration_uses() {
    for temp in [
        "CREATE TEMP TABLE Notes_New(id INTEGER PRIMARY KEY, x)",
        "CREATE TEMP TRIGGER audit BEFORE UPDATE ON notes BEGIN SELECT raise(IGNORE); END",
    ] {
        let error = refused(&rebuild(), temp);
        assert!(matches!(error, Error::Shadowed { .. }), "{error}");
    }
    let db = at_first(&rebuild());
    let mut conn = db.open();
    conn.execute_batch("CREATE TEMP TABLE mine(x)").unwrap();
    rebuild().make().run(&mut conn).unwrap();
}

#[test]
fn attached_databases_are_out_of_reach() {
    let error = refused(&rebuild(), "ATTACH ':memory:' AS archive; CREATE TABLE archive.cache(x)");
    insta::assert_snapshot!(error, @"
    other databases are attached: `archive`; nothing was changed
    help: run the migrations before `ATTACH`; a name that is missing in one database is looked up in the others
    ");
    let db = at_first(&rebuild());
    let mut conn = db.open();
    rebuild().make().run(&mut conn).unwrap();
    conn.execute_batch("ATTACH ':memory:' AS archive").unwrap();
    rebuild().make().run(&mut conn).unwrap();
}

#[test]
fn without_a_journal_nothing_begins() {
    let db = at_first(&rebuild());
    let mut conn = db.open();
    conn.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(())).unwrap();
    assert!(matches!(rebuild().make().run(&mut conn), Err(Error::NoJournal)));
}

#[test]
fn triggers_that_the_connection_turned_off_fire_and_are_off_again() {
    let log = "CREATE TABLE a(x); CREATE TABLE log(x);
               CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); END";
    let kit = list(&[log, "INSERT INTO a VALUES (1)"]);
    let db = at_first(&kit);
    let mut conn = db.open();
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    kit.make().run(&mut conn).unwrap();
    assert_eq!(db.one("SELECT count(*) FROM log"), "1");
    assert!(!conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER).unwrap());
}

#[test]
fn a_history_row_that_does_not_come_to_be_is_noticed() {
    let swallow = "CREATE TRIGGER t BEFORE INSERT ON schema_migrations BEGIN SELECT raise(IGNORE); END";
    let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)"]);
    let db = at_first(&kit);
    db.sql(swallow);
    let error = kit.make().run(&mut db.open()).unwrap_err();
    assert!(error.to_string().starts_with("writing the history failed"), "{error}");
    assert_eq!(db.one("SELECT count(*) FROM a"), "0");

    let begins_again: StepFn = |conn| Ok(conn.execute_batch("ROLLBACK; BEGIN")?);
    let deletes: StepFn = |conn| Ok(conn.execute_batch("DELETE FROM schema_migrations")?);
    for step in [begins_again, deletes] {
        let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)"]).step(step, Fresh::Run);
        let db = at_first(&kit);
        let error = kit.make().run(&mut db.open()).unwrap_err();
        assert!(error.to_string().starts_with("writing the history failed"), "{error}");
        assert_eq!((db.history().as_str(), db.one("SELECT count(*) FROM a").as_str()), ("001_m.sql fresh", "0"));
    }
}

#[test]
fn half_a_migration_is_not_adopted() {
    let second = "ALTER TABLE a ADD COLUMN y; ALTER TABLE b ADD COLUMN z";
    let kit = list(&["CREATE TABLE a(x); CREATE TABLE b(x)", second]).marker(table("a")).marker(column("a", "y"));
    let db = Db::with("CREATE TABLE a(x, y); CREATE TABLE b(x)");
    let error = kit.make().run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error, @r"
    there is no history, and the markers are those of `002_m.sql`, but some of that version is missing; nothing was changed
    there: table `b` as an earlier version has it
    nearest version: `002_m.sql` (different: table `b`)
      table `b`: column `z` is missing
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
}

#[test]
fn old_violations_stay_old_whatever_is_renamed() {
    let rebuilt = |columns: &str| {
        format!("CREATE TABLE n({columns}); INSERT INTO n SELECT * FROM c; DROP TABLE c; ALTER TABLE n RENAME TO c")
    };
    for sql in [
        "ALTER TABLE c RENAME COLUMN p TO parent".to_owned(),
        "ALTER TABLE c RENAME TO children".to_owned(),
        "ALTER TABLE p RENAME TO parents".to_owned(),
        rebuilt("id INTEGER PRIMARY KEY, p TEXT REFERENCES p"),
        rebuilt("id INTEGER PRIMARY KEY, p INTEGER REFERENCES p").replacen("); INSERT", ") WITHOUT ROWID; INSERT", 1),
    ] {
        let kit = list(&[
            "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p)",
            &sql,
        ]);
        let db = at_first(&kit);
        db.sql("INSERT INTO p VALUES (5); INSERT INTO c VALUES (1, 99), (2, 5)");
        kit.make().run(&mut db.open()).unwrap_or_else(|error| panic!("{sql}: {error}"));
        // A new one is told all the same.
        let then = kit.then(if sql.contains("TO parents") { "DELETE FROM parents" } else { "DELETE FROM p" });
        let error = then.make().run(&mut db.open()).unwrap_err();
        assert!(error.to_string().contains("leave 1 foreign key violation"), "{sql}: {error}");
    }
}

#[test]
fn violations_are_told_apart_in_every_kind_of_table() {
    let check = |first: &str, second: &str, rows: &str, violates: bool| {
        let kit = list(&[first, second, "CREATE TABLE marks_the_end(x)"]);
        let db = Db::with(first);
        db.sql(rows);
        let all = kit.make();
        Migrator::new(&all).adopt_at(&mut db.open(), AnyVersion(0)).unwrap();
        let result = all.run(&mut db.open());
        assert_eq!(result.is_err(), violates, "{first}; {second}: {result:?}");
    };
    let without = "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(k PRIMARY KEY, p REFERENCES p) WITHOUT ROWID";
    let repaired_and_broken = "DELETE FROM p WHERE id = 1; INSERT INTO p VALUES (99)";
    check(without, repaired_and_broken, "INSERT INTO p VALUES (1); INSERT INTO c VALUES ('a', 1), ('b', 99)", true);
    check(without, "CREATE TABLE z(x)", "INSERT INTO c VALUES ('b', 99)", false);
    let mismatch = "CREATE TABLE p(id INTEGER PRIMARY KEY, u); CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p, u REFERENCES p(u))";
    check(mismatch, "CREATE TABLE z(x)", "INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 1, NULL)", false);
    check(mismatch, "DELETE FROM p", "INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 1, NULL)", true);
    let named = "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(rowid TEXT, p REFERENCES p)";
    let reversed = "CREATE TABLE n(rowid TEXT, p REFERENCES p); INSERT INTO n SELECT rowid, p FROM c ORDER BY p DESC; DROP TABLE c; ALTER TABLE n RENAME TO c";
    check(named, reversed, "INSERT INTO p VALUES (5); INSERT INTO c VALUES (2, 5), (1, 99)", false);
    let texts = "CREATE TABLE p(id TEXT PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p)";
    check(texts, "CREATE TABLE z(x)", "INSERT INTO c VALUES (1, CAST(x'e4' AS TEXT))", false);
    let composite = "CREATE TABLE p(a, b, PRIMARY KEY (a, b)); CREATE TABLE c(k PRIMARY KEY, a, b, FOREIGN KEY (a, b) REFERENCES p) WITHOUT ROWID";
    check(
        composite,
        "DELETE FROM p WHERE a = 2",
        "INSERT INTO p VALUES (1, 1), (2, 2); INSERT INTO c VALUES (1, 1, 1), (2, 2, NULL)",
        false,
    );
    check(
        composite,
        "DELETE FROM p WHERE a = 1",
        "INSERT INTO p VALUES (1, 1), (2, 2); INSERT INTO c VALUES (1, 1, 1), (2, 2, NULL)",
        true,
    );
}

#[test]
fn drift_is_told_at_every_start() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    let db = at_first(&kit);
    db.sql("ALTER TABLE a ADD COLUMN mine");
    for _ in 0..3 {
        assert_eq!(kit.make().run(&mut db.open()).unwrap().drift().to_string(), "different: table `a`");
    }
    assert!(Migrator::new(&kit.make()).drift(DriftPolicy::Error).run(&mut db.open()).is_err());
}

#[test]
fn what_one_migration_sets_does_not_decide_about_the_next() {
    let kit =
        list(&["CREATE TABLE a(x CHECK (x > 1))", "PRAGMA ignore_check_constraints = 1", "INSERT INTO a VALUES (0)"]);
    assert!(kit.make().run(&mut Db::new().open()).unwrap_err().to_string().contains("CHECK constraint failed"));
}

#[test]
fn other_tools_may_do_as_they_like() {
    let kit =
        list(&["CREATE TABLE a(x, k DEFAULT \"none\")", "CREATE TABLE b(x)"]).marker(table("a")).marker(table("b"));
    let db = Db::with("CREATE TABLE a(x, k DEFAULT \"none\"); CREATE TABLE b(x); CREATE TABLE tool(none)");
    Migrator::new(&kit.make()).drift(DriftPolicy::Error).run(&mut db.open()).unwrap();

    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    let db = at_first(&kit);
    db.sql("CREATE TABLE tool(x DEFAULT 'Q')");
    db.sql(
        "PRAGMA writable_schema = 1;
         UPDATE sqlite_master SET sql = CAST(replace(CAST(sql AS BLOB), x'51', x'e4') AS TEXT) WHERE name = 'tool'",
    );
    kit.make().run(&mut db.open()).unwrap();

    let kit = list(&["CREATE TABLE a(x); CREATE TABLE old(x)", "DROP TABLE old", "CREATE TABLE c(x)"]);
    let db = Db::new();
    Migrator::new(&kit.make()).target(AnyVersion(1)).run(&mut db.open()).unwrap();
    db.sql("CREATE TABLE old(backup)");
    kit.make().run(&mut db.open()).unwrap();
}

#[test]
fn three_columns_alone_do_not_make_a_history() {
    for columns in [
        "id INTEGER, migration_name TEXT, applied_at TEXT",
        "id TEXT PRIMARY KEY, migration_name TEXT, applied_at TEXT",
        "id INTEGER PRIMARY KEY, name TEXT, run_at TEXT",
        "id INTEGER PRIMARY KEY, migration_name TEXT, applied_at TEXT, checksum TEXT, chain TEXT, origin TEXT, \
         duration INTEGER, note TEXT",
    ] {
        let db = Db::with(&format!("CREATE TABLE schema_migrations({columns})"));
        let error = list(&["CREATE TABLE a(x)"]).make().run(&mut db.open()).unwrap_err();
        assert!(matches!(error, Error::ForeignHistory { .. }), "{columns}: {error}");
    }
    let strict = "id INTEGER PRIMARY KEY, migration_name TEXT UNIQUE NOT NULL, applied_at TEXT NOT NULL";
    let db = Db::with(&format!("CREATE TABLE schema_migrations({strict})"));
    list(&["CREATE TABLE a(x)"]).make().run(&mut db.open()).unwrap();
}

#[test]
fn interrupts_that_do_not_stop_leave_everything_as_it_was() {
    let endless: StepFn = |conn| {
        let sql = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) INSERT INTO a SELECT i FROM c";
        Ok(conn.execute_batch(sql)?)
    };
    let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)"]).step(endless, Fresh::Run);
    let db = at_first(&kit);
    let before = db.dump();
    let mut conn = db.open();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    let (handle, done) = (conn.get_interrupt_handle(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(100));
            while !done.load(Ordering::Relaxed) {
                handle.interrupt();
                thread::sleep(Duration::from_micros(50));
            }
        });
        assert!(kit.make().run(&mut conn).is_err());
        done.store(true, Ordering::Relaxed);
    });
    assert!(conn.is_autocommit());
    assert_eq!(conn.query_row("PRAGMA foreign_keys", [], |row| row.get::<_, bool>(0)), Ok(true));
    assert_eq!(db.dump(), before);
}

#[test]
fn long_statements_make_short_messages() {
    let kit = list(&["CREATE TABLE a(x)", &format!("INSERT INTO nope VALUES ('{}')", "x".repeat(100_000))]);
    assert!(kit.make().run(&mut at_first(&kit).open()).unwrap_err().to_string().len() < 1000);
}

#[test]
fn a_target_before_what_leaves_no_mark_can_be_reached() {
    let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (7)"]);
    let db = Db::with("CREATE TABLE a(x)");
    Migrator::new(&kit.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql adopted");
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let kit =
        list(&["CREATE TABLE a(x)", "CREATE TABLE b(x); INSERT INTO b SELECT zeroblob(20000); CREATE INDEX i ON b(x)"]);
    let mut refused = 0;
    for pages in 4..40 {
        let db = at_first(&kit);
        let before = db.dump();
        let mut conn = db.open();
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        let result = kit.make().run(&mut conn);
        drop(conn);
        if result.is_err() {
            refused += 1;
            assert_eq!(db.dump(), before, "{pages}");
        }
        kit.make().run(&mut db.open()).unwrap();
    }
    assert!((5..36).contains(&refused), "{refused}");
}

#[test]
fn names_may_be_odd() {
    let kit = list(&[
        "CREATE TABLE \"a \"\"b\"(\"x y\" PRIMARY KEY, \"rowid\"); CREATE TABLE Ä(x);
         CREATE TABLE ä(x REFERENCES \"a \"\"b\"); CREATE INDEX [i ] ON ä(x)",
        "ALTER TABLE \"a \"\"b\" RENAME TO [ü'`]; ALTER TABLE ä ADD COLUMN \"q\"\"\"",
    ])
    .edit(|set| set.options.history_table = "hist \"ory' [x]".into())
    .marker(table("Ä"))
    .marker(column("ä", "q\""));
    let (db, all) = (Db::new(), kit.make());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    assert!(all.run(&mut db.open()).unwrap().drift().is_same());
    assert!(all.is_schema_current(&db.open()).unwrap());
}

#[test]
fn in_memory_and_in_wal_it_is_the_same() {
    let kit = list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction().then("CREATE TABLE b(x)");
    kit.make().run(&mut Connection::open_in_memory().unwrap()).unwrap();
    let db = Db::with("PRAGMA journal_mode = WAL");
    let reader = db.open();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_master").unwrap();
    list(&["CREATE TABLE a(x)"]).make().run(&mut db.open()).unwrap();
}
