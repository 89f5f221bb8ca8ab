//! Migrations that came into the list before recorded ones.

use std::sync::Barrier;
use std::thread;

use migrate_core::__private::Squashed;
use migrate_core::rusqlite::{Connection, OpenFlags};
use migrate_core::{
    AnyVersion, Atomicity, BackupPolicy, DriftPolicy, Error, Event, Migrations, Migrator, Outcome, Report, Target,
};

use crate::kit::{Db, Kit, list};
use crate::reading::mask_times;

const FIRST: &str = "CREATE TABLE a(x); INSERT INTO a VALUES ('kept')";

/// The second was merged from another branch, after the third; the fourth is new.
fn merged() -> Kit {
    list(&[FIRST, "ALTER TABLE a ADD COLUMN theirs DEFAULT 2", "ALTER TABLE a ADD COLUMN ours DEFAULT 3"])
        .then("CREATE TABLE d(x); INSERT INTO d SELECT theirs + ours FROM a")
}

/// A database that has everything up to a migration but the second one, since a while.
fn branch(kit: &Kit, newest: usize) -> Db {
    let db = Db::new();
    let all = kit.clone().without("002_m.sql").make();
    Migrator::new(&all).target(AnyVersion(newest - 2)).run(&mut db.open()).unwrap();
    db.sql("UPDATE schema_migrations SET applied_at = '2026-01-0' || id, duration = id * 10");
    db
}

fn out_of_order(all: &Migrations<AnyVersion>) -> Migrator<'_, AnyVersion> {
    Migrator::new(all).out_of_order(true)
}

/// Refused or failed, and nothing but the error is new.
#[track_caller]
fn fails(migrator: &Migrator<'_, AnyVersion>, db: &Db) -> Error {
    let before = (db.dump(), rows(db));
    let mut conn = db.open();
    let error = migrator.run(&mut conn).unwrap_err();
    assert!(conn.is_autocommit());
    assert_eq!((db.dump(), rows(db)), before);
    error
}

/// The history, every column of it.
fn rows(db: &Db) -> String {
    db.one(
        "SELECT group_concat(printf('%s %s %s %s %s %s %s %s', id, migration_name, applied_at, origin, duration, checksum, chain, \
         coalesce(schema_version, '-')), char(10)) FROM (SELECT * FROM schema_migrations ORDER BY id)",
    )
}

fn current(all: &Migrations<AnyVersion>, db: &Db) {
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(all.run(&mut conn).unwrap().outcome(), Outcome::Current);
    assert!(db.bytes() == before);
}

fn names(report: &Report<AnyVersion>) -> Vec<&str> {
    report.applied().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn refused_unless_it_is_asked_for() {
    let all = merged().make();
    let db = branch(&merged(), 3);
    insta::assert_snapshot!(fails(&Migrator::new(&all), &db), @"
    row 2 of the history is `003_m.sql`, and the list has `002_m.sql` there; nothing was changed
    help: give `002_m.sql` a number after every migration that was released before it; or apply it after them: `cargo migrate up --out-of-order`, in code `.out_of_order(true)`
    ");
    let status = Migrator::new(&all).status(&db.open()).unwrap();
    assert!(matches!(status.refusal(), Some(Error::HistoryDiverged { .. })));
}

#[test]
fn what_is_lacking_then_what_is_pending() {
    let (kit, all) = (merged(), merged().make());
    let straight = Db::new();
    all.run(&mut straight.open()).unwrap();
    for atomicity in [Atomicity::All, Atomicity::Each] {
        let db = branch(&kit, 3);
        let report = out_of_order(&all).atomicity(atomicity).run(&mut db.open()).unwrap();
        assert_eq!(report.outcome(), Outcome::OutOfOrder);
        assert_eq!((report.before(), report.after()), (Some(AnyVersion(2)), Some(AnyVersion(3))));
        assert_eq!(names(&report), ["002_m.sql", "004_m.sql"]);
        let told = report.to_string();
        assert!(told.starts_with("out of order: 2 migrations applied in "), "{told}");
        assert!(told.contains("`002_m.sql`, `004_m.sql`; was at `003_m.sql`, now at `004_m.sql`"), "{told}");
        assert_eq!(report.drift().to_string(), "in another column order: table `a`");
        // As if it had always been so: numbers, chains, and of what was there when and for how long.
        assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh, 004_m.sql applied");
        assert_eq!(db.one("SELECT group_concat(id) FROM (SELECT id FROM schema_migrations ORDER BY id)"), "1,2,3,4");
        let old = "SELECT group_concat(applied_at || ' ' || duration, ', ') FROM schema_migrations WHERE id IN (1, 3)";
        assert_eq!(db.one(old), "2026-01-01 10, 2026-01-02 20");
        let digests = "SELECT group_concat(checksum || chain) FROM (SELECT * FROM schema_migrations ORDER BY id)";
        assert_eq!(db.one(digests), straight.one(digests));
        assert_eq!(db.one("SELECT x || theirs || ours FROM a"), "kept23");
        assert_eq!(db.one("SELECT x FROM d"), "5");
        current(&all, &db);
        // The next row comes behind them.
        let next = merged().then("CREATE TABLE e(x)").make();
        next.run(&mut db.open()).unwrap();
        assert_eq!(db.one("SELECT migration_name FROM schema_migrations ORDER BY id DESC"), "005_m.sql");
        current(&next, &db);
    }
}

#[test]
fn nothing_is_pending_behind_it() {
    let kit = merged().without("004_m.sql");
    let (db, all) = (branch(&kit, 3), kit.make());
    let report = out_of_order(&all).run(&mut db.open()).unwrap();
    assert_eq!(
        (report.before(), report.after(), names(&report)),
        (Some(AnyVersion(2)), Some(AnyVersion(2)), vec!["002_m.sql"])
    );
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh");
    current(&all, &db);
    // A history in order is none of its business.
    assert_eq!(out_of_order(&all).run(&mut db.open()).unwrap().outcome(), Outcome::Current);
    let next = kit.then("CREATE TABLE e(x)").make();
    assert_eq!(out_of_order(&next).run(&mut db.open()).unwrap().outcome(), Outcome::Applied);
}

#[test]
fn the_first_one_and_several_between() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"])
        .then("CREATE TABLE e(x)")
        .then("CREATE TABLE f(x)");
    let all = kit.make();
    let db = Db::new();
    let branch = kit.without("001_m.sql").without("003_m.sql").without("004_m.sql").without("006_m.sql").make();
    branch.run(&mut db.open()).unwrap();
    // Numbers that are far apart stay so.
    db.sql("UPDATE schema_migrations SET id = id * 100");
    out_of_order(&all).run(&mut db.open()).unwrap();
    assert_eq!(
        db.history(),
        "001_m.sql applied, 002_m.sql fresh, 003_m.sql applied, 004_m.sql applied, 005_m.sql fresh, 006_m.sql applied"
    );
    assert_eq!(db.one("SELECT min(id) || ' ' || count(DISTINCT id) FROM schema_migrations"), "100 6");
    current(&all, &db);
}

/// Rows of what was squashed are in the history and not in the list: they stay where they are.
#[test]
fn behind_what_was_squashed() {
    let kit = merged().base("CREATE TABLE old(x)").edit(|set| {
        let checksum = migrate_core::Digest::ZERO;
        set.squashed = vec![Squashed { name: "000_old.sql".into(), checksum }].into();
    });
    let (db, all) = (branch(&kit, 3), kit.make());
    let zero = migrate_core::Digest::ZERO;
    db.sql("UPDATE schema_migrations SET id = id + 1 WHERE id = 2; UPDATE schema_migrations SET id = 2 WHERE id = 1");
    db.sql(&format!("INSERT INTO schema_migrations(id, migration_name, checksum) VALUES (1, '000_old.sql', '{zero}')"));
    assert_eq!(out_of_order(&all).run(&mut db.open()).unwrap().outcome(), Outcome::OutOfOrder);
    let rows = "SELECT group_concat(id || migration_name) FROM (SELECT * FROM schema_migrations ORDER BY id)";
    assert_eq!(db.one(rows), "1000_old.sql,2001_m.sql,3002_m.sql,4003_m.sql,5004_m.sql");
    current(&all, &db);
}

#[test]
fn plans_states_and_dry_runs() {
    let all = merged().make();
    let db = branch(&merged(), 3);
    let before = db.bytes();
    let plan = out_of_order(&all).plan(&db.open()).unwrap();
    assert_eq!((plan.outcome(), plan.pending().collect()), (Outcome::OutOfOrder, vec![AnyVersion(1), AnyVersion(3)]));
    let status = out_of_order(&all).status(&db.open()).unwrap();
    assert_eq!(status.pending().collect::<Vec<_>>(), [AnyVersion(1), AnyVersion(3)]);
    insta::assert_snapshot!(format!("{plan}\n--\n{}", mask_times(&status.to_string())), @"
    out of order, from `003_m.sql` to `004_m.sql`
      apply  002_m.sql
      order  the history
      apply  004_m.sql
    --
    at `003_m.sql`, and before it the history lacks `002_m.sql`
      001_m.sql  fresh       <time>
      002_m.sql  pending
      003_m.sql  fresh       <time>
      004_m.sql  pending
    ");
    for atomicity in [Atomicity::All, Atomicity::Each] {
        let report = out_of_order(&all).atomicity(atomicity).dry_run(&mut db.open()).unwrap();
        assert_eq!((report.outcome(), report.untried()), (Outcome::OutOfOrder, None));
        assert_eq!(names(&report), ["002_m.sql", "004_m.sql"]);
    }
    assert!(db.bytes() == before);
}

#[test]
fn an_error_in_the_second_one_that_is_lacking() {
    let kit = list(&[FIRST, "DELETE FROM a; CREATE TABLE b(x)", "INSERT INTO nope VALUES (1)", "CREATE TABLE d(x)"]);
    let db = Db::new();
    kit.clone().without("002_m.sql").without("003_m.sql").make().run(&mut db.open()).unwrap();
    let all = kit.make();
    for atomicity in [Atomicity::All, Atomicity::Each] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(fails(&out_of_order(&all).atomicity(atomicity), &db), @"
            migration `003_m.sql` failed at migrations/003_m.sql:1:1: no such table: nope
            statement: INSERT INTO nope VALUES (1)
            state: nothing was changed, still at `004_m.sql`
            help: correct the migration if it was not released yet, or ship a build that does
            ");
        }
    }
}

#[test]
fn an_error_while_the_history_is_written() {
    let (db, all) = (branch(&merged(), 3), merged().make());
    let trigger = |does: &str| {
        db.sql(&format!(
            "DROP TRIGGER IF EXISTS t; CREATE TRIGGER t BEFORE UPDATE OF id ON schema_migrations
             WHEN new.id = 3 BEGIN SELECT raise({does}); END"
        ));
    };
    trigger("ABORT, 'not now'");
    let error = fails(&out_of_order(&all), &db).to_string();
    assert!(error.contains("writing the history failed: not now"), "{error}");
    assert!(error.contains("nothing was changed, still at `003_m.sql`"), "{error}");
    trigger("IGNORE");
    let error = fails(&out_of_order(&all), &db).to_string();
    assert!(error.contains("writing the history failed"), "{error}");
}

#[test]
fn another_schema_than_the_lists_is_rolled_back_whatever_the_policy() {
    // Rebuilds the table without the column that the third one added.
    let rebuild =
        "CREATE TABLE n(x, theirs); INSERT INTO n(x) SELECT x FROM a; DROP TABLE a; ALTER TABLE n RENAME TO a";
    let kit = list(&[FIRST, rebuild, "ALTER TABLE a ADD COLUMN ours"]);
    let all = kit.make();
    let db = branch(&kit, 3);
    for policy in [DriftPolicy::Warn, DriftPolicy::Error, DriftPolicy::Ignore] {
        let error = fails(&out_of_order(&all).drift(policy).backup(BackupPolicy::Never), &db);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"
            the schema differs from that of `003_m.sql`: different: table `a`
              table `a`: column `ours` is missing
            state: nothing was changed, still at `003_m.sql`
            help: give the migrations that were applied out of order numbers after every one that was released before them; if the schema differed before, bring it to its version first
            ");
        }
    }
    let error = out_of_order(&all).backup(BackupPolicy::Never).dry_run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::Drift { .. }), "{error}");
    // One that drifted before is not made part of the history either.
    let db = branch(&merged(), 3);
    db.sql("ALTER TABLE a ADD COLUMN mine");
    let error = fails(&out_of_order(&merged().make()).drift(DriftPolicy::Ignore), &db).to_string();
    assert!(error.contains("table `a`: column `mine` is too much"), "{error}");
}

#[test]
fn what_has_to_be_committed_in_between_is_refused() {
    let vacuum = list(&[FIRST, "VACUUM"]).no_transaction().then("CREATE TABLE c(x)");
    let db = branch(&vacuum, 3);
    insta::assert_snapshot!(fails(&out_of_order(&vacuum.make()), &db), @"
    `002_m.sql` cannot be applied out of order: `transaction: none` commits before the history is in order; nothing was changed
    help: give each a number after every migration that was released before it
    ");
    let keys = |kit: Kit| kit.then("CREATE TABLE c(x)").foreign_keys().then("CREATE TABLE d(x)");
    let mixed = keys(list(&[FIRST, "CREATE TABLE b(x)"]));
    let db = Db::new();
    mixed.clone().without("002_m.sql").without("003_m.sql").make().run(&mut db.open()).unwrap();
    insta::assert_snapshot!(fails(&out_of_order(&mixed.make()), &db), @"
    `003_m.sql` cannot be applied out of order: `foreign_keys: on` needs a transaction without the others; nothing was changed
    help: give each a number after every migration that was released before it
    ");
    // Alone it has a transaction of its own, and so has what is pending.
    let alone = keys(list(&[FIRST])).then("VACUUM").no_transaction();
    let db = branch(&alone, 3);
    let all = alone.make();
    let report = out_of_order(&all).run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), names(&report)), (Outcome::OutOfOrder, vec!["002_m.sql", "004_m.sql"]));
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh, 004_m.sql applied");
    current(&all, &db);
}

#[test]
fn a_target_before_what_is_recorded_and_one_that_was_interrupted() {
    let kit = list(&[FIRST, "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]);
    let (db, all) = (branch(&kit, 4), kit.make());
    for target in [Target::At(AnyVersion(1)), Target::At(AnyVersion(2))] {
        let error = fails(&out_of_order(&all).target(target).allow_down(true), &db);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"
            `002_m.sql` cannot be applied out of order: a later migration than the target is recorded; nothing was changed
            help: choose a later target
            ");
        }
    }
    assert_eq!(out_of_order(&all).target(AnyVersion(3)).plan(&db.open()).unwrap().pending().count(), 1);

    let interrupted = list(&[FIRST, "CREATE TABLE b(x)", "INSERT INTO nope VALUES (1)"]).no_transaction();
    let db = Db::new();
    interrupted.clone().without("002_m.sql").make().run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(fails(&out_of_order(&interrupted.make()), &db), @"
    `002_m.sql` cannot be applied out of order: the newest recorded migration was interrupted outside a transaction; nothing was changed
    help: let the build that began it end it first, or restore a backup
    ");
}

#[test]
fn whatever_else_is_wrong_with_the_history_is_said() {
    let db = branch(&merged(), 3);
    let edited = list(&[FIRST, "CREATE TABLE b(x)", "CREATE TABLE c(y)"]).make();
    let error = fails(&out_of_order(&edited), &db).to_string();
    assert!(error.contains("migration `003_m.sql` was edited after it was applied"), "{error}");
    // Without the option the order is told, and no remedy that would fail.
    let error = fails(&Migrator::new(&edited), &db).to_string();
    assert!(error.contains("row 2 of the history is `003_m.sql`") && !error.contains("out-of-order"), "{error}");

    let all = merged().make();
    let unknown = branch(&merged(), 3);
    unknown.sql("INSERT INTO schema_migrations(migration_name) VALUES ('900_x.sql')");
    let error = fails(&out_of_order(&all), &unknown);
    assert!(matches!(error, Error::DatabaseTooNew { .. }), "{error}");
    unknown.sql("UPDATE schema_migrations SET id = 9 WHERE migration_name = '003_m.sql'");
    let error = fails(&out_of_order(&all), &unknown).to_string();
    assert!(error.contains("row 2 of the history is `900_x.sql`, which this program does not know"), "{error}");

    let kit = list(&[FIRST, "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]);
    let (between, all) = (branch(&kit, 4), kit.make());
    between.sql("UPDATE schema_migrations SET id = 9 WHERE id = 3");
    between.sql("INSERT INTO schema_migrations(id, migration_name) VALUES (5, '900_x.sql')");
    let error = fails(&out_of_order(&all), &between).to_string();
    assert!(error.contains("row 3 of the history is `900_x.sql`, which this program does not know"), "{error}");

    let swapped = branch(&kit, 4);
    swapped.sql("UPDATE schema_migrations SET id = 9 WHERE migration_name = '003_m.sql'");
    let error = fails(&out_of_order(&all), &swapped).to_string();
    assert!(error.contains("row 2 of the history is `004_m.sql`, and the list has `002_m.sql` there"), "{error}");
    assert!(!error.contains("out-of-order"), "{error}");

    let (renamed, all) = (branch(&merged(), 3), merged().make());
    renamed.sql("UPDATE schema_migrations SET migration_name = '001_old.sql' WHERE id = 1");
    let error = fails(&out_of_order(&all), &renamed).to_string();
    assert!(error.contains("migration `001_old.sql` was renamed to `001_m.sql`"), "{error}");
}

#[test]
fn a_rust_step_runs_after_it_or_rolls_it_back() {
    let kit = |step| merged().without("004_m.sql").step_at("002_m.sql", step);
    let all = kit(|conn| Ok(conn.execute_batch("UPDATE a SET theirs = ours * 7")?)).make();
    let db = branch(&merged(), 3);
    out_of_order(&all).run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT theirs FROM a"), "21");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh");
    current(&all, &db);
    let db = branch(&merged(), 3);
    let all = kit(|conn| conn.execute_batch("DELETE FROM a").map_err(Into::into).and(Err("not today".into()))).make();
    let error = fails(&out_of_order(&all).backup(BackupPolicy::Never), &db);
    assert!(error.to_string().contains("the Rust step after `002_m.sql` failed: not today"), "{error}");
}

#[test]
fn of_several_starters_one_applies_it() {
    for _ in 0..5 {
        let (db, all) = (branch(&merged(), 3), merged().make());
        let barrier = Barrier::new(4);
        let outcomes: Vec<Outcome> = thread::scope(|scope| {
            let start = || {
                let mut conn = db.open();
                barrier.wait();
                out_of_order(&all).run(&mut conn).unwrap().outcome()
            };
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::OutOfOrder).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Current).count(), 3, "{outcomes:?}");
        assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh, 004_m.sql applied");
    }
}

#[test]
fn one_that_came_first_in_order_is_seen_under_the_lock() {
    let (db, all) = (branch(&merged(), 3), merged().make());
    // Between the plan and the lock somebody else does it.
    let other = |event: &Event<'_>| {
        if matches!(event, Event::Planned { .. }) {
            out_of_order(&all).run(&mut db.open()).unwrap();
        }
    };
    let report = out_of_order(&all).observer(&other).run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Current);
}

#[test]
fn a_read_only_connection() {
    let (db, all) = (branch(&merged(), 3), merged().make());
    let before = db.bytes();
    let mut conn = Connection::open_with_flags(&db.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    insta::assert_snapshot!(out_of_order(&all).run(&mut conn).unwrap_err(), @"
    the database needs 2 migration(s) and the connection is read-only; nothing was changed, still at `003_m.sql`
    pending: `002_m.sql`, `004_m.sql`
    help: open it for writing, and without `PRAGMA query_only`
    ");
    assert!(db.bytes() == before);
}

#[test]
fn tables_of_others_are_left_alone() {
    for shared in [false, true] {
        let (db, all) = (branch(&merged(), 3), merged().make());
        db.sql("CREATE TABLE others(x); INSERT INTO others VALUES (1)");
        out_of_order(&all).shared(shared).run(&mut db.open()).unwrap();
        assert_eq!(db.one("SELECT x FROM others"), "1");
        current(&all, &db);
    }
}

#[test]
fn an_ancestors_table_of_three_columns() {
    let (db, all) = (branch(&merged(), 3), merged().make());
    db.sql(
        "CREATE TABLE h(id INTEGER PRIMARY KEY AUTOINCREMENT, migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP);
         INSERT INTO h SELECT id, migration_name, applied_at FROM schema_migrations;
         DROP TABLE schema_migrations; ALTER TABLE h RENAME TO schema_migrations",
    );
    out_of_order(&all).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql applied, 002_m.sql applied, 003_m.sql applied, 004_m.sql applied");
    assert_eq!(db.one("SELECT applied_at FROM schema_migrations WHERE id = 3"), "2026-01-02");
    assert_eq!(db.one("SELECT count(checksum) + count(chain) FROM schema_migrations"), "8");
    current(&all, &db);
}

#[test]
fn what_destroys_is_backed_up_first() {
    let kit = list(&[FIRST, "DELETE FROM a", "CREATE TABLE c(x)"]);
    let (db, all) = (branch(&kit, 3), kit.make());
    let planned = out_of_order(&all).plan(&db.open()).unwrap();
    assert!(planned.backup().is_some());
    let report = out_of_order(&all).run(&mut db.open()).unwrap();
    let backup = Connection::open(report.backup().unwrap()).unwrap();
    assert_eq!(backup.query_row("SELECT x FROM a", [], |row| row.get::<_, String>(0)).unwrap(), "kept");
    assert_eq!(db.one("SELECT count(*) FROM a"), "0");
}
