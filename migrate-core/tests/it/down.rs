//! Back to an earlier version, and trying without doing.

use migrate_core::rusqlite::Connection;
use migrate_core::{
    AnyVersion, Atomicity, BackupPolicy, DriftPolicy, EntryKind, Error, Migrations, Migrator, Outcome, PlanStep, Target,
};

use crate::kit::{Db, Kit, list};

fn reversible() -> Kit {
    list(&["CREATE TABLE a(x); INSERT INTO a VALUES (1)"])
        .down("DROP TABLE a")
        .then("ALTER TABLE a ADD COLUMN y; CREATE INDEX i ON a(y)")
        .down("DROP INDEX i; ALTER TABLE a DROP COLUMN y")
        .then("CREATE TABLE b(x)")
        .down("DROP TABLE b")
}

fn down(all: &Migrations<AnyVersion>, target: Target<AnyVersion>) -> Migrator<'_, AnyVersion> {
    Migrator::new(all).target(target).allow_down(true).backup(BackupPolicy::Never)
}

#[test]
fn every_way_between_two_versions() {
    let all = reversible().make();
    let at = |position: usize| if position == 0 { Target::Base } else { Target::At(AnyVersion(position - 1)) };
    // The history's own AUTOINCREMENT mark does not count.
    let dump = |db: &Db| db.dump().lines().filter(|line| !line.contains("schema_migrations")).collect::<String>();
    let mut dumps = Vec::new();
    for position in 0..=3 {
        let db = Db::new();
        Migrator::new(&all).target(at(position)).run(&mut db.open()).unwrap();
        dumps.push(dump(&db));
    }
    for atomicity in [Atomicity::All, Atomicity::Each] {
        for from in 0..=3 {
            for to in 0..=3 {
                let db = Db::new();
                Migrator::new(&all).target(at(from)).run(&mut db.open()).unwrap();
                let report = down(&all, at(to)).atomicity(atomicity).run(&mut db.open()).unwrap();
                assert_eq!(dump(&db), dumps[to], "{from} to {to}");
                assert_eq!(db.one("SELECT count(*) FROM schema_migrations"), to.to_string());
                assert_eq!(report.after(), to.checked_sub(1).map(AnyVersion));
                if to < from {
                    assert_eq!(report.outcome(), Outcome::Reverted);
                    let reverted: Vec<usize> = report.entries().iter().map(|entry| entry.version.0).collect();
                    assert_eq!(reverted, (to..from).rev().collect::<Vec<_>>());
                    assert!(report.entries().iter().all(|entry| entry.kind == EntryKind::Reverted));
                }
                // And up again.
                all.run(&mut db.open()).unwrap();
                assert_eq!(dump(&db), dumps[3]);
                assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Current);
            }
        }
    }
}

#[test]
fn says_what_it_would_do_and_did() {
    let all = reversible().make();
    let db = Db::new();
    all.run(&mut db.open()).unwrap();
    let plan = down(&all, Target::At(AnyVersion(0))).plan(&db.open()).unwrap();
    assert_eq!(plan.to_string(), "from `003_m.sql` to `001_m.sql`\n  revert 003_m.sql\n  revert 002_m.sql");
    assert!(matches!(&plan.steps()[1], PlanStep::Revert { sql, .. } if sql.contains("DROP INDEX i")));
    let report = down(&all, Target::At(AnyVersion(0))).run(&mut db.open()).unwrap().to_string();
    assert!(report.starts_with("2 migrations reverted in ") && report.contains("`003_m.sql`, `002_m.sql`"), "{report}");
}

#[track_caller]
fn refused(all: &Migrations<AnyVersion>, migrator: &Migrator<'_, AnyVersion>, message: &str) {
    let db = Db::new();
    Migrator::new(all).run(&mut db.open()).unwrap();
    let before = db.bytes();
    let error = migrator.run(&mut db.open()).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    assert!(db.bytes() == before);
}

#[test]
fn refusals() {
    let all = reversible().make();
    let target = Target::At(AnyVersion(0));
    refused(&all, &Migrator::new(&all).target(target), "let the run go back with `allow_down(true)`");

    let without = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"]).down("DROP TABLE c").make();
    refused(&without, &down(&without, target), "cannot go back to `001_m.sql`: no down script: `002_m.sql`");

    let outside = list(&["CREATE TABLE a(x)", "VACUUM"]).no_transaction().down("SELECT 1").make();
    refused(&outside, &down(&outside, target), "outside a transaction: `002_m.sql`");

    let partly = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE c(x)"]).down("DROP TABLE c").make();
    refused(&partly, &down(&partly, target), "the schema differs from that of `001_m.sql`: unexpected: table `b`");

    let column = list(&["CREATE TABLE a(x)", "ALTER TABLE a ADD COLUMN y; ALTER TABLE a ADD COLUMN z"])
        .down("ALTER TABLE a DROP COLUMN y")
        .make();
    for policy in [DriftPolicy::Warn, DriftPolicy::Ignore, DriftPolicy::Error] {
        refused(&column, &down(&column, target).drift(policy), "different: table `a`");
    }

    let keys = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"])
        .down("DROP TABLE b")
        .then("CREATE TABLE c(x)")
        .foreign_keys()
        .down("DROP TABLE c")
        .make();
    refused(&keys, &down(&keys, target), "not in one transaction, because of `foreign_keys: on`: `003_m.sql`");
    let db = Db::new();
    keys.run(&mut db.open()).unwrap();
    down(&keys, target).atomicity(Atomicity::Each).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql fresh");

    let fails = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).down("DROP TABLE b; DROP TABLE nope").make();
    refused(&fails, &down(&fails, target), "migrations/002_m.down.sql:1:15");

    let orphans = list(&[
        "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p)",
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
    ])
    .down("DELETE FROM p")
    .make();
    refused(&orphans, &down(&orphans, target), "foreign key violation");
}

#[test]
fn what_differed_before_may_differ_after_and_nothing_else() {
    let all = list(&["CREATE TABLE a(x); CREATE INDEX i ON a(x)", "CREATE TABLE b(x)"]);
    for (script, more) in [
        ("DROP TABLE b", ""),
        ("SELECT 1", "unexpected: table `b`"),
        ("DROP TABLE b; DROP INDEX i", "missing: index `i`"),
        ("DROP TABLE b; DROP INDEX i; CREATE INDEX i ON a(x, x)", "different: table `a`, index `i`"),
    ] {
        let (all, db) = (all.clone().down(script).make(), Db::new());
        all.run(&mut db.open()).unwrap();
        db.sql("ALTER TABLE a ADD COLUMN mine");
        let before = db.dump();
        let done = down(&all, Target::At(AnyVersion(0))).drift(DriftPolicy::Ignore).run(&mut db.open());
        match done {
            Ok(report) => assert_eq!((report.drift().to_string().as_str(), more), ("different: table `a`", "")),
            Err(error) => {
                let error = error.to_string();
                assert!(!more.is_empty() && error.contains(more), "{error}");
                assert!(error.contains("help: correct the down scripts"), "{error}");
                assert_eq!(db.dump(), before);
            }
        }
    }
}

#[test]
fn one_by_one_it_says_how_far_it_came() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).down("DROP TABLE nope").then("CREATE TABLE c(x)");
    let (all, db) = (all.down("DROP TABLE c").make(), Db::new());
    all.run(&mut db.open()).unwrap();
    let each = down(&all, Target::At(AnyVersion(0))).atomicity(Atomicity::Each);
    let error = each.run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("state: at `002_m.sql`; this run had committed `003_m.sql` (reverted)"), "{error}");
}

#[test]
fn one_that_was_interrupted_is_not_stepped_over() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x); INSERT INTO nope VALUES (1)"]).no_transaction().make();
    let db = Db::new();
    Migrator::new(&all).run(&mut db.open()).unwrap_err();
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql started");
    let before = db.dump();
    let error = down(&all, Target::Base).run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::NoDown { .. }), "{error}");
    assert_eq!(db.dump(), before);
}

#[test]
fn without_a_history_there_is_no_way_back() {
    let all = reversible().make();
    let db = Db::with("CREATE TABLE a(x, y); CREATE INDEX i ON a(y)");
    let error = down(&all, Target::At(AnyVersion(0))).run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("without a history it cannot go back"), "{error}");
}

#[test]
fn one_that_the_program_does_not_know_is_not_reverted() {
    let all = reversible().make();
    let db = Db::new();
    reversible().then("CREATE TABLE c(x)").make().run(&mut db.open()).unwrap();
    let error = down(&all, Target::At(AnyVersion(0))).run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::DatabaseTooNew { .. }), "{error}");
}

#[test]
fn a_way_back_is_backed_up() {
    let all = reversible().make();
    let db = Db::new();
    all.run(&mut db.open()).unwrap();
    let report = Migrator::new(&all).target(AnyVersion(0)).allow_down(true).run(&mut db.open()).unwrap();
    let backup = Connection::open(report.backup().unwrap()).unwrap();
    assert_eq!(all.status(&backup).unwrap().pending().count(), 0);
}

#[test]
fn a_dry_run_writes_nothing_and_finds_everything() {
    let fails_on_rows = list(&["CREATE TABLE a(x)", "CREATE UNIQUE INDEX i ON a(x)"]).make();
    let db = Db::new();
    Migrator::new(&fails_on_rows).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    let before = db.bytes();
    let report = fails_on_rows.migrator().dry_run(&mut db.open()).unwrap();
    assert!(report.is_dry_run() && report.untried().is_none());
    assert_eq!((report.before(), report.after()), (Some(AnyVersion(0)), Some(AnyVersion(1))));
    assert!(report.to_string().starts_with("dry run, rolled back: 1 migration applied in "), "{report}");
    assert!(db.bytes() == before);
    db.sql("INSERT INTO a VALUES (1), (1)");
    let before = db.bytes();
    let error = fails_on_rows.migrator().dry_run(&mut db.open()).unwrap_err();
    assert!(error.to_string().contains("UNIQUE constraint failed"), "{error}");
    assert!(db.bytes() == before);
    assert_eq!(db.history(), "001_m.sql fresh");
}

#[test]
fn a_dry_run_says_where_it_stopped() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "VACUUM"]).no_transaction().then("SELECT 1").make();
    let db = Db::new();
    let report = all.migrator().atomicity(Atomicity::Each).dry_run(&mut db.open()).unwrap();
    assert_eq!((report.after(), report.untried()), (Some(AnyVersion(1)), Some("`003_m.sql`")));
    assert_eq!(db.dump(), "");
    Migrator::new(&all).target(AnyVersion(1)).run(&mut db.open()).unwrap();
    let report = all.migrator().dry_run(&mut db.open()).unwrap();
    assert_eq!((report.after(), report.untried()), (Some(AnyVersion(1)), Some("`003_m.sql`")));
    assert!(report.to_string().contains("not tried: `003_m.sql` and what follows"), "{report}");
}

#[test]
fn a_dry_run_down() {
    let all = reversible().make();
    let db = Db::new();
    all.run(&mut db.open()).unwrap();
    let before = db.bytes();
    let report = down(&all, Target::Base).dry_run(&mut db.open()).unwrap();
    assert_eq!((report.outcome(), report.after()), (Outcome::Reverted, None));
    assert!(db.bytes() == before);
}
