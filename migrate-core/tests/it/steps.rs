//! Rust steps.

use std::panic::{AssertUnwindSafe, catch_unwind};

use migrate_core::__private::Fresh;
use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Migrator, StepFn};

use crate::kit::{Db, Kit, list};

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn with(step: StepFn, fresh: Fresh) -> Kit {
    list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)"]).step(step, fresh).then("UPDATE a SET x = x * 10")
}

fn at_first(kit: &Kit) -> Db {
    let db = Db::new();
    Migrator::new(&kit.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db
}

fn backfill(conn: &Connection) -> Outcome {
    conn.execute("UPDATE a SET x = x + 1", [])?;
    Ok(())
}

#[test]
fn a_step_runs_after_its_migration_and_before_the_next() {
    let kit = with(backfill, Fresh::Run);
    let db = at_first(&kit);
    kit.make().run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT x FROM a"), "20");
}

#[test]
fn on_a_fresh_database_it_does_as_it_says() {
    for (fresh, x) in [(Fresh::Run, "20"), (Fresh::Skip, "10")] {
        let db = Db::new();
        with(backfill, fresh).make().run(&mut db.open()).unwrap();
        assert_eq!(db.one("SELECT x FROM a"), x);
    }
    // A step that must run needs the schema of its own version, so `schema.sql` is not used then.
    for (fresh, rows) in [(Fresh::Run, "1"), (Fresh::Skip, "0")] {
        let db = Db::new();
        with(backfill, fresh).schema("CREATE TABLE a(x)").make().run(&mut db.open()).unwrap();
        assert_eq!(db.one("SELECT count(*) FROM a"), rows);
    }
}

#[test]
fn what_it_returns_is_kept_as_the_source() {
    #[derive(Debug, PartialEq)]
    struct Mine(u8);
    impl std::fmt::Display for Mine {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "row {} is odd", self.0)
        }
    }
    impl std::error::Error for Mine {}
    let kit = with(|conn| backfill(conn).and(Err(Mine(7).into())), Fresh::Run);
    let db = at_first(&kit);
    let before = db.dump();
    let error = kit.make().run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error, @"
    the Rust step after `002_m.sql` failed: row 7 is odd
    state: nothing was changed, still at `001_m.sql`
    ");
    assert_eq!(std::error::Error::source(&error).unwrap().downcast_ref(), Some(&Mine(7)));
    assert_eq!(db.dump(), before);
}

#[test]
fn it_may_neither_commit_nor_roll_back_nor_change_the_schema() {
    let commits: StepFn = |conn| Ok(conn.execute_batch("COMMIT")?);
    let hides_it: StepFn = |conn| {
        let _ = conn.execute_batch("END; INSERT INTO a VALUES (5)");
        Err("odd".into())
    };
    let savepoint: StepFn = |conn| Ok(conn.execute_batch("SAVEPOINT s")?);
    let rolls_back: StepFn = |conn| Ok(conn.execute_batch("ROLLBACK")?);
    let creates: StepFn = |conn| Ok(conn.execute_batch("CREATE INDEX i ON a(x)")?);
    for (step, expected) in [
        (commits, "cannot commit transaction - SQL statements in progress"),
        (hides_it, "odd"),
        (savepoint, "cannot open savepoint"),
        (rolls_back, "rolled back the transaction that it runs in"),
        (creates, "changed the schema"),
    ] {
        let kit = with(step, Fresh::Run);
        let db = at_first(&kit);
        let before = db.dump();
        let error = kit.make().run(&mut db.open()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!((db.history().as_str(), db.dump()), ("001_m.sql fresh", before), "{expected}");
    }
}

#[test]
fn a_panic_rolls_back_restores_and_goes_on() {
    let kit = with(|conn| backfill(conn).map(|()| panic!("in the step")), Fresh::Run);
    let db = at_first(&kit);
    let before = db.dump();
    let mut conn = db.open();
    conn.busy_timeout(std::time::Duration::from_millis(1234)).unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    let all = kit.make();
    let panic = catch_unwind(AssertUnwindSafe(|| all.run(&mut conn))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in the step"));
    assert!(conn.is_autocommit());
    let setting = |name: &str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((setting("foreign_keys"), setting("busy_timeout")), (1, 1234));
    assert_eq!(db.dump(), before);
}

#[test]
fn a_step_that_is_bound_to_nothing_is_an_error() {
    let all = with(backfill, Fresh::Run).edit(|set| set.migrations.to_mut()[0].step = Some(Fresh::Run)).make();
    let error = all.run(&mut Db::new().open()).unwrap_err();
    assert!(error.to_string().contains("is not bound to a function"), "{error}");
}
