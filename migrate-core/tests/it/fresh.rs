//! Empty databases, current ones, and those at every version between.

use migrate_core::{AnyVersion, Atomicity, Error, Migrator, Outcome, Target};

use crate::kit::{Db, Kit, list};

fn three() -> Kit {
    list(&[
        "CREATE TABLE a(x); INSERT INTO a VALUES (1)",
        "ALTER TABLE a ADD COLUMN y DEFAULT 2",
        "CREATE INDEX a_x ON a(x); UPDATE a SET y = 3",
    ])
}

#[test]
fn fresh_without_a_schema_file_runs_everything() {
    let db = Db::new();
    let report = three().make().run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), report.before(), report.after()), (Outcome::Fresh, None, Some(AnyVersion(2))));
    assert_eq!(report.applied().count(), 3);
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh");
    assert_eq!(db.one("SELECT y FROM a"), "3");
}

#[test]
fn fresh_with_a_schema_file_marks_everything() {
    let kit = three().schema("CREATE TABLE a(x, y DEFAULT 2); CREATE INDEX a_x ON a(x); INSERT INTO a VALUES (1, 3)");
    let db = Db::new();
    let report = kit.make().run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), report.applied().count(), report.entries().len()), (Outcome::Fresh, 0, 3));
    assert_eq!(report.to_string(), "fresh database: 3 migrations marked as applied; now at `003_m.sql`");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh");
    assert!(report.drift().is_same());
}

#[test]
fn fresh_with_a_snapshot_costs_its_schema() {
    let sql = "CREATE TABLE a(x, y DEFAULT 2); CREATE INDEX a_x ON a(x); INSERT INTO a VALUES (1, 3)";
    let all = three().snapshot(sql).make();
    let (db, ran) = (Db::new(), Db::new());
    let plan = Migrator::new(&all).plan(&db.open()).unwrap().to_string();
    assert_eq!(
        plan,
        "fresh database, to `003_m.sql`\n  prepare the history table\n  run    the snapshot of the current schema\n  \
         mark   001_m.sql (fresh)\n  mark   002_m.sql (fresh)\n  mark   003_m.sql (fresh)"
    );
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!(report.to_string(), "fresh database: 3 migrations marked as applied; now at `003_m.sql`");
    three().make().run(&mut ran.open()).unwrap();
    assert_eq!(db.one("SELECT group_concat(x || y) FROM a"), ran.one("SELECT group_concat(x || y) FROM a"));
    assert_eq!(db.history(), ran.history());
    // What an author wrote comes first.
    let both = three().snapshot("CREATE TABLE b(x)").schema(sql).make();
    assert!(Migrator::new(&both).plan(&Db::new().open()).unwrap().to_string().contains("schema.sql"));
}

#[test]
fn a_snapshot_that_fails_leaves_nothing() {
    let all = three().snapshot("CREATE TABLE a(x, y DEFAULT 2); CREATE INDEX a_x ON a(nothing)").make();
    let db = Db::new();
    let error = all.run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("the snapshot of the current schema"), "{error}");
    assert_eq!(db.one("SELECT count(*) FROM sqlite_master"), "0");
}

#[test]
fn fresh_with_a_base_file_begins_there() {
    let kit = list(&["ALTER TABLE a ADD COLUMN y"]).base("CREATE TABLE a(x)");
    let db = Db::new();
    assert_eq!(kit.make().run(&mut db.open()).unwrap().outcome(), Outcome::Fresh);
    assert_eq!(db.history(), "001_m.sql fresh");
}

#[test]
fn an_empty_history_table_is_no_history() {
    let sql = "CREATE TABLE schema_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, \
               applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";
    let db = Db::with(sql);
    assert_eq!(three().make().run(&mut db.open()).unwrap().outcome(), Outcome::Fresh);
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh");
}

#[test]
fn every_version_ends_like_a_fresh_one() {
    let all = three().make();
    let fresh = Db::new();
    all.run(&mut fresh.open()).unwrap();
    for atomicity in [Atomicity::All, Atomicity::Each] {
        for k in 0..3 {
            let db = Db::new();
            let mut conn = db.open();
            Migrator::new(&all).target(AnyVersion(k)).run(&mut conn).unwrap();
            let report = Migrator::new(&all).atomicity(atomicity).run(&mut conn).unwrap();
            let outcome = if k == 2 { Outcome::Current } else { Outcome::Applied };
            assert_eq!(
                (report.outcome(), report.before(), report.applied().count()),
                (outcome, Some(AnyVersion(k)), 2 - k)
            );
            assert_eq!(db.dump(), fresh.dump(), "from {k}");
        }
    }
}

#[test]
fn a_current_database_is_not_touched() {
    let all = three().make();
    let db = Db::new();
    all.run(&mut db.open()).unwrap();
    let before = db.bytes();
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!(report.to_string(), "current: at `003_m.sql`, nothing to do");
    assert_eq!(db.bytes(), before);
}

#[test]
fn a_target_is_where_it_ends() {
    let all = three().make();
    let db = Db::new();
    let mut conn = db.open();
    let report = Migrator::new(&all).target(Target::Base).run(&mut conn).unwrap();
    assert_eq!((report.after(), report.entries().len()), (None, 0));
    Migrator::new(&all).target(AnyVersion(1)).run(&mut conn).unwrap();
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh");
    let past = Migrator::new(&all).target(AnyVersion(0)).run(&mut conn).unwrap_err();
    assert!(matches!(past, Error::PastTarget { .. }), "{past}");
    let unknown = Migrator::new(&all).target(AnyVersion(3)).run(&mut conn).unwrap_err();
    assert!(matches!(unknown, Error::UnknownTarget { index: 4, known: 3 }), "{unknown}");
}

#[test]
fn a_history_that_is_dropped_on_the_same_connection_is_gone() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).make();
    let db = Db::new();
    let mut conn = db.open();
    all.run(&mut conn).unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
    conn.execute_batch("DROP TABLE schema_migrations").unwrap();
    assert!(matches!(all.run(&mut conn).unwrap().outcome(), Outcome::Adopted(_)));
}
