//! What somebody added to a database by hand, where a migration rebuilds the table that it hangs on.

use migrate_core::{AnyVersion, DriftPolicy, Error, Migrations, Migrator};

use crate::kit::{Db, list};

const REBUILD: &str =
    "CREATE TABLE n2(id INTEGER PRIMARY KEY, t TEXT NOT NULL); INSERT INTO n2(id, t) SELECT id, t FROM n;
                       DROP TABLE n; ALTER TABLE n2 RENAME TO n; CREATE INDEX ours ON n(t)";

fn rebuilt(by_hand: &str) -> (Migrations<AnyVersion>, Db) {
    let kit = list(&["CREATE TABLE n(id INTEGER PRIMARY KEY, t TEXT); CREATE INDEX ours ON n(t); CREATE TABLE log(x)"]);
    let db = Db::new();
    kit.clone().make().run(&mut db.open()).unwrap();
    db.sql(by_hand);
    (kit.then(REBUILD).make(), db)
}

#[test]
fn a_column_is_told_before_it_goes() {
    let (all, db) = rebuilt("ALTER TABLE n ADD COLUMN hand TEXT; INSERT INTO n VALUES (1, 't', 'precious')");
    let plan = Migrator::new(&all).plan(&db.open()).unwrap();
    assert_eq!(plan.difference().to_string(), "different: table `n`");
    let refused = Migrator::new(&all).drift(DriftPolicy::Error).run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(refused, @r"
    the schema differs from that of `001_m.sql`: different: table `n`
      table `n`: column `hand` is too much
    state: nothing was changed, still at `001_m.sql`
    help: bring the schema back to that version, or accept drift with `DriftPolicy::Warn`
    ");
    assert_eq!(
        Migrator::new(&all).drift(DriftPolicy::Error).plan(&db.open()).unwrap_err().to_string(),
        refused.to_string()
    );
    let report = Migrator::new(&all).dry_run(&mut db.open()).unwrap();
    assert_eq!(report.drift_before().details, ["table `n`: column `hand` is too much"]);
    let report = all.run(&mut db.open()).unwrap();
    assert!(report.drift().is_same());
    assert!(report.to_string().ends_with("(the schema differed before: different: table `n`)"), "{report}");
}

#[test]
fn indexes_and_triggers_are_told_when_they_go() {
    let by_hand =
        "CREATE INDEX hand ON n(id, t); CREATE TRIGGER th AFTER INSERT ON n BEGIN INSERT INTO log VALUES (new.id); END;
                   CREATE TABLE theirs(y); CREATE INDEX elsewhere ON theirs(y)";
    let (all, db) = rebuilt(by_hand);
    let status = Migrator::new(&all).status(&db.open()).unwrap();
    assert_eq!(status.difference().foreign, ["index `hand` on `n`", "trigger `th` on `n`"]);
    assert!(status.difference().is_same());
    let refused = Migrator::new(&all).drift(DriftPolicy::Error).run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(refused, @r"
    the migrations would remove, with its table, what none of them makes: index `hand` on `n`, trigger `th` on `n`
    state: nothing was changed, still at `001_m.sql`
    help: make it in a migration, or drop it first; `DriftPolicy::Warn` goes on without it
    ");
    assert!(matches!(refused, Error::Removes { .. }));
    assert_eq!(db.history(), "001_m.sql fresh");
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!(report.removed(), ["index `hand` on `n`", "trigger `th` on `n`"]);
    assert!(report.to_string().contains("; gone with its table: index `hand` on `n`, trigger `th` on `n`"), "{report}");
    assert_eq!(db.one("SELECT group_concat(name) FROM sqlite_master WHERE tbl_name = 'theirs'"), "theirs,elsewhere");
}

#[test]
fn who_does_not_care_is_told_in_the_report() {
    let (all, db) = rebuilt("CREATE INDEX hand ON n(id, t)");
    let report = Migrator::new(&all).drift(DriftPolicy::Ignore).run(&mut db.open()).unwrap();
    assert_eq!(report.removed(), ["index `hand` on `n`"]);
}

#[test]
fn a_view_that_is_in_the_way_is_named() {
    let (all, db) = rebuilt("CREATE VIEW v AS SELECT t FROM n");
    insta::assert_snapshot!(all.run(&mut db.open()).unwrap_err(), @r"
    migration `002_m.sql` failed at migrations/002_m.sql:2:38: error in view v: no such table: main.n
    statement: ALTER TABLE n2 RENAME TO n
    state: nothing was changed, still at `001_m.sql`
    help: if no migration makes the view `v`, somebody added it to this database: drop it, and make it again after the run; otherwise correct the migration
    ");
    db.sql("DROP VIEW v");
    all.run(&mut db.open()).unwrap();
}
