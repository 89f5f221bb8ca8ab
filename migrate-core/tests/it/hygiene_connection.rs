//! Everything that an application may have put on its connection is there after a run, however the run ended.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use migrate_core::__private::Fresh;
use migrate_core::rusqlite::config::DbConfig;
use migrate_core::rusqlite::functions::FunctionFlags;
use migrate_core::rusqlite::hooks::{AuthContext, Authorization};
use migrate_core::rusqlite::trace::{TraceEvent, TraceEventCodes};
use migrate_core::rusqlite::{Connection, Result};
use migrate_core::{AnyVersion, Atomicity, BackupPolicy, Error, Migrator, StepFn};

use crate::kit::{Db, Kit, list};

/// Pragmas, each with a value that it does not have by itself.
const SETTINGS: [(&str, i64); 16] = [
    ("foreign_keys", 0),
    ("legacy_alter_table", 1),
    ("recursive_triggers", 1),
    ("ignore_check_constraints", 1),
    ("reverse_unordered_selects", 1),
    ("synchronous", 1),
    ("automatic_index", 0),
    ("cell_size_check", 1),
    ("secure_delete", 1),
    ("read_uncommitted", 1),
    ("trusted_schema", 0),
    ("cache_size", 77),
    ("cache_spill", 0),
    ("temp_store", 2),
    ("max_page_count", 5000),
    ("query_only", 0),
];

const SWITCHES: [DbConfig; 6] = [
    DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER,
    DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW,
    DbConfig::SQLITE_DBCONFIG_DQS_DML,
    DbConfig::SQLITE_DBCONFIG_DQS_DDL,
    DbConfig::SQLITE_DBCONFIG_DEFENSIVE,
    DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
];

#[derive(Clone, Copy)]
enum Called {
    Authorizer,
    Update,
    Commit,
    Rollback,
    Progress,
}

const CALLED: [&str; 5] = ["authorizer", "update hook", "commit hook", "rollback hook", "progress handler"];

type Counters = Arc<[AtomicU64; CALLED.len()]>;

// How often the two that are functions without a state were called, on this thread.
thread_local! {
    static BUSY: Cell<u64> = const { Cell::new(0) };
    static TRACE: Cell<u64> = const { Cell::new(0) };
}

fn busy(_: i32) -> bool {
    BUSY.set(BUSY.get() + 1);
    false
}

fn trace(_: TraceEvent<'_>) {
    TRACE.set(TRACE.get() + 1);
}

/// Puts everything on a connection.
fn dress(conn: &mut Connection) -> Result<Counters> {
    for (name, value) in SETTINGS {
        conn.execute_batch(&format!("PRAGMA {name} = {value}"))?;
    }
    for switch in SWITCHES {
        let _ = conn.set_db_config(switch, !conn.db_config(switch)?)?;
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    conn.busy_handler(Some(busy))?;
    conn.create_scalar_function("slug", 1, FunctionFlags::SQLITE_UTF8, |context| {
        context.get::<String>(0).map(|text| text.replace(' ', "-"))
    })?;
    conn.create_collation("backwards", |a, b| b.cmp(a))?;
    conn.execute_batch("CREATE TEMP TABLE mine(x); INSERT INTO mine VALUES ('a b')")?;
    conn.prepare_cached("SELECT slug(x) FROM mine")?;

    let counters = Counters::default();
    let count = |called: Called| {
        let counters = Arc::clone(&counters);
        move || _ = counters[called as usize].fetch_add(1, Ordering::Relaxed)
    };
    let (authorizer, update, commit) = (count(Called::Authorizer), count(Called::Update), count(Called::Commit));
    let (rollback, progress) = (count(Called::Rollback), count(Called::Progress));
    conn.authorizer(Some(move |_: AuthContext<'_>| {
        authorizer();
        Authorization::Allow
    }))?;
    conn.update_hook(Some(move |_, _: &str, _: &str, _| update()))?;
    conn.commit_hook(Some(move || {
        commit();
        false
    }))?;
    conn.rollback_hook(Some(rollback))?;
    conn.progress_handler(
        1,
        Some(move || {
            progress();
            false
        }),
    )?;
    let _ = conn.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace as fn(TraceEvent<'_>)));
    Ok(counters)
}

fn settings(conn: &Connection) -> Result<(Vec<i64>, Vec<bool>)> {
    let settings = SETTINGS.iter().map(|(name, _)| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)));
    let switches = SWITCHES.iter().map(|switch| conn.db_config(*switch));
    Ok((settings.collect::<Result<_>>()?, switches.collect::<Result<_>>()?))
}

/// Whether all of it is still there, and works.
fn assert_dressed(db: &Db, conn: &Connection, counters: &Counters, what: &str) -> Result<()> {
    let before: Vec<u64> = counters.iter().map(|counter| counter.load(Ordering::Relaxed)).collect();
    conn.execute_batch("CREATE TABLE IF NOT EXISTS probe(x); INSERT INTO probe VALUES (1)")?;
    conn.execute_batch("BEGIN; INSERT INTO probe VALUES (2); ROLLBACK")?;
    for (index, name) in CALLED.iter().enumerate() {
        assert!(counters[index].load(Ordering::Relaxed) > before[index], "{what}: the {name} is gone");
    }
    assert_eq!(conn.prepare_cached("SELECT slug(x) FROM mine")?.query_row([], |row| row.get(0)), Ok("a-b".to_owned()));
    let first = conn.query_row(
        "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 'b') ORDER BY CAST(x AS TEXT) COLLATE backwards",
        [],
        |row| row.get(0),
    );
    assert_eq!(first, Ok("b".to_owned()), "{what}");
    let databases: i64 = conn.query_row("SELECT count(*) FROM pragma_database_list", [], |row| row.get(0))?;
    assert_eq!(databases, 2, "{what}: main and temp");

    let other = db.open();
    other.execute_batch("BEGIN IMMEDIATE")?;
    let (asked, traced) = (BUSY.get(), TRACE.get());
    assert!(conn.execute_batch("INSERT INTO probe VALUES (3)").is_err(), "{what}: it is locked");
    assert!(BUSY.get() > asked, "{what}: the busy handler is gone");
    assert!(TRACE.get() > traced, "{what}: the trace is gone");
    Ok(())
}

const REBUILD: &str = "CREATE TABLE notes_new(id INTEGER PRIMARY KEY, x TEXT NOT NULL DEFAULT '');
    INSERT INTO notes_new(id, x) SELECT id, coalesce(x, '') FROM notes;
    DROP TABLE notes; ALTER TABLE notes_new RENAME TO notes";

fn kit() -> Kit {
    list(&["CREATE TABLE notes(id INTEGER PRIMARY KEY, x); INSERT INTO notes VALUES (1, 'a')", REBUILD])
        .down("CREATE TABLE old(id INTEGER PRIMARY KEY, x); INSERT INTO old SELECT id, x FROM notes; DROP TABLE notes; ALTER TABLE old RENAME TO notes")
}

/// Runs on a database at a position, on a connection with everything.
fn check(what: &str, kit: Kit, at: usize, run: impl FnOnce(Migrator<'_, AnyVersion>, &mut Connection) -> bool) {
    let (db, all) = (Db::new(), kit.make());
    db.sql("PRAGMA journal_mode = WAL");
    if at > 0 {
        Migrator::new(&all).target(AnyVersion(at - 1)).run(&mut db.open()).expect("the first");
    }
    let mut conn = db.open();
    let counters = dress(&mut conn).expect("everything");
    let before = settings(&conn).expect("settings");
    assert!(run(all.migrator(), &mut conn), "{what}: it ended in another way");
    assert!(conn.is_autocommit(), "{what}");
    assert_eq!(settings(&conn).expect("settings"), before, "{what}");
    assert_dressed(&db, &conn, &counters, what).expect(what);
}

#[test]
fn after_a_run_that_succeeds() {
    check("fresh", kit(), 0, |migrator, conn| migrator.run(conn).is_ok());
    check("upgrade", kit(), 1, |migrator, conn| migrator.run(conn).is_ok());
    check("nothing to do", kit(), 2, |migrator, conn| migrator.run(conn).is_ok());
    check("each", kit(), 1, |migrator, conn| migrator.atomicity(Atomicity::Each).run(conn).is_ok());
    check("backup", kit(), 1, |migrator, conn| {
        migrator.backup(BackupPolicy::Always).run(conn).is_ok_and(|report| report.backup().is_some())
    });
    check("dry run", kit(), 1, |migrator, conn| migrator.dry_run(conn).is_ok());
    check("down", kit(), 2, |migrator, conn| migrator.target(AnyVersion(0)).allow_down(true).run(conn).is_ok());
    check("adopt", kit(), 0, |migrator, conn| {
        conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, x)").expect("a legacy database");
        migrator.adopt_at(conn, AnyVersion(0)).is_ok()
    });
    let outside = || kit().then("UPDATE notes SET x = 'b'; VACUUM").no_transaction();
    check("outside", outside(), 1, |migrator, conn| migrator.run(conn).is_ok());
    let foreign_keys = || kit().then("UPDATE notes SET x = 'b'").foreign_keys();
    check("foreign keys on", foreign_keys(), 1, |migrator, conn| migrator.run(conn).is_ok());
    check("plan and status", kit(), 1, |migrator, conn| migrator.plan(conn).is_ok() && migrator.status(conn).is_ok());
}

#[test]
fn after_a_run_that_fails() {
    let sets = "PRAGMA recursive_triggers = 0; PRAGMA trusted_schema = 1; PRAGMA reverse_unordered_selects = 0; oops";
    for (what, kit) in [
        ("a statement", kit().then(sets)),
        ("a statement outside", kit().then(sets).no_transaction()),
        ("a step", kit().step(|_| Err("no".into()), Fresh::Run)),
        ("a step that rolls back", kit().step(|conn| Ok(conn.execute_batch("ROLLBACK")?), Fresh::Run)),
        ("foreign keys", kit().then("CREATE TABLE c(n REFERENCES notes(id)); INSERT INTO c VALUES (9)")),
    ] {
        for policy in [BackupPolicy::Never, BackupPolicy::Always] {
            check(what, kit.clone(), 1, |migrator, conn| migrator.backup(policy).run(conn).is_err());
        }
        check(what, kit, 1, |migrator, conn| migrator.dry_run(conn).is_err() || what.ends_with("outside"));
    }
    check("a history of the future", kit(), 2, |_, conn| {
        let old = list(&["CREATE TABLE notes(id INTEGER PRIMARY KEY, x); INSERT INTO notes VALUES (1, 'a')"]).make();
        matches!(old.run(conn), Err(Error::DatabaseTooNew { .. }))
    });
}

#[test]
fn after_a_step_that_panics() {
    let panics: StepFn = |conn| {
        conn.execute_batch("UPDATE notes SET x = 'gone'; PRAGMA recursive_triggers = 0")?;
        panic!("a bug in a step")
    };
    for dry in [false, true] {
        check("a panic", kit().step(panics, Fresh::Run), 1, |migrator, conn| {
            let run = || if dry { migrator.dry_run(conn) } else { migrator.backup(BackupPolicy::Always).run(conn) };
            catch_unwind(AssertUnwindSafe(run)).is_err()
        });
    }
}

#[test]
fn a_busy_timeout_and_a_locking_mode_stay() {
    let all = kit().make();
    for sql in ["", "oops"] {
        let db = Db::new();
        let mut conn = db.open();
        conn.execute_batch("PRAGMA busy_timeout = 1234").expect("pragma");
        let mode = "PRAGMA locking_mode";
        conn.query_row(&format!("{mode} = EXCLUSIVE"), [], |_| Ok(())).expect("pragma");
        let done = if sql.is_empty() { all.run(&mut conn) } else { kit().then(sql).make().run(&mut conn) };
        assert_eq!(done.is_err(), !sql.is_empty());
        assert_eq!(conn.query_row("PRAGMA busy_timeout", [], |row| row.get(0)), Ok(1234));
        assert_eq!(conn.query_row(mode, [], |row| row.get(0)), Ok("exclusive".to_owned()));
    }
}

#[test]
fn what_is_attached_stays_attached_and_is_refused() {
    let (db, all) = (Db::new(), kit().make());
    let mut conn = db.open();
    conn.execute_batch("ATTACH ':memory:' AS archive; CREATE TABLE archive.notes(x)").expect("attach");
    assert!(matches!(all.run(&mut conn), Err(Error::Attached { .. })));
    assert_eq!(conn.query_row("SELECT count(*) FROM archive.notes", [], |row| row.get(0)), Ok(0));
}
