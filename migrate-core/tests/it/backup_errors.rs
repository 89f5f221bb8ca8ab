//! When no copy is made, and what is said where one cannot be.

use std::sync::Mutex;
use std::time::Duration;

use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, BackupPolicy, Error, Event, Migrations, Migrator};

use crate::kit::{Db, list};

const ROWS: &str = "CREATE TABLE a(x); INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                    WHERE i < 400) SELECT zeroblob(1000) FROM n";

fn at_first(migrations: &Migrations<AnyVersion>) -> Db {
    let db = Db::new();
    Migrator::new(migrations).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    db
}

fn copies(db: &Db) -> usize {
    let names = std::fs::read_dir(db.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().contains(".backup")).count()
}

#[test]
fn always_is_before_scripts_on_what_is_there() {
    let all = list(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]).make();
    let always = || Migrator::new(&all).backup(BackupPolicy::Always);
    // Nothing runs: everything is there, and is marked.
    let recognised = Db::with("CREATE TABLE a(x); CREATE TABLE b(x)");
    assert_eq!(always().run(&mut recognised.open()).unwrap().applied().count(), 0);
    assert_eq!(copies(&recognised), 0);
    // Everything runs, and nothing is there.
    let emptied = || Db::with("CREATE TABLE gone(x); DROP TABLE gone");
    let db = emptied();
    assert_eq!(always().run(&mut db.open()).unwrap().applied().count(), 2);
    assert_eq!(copies(&db), 0);
    // In a shared file others may be there.
    let db = emptied();
    always().shared(true).run(&mut db.open()).unwrap();
    assert_eq!(copies(&db), 1);
}

#[test]
fn a_lock_that_keeps_it_from_being_made_is_told_as_one() {
    let all = list(&[ROWS, "DELETE FROM a"]).make();
    let db = at_first(&all);
    let holder = Mutex::new(None);
    let hold = |event: &Event<'_>| {
        if let Event::BackupStarted { .. } = event {
            let conn = db.open();
            conn.execute_batch("BEGIN EXCLUSIVE").unwrap();
            *holder.lock().unwrap() = Some(conn);
        }
    };
    let migrator = all.migrator().observer(&hold).lock_timeout(Duration::from_millis(50));
    let error = migrator.run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed, still at `001_m.sql`"), "{error}");
    assert_eq!(copies(&db), 0);
}

#[test]
fn a_damaged_database_is_not_copied() {
    let all = list(&[ROWS, "DELETE FROM a"]).make();
    let db = at_first(&all);
    let damage = |event: &Event<'_>| {
        if let Event::BackupStarted { .. } = event {
            let mut bytes = db.bytes();
            bytes[40 * 4096..80 * 4096].fill(0xff);
            std::fs::write(&db.path, bytes).unwrap();
        }
    };
    let mut conn = Connection::open(&db.path).unwrap();
    conn.execute_batch("PRAGMA cache_size = 1").unwrap();
    let error = all.migrator().observer(&damage).run(&mut conn).unwrap_err();
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("no backup could be made") && error.contains("malformed"), "{error}");
    assert!(error.contains("nothing was changed, still at `001_m.sql`"), "{error}");
    assert_eq!(copies(&db), 0);
}

#[test]
fn the_newest_are_kept_also_of_one_way_gone_again_and_again() {
    let all = list(&["CREATE TABLE a(x)"]).then("CREATE TABLE b(x)").down("DROP TABLE b").make();
    let db = at_first(&all);
    let mut backups = Vec::new();
    for round in 1..=5 {
        all.run(&mut db.open()).unwrap();
        db.sql(&format!("INSERT INTO b VALUES ('precious {round}')"));
        let down = Migrator::new(&all).target(AnyVersion(0)).allow_down(true).run(&mut db.open()).unwrap();
        backups.extend(down.backup().map(std::path::Path::to_owned));
    }
    assert_eq!(backups.len(), 5);
    assert_eq!(backups.iter().map(|path| path.exists()).collect::<Vec<_>>(), [false, false, true, true, true]);
    let precious =
        |path| Connection::open(path).unwrap().query_row("SELECT x FROM b", [], |row| row.get::<_, String>(0));
    assert_eq!(precious(&backups[2]).unwrap(), "precious 3");
}
