//! Databases that are older than their history.

use migrate_core::__private::{Adopt, Kind, Look};
use migrate_core::{AnyVersion, Error, Evidence, Migrator, Outcome, Target};

use crate::kit::{Db, Kit, column, list, table};
use crate::refusals::{refused, starpunk};

#[test]
fn by_fingerprint_at_every_version() {
    let all = starpunk().make();
    let fresh = Db::new();
    all.run(&mut fresh.open()).unwrap();
    for k in 0..=2 {
        let db = Db::new();
        let target = if k == 0 { Target::Base } else { Target::At(AnyVersion(k - 1)) };
        Migrator::new(&all).target(target).run(&mut db.open()).unwrap();
        db.sql("DROP TABLE schema_migrations");
        let report = all.run(&mut db.open()).unwrap();
        assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
        assert_eq!(report.applied().count(), 2 - k);
        assert_eq!(db.dump(), fresh.dump());
        assert_eq!(report.before(), k.checked_sub(1).map(AnyVersion));
        assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Current);
    }
}

#[test]
fn spelling_does_not_matter_and_other_tables_do_not_either() {
    let db = Db::with(
        "create table \"AUTH\"([state] text /* key */); CREATE TABLE `tokens`( \"token\" TEXT );
         CREATE TABLE _litestream_seq(x); CREATE TABLE mine(x); ANALYZE",
    );
    let report = starpunk().make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(db.history(), "001_m.sql applied, 002_m.sql applied");
}

#[test]
fn by_column_order_alone() {
    let kit = list(&["CREATE TABLE a(x, y)", "CREATE TABLE b(x)"]);
    let db = Db::with("CREATE TABLE a(y, x)");
    let report = kit.make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::ColumnOrder));
    assert!(report.drift().is_same());
    assert_eq!(report.drift().to_string(), "in another column order: table `a`");
    assert_eq!(db.history(), "001_m.sql adopted, 002_m.sql applied");
}

#[test]
fn by_markers_where_the_schema_drifted() {
    let db = Db::with("CREATE TABLE auth(state TEXT, verifier TEXT, mine); CREATE TABLE tokens(token TEXT)");
    let report = starpunk().make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Markers));
    assert_eq!(db.history(), "001_m.sql adopted, 002_m.sql applied");
    assert_eq!(report.drift().to_string(), "different: table `auth`");
}

#[test]
fn by_base_where_the_schema_drifted() {
    let db = Db::with("CREATE TABLE auth(state TEXT, mine); CREATE TABLE tokens(token TEXT)");
    let report = starpunk().make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Base));
    assert_eq!(db.history(), "001_m.sql applied, 002_m.sql applied");
}

#[test]
fn markers_that_say_no_are_markers_too() {
    let gone = Look::Object { kind: Kind::Table, name: "old".into(), present: false };
    let kit = list(&["DROP TABLE old; CREATE TABLE new(x)"]).base("CREATE TABLE old(x); CREATE TABLE k(x)");
    let all = kit.marker(gone).make();
    assert!(!all.is_schema_current(&Db::with("CREATE TABLE old(x)").open()).unwrap());
    let db = Db::with("CREATE TABLE new(x); CREATE TABLE k(x, mine)");
    assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Adopted(Evidence::Markers));
    assert_eq!(db.history(), "001_m.sql adopted");
}

#[test]
fn what_leaves_no_mark_is_run_or_skipped_as_it_says() {
    let kit = |adopt: Option<Adopt>| {
        let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (7)"]);
        let kit = match adopt {
            Some(adopt) => kit.adopt(adopt),
            None => kit,
        };
        kit.then("CREATE TABLE b(x)").make()
    };
    let rows = "SELECT count(*) FROM a";
    let db = Db::with("CREATE TABLE a(x)");
    let report = kit(Some(Adopt::Run)).run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(
        (db.history().as_str(), db.one(rows).as_str()),
        ("001_m.sql adopted, 002_m.sql applied, 003_m.sql applied", "1")
    );
    let db = Db::with("CREATE TABLE a(x)");
    kit(Some(Adopt::Skip)).run(&mut db.open()).unwrap();
    assert_eq!(
        (db.history().as_str(), db.one(rows).as_str()),
        ("001_m.sql adopted, 002_m.sql adopted, 003_m.sql applied", "0")
    );
    let db = Db::with("CREATE TABLE a(x)");
    let message = refused(&kit(None), &db);
    assert!(message.contains("so it cannot be told whether `002_m.sql` ran"), "{message}");
}

#[test]
fn a_schema_that_comes_back_is_ambiguous_too() {
    let kit = |adopt: Option<Adopt>| {
        let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x); INSERT INTO a VALUES (1)", "DROP TABLE b"]);
        let kit = match adopt {
            Some(adopt) => kit.adopt(adopt),
            None => kit,
        };
        kit.make()
    };
    assert!(refused(&kit(None), &Db::with("CREATE TABLE a(x)")).contains("cannot be told whether `003_m.sql` ran"));
    let db = Db::with("CREATE TABLE a(x)");
    kit(Some(Adopt::Run)).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql adopted, 002_m.sql applied, 003_m.sql applied");
    let db = Db::with("CREATE TABLE a(x)");
    kit(Some(Adopt::Skip)).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql adopted, 002_m.sql adopted, 003_m.sql adopted");
}

#[test]
fn adoption_can_be_turned_off() {
    let (all, db) = (starpunk().make(), Db::with("CREATE TABLE auth(state TEXT); CREATE TABLE tokens(token TEXT)"));
    let error = Migrator::new(&all).adopt(false).run(&mut db.open()).unwrap_err();
    assert!(error.to_string().contains("adoption is turned off"), "{error}");
}

#[test]
fn a_repaired_database_is_adopted_where_the_caller_says() {
    let (all, db) = (starpunk().make(), Db::new());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db.sql("DROP TABLE tokens; CREATE TABLE tokens(hash TEXT); CREATE TABLE codes(x)");
    let before = db.bytes();
    let error = Migrator::new(&all).adopt_at(&mut db.open(), AnyVersion(1)).unwrap_err();
    assert!(matches!(error, Error::Drift { .. }), "{error}");
    assert_eq!(db.bytes(), before);
    db.sql("CREATE INDEX i1 ON tokens(hash); CREATE INDEX i2 ON codes(x)");
    assert!(refused(&all, &db).contains("nearest version: `002_m.sql` (no difference)"));
    let report = Migrator::new(&all).adopt_at(&mut db.open(), AnyVersion(1)).unwrap();
    assert_eq!(report.after(), Some(AnyVersion(1)));
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql adopted");
    assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Current);
}

#[test]
fn a_history_that_ended_at_base_goes_on_as_one() {
    let (all, db) = (starpunk().make(), Db::new());
    Migrator::new(&all).target(Target::Base).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "");
    // It was made here, so nothing is to be recognised.
    let report = Migrator::new(&all).adopt(false).run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), report.before()), (Outcome::Applied, None));
    // An empty history beside a later schema says nothing.
    let later = Db::new();
    all.run(&mut later.open()).unwrap();
    later.sql("DELETE FROM schema_migrations");
    assert_eq!(all.run(&mut later.open()).unwrap().outcome(), Outcome::Adopted(Evidence::Fingerprint));
}

#[test]
fn to_the_state_before_the_first_migration() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).make();
    // What is there is past it; it is recognised all the same, and said.
    let db = Db::with("CREATE TABLE a(x)");
    let error = Migrator::new(&all).target(Target::Base).run(&mut db.open()).unwrap_err().to_string();
    assert!(error.starts_with("the database is at `001_m.sql`, past the target"), "{error}");
}

#[test]
fn without_base_there_is_nothing_before_the_first_migration() {
    let all = list(&["CREATE TABLE a(x); CREATE TABLE b(x)"]).marker(table("b")).make();
    let message = refused(&all, &Db::with("CREATE TABLE a(y)"));
    let why = "there is no history, but no marker is there, and without `base.sql` there was nothing before";
    assert!(message.starts_with(why), "{message}");
}

#[test]
fn a_database_is_not_declared_to_be_where_it_was_before() {
    let (all, db) = (starpunk().make(), Db::new());
    all.run(&mut db.open()).unwrap();
    let before = db.bytes();
    let error = Migrator::new(&all).adopt_at(&mut db.open(), AnyVersion(0)).unwrap_err();
    assert!(matches!(error, Error::PastTarget { .. }), "{error}");
    let report = Migrator::new(&all).adopt_at(&mut db.open(), AnyVersion(1)).unwrap();
    assert_eq!((report.outcome(), report.entries().len()), (Outcome::Current, 0));
    assert!(db.bytes() == before);
}

/// The ancestor's history table, with its first `rows` migrations.
fn ancestor(kit: &Kit, rows: usize) -> Db {
    let db = Db::new();
    let all = kit.make();
    let target = rows.checked_sub(1).map_or(Target::Base, |k| Target::At(AnyVersion(k)));
    Migrator::new(&all).target(target).run(&mut db.open()).unwrap();
    db.sql(
        "CREATE TABLE h(id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO h SELECT id, migration_name, '2025-01-02 03:04:05' FROM schema_migrations;
         DROP TABLE schema_migrations; ALTER TABLE h RENAME TO schema_migrations",
    );
    db
}

#[test]
fn a_table_of_three_columns_is_taken_over_in_place() {
    for rows in 1..=2 {
        let (kit, db) = (starpunk(), ancestor(&starpunk(), rows));
        let report = kit.make().run(&mut db.open()).unwrap();
        assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 2 - rows), "{rows}");
        assert_eq!(db.history(), "001_m.sql applied, 002_m.sql applied");
        assert_eq!(db.one("SELECT applied_at FROM schema_migrations WHERE id = 1"), "2025-01-02 03:04:05");
        assert_eq!(db.one("SELECT count(checksum) + count(chain) FROM schema_migrations"), "4");
        let before = db.bytes();
        assert_eq!(kit.make().run(&mut db.open()).unwrap().outcome(), Outcome::Current);
        assert_eq!(db.bytes(), before);
    }
}

#[test]
fn a_table_of_three_columns_is_enough_on_a_read_only_connection() {
    let db = ancestor(&starpunk(), 2);
    let before = db.bytes();
    let mut conn = db.open();
    conn.execute_batch("PRAGMA query_only = ON").unwrap();
    assert_eq!(starpunk().make().run(&mut conn).unwrap().outcome(), Outcome::Current);
    assert_eq!(db.bytes(), before);
}

#[test]
fn markers_of_columns_do_not_take_a_view_for_a_table() {
    let kit = list(&["CREATE TABLE a(x)"]).marker(table("a")).marker(column("a", "x"));
    assert!(!kit.make().is_schema_current(&Db::with("CREATE VIEW a AS SELECT 1 AS x").open()).unwrap());
}
