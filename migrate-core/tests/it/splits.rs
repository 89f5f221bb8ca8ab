//! Runs that take several transactions, and migrations outside of any.

use std::thread;
use std::time::Duration;

use migrate_core::__private::{Adopt, Fresh, Set};
use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Atomicity, DriftPolicy, Error, Event, Migrator, Observer, StepFn};

use crate::kit::{Db, Kit, list};

const INCREMENT: StepFn = |conn| {
    conn.execute("UPDATE a SET x = x + 1", [])?;
    Ok(())
};
const SLOW: &str =
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT count(*) FROM c";

fn at_first(kit: &Kit) -> Db {
    let db = Db::new();
    Migrator::new(&kit.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db
}

#[test]
fn a_step_that_a_fresh_database_skips_is_skipped_after_a_split_too() {
    let seed = |kit: Kit| kit.then("INSERT INTO a VALUES (1)").step(INCREMENT, Fresh::Skip).make();
    let db = Db::new();
    seed(list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction()).run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT x FROM a"), "1");
    let db = Db::new();
    let all = seed(list(&["CREATE TABLE a(x)"]));
    Migrator::new(&all).atomicity(Atomicity::Each).run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT x FROM a"), "1");
}

#[test]
fn what_adoption_skips_is_skipped_after_a_split_too() {
    let kit = list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction().adopt(Adopt::Run);
    let kit = kit.then("INSERT INTO a VALUES (7)").foreign_keys().adopt(Adopt::Skip).then("CREATE TABLE z(x)");
    for atomicity in [Atomicity::All, Atomicity::Each] {
        let db = Db::with("CREATE TABLE a(x)");
        Migrator::new(&kit.make()).atomicity(atomicity).run(&mut db.open()).unwrap();
        assert_eq!(db.one("SELECT count(*) FROM a"), "0");
        assert_eq!(db.history(), "001_m.sql adopted, 002_m.sql applied, 003_m.sql adopted, 004_m.sql applied");
    }
}

#[test]
fn outside_a_transaction_it_runs_once_however_many_start() {
    let slow = format!("CREATE TABLE b(x); {SLOW}; UPDATE a SET x = x + 1");
    let kit = list(&["CREATE TABLE a(x); INSERT INTO a VALUES (0)", &slow]).no_transaction().then("CREATE TABLE z(x)");
    let (db, all) = (at_first(&kit), kit.make());
    thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|start| {
                let (db, all) = (&db, &all);
                scope.spawn(move || {
                    thread::sleep(Duration::from_millis(50 * start));
                    all.run(&mut db.open()).unwrap();
                })
            })
            .collect();
        starts.into_iter().for_each(|start| start.join().unwrap());
    });
    assert_eq!(db.one("SELECT x FROM a"), "1");
    assert!(!db.dir.path().join("app.db-migrate").exists());
}

#[test]
fn outside_a_transaction_it_waits_for_locks() {
    let kit = list(&["CREATE TABLE a(x)", &format!("{SLOW}; CREATE INDEX i ON a(x)")]).no_transaction();
    let (db, all) = (at_first(&kit), kit.make());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !db.history().contains("started") {
                thread::sleep(Duration::from_millis(1));
            }
            let holder = db.open();
            holder.execute_batch("BEGIN IMMEDIATE; INSERT INTO a VALUES (1)").unwrap();
            thread::sleep(Duration::from_millis(1500));
            holder.execute_batch("COMMIT").unwrap();
        });
        all.run(&mut db.open()).unwrap();
    });
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied");
}

#[test]
fn outside_a_transaction_violations_are_told_before_it_counts_as_applied() {
    let family = "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE)";
    let kit = list(&[family, "DELETE FROM p"]).no_transaction();
    let db = at_first(&kit);
    db.sql("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
    let error = kit.make().run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::ForeignKeys { .. }) && error.to_string().contains("marked as started"), "{error}");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql started");
}

#[test]
fn one_that_failed_outside_can_be_repaired_in_any_way() {
    let broken = list(&["CREATE TABLE a(x)", "INSERT INTO nope VALUES (1)"]).no_transaction();
    let repaired = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)"]);
    for kit in [repaired.clone(), repaired.clone().no_transaction(), repaired.step(INCREMENT, Fresh::Run)] {
        let db = at_first(&broken);
        broken.make().run(&mut db.open()).unwrap_err();
        assert_eq!(broken.make().status(&db.open()).unwrap().pending().count(), 1);
        kit.make().run(&mut db.open()).unwrap();
        assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied");
    }
    let db = at_first(&broken);
    broken.make().run(&mut db.open()).unwrap_err();
    Migrator::new(&broken.make()).adopt_at(&mut db.open(), AnyVersion(1)).unwrap();
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql adopted");
}

#[test]
fn a_step_outside_a_transaction_is_an_error() {
    let kit = list(&["CREATE TABLE a(x)", "SELECT 1"]).no_transaction().step(INCREMENT, Fresh::Run);
    let error = kit.make().run(&mut at_first(&kit).open()).unwrap_err();
    assert!(error.to_string().contains("needs a transaction"), "{error}");
}

#[test]
fn errors_tell_what_was_committed_before() {
    let kit = list(&["INSERT INTO nope VALUES (1)"]).foreign_keys().base("CREATE TABLE a(x)");
    let error = kit.make().run(&mut Db::new().open()).unwrap_err().to_string();
    assert!(error.contains("state: at `base.sql`, which this run committed"), "{error}");

    let kit = list(&["CREATE TABLE a(x)", "DROP TABLE a; CREATE TABLE a(x)"]).no_transaction();
    let db = at_first(&kit);
    db.sql("CREATE INDEX mine ON a(x)");
    let error = Migrator::new(&kit.make()).drift(DriftPolicy::Error).run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("state: `002_m.sql` is marked as started"), "{error}");
}

#[test]
fn a_lock_that_comes_later_tells_what_was_committed() {
    use std::sync::Mutex;
    static READER: Mutex<Option<Connection>> = Mutex::new(None);
    let reads: StepFn = |conn| {
        let other = Connection::open(conn.path().unwrap_or_default())?;
        other.execute_batch("BEGIN; SELECT count(*) FROM a")?;
        *READER.lock().map_err(|error| error.to_string())? = Some(other);
        Ok(())
    };
    let kit =
        list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)"]).step(reads, Fresh::Run);
    let db = at_first(&kit);
    let all = kit.make();
    let run = Migrator::new(&all).atomicity(Atomicity::Each).lock_timeout(Duration::from_millis(100));
    let error = run.run(&mut db.open()).unwrap_err();
    *READER.lock().unwrap() = None;
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().contains("at `002_m.sql`; this run had committed `002_m.sql`"), "{error}");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied");
}

/// Writes a row into the history as soon as something is committed.
struct Newer<'a>(&'a Db);

impl Observer for Newer<'_> {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::Committed { .. }) {
            self.0.sql("INSERT OR IGNORE INTO schema_migrations(migration_name) VALUES ('900_newer.sql')");
        }
    }
}

#[test]
fn what_is_refused_after_a_commit_says_so() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]);
    let (db, all) = (at_first(&kit), kit.make());
    let newer = Newer(&db);
    let error = all.migrator().atomicity(Atomicity::Each).observer(&newer).run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error);
}

/// What a run out of order leaves is compared up to its end, whatever the policy, not only where the history is ordered.
#[test]
fn out_of_order_the_schema_counts_after_a_split_too() {
    let kit =
        list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]).foreign_keys();
    let other_definition = |set: &mut Set| {
        let other = set.migrations[2].changes[0].after;
        set.migrations.to_mut()[3].changes.to_mut()[0].after = other;
    };
    let (db, all) = (Db::new(), kit.clone().edit(other_definition).make());
    kit.without("002_m.sql").without("004_m.sql").make().run(&mut db.open()).unwrap();
    let migrator = Migrator::new(&all).drift(DriftPolicy::Ignore);
    let error = migrator.out_of_order(true).run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::Drift { .. }), "{error}");
    assert!(error.to_string().contains("state: at `003_m.sql`; this run had committed `002_m.sql`"), "{error}");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql fresh");
}

#[test]
fn out_of_order_one_by_one_begins_when_the_history_is_in_order() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)", "CREATE TABLE d(x)"]);
    let kit = kit.then("CREATE TABLE e(x)").then("INSERT INTO nope VALUES (1)");
    let (db, all) = (Db::new(), kit.make());
    let branch = ["002_m.sql", "003_m.sql", "005_m.sql", "006_m.sql"].iter().fold(kit, |kit, name| kit.without(name));
    branch.make().run(&mut db.open()).unwrap();
    let migrator = Migrator::new(&all).out_of_order(true).atomicity(Atomicity::Each);
    let error = migrator.run(&mut db.open()).unwrap_err().to_string();
    let state = "state: at `005_m.sql`; this run had committed `002_m.sql`, `003_m.sql`, `005_m.sql`";
    assert!(error.contains(state), "{error}");
    let history = "001_m.sql fresh, 002_m.sql applied, 003_m.sql applied, 004_m.sql fresh, 005_m.sql applied";
    assert_eq!(db.history(), history);
}
