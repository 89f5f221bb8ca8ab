//! What reads only: the no-op start, plans, states.

use std::time::Duration;

use migrate_core::rusqlite::{Connection, OpenFlags};
use migrate_core::{AnyVersion, DriftPolicy, Error, Migrator, Outcome, Target};

use crate::kit::{Db, Kit, column, list, table};

fn two() -> Kit {
    list(&["CREATE TABLE a(x)", "ALTER TABLE a ADD COLUMN y"]).marker(table("a")).marker(column("a", "y"))
}

#[test]
fn a_current_database_is_served_on_a_read_only_connection() {
    let (all, db) = (two().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
    let mut conn = db.open();
    conn.execute_batch("PRAGMA query_only = ON").unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
}

#[test]
fn a_pending_one_is_refused_on_a_read_only_connection() {
    let (all, db) = (two().make(), Db::new());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let error = all.run(&mut conn).unwrap_err();
    insta::assert_snapshot!(error, @"
    the database needs 1 migration(s) and the connection is read-only; nothing was changed, still at `001_m.sql`
    pending: `002_m.sql`
    help: open it for writing, and without `PRAGMA query_only`
    ");
    assert_eq!(db.bytes(), before);
}

#[test]
fn a_current_database_is_served_while_another_connection_holds_the_write_lock() {
    let (all, db) = (two().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    let holder = db.open();
    holder.execute_batch("BEGIN IMMEDIATE; INSERT INTO a VALUES (1, 2)").unwrap();
    assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Current);
}

#[test]
fn vacuum_moves_the_schema_version_and_still_nothing_is_written() {
    let (all, db) = (two().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    db.sql("VACUUM");
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let report = all.run(&mut conn).unwrap();
    assert!(report.outcome() == Outcome::Current && report.drift().is_same());
    assert_eq!(db.bytes(), before);
}

#[test]
fn drift_is_told_as_the_policy_says() {
    let (all, db) = (two().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    db.sql("ALTER TABLE a ADD COLUMN z; CREATE TABLE others(x); CREATE INDEX mine ON a(x)");
    let before = db.bytes();
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!(report.drift().to_string(), "different: table `a`");
    let error = Migrator::new(&all).drift(DriftPolicy::Error).run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error, @r"
    the schema differs from that of `002_m.sql`: different: table `a`
      table `a`: column `z` is too much
    state: nothing was changed, still at `002_m.sql`
    help: bring the schema back to that version, or accept drift with `DriftPolicy::Warn`
    ");
    assert_eq!(db.bytes(), before);
}

#[test]
fn plans_and_states_of_every_kind_of_database() {
    let all = two().base("CREATE TABLE b(x)").schema("CREATE TABLE b(x); CREATE TABLE a(x, y)").make();
    let mut told = String::new();
    let mut tell = |what: &str, db: &Db| {
        let before = db.bytes();
        let conn = db.open();
        let plan = all.plan(&conn).map_or_else(|error| error.to_string(), |plan| plan.to_string());
        let status = all.status(&conn).unwrap().to_string();
        let status = mask_times(&status);
        told.push_str(&format!("## {what}\n{plan}\n--\n{status}\n\n"));
        assert_eq!(db.bytes(), before, "{what}");
    };
    let db = Db::new();
    tell("empty", &db);
    tell("legacy", &Db::with("CREATE TABLE b(x)"));
    tell("recognised by its schema", &Db::with("CREATE TABLE b(x); CREATE TABLE a(x)"));
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    tell("middle", &db);
    all.run(&mut db.open()).unwrap();
    tell("current", &db);
    db.sql("INSERT INTO schema_migrations (migration_name) VALUES ('003_later.sql')");
    tell("too new", &db);
    tell("unrelated", &Db::with("CREATE TABLE other(x)"));
    insta::assert_snapshot!(told);
}

#[test]
fn a_plan_lists_what_is_pending() {
    let (all, db) = (two().make(), Db::new());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    let plan = all.plan(&db.open()).unwrap();
    assert_eq!(plan.pending().collect::<Vec<_>>(), [AnyVersion(1)]);
    let to_here = Migrator::new(&all).target(Target::At(AnyVersion(0))).plan(&db.open()).unwrap();
    assert_eq!((to_here.outcome(), to_here.steps().len()), (Outcome::Current, 0));
    assert_eq!(all.status(&db.open()).unwrap().pending().collect::<Vec<_>>(), [AnyVersion(1)]);
}

#[test]
fn the_markers_answer_whether_the_schema_is_current() {
    let (all, db) = (two().make(), Db::new());
    assert!(!all.is_schema_current(&db.open()).unwrap());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    assert!(!all.is_schema_current(&db.open()).unwrap());
    all.run(&mut db.open()).unwrap();
    assert!(all.is_schema_current(&db.open()).unwrap());
    // Without history, and with a TEMP table of the same name, it is the schema of `main` that counts.
    let other = Db::with("CREATE TABLE A(x, Y)");
    let conn = other.open();
    conn.execute_batch("CREATE TEMP TABLE a(q)").unwrap();
    assert!(all.is_schema_current(&conn).unwrap());
    assert!(!all.is_schema_current(&Db::with("CREATE VIEW a AS SELECT 1 AS x, 2 AS y").open()).unwrap());
}

#[test]
fn a_thousand_markers_are_one_statement() {
    let texts: Vec<String> = (0..1500).map(|i| format!("CREATE TABLE t{i}(x)")).collect();
    let looks: Vec<_> = (0..1500).map(|i| table(Box::leak(format!("t{i}").into_boxed_str()))).collect();
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&texts.join(";")).unwrap();
    let sql = migrate_core::__private::marker_sql(&looks);
    assert!(conn.query_row(&sql, [], |row| row.get::<_, bool>(0)).unwrap());
    conn.execute_batch("DROP TABLE t777").unwrap();
    assert!(!conn.query_row(&sql, [], |row| row.get::<_, bool>(0)).unwrap());
}

#[test]
fn inside_a_transaction_reading_works_and_running_is_refused() {
    let (all, db) = (two().make(), Db::new());
    let mut conn = db.open();
    conn.execute_batch("BEGIN").unwrap();
    assert_eq!(all.plan(&conn).unwrap().outcome(), Outcome::Fresh);
    assert!(matches!(all.run(&mut conn), Err(Error::InTransaction)));
    assert!(!conn.is_autocommit());
}

#[test]
fn inside_a_transaction_a_current_database_is_served() {
    let (all, db) = (two().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    let mut conn = db.open();
    conn.execute_batch("BEGIN; INSERT INTO a VALUES (1, 2)").unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!(db.one("SELECT count(*) FROM a"), "1");
    // What cannot be read now is no reason to think that anything is pending.
    for knows_the_schema in [false, true] {
        let (mut conn, holder) = (db.open(), db.open());
        if knows_the_schema {
            all.run(&mut conn).unwrap();
        }
        holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
        conn.execute_batch("BEGIN").unwrap();
        let error = all.migrator().lock_timeout(Duration::from_millis(20)).run(&mut conn).unwrap_err();
        assert!(matches!(error, Error::Locked { .. }), "{error}");
    }
}

/// The schema version on the newest row is what saves the next start from comparing the schema.
#[test]
fn the_newest_row_tells_whether_the_schema_has_moved() {
    let (all, db) = (two().make(), Db::new());
    let stamp = || db.one("SELECT schema_version FROM schema_migrations ORDER BY id DESC LIMIT 1");
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    assert_eq!(stamp(), db.one("PRAGMA schema_version"));
    all.run(&mut db.open()).unwrap();
    assert_eq!(stamp(), db.one("PRAGMA schema_version"));
    // Where it drifted every start compares, and tells.
    db.sql("ALTER TABLE a ADD COLUMN z");
    let next = two().then("CREATE TABLE b(x)").make();
    for _ in 0..2 {
        assert_eq!(next.run(&mut db.open()).unwrap().drift().to_string(), "different: table `a`");
        assert_eq!(stamp(), "NULL");
    }
}

pub(crate) fn mask_times(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let cut = line.find("  20").filter(|_| line.ends_with(|c: char| c.is_ascii_digit()));
        masked.push_str(&cut.map_or(line.to_owned(), |at| format!("{}  <time>", &line[..at])));
        masked.push('\n');
    }
    masked.trim_end().to_owned()
}
