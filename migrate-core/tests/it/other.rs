//! Databases with the history of another tool. Those tools themselves make such databases in `tests/switching`.

use migrate_core::{Evidence, Migrator, OtherTool, Outcome};

use crate::kit::{Db, Kit, list};
use crate::refusals::refused;

const ONE: &str = "CREATE TABLE a(x); INSERT INTO a VALUES (1)";
const TWO: &str = "CREATE TABLE b(y)";

/// The third migration leaves no mark in the schema, and the fourth does.
fn four() -> Kit {
    list(&[ONE, TWO, "INSERT INTO a VALUES (3)", "CREATE TABLE d(z)"])
}

const REFINERY: &str = "CREATE TABLE refinery_schema_history(version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));";

fn refinery(count: usize) -> String {
    let row =
        |n: usize| format!("INSERT INTO refinery_schema_history VALUES ({n}, 'm', '2026-01-01T00:00:00Z', '{n}');");
    REFINERY.to_owned() + &(1..=count).map(row).collect::<String>()
}

/// The definition and the rows of the other tool's table, and the number.
fn kept(db: &Db) -> String {
    let table = db.one(
        "SELECT max(name) FROM sqlite_master WHERE type = 'table' AND name IN ('refinery_schema_history',
        '_sqlx_migrations', '__diesel_schema_migrations', 'seaql_migrations', 'goose_db_version', 'schema_migrations')
        AND sql NOT LIKE '%checksum TEXT%'",
    );
    let number = db.one("PRAGMA user_version");
    if table == "NULL" {
        return number;
    }
    let columns = format!("SELECT group_concat('quote(' || name || ')', '||') FROM pragma_table_info('{table}')");
    let rows = db.one(&format!("SELECT group_concat({}, ';') FROM {table}", db.one(&columns)));
    let objects =
        format!("SELECT group_concat(name || coalesce(sql, ''), ';') FROM sqlite_master WHERE tbl_name = '{table}'");
    format!("{number} {rows} {}", db.one(&objects))
}

fn adopted(sql: &str, tool: OtherTool, at: usize) {
    let made: String = [ONE, TWO, "INSERT INTO a VALUES (3)"].iter().take(at).map(|sql| format!("{sql};")).collect();
    let db = Db::with(&format!("{made}{sql}"));
    let before = kept(&db);
    let all = if sql.contains("schema_migrations") {
        four().edit(|set| set.options.history_table = "history".into())
    } else {
        four()
    }
    .make();
    let report = all.run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::OtherHistory(tool)), "{report}");
    assert_eq!(report.applied().count(), 4 - at, "{report}");
    assert_eq!(db.one("SELECT group_concat(x) FROM a"), "1,3", "each ran once: {report}");
    assert_eq!(kept(&db), before);
    assert_eq!(all.run(&mut db.open()).unwrap().outcome(), Outcome::Current);
}

#[test]
fn the_schema_and_the_other_history_say_the_same() {
    let sqlx = "CREATE TABLE _sqlx_migrations(version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
                INSERT INTO _sqlx_migrations VALUES (1, 'a', '', TRUE, x'00', 1), (2, 'b', '', TRUE, x'00', 1)";
    let diesel = "CREATE TABLE __diesel_schema_migrations(version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
                  INSERT INTO __diesel_schema_migrations(version) VALUES ('1'), ('2')";
    let sea = "CREATE TABLE seaql_migrations(version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL);
               INSERT INTO seaql_migrations VALUES ('m1', 1), ('m2', 2)";
    // Up to 3, back to 1, and on to 2.
    let goose = "CREATE TABLE goose_db_version(id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
                 INSERT INTO goose_db_version(version_id, is_applied) VALUES (0, 1), (1, 1), (2, 1), (3, 1), (3, 0), (2, 0), (2, 1)";
    let dbmate = "CREATE TABLE schema_migrations(version varchar(128) primary key); INSERT INTO schema_migrations VALUES ('001'), ('002')";
    let golang = "CREATE TABLE schema_migrations(version uint64, dirty bool); CREATE UNIQUE INDEX version_unique ON schema_migrations(version); INSERT INTO schema_migrations VALUES (2, FALSE)";
    for (sql, tool) in [
        (refinery(2).as_str(), OtherTool::Refinery),
        (sqlx, OtherTool::Sqlx),
        (diesel, OtherTool::Diesel),
        (sea, OtherTool::SeaOrm),
        (goose, OtherTool::Goose),
        (dbmate, OtherTool::Dbmate),
        (golang, OtherTool::GolangMigrate),
        ("PRAGMA user_version = 2", OtherTool::RusqliteMigration),
    ] {
        adopted(sql, tool, 2);
    }
    // Without it nobody could tell whether the third ran.
    adopted(&refinery(3), OtherTool::Refinery, 3);
    adopted("PRAGMA user_version = 3", OtherTool::RusqliteMigration, 3);
}

#[test]
fn a_number_alone_is_no_evidence() {
    let db = Db::with(&format!("{ONE}; {}", refinery(2)));
    insta::assert_snapshot!(refused(&four().make(), &db), @r"
    the history of refinery has 2 migrations, but the schema is not that of `002_m.sql`; nothing was changed
    missing: table `b`
    nearest version: `002_m.sql` (missing: table `b`)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    let db = Db::with(&format!("{ONE}; {TWO}; {}", refinery(9)));
    insta::assert_snapshot!(refused(&four().make(), &db), @r"
    the history of refinery has 9 migrations, but its migration 5 is not in this list; nothing was changed
    nearest version: `003_m.sql` (no difference)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    // It may be the application's own, so it is not believed, and not held against the schema either.
    let db = Db::with(&format!("{ONE}; PRAGMA user_version = 77"));
    assert_eq!(four().make().run(&mut db.open()).unwrap().outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(db.one("PRAGMA user_version"), "77");
}

/// The third migration leaves no mark, so the schema is that of the second also where another one ran in its place.
#[test]
fn as_many_migrations_are_not_the_same_ones() {
    let with = |versions: &[i64]| {
        let row =
            |n: &i64| format!("INSERT INTO refinery_schema_history VALUES ({n}, 'm', '2026-01-01T00:00:00Z', '{n}');");
        Db::with(&format!("{ONE}; {TWO}; {REFINERY}{}", versions.iter().map(row).collect::<String>()))
    };
    insta::assert_snapshot!(refused(&four().make(), &with(&[1, 2, 7])), @r"
    the history of refinery has 3 migrations, but its migration 7 is not in this list; nothing was changed
    nearest version: `003_m.sql` (no difference)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    insta::assert_snapshot!(refused(&four().make(), &with(&[1, 2, 4])), @r"
    the history of refinery has 3 migrations, but `003_m.sql` is not in it, and a later one is; nothing was changed
    nearest version: `003_m.sql` (no difference)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    insta::assert_snapshot!(refused(&four().make(), &with(&[])), @r"
    the history of refinery is empty, but the database holds objects of these migrations; nothing was changed
    nearest version: `003_m.sql` (no difference)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    // In another order, and with numbers that the files do not have any more, they are the same.
    for versions in [&[3, 1, 2], &[20_240_101, 20_240_102, 20_240_103]] {
        let report = four().make().run(&mut with(versions).open()).unwrap();
        assert_eq!(report.outcome(), Outcome::Adopted(Evidence::OtherHistory(OtherTool::Refinery)));
        assert_eq!(report.applied().count(), 1);
    }
}

/// The number is the application's as well as a tool's, and the same report has to be true of both.
#[test]
fn whose_number_it_is_is_not_claimed() {
    let db = Db::with(&format!("{ONE}; {TWO}; PRAGMA user_version = 2"));
    let report = four().make().run(&mut db.open()).unwrap().to_string();
    let expected = "database with its version in `user_version`, its schema that of `002_m.sql`: 2 migrations marked as applied; 2 migrations applied";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn what_differs_before_and_after_is_told_once() {
    let db = Db::with("");
    list(&[ONE]).make().run(&mut db.open()).unwrap();
    db.sql("ALTER TABLE a ADD COLUMN extra");
    let report = list(&[ONE, TWO]).make().run(&mut db.open()).unwrap().to_string();
    assert!(report.ends_with("now at `002_m.sql` (the schema differs: different: table `a`)"), "{report}");
}

#[test]
fn what_the_list_says_of_unmarked_migrations_counts_for_more_than_a_number() {
    let kit = list(&[ONE, TWO, "INSERT INTO a VALUES (3)"])
        .adopt(migrate_core::__private::Adopt::Skip)
        .then("CREATE TABLE d(z)");
    let db = Db::with(&format!("{ONE}; {TWO}; PRAGMA user_version = 2"));
    let report = kit.make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(db.one("SELECT group_concat(x) FROM a"), "1");
}

#[test]
fn one_that_failed_half_way_is_not_adopted() {
    let golang =
        "CREATE TABLE schema_migrations(version uint64, dirty bool); INSERT INTO schema_migrations VALUES (2, TRUE)";
    let db = Db::with(&format!("{ONE}; {TWO}; {golang}"));
    insta::assert_snapshot!(refused(&four().edit(|set| set.options.history_table = "history".into()).make(), &db), @r"
    the database has the history of golang-migrate, but it says that migration 2 failed half-way, which has to be repaired with golang-migrate first; nothing was changed
    nearest version: `003_m.sql` (no difference)
    help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`
    ");
    insta::assert_snapshot!(refused(&four().make(), &db), @r"
    the table `schema_migrations` is the history of golang-migrate (its columns are `version`, `dirty`); nothing was changed
    help: choose another name with `history_table` in `migrate.toml`; then the history of golang-migrate is read once, and left as it is
    ");
    let sqlx = "CREATE TABLE _sqlx_migrations(version BIGINT, description TEXT, success BOOLEAN); INSERT INTO _sqlx_migrations VALUES (2, 'b', FALSE)";
    let db = Db::with(&format!("{ONE}; {TWO}; {sqlx}"));
    assert!(refused(&four().make(), &db).contains("the history of sqlx, but it says that migration 2 failed half-way"));
}

#[test]
fn what_base_holds_had_a_history_that_began_before() {
    let db = Db::with(&format!("{ONE}; {TWO}; {}", refinery(31)));
    let kit = list(&["CREATE TABLE d(z)"]).base("CREATE TABLE a(x); CREATE TABLE b(y)");
    let report = kit.make().run(&mut db.open()).unwrap();
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(report.applied().count(), 1);
}

#[test]
fn a_history_of_nothing_is_that_of_a_fresh_database() {
    let db = Db::with(REFINERY);
    assert_eq!(four().make().run(&mut db.open()).unwrap().outcome(), Outcome::Fresh);
    let db = Db::with(&refinery(1));
    assert!(refused(&four().make(), &db).contains("nothing that these migrations make"));
}

#[test]
fn without_adoption_it_is_not_read() {
    let db = Db::with(&format!("{ONE}; {TWO}; {}", refinery(2)));
    let error = Migrator::new(&four().make()).adopt(false).run(&mut db.open()).unwrap_err().to_string();
    assert!(error.contains("adoption is turned off"), "{error}");
}
