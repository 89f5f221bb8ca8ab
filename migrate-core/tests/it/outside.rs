//! Migrations that cannot run in a transaction.

use migrate_core::{AnyVersion, Error, Migrator, Outcome};

use crate::kit::{Db, list};

#[test]
fn vacuum_runs_between_two_transactions() {
    let kit = list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction().then("CREATE TABLE b(x)");
    let db = Db::new();
    let report = kit.make().run(&mut db.open()).unwrap();
    assert_eq!(report.entries().len(), 3);
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh");
    let before = db.bytes();
    assert_eq!(kit.make().run(&mut db.open()).unwrap().outcome(), Outcome::Current);
    assert_eq!(db.bytes(), before);
}

#[test]
fn the_last_one_is_where_the_database_is_then() {
    let db = Db::new();
    let report = list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction().make().run(&mut db.open()).unwrap();
    assert_eq!((report.before(), report.after()), (None, Some(AnyVersion(1))));
}

#[test]
fn one_that_fails_is_marked_as_started_and_begun_again() {
    let kit = |sql| list(&["CREATE TABLE a(x)", sql]).no_transaction().then("CREATE TABLE b(x)");
    let broken = kit("CREATE TABLE IF NOT EXISTS half(x);\nINSERT INTO nope VALUES (1)");
    let db = Db::new();
    Migrator::new(&broken.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    let error = broken.make().run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error, @"
    migration `002_m.sql` failed at migrations/002_m.sql:2:1: no such table: nope
    statement: INSERT INTO nope VALUES (1)
    state: `002_m.sql` is marked as started; the next run begins it again
    help: correct the migration if it was not released yet, or ship a build that does
    ");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql started");
    db.sql("CREATE TABLE nope(x)");
    let report = broken.make().run(&mut db.open()).unwrap();
    assert_eq!(report.before(), Some(AnyVersion(0)));
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql applied");
    assert_eq!(db.one("SELECT count(*) FROM nope"), "1");
}

#[test]
fn the_first_migration_of_a_fresh_database_may_be_one() {
    let db = Db::new();
    list(&["PRAGMA journal_mode = WAL"]).no_transaction().then("CREATE TABLE b(x)").make().run(&mut db.open()).unwrap();
    assert_eq!(db.one("PRAGMA journal_mode"), "wal");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh");
}

#[test]
fn after_base_the_fresh_database_goes_on() {
    let kit = list(&["VACUUM"]).no_transaction().then("ALTER TABLE a ADD COLUMN y").base("CREATE TABLE a(x)");
    let db = Db::new();
    kit.make().run(&mut db.open()).unwrap();
    assert_eq!(db.history().matches("_m.sql").count(), 2);
    assert_eq!(db.one("SELECT count(y) FROM a"), "0");
}

#[test]
fn a_transaction_that_it_leaves_open_is_an_error() {
    let kit = list(&["CREATE TABLE a(x)", "BEGIN; INSERT INTO a VALUES (1)"]).no_transaction();
    let db = Db::new();
    let mut conn = db.open();
    let error = kit.make().run(&mut conn).unwrap_err();
    assert!(matches!(error, Error::Statement(_)), "{error}");
    assert!(conn.is_autocommit());
    assert_eq!(db.one("SELECT count(*) FROM a"), "0");
}
