//! Repairing what the history says.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use migrate_core::rusqlite::{Connection, OpenFlags};
use migrate_core::{AnyVersion, Atomicity, Error, Migrations, Migrator, Outcome};

use crate::kit::{Db, Kit, list};

const FIRST: &str = "CREATE TABLE a(x); INSERT INTO a VALUES ('kept')";

/// Three migrations, the second with this text.
fn three(second: &str) -> Kit {
    list(&[FIRST, second, "CREATE TABLE c(x)"])
}

fn before() -> Kit {
    three("CREATE TABLE b(x)")
}

fn after() -> Kit {
    three("CREATE TABLE b(x, y)")
}

/// A database that ran a list a while ago.
fn ran(kit: &Kit) -> Db {
    let db = Db::new();
    kit.make().run(&mut db.open()).unwrap();
    db.sql("UPDATE schema_migrations SET applied_at = '2026-01-0' || id, duration = id * 10");
    db
}

/// One whose second migration was edited, and that has what the edit changed.
fn edited() -> Db {
    let db = ran(&before());
    db.sql("ALTER TABLE b ADD COLUMN y; INSERT INTO b VALUES (1, 2)");
    db
}

/// One with a migration between the first and the next that the list has not.
fn with_unknown() -> (Db, Kit) {
    let kit = list(&[FIRST, "CREATE TABLE gone(x)", "CREATE TABLE c(x)"]);
    (ran(&kit), kit.without("002_m.sql"))
}

fn accept(all: &Migrations<AnyVersion>, db: &Db, index: usize) -> Result<(), Error> {
    Migrator::new(all).accept_edit(&mut db.open(), AnyVersion(index))
}

fn forget(all: &Migrations<AnyVersion>, db: &Db, name: &str) -> Result<(), Error> {
    Migrator::new(all).forget(&mut db.open(), name)
}

/// Refused, and every byte is as it was.
#[track_caller]
fn refused(db: &Db, repair: impl FnOnce(&mut Connection) -> Result<(), Error>) -> Error {
    let before = db.bytes();
    let mut conn = db.open();
    let error = repair(&mut conn).unwrap_err();
    assert!(conn.is_autocommit());
    drop(conn);
    assert!(db.bytes() == before);
    error
}

fn current(all: &Migrations<AnyVersion>, db: &Db) {
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // Inside a transaction only a history that says so in one row is current.
    conn.execute_batch("BEGIN").unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
    drop(conn);
    assert!(db.bytes() == before);
}

/// What a list on its way straight to here would have recorded.
#[track_caller]
fn recorded_as(all: &Migrations<AnyVersion>, db: &Db) {
    let straight = Db::new();
    all.run(&mut straight.open()).unwrap();
    let digests =
        "SELECT group_concat(migration_name || checksum || chain) FROM (SELECT * FROM schema_migrations ORDER BY id)";
    assert_eq!(db.one(digests), straight.one(digests));
    let version = "SELECT schema_version FROM schema_migrations ORDER BY id DESC LIMIT 1";
    assert_eq!(db.one(version), db.one("PRAGMA schema_version"));
}

#[test]
fn an_edit_whose_effect_is_there_is_accepted() {
    let (db, all) = (edited(), after().make());
    let rows = "SELECT group_concat(printf('%s %s %s %s %s', id, migration_name, applied_at, origin, duration)) FROM schema_migrations";
    let (before, dump) = (db.one(rows), db.dump());
    let error = all.run(&mut db.open()).unwrap_err().to_string();
    assert!(error.ends_with("run `cargo migrate repair accept-edit 002_m.sql`"), "{error}");
    accept(&all, &db, 1).unwrap();
    assert_eq!((db.one(rows), db.dump()), (before, dump));
    recorded_as(&all, &db);
    current(&all, &db);
    after().then("CREATE TABLE d(x)").make().run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh, 004_m.sql applied");
}

#[test]
fn an_edit_whose_effect_is_not_there_is_refused() {
    let (db, all) = (ran(&before()), after().make());
    insta::assert_snapshot!(refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1))), @"
    the schema differs from that of `003_m.sql`: different: table `b`
      table `b`: column `y` is missing
    state: nothing was changed
    help: bring the schema to what the files make now, and accept it again; or restore the file
    ");
    let (db, all) = (ran(&before()), three("CREATE TABLE b(x); CREATE INDEX i ON b(x)").make());
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1))).to_string();
    assert!(error.contains("missing: index `i`"), "{error}");
}

#[test]
fn in_the_middle_of_the_list_the_newest_recorded_version_counts() {
    // `d` is pending, and what it makes is not asked for.
    let (db, all) = (edited(), after().then("CREATE TABLE d(x)").make());
    accept(&all, &db, 1).unwrap();
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 1));
}

#[test]
fn several_edits_are_accepted_one_by_one_in_any_order() {
    let texts = ["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"];
    for order in [[0, 1], [1, 0], [0, 2], [2, 0]] {
        let db = ran(&list(&texts));
        let mut edited = texts.map(str::to_owned);
        for index in order {
            edited[index] = texts[index].replace("x", "x, y");
            db.sql(&format!("ALTER TABLE {} ADD COLUMN y", ["a", "b", "c"][index]));
        }
        let all = list(&edited.each_ref().map(String::as_str)).make();
        accept(&all, &db, order[0]).unwrap();
        let error = all.run(&mut db.open()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("migration `00{}_m.sql` was edited", order[1] + 1)), "{error}");
        accept(&all, &db, order[1]).unwrap();
        recorded_as(&all, &db);
        current(&all, &db);
    }
}

#[test]
fn what_is_not_edited_is_not_accepted() {
    let (db, all) = (ran(&before()), before().then("CREATE TABLE d(x)").make());
    let told = |index| refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(index))).to_string();
    insta::assert_snapshot!([told(1), told(3), told(4)].join("\n\n"), @"
    `002_m.sql` is recorded as the list has it; nothing was changed
    help: run the migrations: nothing is to be accepted

    `004_m.sql` is not in the history; nothing was changed
    help: check the name; the status lists what is recorded

    the target is migration 5, and there are 4; nothing was changed
    help: choose one from the list
    ");
    let kit = |sql| list(&[FIRST, sql]).no_transaction();
    let interrupted = Db::new();
    kit("INSERT INTO nope VALUES (1)").make().run(&mut interrupted.open()).unwrap_err();
    let all = kit("INSERT INTO a VALUES (1)").make();
    insta::assert_snapshot!(refused(&interrupted, |conn| all.migrator().accept_edit(conn, AnyVersion(1))), @"
    `002_m.sql` was interrupted; nothing was changed
    help: run the migrations: it is begun again as it is now
    ");
}

#[test]
fn an_edit_before_one_that_was_interrupted() {
    let kit = |first, sql| list(&[first, sql]).no_transaction();
    let db = Db::new();
    kit("CREATE TABLE a(x)", "INSERT INTO nope VALUES (1)").make().run(&mut db.open()).unwrap_err();
    db.sql("ALTER TABLE a ADD COLUMN y");
    let all = kit("CREATE TABLE a(x, y)", "INSERT INTO a VALUES (1, 2)").make();
    accept(&all, &db, 0).unwrap();
    assert_eq!(db.one("SELECT count(chain) FROM schema_migrations"), "1");
    all.run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT y FROM a"), "2");
    recorded_as(&all, &db);
}

#[test]
fn what_the_list_does_not_know_is_forgotten() {
    let (db, kit) = with_unknown();
    let all = kit.make();
    let error = all.run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("undo what it did and run `cargo migrate repair forget 002_m.sql`"), "{error}");
    insta::assert_snapshot!(refused(&db, |conn| all.migrator().forget(conn, "002_m.sql")), @"
    the schema differs from that of `003_m.sql`: unexpected: table `gone`
    state: nothing was changed
    help: undo what the migration did, or bring its file back; if something belongs to another program, set `shared = true` in `migrate.toml`
    ");
    db.sql("DROP TABLE gone");
    let dump = db.dump();
    forget(&all, &db, "002_m.sql").unwrap();
    assert_eq!(db.dump(), dump);
    let rows = "SELECT group_concat(printf('%s %s %s %s %s', id, migration_name, applied_at, origin, duration)) FROM schema_migrations";
    assert_eq!(db.one(rows), "1 001_m.sql 2026-01-01 fresh 10,3 003_m.sql 2026-01-03 fresh 30");
    recorded_as(&all, &db);
    current(&all, &db);
}

#[test]
fn what_it_did_to_tables_of_the_list_has_to_be_undone_too() {
    let kit = list(&[FIRST, "ALTER TABLE a ADD COLUMN gone", "CREATE TABLE c(x)"]);
    let (db, all) = (ran(&kit), kit.without("002_m.sql").make());
    let error = refused(&db, |conn| all.migrator().shared(true).forget(conn, "002_m.sql")).to_string();
    assert!(error.contains("table `a`: column `gone` is too much"), "{error}");
    db.sql("ALTER TABLE a DROP COLUMN gone");
    forget(&all, &db, "002_m.sql").unwrap();
    current(&all, &db);
}

#[test]
fn the_newest_may_be_forgotten_and_the_only_one() {
    let (db, all) = (ran(&before()), before().without("003_m.sql").make());
    db.sql("DROP TABLE c");
    forget(&all, &db, "003_m.sql").unwrap();
    recorded_as(&all, &db);
    current(&all, &db);
    let (db, all) = (ran(&list(&["CREATE TABLE b(x)"])), list(&["CREATE TABLE b(x, y)"]).without("nothing").make());
    db.sql("DROP TABLE b; UPDATE schema_migrations SET migration_name = '000_b.sql'");
    forget(&all, &db, "000_b.sql").unwrap();
    assert_eq!(db.history(), "");
    all.run(&mut db.open()).unwrap();
    current(&all, &db);
}

#[test]
fn tables_of_others_count_as_its_work_unless_the_file_is_shared() {
    let (db, kit) = with_unknown();
    let all = kit.make();
    db.sql("DROP TABLE gone; CREATE TABLE others(x); CREATE INDEX i ON others(x)");
    let error = refused(&db, |conn| all.migrator().forget(conn, "002_m.sql")).to_string();
    assert!(error.contains("unexpected: table `others`, index `i`"), "{error}");
    all.migrator().shared(true).forget(&mut db.open(), "002_m.sql").unwrap();
    current(&all, &db);
    // An edit says of its own table what it is.
    let (db, all) = (edited(), after().make());
    db.sql("CREATE TABLE others(x)");
    accept(&all, &db, 1).unwrap();
    current(&all, &db);
}

#[test]
fn what_is_not_forgotten() {
    let (db, kit) = with_unknown();
    let all = kit.make();
    db.sql("DROP TABLE gone; INSERT INTO schema_migrations(migration_name) VALUES ('009_x.sql')");
    let told = |all: &Migrations<AnyVersion>, name| refused(&db, |conn| all.migrator().forget(conn, name)).to_string();
    insta::assert_snapshot!([told(&all, "001_m.sql"), told(&all, "nope.sql"), told(&all, "002_m.sql")].join("\n\n"), @"
    `001_m.sql` is in the list; only what the list does not know is forgotten; nothing was changed
    help: to undo it, go back with `allow_down(true)`, or restore a backup

    `nope.sql` is not in the history; nothing was changed
    help: check the name; the status lists what is recorded

    the database is at `009_x.sql`, and this program knows 2 migrations, up to `003_m.sql`; nothing was changed
    unknown here: `009_x.sql`
    help: install a newer build, or restore the backup taken before it
    ");
    // What remains is refused as a run would refuse it, in the numbers of the table.
    let other = list(&[FIRST, "CREATE TABLE gone(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]).without("002_m.sql");
    let error = told(&other.make(), "002_m.sql");
    assert!(error.contains("row 4 of the history is `009_x.sql`"), "{error}");
    let error = told(&other.make(), "009_x.sql");
    assert!(error.contains("row 2 of the history is `002_m.sql`"), "{error}");
    db.sql("INSERT INTO schema_migrations(migration_name) VALUES ('010_y.sql')");
    let error = told(&list(&[FIRST, "CREATE TABLE gone(x)", "CREATE TABLE c(x)", "SELECT 1"]).make(), "010_y.sql");
    assert!(error.contains("row 4 of the history is `009_x.sql`"), "{error}");
    db.sql("DELETE FROM schema_migrations WHERE migration_name = '010_y.sql'");
    let edited = list(&["CREATE TABLE a(y)", "", "CREATE TABLE c(x)"]).without("002_m.sql").make();
    db.sql("DELETE FROM schema_migrations WHERE migration_name = '009_x.sql'");
    let error = told(&edited, "002_m.sql");
    assert!(error.contains("migration `001_m.sql` was edited"), "{error}");
}

/// Neither is in the way of the other: each of them would be refused because of the other one.
#[test]
fn what_was_edited_beside_what_is_unknown() {
    let (db, kit) = with_unknown();
    db.sql("DROP TABLE gone");
    kit.make().migrator().forget(&mut db.open(), "002_m.sql").unwrap();
    let edited = list(&["CREATE TABLE a(x); DELETE FROM a", "", "CREATE TABLE c(x)"]).without("002_m.sql").make();
    db.sql("INSERT INTO schema_migrations(migration_name) VALUES ('009_x.sql')");
    let error = refused(&db, |conn| edited.migrator().accept_edit(conn, AnyVersion(0))).to_string();
    assert!(error.contains("unknown here: `009_x.sql`"), "{error}");
    // What the unknown one made is what is in the way, and not the edit.
    db.sql("CREATE TABLE drafts(x)");
    let error = refused(&db, |conn| edited.migrator().forget(conn, "009_x.sql")).to_string();
    assert!(error.contains("unexpected: table `drafts`"), "{error}");
    db.sql("DROP TABLE drafts");
    forget(&edited, &db, "009_x.sql").unwrap();
    let error = refused(&db, |conn| edited.run(conn).map(|_| ())).to_string();
    assert!(error.contains("migration `001_m.sql` was edited"), "{error}");
    accept(&edited, &db, 0).unwrap();
    current(&edited, &db);
}

#[test]
fn a_history_that_does_not_fit_is_not_repaired() {
    let all = after().make();
    let db = edited();
    db.sql("INSERT INTO schema_migrations(migration_name) VALUES ('004_later.sql')");
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1)));
    assert!(matches!(error, Error::DatabaseTooNew { .. }), "{error}");
    let db = edited();
    db.sql("DELETE FROM schema_migrations WHERE id = 1");
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1))).to_string();
    assert!(error.contains("row 1 of the history is `002_m.sql`"), "{error}");
    let db = edited();
    db.sql("UPDATE schema_migrations SET migration_name = '003_old.sql' WHERE id = 3");
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1))).to_string();
    assert!(error.contains("`003_old.sql` was renamed to `003_m.sql`"), "{error}");
    let db = Db::with("CREATE TABLE schema_migrations(version TEXT)");
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(1)));
    assert!(matches!(error, Error::ForeignHistory { .. }), "{error}");
    let error = refused(&db, |conn| all.migrator().forget(conn, "x"));
    assert!(matches!(error, Error::ForeignHistory { .. }), "{error}");
    let error = refused(&Db::new(), |conn| all.migrator().forget(conn, "x"));
    assert!(matches!(error, Error::NoRepair { .. }), "{error}");
}

#[test]
fn connections_on_which_nothing_is_repaired() {
    let (db, all) = (edited(), after().make());
    let accept = |conn: &mut Connection| all.migrator().accept_edit(conn, AnyVersion(1));
    let with = |sql: &'static str| move |conn: &mut Connection| conn.execute_batch(sql).map(|()| conn.is_autocommit());
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    insta::assert_snapshot!(accept(&mut conn).unwrap_err(), @"
    `002_m.sql` cannot be repaired on a read-only connection; nothing was changed
    help: open it for writing, and without `PRAGMA query_only`
    ");
    let mut conn = db.open();
    with("PRAGMA query_only = ON")(&mut conn).unwrap();
    assert!(matches!(accept(&mut conn), Err(Error::NoRepair { .. })));
    let mut conn = db.open();
    with("PRAGMA journal_mode = OFF")(&mut conn).unwrap();
    assert!(matches!(accept(&mut conn), Err(Error::NoJournal)));
    let mut conn = db.open();
    with("BEGIN")(&mut conn).unwrap();
    assert!(matches!(accept(&mut conn), Err(Error::InTransaction)) && !conn.is_autocommit());
    let mut conn = db.open();
    with("CREATE TEMP TABLE b(x)")(&mut conn).unwrap();
    assert!(matches!(accept(&mut conn), Err(Error::Shadowed { .. })));
    let holder = db.open();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = all.migrator().lock_timeout(Duration::from_millis(50)).accept_edit(&mut db.open(), AnyVersion(1));
    assert!(matches!(locked, Err(Error::Locked { .. })));
    drop(holder);
    assert!(db.bytes() == before);
    let short = Db::new();
    std::fs::write(&short.path, "x").unwrap();
    assert!(matches!(all.migrator().forget(&mut short.open(), "x"), Err(Error::NotADatabase { .. })));
}

#[test]
fn of_two_at_once_one_repairs() {
    for _ in 0..10 {
        let (db, all) = (edited(), after().make());
        let (unknown, kit) = with_unknown();
        unknown.sql("DROP TABLE gone");
        let rest = kit.make();
        let barrier = Barrier::new(2);
        let repair = || {
            let (mut conn, mut other) = (db.open(), unknown.open());
            barrier.wait();
            let accepted = all.migrator().accept_edit(&mut conn, AnyVersion(1));
            (accepted, rest.migrator().forget(&mut other, "002_m.sql"))
        };
        let done = thread::scope(|scope| {
            let other = scope.spawn(repair);
            [repair(), other.join().unwrap()]
        });
        for errors in [done.each_ref().map(|(accepted, _)| accepted), done.each_ref().map(|(_, forgotten)| forgotten)] {
            assert_eq!(errors.iter().filter(|done| done.is_ok()).count(), 1, "{errors:?}");
            assert!(errors.iter().any(|done| matches!(done, Err(Error::NoRepair { .. }))), "{errors:?}");
        }
        current(&all, &db);
        current(&rest, &unknown);
    }
}

#[test]
fn an_error_half_way_leaves_everything_as_it_was() {
    let fails_at = |db: &Db, what: &str| {
        db.sql(&format!(
            "CREATE TRIGGER t BEFORE UPDATE OF chain ON schema_migrations WHEN old.id = 3 BEGIN SELECT raise({what}); END"
        ));
    };
    for (what, expected) in [("ABORT, 'not now'", "not now"), ("IGNORE", "changed 0 rows")] {
        let (db, all) = (edited(), after().make());
        fails_at(&db, what);
        let before = (db.dump(), db.one("SELECT group_concat(checksum || chain) FROM schema_migrations"));
        let error = accept(&all, &db, 1).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("nothing was changed, still at `003_m.sql`"), "{error}");
        assert_eq!((db.dump(), db.one("SELECT group_concat(checksum || chain) FROM schema_migrations")), before);

        let (db, kit) = with_unknown();
        db.sql("DROP TABLE gone");
        fails_at(&db, what);
        let before = db.dump();
        let error = kit.make().migrator().shared(true).forget(&mut db.open(), "002_m.sql").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!((db.dump(), db.history().as_str()), (before, "001_m.sql fresh, 002_m.sql fresh, 003_m.sql fresh"));
    }
}

#[test]
fn an_ancestors_table_of_three_columns() {
    let (db, kit) = with_unknown();
    db.sql(
        "DROP TABLE gone; CREATE TABLE h(id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP);
         INSERT INTO h SELECT id, migration_name, applied_at FROM schema_migrations;
         DROP TABLE schema_migrations; ALTER TABLE h RENAME TO schema_migrations",
    );
    let all = kit.make();
    let error = refused(&db, |conn| all.migrator().accept_edit(conn, AnyVersion(0)));
    assert!(matches!(error, Error::NoRepair { .. }), "{error}");
    forget(&all, &db, "002_m.sql").unwrap();
    assert_eq!(db.history(), "001_m.sql applied, 003_m.sql applied");
    recorded_as(&all, &db);
    current(&all, &db);
}

#[test]
fn then_a_run_goes_on_one_by_one() {
    let (db, all) = (edited(), after().then("CREATE TABLE d(x)").then("CREATE TABLE e(x)").make());
    accept(&all, &db, 1).unwrap();
    let report = Migrator::new(&all).atomicity(Atomicity::Each).run(&mut db.open()).unwrap();
    assert_eq!(report.applied().count(), 2);
    current(&all, &db);
}
