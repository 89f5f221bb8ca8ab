//! What fails, and what is left behind: nothing.

use migrate_core::{AnyVersion, Atomicity, Error, Event, Migrator, State};

use crate::kit::{Db, Kit, list};

/// Runs, expects an error that leaves every object and row as it was, and returns it.
fn fails(kit: &Kit, db: &Db) -> Error {
    let before = db.dump();
    let mut conn = db.open();
    let error = kit.make().run(&mut conn).unwrap_err();
    assert!(conn.is_autocommit());
    drop(conn);
    assert_eq!(db.dump(), before);
    error
}

/// At the first version of a list.
fn at_first(kit: &Kit) -> Db {
    let db = Db::new();
    Migrator::new(&kit.make()).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db
}

#[test]
fn the_place_of_the_statement_and_the_state_of_the_database() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x);\n\n  -- then\n  INSERT INTO nope\n  VALUES (1)"]);
    insta::assert_snapshot!(fails(&kit, &at_first(&kit)), @"
    migration `002_m.sql` failed at migrations/002_m.sql:4:3: no such table: nope
    statement: INSERT INTO nope …
    state: nothing was changed, still at `001_m.sql`
    help: correct the migration if it was not released yet, or ship a build that does
    ");
    insta::assert_snapshot!(fails(&kit, &Db::new()), @"
    migration `002_m.sql` failed at migrations/002_m.sql:4:3: no such table: nope
    statement: INSERT INTO nope …
    state: nothing was changed, still at an empty database
    help: correct the migration if it was not released yet, or ship a build that does
    ");
}

#[test]
fn the_place_within_the_statement_where_sqlite_gives_one() {
    let kit = list(&["CREATE TABLE a(x)", "SELECT x,\n  ä, y FROM a"]);
    let error = fails(&kit, &at_first(&kit)).to_string();
    assert!(
        error.starts_with("migration `002_m.sql` failed at migrations/002_m.sql:2:3: no such column: ä"),
        "{error}"
    );
}

#[test]
fn rows_that_do_not_fit() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE UNIQUE INDEX u ON a(x)"]);
    let db = at_first(&kit);
    db.sql("INSERT INTO a VALUES (1), (1)");
    insta::assert_snapshot!(fails(&kit, &db), @"
    migration `002_m.sql` failed at migrations/002_m.sql:1:20: UNIQUE constraint failed: a.x
    statement: CREATE UNIQUE INDEX u ON a(x)
    state: nothing was changed, still at `001_m.sql`
    help: some row of this database does not fit; repair it in a migration before this one
    ");
}

#[test]
fn whatever_ends_the_transaction_is_noticed() {
    for sql in [
        "COMMIT; CREATE TABLE c(x)",
        "END",
        "ROLLBACK",
        "INSERT OR ROLLBACK INTO u VALUES (1)",
        "CREATE TRIGGER t BEFORE INSERT ON u BEGIN SELECT raise(ROLLBACK, 'no'); END; INSERT INTO u VALUES (2)",
    ] {
        let kit = list(&["CREATE TABLE u(x UNIQUE); INSERT INTO u VALUES (1)", sql]);
        let db = at_first(&kit);
        fails(&kit, &db);
        assert_eq!(db.history(), "001_m.sql fresh", "{sql}");
    }
    let kit = list(&["CREATE TABLE u(x)", "INSERT INTO u VALUES (1);\nend"]);
    assert!(fails(&kit, &at_first(&kit)).to_string().contains("002_m.sql:2:1: `END` is not for migrations"));
}

#[test]
fn parameters_are_no_values() {
    let kit = list(&["CREATE TABLE a(x)", "INSERT INTO a VALUES (:name)"]);
    let error = fails(&kit, &at_first(&kit)).to_string();
    assert!(error.contains("the parameter `:name` has no value here and would be NULL"), "{error}");
}

#[test]
fn all_or_nothing_and_one_by_one() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)", "oops"]);
    let db = at_first(&kit);
    fails(&kit, &db);
    let error = Migrator::new(&kit.make()).atomicity(Atomicity::Each).run(&mut db.open()).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    migration `004_m.sql` failed at migrations/004_m.sql:1:1: near "oops": syntax error
    statement: oops
    state: at `003_m.sql`; this run had committed `002_m.sql`, `003_m.sql`
    help: correct the migration if it was not released yet, or ship a build that does
    "#);
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql applied");
}

const FAMILY: &str = "CREATE TABLE p(id INTEGER PRIMARY KEY, x);
    CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
    CREATE TABLE n(p REFERENCES p ON DELETE SET NULL, k PRIMARY KEY) WITHOUT ROWID";
const REBUILD: &str = "CREATE TABLE new_p(id INTEGER PRIMARY KEY, x TEXT NOT NULL DEFAULT '');
    INSERT INTO new_p(id, x) SELECT id, coalesce(x, '') FROM p; DROP TABLE p; ALTER TABLE new_p RENAME TO p";

#[test]
fn a_rebuild_keeps_every_child_with_foreign_keys_on_and_off() {
    for on in [true, false] {
        let kit = list(&[FAMILY, REBUILD]);
        let db = at_first(&kit);
        db.sql("INSERT INTO p VALUES (1, 'a'), (2, NULL); INSERT INTO c VALUES (1, 1), (2, 2), (3, 2); INSERT INTO n VALUES (2, 'k')");
        let mut conn = db.open();
        conn.pragma_update(None, "foreign_keys", on).unwrap();
        kit.make().run(&mut conn).unwrap();
        assert_eq!(conn.query_row("PRAGMA foreign_keys", [], |row| row.get::<_, bool>(0)), Ok(on));
        assert_eq!(db.one("SELECT count(*) || sum(p) FROM c"), "35");
        assert_eq!(db.one("SELECT p FROM n"), "2");
    }
}

#[test]
fn new_violations_fail_and_old_ones_do_not() {
    let kit = list(&[FAMILY, "DELETE FROM p WHERE id = 2", "CREATE TABLE later(x)"]);
    let db = at_first(&kit);
    db.sql(
        "INSERT INTO p VALUES (2, 'a'); INSERT INTO c VALUES (1, 99), (2, 2), (3, 2); INSERT INTO n VALUES (2, 'k')",
    );
    insta::assert_snapshot!(fails(&kit, &db), @"
    the migrations leave 2 foreign key violation(s) behind: `c.p` = 2 has no row in `p` (2 times), `n.p` = 2 has no row in `p`
    state: nothing was changed, still at `001_m.sql`
    help: delete or repair these rows in the migration; foreign keys are off while it runs, so ON DELETE actions do not fire
    ");
    db.sql("DELETE FROM c WHERE p = 2; DELETE FROM n");
    kit.make().run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT p FROM c"), "99");
}

#[test]
fn keys_to_tables_that_are_gone_and_keys_that_do_not_match() {
    let kit = list(&[FAMILY, "DROP TABLE p"]);
    let db = at_first(&kit);
    db.sql("INSERT INTO p VALUES (2, 'a'); INSERT INTO c VALUES (2, 2)");
    assert!(fails(&kit, &db).to_string().contains("`c.p` = 2 has no row in `p`"));
    let mismatch = list(&[FAMILY, "CREATE TABLE q(id REFERENCES p(x)); INSERT INTO q VALUES (1)"]);
    assert!(fails(&mismatch, &at_first(&mismatch)).to_string().contains("foreign key mismatch"));
}

#[test]
fn foreign_keys_on_is_a_transaction_of_its_own() {
    let kit =
        list(&[FAMILY, "CREATE TABLE x(y)", "DELETE FROM p WHERE id = 2"]).foreign_keys().then("CREATE TABLE z(y)");
    let db = at_first(&kit);
    db.sql("INSERT INTO p VALUES (2, 'a'); INSERT INTO c VALUES (1, 2); INSERT INTO n VALUES (2, 'k')");
    kit.make().run(&mut db.open()).unwrap();
    assert_eq!(db.one("SELECT count(*) FROM c"), "0");
    assert_eq!(db.one("SELECT p FROM n"), "NULL");
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied, 003_m.sql applied, 004_m.sql applied");
}

/// Which commit failed half-way, and which one not at all.
#[test]
fn what_is_known_after_a_commit_that_failed() {
    let kit = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    let (db, all) = (at_first(&kit), kit.make());
    let mut conn = db.open();
    conn.commit_hook(Some(|| true)).unwrap();
    let error = all.run(&mut conn).unwrap_err().to_string();
    assert!(error.contains("state: nothing was changed, still at `001_m.sql`"), "{error}");
    drop(conn);
    assert_eq!(db.history(), "001_m.sql fresh");

    // A journal that cannot be removed: the pages are written by then.
    let journal = db.dir.path().join("app.db-journal");
    let stuck = |event: &Event<'_>| {
        if let Event::Committing = event {
            std::fs::remove_file(&journal).unwrap();
            std::fs::create_dir(&journal).unwrap();
        }
    };
    let mut conn = db.open();
    let error = all.migrator().observer(&stuck).run(&mut conn).unwrap_err().to_string();
    let state = "state: in doubt, since the commit failed half-way; either nothing was changed, still at `001_m.sql`; or at `002_m.sql`";
    assert!(error.contains(state), "{error}");
    drop(conn);
    std::fs::remove_dir(&journal).unwrap();
    assert_eq!(all.run(&mut db.open()).unwrap().after(), Some(AnyVersion(1)));
}

#[test]
fn the_state_in_an_error_is_a_value_too() {
    let kit = list(&["CREATE TABLE a(x)", "oops"]);
    let Error::Statement(failed) = fails(&kit, &at_first(&kit)) else { panic!("another error") };
    assert_eq!(failed.state, State::Unchanged { at: Some("`001_m.sql`".to_owned()) });
    assert_eq!((failed.line, failed.column), (1, 1));
    assert!(failed.source.is_some());
}
