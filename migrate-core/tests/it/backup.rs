//! A copy of the database from before it is changed.

use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use migrate_core::rusqlite::Connection;
use migrate_core::rusqlite::limits::Limit;
use migrate_core::{AnyVersion, BackupPolicy, Error, Event, Migrations, Migrator, Target};

use crate::kit::{Db, dump, list};

const FIRST: &str = "CREATE TABLE a(x TEXT); INSERT INTO a VALUES ('one'), ('two')";
const DESTRUCTIVE: &str = "DELETE FROM a WHERE x = 'two'";

fn destructive() -> Migrations<AnyVersion> {
    list(&[FIRST, DESTRUCTIVE]).make()
}

/// A database at the first version.
fn at_first(migrations: &Migrations<AnyVersion>) -> Db {
    let db = Db::new();
    Migrator::new(migrations).target(Target::At(AnyVersion(0))).run(&mut db.open()).unwrap();
    db
}

fn files(db: &Db) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(db.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "app.db")
        .collect();
    names.sort();
    names
}

fn backups(db: &Db) -> Vec<PathBuf> {
    files(db).into_iter().filter(|name| name.ends_with(".backup")).map(|name| db.dir.path().join(name)).collect()
}

#[test]
fn before_what_destroys_and_nothing_else() {
    for (sql, expect) in [
        (DESTRUCTIVE, 1),
        ("DROP TABLE a", 1),
        ("UPDATE a SET x = 3", 1),
        ("ALTER TABLE a ADD COLUMN y", 0),
        ("CREATE TABLE b(x); INSERT INTO b SELECT * FROM a", 0),
    ] {
        for (policy, expect) in
            [(BackupPolicy::BeforeDestructive, expect), (BackupPolicy::Always, 1), (BackupPolicy::Never, 0)]
        {
            let all = list(&[FIRST, sql]).make();
            let db = at_first(&all);
            let before = db.dump();
            let planned = Migrator::new(&all).backup(policy).plan(&db.open()).unwrap();
            assert_eq!(planned.backup().is_some(), expect == 1, "{policy:?}: {sql}");
            let report = Migrator::new(&all).backup(policy).run(&mut db.open()).unwrap();
            assert_eq!(backups(&db).len(), expect, "{policy:?}: {sql}");
            assert_eq!(report.backup().map(PathBuf::from), backups(&db).first().cloned());
            for backup in backups(&db) {
                assert_eq!(dump(&backup), before);
                let name = backup.file_name().unwrap().to_str().unwrap();
                assert!(name.starts_with("app.db.001-to-002.2"), "{name}");
                let all: String = Connection::open(&backup)
                    .unwrap()
                    .query_row("SELECT group_concat(migration_name) FROM schema_migrations", [], |row| row.get(0))
                    .unwrap();
                assert_eq!(all, "001_m.sql");
            }
            // Nothing else stays behind.
            assert_eq!(files(&db).len(), backups(&db).len());
        }
    }
}

#[test]
fn nothing_to_copy() {
    let migrator = destructive();
    let db = Db::new();
    let report = Migrator::new(&migrator).backup(BackupPolicy::Always).run(&mut db.open()).unwrap();
    assert_eq!((report.backup(), files(&db).len()), (None, 0));
    let mut memory = Connection::open_in_memory().unwrap();
    Migrator::new(&migrator).target(AnyVersion(0)).run(&mut memory).unwrap();
    assert_eq!(Migrator::new(&migrator).backup(BackupPolicy::Always).run(&mut memory).unwrap().backup(), None);
}

#[test]
fn a_rust_step_may_do_anything() {
    let all = list(&[FIRST, "ALTER TABLE a ADD COLUMN y"])
        .step(|conn| Ok(conn.execute_batch("DELETE FROM a")?), migrate_core::__private::Fresh::Skip)
        .make();
    let db = at_first(&all);
    all.run(&mut db.open()).unwrap();
    assert_eq!(backups(&db).len(), 1);
}

/// Row by row, rowids, header and all; in both journal modes, while a reader is in the middle of a transaction.
#[test]
fn complete_while_others_read() {
    for mode in ["delete", "wal"] {
        let all = list(&[
            "PRAGMA user_version = 7; CREATE TABLE a(x TEXT, y BLOB); CREATE VIEW v AS SELECT x FROM a;
             CREATE INDEX i ON a(lower(x)); CREATE VIRTUAL TABLE f USING fts5(body)",
            DESTRUCTIVE,
        ])
        .make();
        let db = at_first(&all);
        db.sql(&format!(
            "PRAGMA journal_mode = {mode};
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO a(rowid, x, y) SELECT i * 3, 'row ' || i, zeroblob(i % 50) FROM n;
             DELETE FROM a WHERE rowid % 7 = 0; INSERT INTO f VALUES ('hello world'), ('x');
             PRAGMA application_id = 99"
        ));
        let reader = db.open();
        reader.execute_batch("BEGIN; SELECT count(*) FROM a").unwrap();
        let rows = "SELECT coalesce(sum(rowid * length(x) + length(y)), 0) FROM a";
        let before: i64 = reader.query_row(rows, [], |row| row.get(0)).unwrap();
        if mode == "delete" {
            reader.execute_batch("COMMIT").unwrap();
        }
        let whole = db.dump();
        let report = all.run(&mut db.open()).unwrap();
        let backup = Connection::open(report.backup().unwrap()).unwrap();
        let one = |sql: &str| backup.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(one(rows), before, "{mode}");
        assert_eq!((one("PRAGMA user_version"), one("PRAGMA application_id")), (7, 99));
        assert_eq!(one("SELECT count(*) FROM f WHERE f MATCH 'hello'"), 1);
        assert_eq!(backup.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0)).unwrap(), mode);
        assert_eq!(dump(report.backup().unwrap()), whole);
    }
}

#[test]
fn failure_leaves_no_backup_and_a_commit_keeps_it() {
    let fails = list(&[FIRST, DESTRUCTIVE, "oops"]).make();
    let db = at_first(&fails);
    let before = db.bytes();
    fails.run(&mut db.open()).unwrap_err();
    assert_eq!(files(&db), Vec::<String>::new());
    assert!(db.bytes() == before);

    let each = Migrator::new(&fails).atomicity(migrate_core::Atomicity::Each);
    let error = each.run(&mut db.open()).unwrap_err().to_string();
    assert_eq!(backups(&db).len(), 1);
    let path = backups(&db)[0].display().to_string();
    assert!(error.contains(&format!("a backup from before the run is `{path}`")), "{error}");
}

#[test]
fn no_backup_no_change() {
    let all = destructive();
    let db = at_first(&all);
    let before = db.bytes();
    // A folder stands where the backup would be written.
    let error = all
        .migrator()
        .observer(&|event: &Event<'_>| {
            if let Event::BackupStarted { path, .. } = event {
                std::fs::create_dir(format!("{}.partial", path.display())).unwrap();
            }
        })
        .run(&mut db.open())
        .unwrap_err();
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed, still at `001_m.sql`"), "{error}");
    assert!(db.bytes() == before);
}

#[cfg(unix)]
#[test]
fn as_private_as_the_database() {
    use std::os::unix::fs::PermissionsExt;
    for mode in [0o600, 0o640, 0o666] {
        let all = destructive();
        let db = at_first(&all);
        std::fs::set_permissions(&db.path, std::fs::Permissions::from_mode(mode)).unwrap();
        all.run(&mut db.open()).unwrap();
        let backup = std::fs::metadata(&backups(&db)[0]).unwrap();
        assert_eq!(backup.permissions().mode() & 0o777, mode);
    }
}

#[test]
fn the_newest_are_kept() {
    let texts: Vec<String> =
        std::iter::once(FIRST.to_owned()).chain((0..6).map(|i| format!("UPDATE a SET x = x || {i}"))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let all = list(&texts).make();
    let db = at_first(&all);
    // Not ours: they stay.
    for name in ["app.db.backup", "app.db.notes-to-self.backup", "other.db.001-to-002.20200101T000000Z.backup"] {
        std::fs::write(db.dir.path().join(name), "x").unwrap();
    }
    // Left by a process that died.
    std::fs::write(db.dir.path().join("app.db.001-to-002.20200101T000000Z.backup.partial"), "x").unwrap();
    for version in 1..=6 {
        Migrator::new(&all).keep_backups(2).target(AnyVersion(version)).run(&mut db.open()).unwrap();
    }
    let ours: Vec<String> = files(&db).into_iter().filter(|name| name.contains(".00")).collect();
    assert_eq!(ours.len(), 3, "{ours:?}");
    assert!(ours[0].starts_with("app.db.005-to-006.") && ours[1].starts_with("app.db.006-to-007."), "{ours:?}");
    assert_eq!(files(&db).len(), 5);
}

#[test]
fn a_database_that_others_keep_writing_to() {
    let all = destructive();
    let db = at_first(&all);
    db.sql("PRAGMA journal_mode = wal");
    let path = db.path.clone();
    // Writes whenever a copy was made.
    let write = move |event: &Event<'_>| {
        if let Event::BackupFinished { .. } = event {
            let writer = Connection::open(&path).unwrap();
            writer.busy_timeout(Duration::ZERO).unwrap();
            let _ = writer.execute_batch("INSERT INTO a VALUES ('two')");
        }
    };
    let report = all.migrator().observer(&write).run(&mut db.open()).unwrap();
    // Those written before the lock are in the backup too, and no other backup stays.
    let count = "SELECT count(*) FROM a WHERE x = 'two'";
    let backup = Connection::open(report.backup().unwrap()).unwrap();
    assert_eq!(backup.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    assert_eq!((db.one(count), backups(&db).len()), ("0".to_owned(), 1));
}

#[test]
fn several_starts_make_one_backup() {
    for mode in ["delete", "wal"] {
        let all = Arc::new(destructive());
        let db = at_first(&all);
        db.sql(&format!("PRAGMA journal_mode = {mode}"));
        let barrier = Arc::new(Barrier::new(6));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let (all, barrier, path) = (Arc::clone(&all), Arc::clone(&barrier), db.path.clone());
                thread::spawn(move || {
                    let mut conn = Connection::open(path).unwrap();
                    barrier.wait();
                    all.run(&mut conn).map(|report| report.backup().is_some())
                })
            })
            .collect();
        let made: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
        assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
        assert_eq!(backups(&db).len(), 1);
        assert_eq!(db.history(), "001_m.sql fresh, 002_m.sql applied");
    }
}

#[test]
fn on_request_and_for_good() {
    let all = destructive();
    let db = at_first(&all);
    let before = db.dump();
    let copy = all.migrator().back_up(&mut db.open()).unwrap().unwrap();
    assert_eq!(dump(&copy), before);
    Migrator::new(&all).keep_backups(1).run(&mut db.open()).unwrap();
    assert!(copy.exists());
    assert_eq!(backups(&db).len(), 2);
    assert_eq!(all.migrator().back_up(&mut Connection::open_in_memory().unwrap()).unwrap(), None);
    let mut conn = db.open();
    conn.execute_batch("BEGIN").unwrap();
    assert!(matches!(all.migrator().back_up(&mut conn).unwrap_err(), Error::InTransaction));
}

/// A path is bound as text: in a database of UTF-16 the bytes of a blob would be read as UTF-16.
#[test]
fn in_every_encoding() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let all = destructive();
        let db = Db::with(&format!("PRAGMA encoding = '{encoding}'; CREATE TABLE a(x TEXT); DROP TABLE a"));
        Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
        let before = db.dump();
        let report = all.run(&mut db.open()).unwrap();
        assert_eq!(dump(report.backup().unwrap()), before, "{encoding}");
        assert_eq!(files(&db).len(), 1);
    }
}

#[test]
fn what_belongs_to_another_database_stays() {
    let all = destructive();
    let db = at_first(&all);
    let others = [
        "app.db.eu.001-to-002.20200101T000000Z.backup",
        "app.db.eu.001-to-002.20200101T000000Z.backup.partial",
        "app.dbx.001-to-002.20200101T000000Z.backup",
    ];
    for name in others {
        std::fs::write(db.dir.path().join(name), "x").unwrap();
    }
    Migrator::new(&all).keep_backups(1).run(&mut db.open()).unwrap();
    assert_eq!(files(&db).len(), others.len() + 1);
}

#[test]
fn copies_that_nothing_came_of_do_not_fill_the_disk() {
    let all = destructive();
    let db = at_first(&all);
    for second in 10..20 {
        let name = format!("app.db.001-to-002.202001010000{second}Z.backup").replace("2020010100", "20200101T00");
        std::fs::write(db.dir.path().join(name), "left by a process that was killed").unwrap();
    }
    assert_eq!(backups(&db).len(), 10);
    all.run(&mut db.open()).unwrap();
    assert_eq!(backups(&db).len(), 3);
}

/// The copy from before it is the one that counts, however often it is begun again.
#[test]
fn a_migration_outside_a_transaction_keeps_its_first_copy() {
    let sql = "DELETE FROM a WHERE x = 'one'; INSERT INTO b VALUES (1)";
    let all = list(&["CREATE TABLE a(x); INSERT INTO a VALUES ('one'), ('two')", sql]).no_transaction().make();
    let db = Db::new();
    Migrator::new(&all).target(AnyVersion(0)).run(&mut db.open()).unwrap();
    let before = db.dump();
    for _ in 0..4 {
        all.run(&mut db.open()).unwrap_err();
        assert_eq!(backups(&db).len(), 1);
    }
    db.sql("CREATE TABLE b(x)");
    Migrator::new(&all).keep_backups(1).run(&mut db.open()).unwrap();
    assert_eq!(backups(&db).len(), 1);
    assert_eq!(dump(&backups(&db)[0]), before);
}

#[test]
fn several_on_request_at_once() {
    let all = Arc::new(destructive());
    let db = at_first(&all);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (all, path) = (Arc::clone(&all), db.path.clone());
            thread::spawn(move || all.migrator().back_up(&mut Connection::open(path).unwrap()).unwrap().unwrap())
        })
        .collect();
    let mut made: Vec<PathBuf> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    made.sort();
    made.dedup();
    assert_eq!((made.len(), files(&db).len()), (4, 4));
}

/// In rollback mode a reader's lock keeps a copy waiting, and a writer's too, for moments.
#[test]
fn beside_a_writer_that_does_not_rest() {
    let all = destructive();
    let db = at_first(&all);
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writer = {
        let (stop, path) = (Arc::clone(&stop), db.path.clone());
        thread::spawn(move || {
            let conn = Connection::open(path).unwrap();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = conn.execute_batch("INSERT INTO a VALUES ('more')");
                thread::sleep(Duration::from_millis(2));
            }
        })
    };
    let done = all.run(&mut db.open()).map(|report| report.backup().is_some());
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    assert!(done.unwrap());
}

/// A connection that may not attach can be copied by another.
#[test]
fn on_a_connection_that_may_not_attach() {
    let all = destructive();
    let db = at_first(&all);
    let mut conn = db.open();
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).unwrap();
    let before = db.dump();
    let report = all.run(&mut conn).unwrap();
    assert_eq!(dump(report.backup().unwrap()), before);
}

#[cfg(unix)]
#[test]
fn whoever_can_use_the_database_can_use_its_lock() {
    use std::os::unix::fs::PermissionsExt;
    let all = destructive();
    let db = at_first(&all);
    std::fs::set_permissions(&db.path, std::fs::Permissions::from_mode(0o660)).unwrap();
    let lock = db.dir.path().join("app.db-migrate");
    let seen = std::sync::Mutex::new(None);
    let look = |event: &Event<'_>| {
        if let Event::BackupStarted { .. } = event {
            *seen.lock().unwrap() = Some(std::fs::metadata(&lock).unwrap().permissions().mode() & 0o777);
        }
    };
    all.migrator().observer(&look).run(&mut db.open()).unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(0o660));
    assert!(!lock.exists());
}

#[test]
fn one_waits_for_another_and_says_so() {
    let all = destructive();
    let db = at_first(&all);
    let lock = std::fs::File::create(db.dir.path().join("app.db-migrate")).unwrap();
    lock.lock().unwrap();
    let waited = std::sync::atomic::AtomicBool::new(false);
    let look = |event: &Event<'_>| {
        if let Event::WaitingForLock = event {
            waited.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    };
    let migrator = all.migrator().observer(&look).lock_timeout(Duration::from_millis(200));
    let error = migrator.run(&mut db.open()).unwrap_err();
    assert!(matches!(error, Error::LockFile { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert!(waited.load(std::sync::atomic::Ordering::Relaxed));
    drop(lock);
    // What a killed process left is nobody's.
    assert!(db.dir.path().join("app.db-migrate").exists());
    all.run(&mut db.open()).unwrap();
}

/// Whether everything could be rolled back on such a disk is not sure.
#[test]
fn what_fails_on_the_disk_keeps_the_copy() {
    let rows = "CREATE TABLE a(x); INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                WHERE i < 400) SELECT zeroblob(1000) FROM n";
    let all = list(&[rows, "UPDATE a SET x = 1"]).make();
    let db = at_first(&all);
    let damage = |event: &Event<'_>| {
        if let Event::MigrationStarted { .. } = event {
            let mut bytes = db.bytes();
            bytes[40 * 4096..80 * 4096].fill(0xff);
            std::fs::write(&db.path, bytes).unwrap();
        }
    };
    let mut conn = db.open();
    conn.execute_batch("PRAGMA cache_size = 1").unwrap();
    let error = all.migrator().observer(&damage).run(&mut conn).unwrap_err();
    assert!(error.to_string().contains("malformed"), "{error}");
    assert_eq!(backups(&db).len(), 1);
}
