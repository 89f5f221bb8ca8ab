//! Databases that are left alone, and the story that is told of each.

use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, DriftPolicy, Error, Migrations, Migrator};

use crate::kit::{Db, Kit, column, list, table};

/// The ancestor's production failure: one table replaced, another added, three indexes.
pub(crate) fn starpunk() -> Kit {
    list(&[
        "ALTER TABLE auth ADD COLUMN verifier TEXT",
        "DROP TABLE tokens; CREATE TABLE tokens(hash TEXT); CREATE TABLE codes(x);
         CREATE INDEX i1 ON tokens(hash); CREATE INDEX i2 ON codes(x)",
    ])
    .base("CREATE TABLE auth(state TEXT); CREATE TABLE tokens(token TEXT)")
    .marker(column("auth", "verifier"))
    .marker(table("codes"))
}

/// Runs, expects a refusal that leaves every byte as it was, and returns its message.
pub(crate) fn refused(all: &Migrations<AnyVersion>, db: &Db) -> String {
    let before = db.bytes();
    let mut conn = db.open();
    let error = all.run(&mut conn).unwrap_err();
    assert!(conn.is_autocommit());
    drop(conn);
    assert_eq!(db.bytes(), before);
    error.to_string()
}

#[test]
fn a_later_migration_half_there() {
    let (all, db) = (starpunk().make(), Db::new());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db.sql("DROP TABLE tokens; CREATE TABLE tokens(hash TEXT); CREATE TABLE codes(x)");
    insta::assert_snapshot!(refused(&all, &db), @"
    the history ends with `001_m.sql`, but something of a later migration is there already; nothing was changed
    there: table `codes`, table `tokens` as a later version has it
    missing: index `i1`, index `i2`
    nearest version: `002_m.sql` (missing: index `i1`, index `i2`)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
}

#[test]
fn markers_with_a_hole() {
    let db = Db::with("CREATE TABLE auth(state TEXT); CREATE TABLE tokens(token TEXT, note); CREATE TABLE codes(x)");
    insta::assert_snapshot!(refused(&starpunk().make(), &db), @r"
    there is no history, but the markers that are there fit no version; nothing was changed
    there: table `auth`, table `codes`, table `tokens`
    nearest version: `base.sql` (unexpected: table `codes`; different: table `tokens`)
      table `tokens`: column `note` is too much
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
}

#[test]
fn markers_complete_and_indexes_missing() {
    let db =
        Db::with("CREATE TABLE auth(state TEXT, verifier TEXT); CREATE TABLE tokens(hash TEXT); CREATE TABLE codes(x)");
    insta::assert_snapshot!(refused(&starpunk().make(), &db), @"
    there is no history, and the markers are those of `002_m.sql`, but some of that version is missing; nothing was changed
    there: table `auth`, table `codes`, table `tokens`
    missing: index `i1`, index `i2`
    nearest version: `002_m.sql` (missing: index `i1`, index `i2`)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
}

#[test]
fn no_marker_and_not_all_of_base() {
    let db = Db::with("CREATE TABLE auth(state TEXT)");
    assert!(refused(&starpunk().make(), &db).contains("nor everything that `base.sql` makes"));
}

#[test]
fn several_versions_possible() {
    let kit =
        list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"]).marker(table("a")).marker(table("c"));
    let message = refused(&kit.make(), &Db::with("CREATE TABLE a(x, y)"));
    assert!(message.contains("the markers fit several versions: `001_m.sql`, `002_m.sql`"), "{message}");
}

#[test]
fn nothing_of_ours() {
    let all = starpunk().make();
    let db = Db::with("CREATE TABLE wordpress(x); CREATE VIEW v AS SELECT 1");
    insta::assert_snapshot!(refused(&all, &db), @"
    the database holds table `wordpress`, view `v`, and nothing that these migrations make; nothing was changed
    help: check the path; if the file is meant to hold other tables too, set `shared = true` in `migrate.toml`
    ");
    Migrator::new(&all).shared(true).run(&mut db.open()).unwrap();
    assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql fresh");
}

#[test]
fn a_history_from_the_future() {
    let (all, db) = (starpunk().make(), Db::new());
    starpunk().then("CREATE TABLE later(x)").make().run(&mut db.open()).unwrap();
    insta::assert_snapshot!(refused(&all, &db), @"
    the database is at `003_m.sql`, and this program knows 2 migrations, up to `002_m.sql`; nothing was changed
    unknown here: `003_m.sql`
    help: install a newer build, or restore the backup taken before it
    ");
}

#[test]
fn an_edited_migration() {
    let db = Db::new();
    list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).make().run(&mut db.open()).unwrap();
    db.sql("UPDATE schema_migrations SET applied_at = '2026-01-02 03:04:05'");
    let edited = list(&["CREATE TABLE a(x, y)", "CREATE TABLE b(x)"]);
    insta::assert_snapshot!(refused(&edited.make(), &db), @"
    migration `001_m.sql` was edited after it was applied to this database (at 2026-01-02 03:04:05); nothing was changed
    help: restore `001_m.sql` as it was released, and put the change in a new migration; if it was never released, make this development database anew, or, where its schema has the change, run `cargo migrate repair accept-edit 001_m.sql`
    ");
    let reformatted = list(&["CREATE TABLE a ( x ) -- a", "/* b */ CREATE TABLE\r\n b(x)"]);
    assert!(reformatted.make().run(&mut db.open()).is_ok());
}

#[test]
fn another_order() {
    let (two, db) = (list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]), Db::new());
    two.make().run(&mut db.open()).unwrap();
    let all = two.then("CREATE TABLE c(x)").make();
    db.sql("DELETE FROM schema_migrations WHERE id = 1");
    insta::assert_snapshot!(refused(&all, &db), @"
    row 1 of the history is `002_m.sql`, and the list has `001_m.sql` there; nothing was changed
    help: give `001_m.sql` a number after every migration that was released before it; or apply it after them: `cargo migrate up --out-of-order`, in code `.out_of_order(true)`
    ");
    db.sql("UPDATE schema_migrations SET migration_name = '002_other.sql', id = 1");
    insta::assert_snapshot!(refused(&all, &db), @"
    row 1 of the history is `002_other.sql`, which this program does not know, and the list has `001_m.sql` there; nothing was changed
    help: bring `002_other.sql` back as it was released, or restore a backup taken before it; if it was never released, undo what it did and run `cargo migrate repair forget 002_other.sql`; if that is the history of another list, give each a `history_table`
    ");
}

#[test]
fn a_renamed_migration() {
    let two = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    let db = Db::new();
    two.make().run(&mut db.open()).unwrap();
    db.sql("UPDATE schema_migrations SET migration_name = '002_as_it_was.sql' WHERE id = 2");
    insta::assert_snapshot!(refused(&two.then("CREATE TABLE c(x)").make(), &db), @"
    migration `002_as_it_was.sql` was renamed to `002_m.sql` after it was applied to this database; nothing was changed
    help: call it `002_as_it_was.sql` again
    ");
}

#[test]
fn a_history_table_of_somebody_else() {
    let db = Db::with("CREATE TABLE schema_migrations(version TEXT, dirty INTEGER)");
    insta::assert_snapshot!(refused(&starpunk().make(), &db), @r"
    the table `schema_migrations` is the history of golang-migrate (its columns are `version`, `dirty`); nothing was changed
    help: choose another name with `history_table` in `migrate.toml`; then the history of golang-migrate is read once, and left as it is
    ");
    let view = Db::with("CREATE VIEW schema_migrations AS SELECT 1 AS id, 2 AS migration_name, 3 AS applied_at");
    assert!(refused(&starpunk().make(), &view).contains("is not a history"));
}

#[test]
fn what_is_no_database() {
    for (length, byte) in [(1, 0), (100, b'x'), (511, b'x'), (512, b'x'), (5000, b'x')] {
        let db = Db::new();
        std::fs::write(&db.path, vec![byte; length]).unwrap();
        let message = refused(&starpunk().make(), &db);
        assert!(message.contains("app.db` is not an SQLite database; nothing was changed"), "{length}: {message}");
    }
    let db = Db::new();
    std::fs::write(&db.path, b"").unwrap();
    assert!(starpunk().make().run(&mut db.open()).is_ok());
}

#[test]
fn temp_objects_that_shadow() {
    let (all, db) = (starpunk().make(), Db::new());
    let mut conn = db.open();
    conn.execute_batch("CREATE TEMP TABLE Tokens(x); CREATE TEMP TABLE mine(x)").unwrap();
    let error = all.run(&mut conn).unwrap_err();
    insta::assert_snapshot!(error, @"
    TEMP objects stand in the way: table `Tokens`; nothing was changed
    help: run the migrations before making TEMP objects of names that they use, or TEMP triggers on their tables
    ");
}

#[test]
fn functions_and_collations_that_are_declared_and_absent() {
    let kit = list(&["CREATE TABLE a(x)"]).edit(|set| {
        let function =
            |name: &'static str, arguments| migrate_core::__private::Function { name: name.into(), arguments };
        set.options.functions = vec![function("slug", 1), function("lower", 1), function("any", -1)].into();
        set.options.collations = vec!["german".into(), "NOCASE".into()].into();
    });
    insta::assert_snapshot!(refused(&kit.make(), &Db::new()), @"
    the connection lacks function `slug` with 1 argument, function `any`, collation `german`; nothing was changed
    help: register it on the connection before running the migrations, as `migrate.toml` promises
    ");
}

#[test]
fn an_sqlite_that_is_too_old() {
    let kit = list(&["CREATE TABLE a(x)"]).edit(|set| set.options.min_sqlite = 99_001_002);
    assert!(refused(&kit.make(), &Db::new()).contains("the migrations need at least 99.1.2"));
}

#[test]
fn a_schema_that_drifted_under_a_strict_policy() {
    let (all, db) = (starpunk().make(), Db::new());
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db.sql("ALTER TABLE auth ADD COLUMN mine");
    let before = db.bytes();
    let error = Migrator::new(&all).drift(DriftPolicy::Error).run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::Drift { .. }), "{error}");
    assert_eq!(db.bytes(), before);
    assert_eq!(all.run(&mut db.open()).unwrap().drift().to_string(), "different: table `auth`");
}

#[test]
fn a_stale_build() {
    let db = Db::new();
    let dir = db.dir.path().join("migrations");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("001_m.sql"), "").unwrap();
    std::fs::write(dir.join(".hidden.sql"), "").unwrap();
    std::fs::write(dir.join("notes.txt"), "").unwrap();
    let all = |entries: &[&'static str]| {
        let origin = migrate_core::__private::Origin {
            dir: dir.to_str().unwrap().to_owned().into(),
            entries: entries.iter().map(|name| format!("{name}/")).collect(),
        };
        list(&["CREATE TABLE a(x)"]).origin(origin).make()
    };
    assert!(all(&["001_m.sql"]).run(&mut Connection::open_in_memory().unwrap()).is_ok());
    std::fs::write(dir.join("002_n.sql"), "").unwrap();
    let message = refused(&all(&["001_m.sql", "003_gone.sql"]), &db);
    assert!(message.contains("`002_n.sql` added since it was compiled, `003_gone.sql` removed"), "{message}");
    let off = all(&["001_m.sql"]);
    assert!(Migrator::new(&off).check_build(false).run(&mut Connection::open_in_memory().unwrap()).is_ok());
}

#[test]
fn a_history_that_says_more_than_there_is() {
    let kit = list(&["CREATE TABLE a(x); CREATE TABLE b(x)", "ALTER TABLE a ADD COLUMN y", "CREATE TABLE c(x)"]);
    let all = kit.marker(column("a", "y")).marker(table("c")).make();
    for lost in
        ["ALTER TABLE a DROP COLUMN y", "DROP TABLE b", "ALTER TABLE a ADD COLUMN z; ALTER TABLE a DROP COLUMN y"]
    {
        let db = Db::new();
        Migrator::new(&all).target(AnyVersion(1)).run(&mut db.open()).unwrap();
        db.sql(lost);
        assert!(refused(&all, &db).contains("something of an earlier migration is not there"), "{lost}");
    }
    // Nothing is pending, and the application could not work all the same.
    let db = Db::new();
    all.run(&mut db.open()).unwrap();
    db.sql("DROP TABLE b");
    insta::assert_snapshot!(refused(&all, &db), @"
    the schema differs from that of `003_m.sql`: missing: table `b`
    state: nothing was changed, still at `003_m.sql`
    help: restore a backup, or make the table again; without it the application cannot work
    ");
    Migrator::new(&all).drift(DriftPolicy::Ignore).run(&mut db.open()).unwrap();
}
