//! The runtime on encrypted databases, made by SQLCipher.

use std::path::{Path, PathBuf};

use migrate_core::__private::{
    Catalog, Change, Cow, Digest, Migration, Options, Script, Set, Statement, chain, run_script,
};
use migrate_core::rusqlite::{Connection, Result};
use migrate_core::{AnyVersion, BackupPolicy, Error, Migrations, Outcome};
use tempfile::TempDir;

const KEY: &str = "correct horse";

/// What a migration does, and how it is taken back.
const LIST: [(&str, &str); 3] = [
    ("CREATE TABLE notes(id INTEGER PRIMARY KEY, title TEXT)", "DROP TABLE notes"),
    (
        "CREATE TABLE tags(note_id INTEGER NOT NULL REFERENCES notes(id) ON DELETE CASCADE, name TEXT)",
        "DROP TABLE tags",
    ),
    (
        "CREATE TABLE notes_new(id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '');
         INSERT INTO notes_new(id, title) SELECT id, coalesce(title, '') FROM notes;
         DROP TABLE notes; ALTER TABLE notes_new RENAME TO notes",
        "CREATE TABLE notes_old(id INTEGER PRIMARY KEY, title TEXT);
         INSERT INTO notes_old(id, title) SELECT id, title FROM notes;
         DROP TABLE notes; ALTER TABLE notes_old RENAME TO notes",
    ),
];

const ROWS: &str = "INSERT INTO notes VALUES (1, 'secret'), (2, NULL); INSERT INTO tags VALUES (1, 'a'), (2, 'b')";

fn list() -> Migrations<AnyVersion> {
    let conn = Connection::open_in_memory().expect("memory");
    conn.execute_batch("PRAGMA foreign_keys = OFF").expect("pragma");
    let (mut migrations, mut before, mut catalog) = (Vec::new(), Digest::ZERO, Catalog::default());
    for (index, (up, down)) in LIST.into_iter().enumerate() {
        let name = format!("{:03}_m.sql", index + 1);
        let up = script(&name, up);
        run_script(&conn, &up).expect("it runs");
        let after = Catalog::read(&conn, "schema_migrations").expect("catalog");
        let changes: Vec<Change> = catalog.changes_to(&after);
        let checksum = migrate_sql::checksum(&up.sql);
        before = chain(before, &name, checksum);
        migrations.push(Migration {
            down: Some(script(&name.replace(".sql", ".down.sql"), down)),
            name: name.into(),
            up,
            checksum,
            chain: before,
            fingerprint: after.fingerprint(),
            changes: changes.into(),
            transaction: true,
            foreign_keys: false,
            adopt: None,
            step: None,
        });
        catalog = after;
    }
    let options = Options {
        history_table: "schema_migrations".into(),
        shared: false,
        functions: Cow::Borrowed(&[]),
        collations: Cow::Borrowed(&[]),
        min_sqlite: 0,
    };
    let set = Set {
        migrations: migrations.into(),
        squashed: Default::default(),
        squashed_release: None,
        base: None,
        base_changes: Cow::Borrowed(&[]),
        base_fingerprint: Digest::ZERO,
        base_markers: Cow::Borrowed(&[]),
        schema: None,
        snapshot: None,
        markers: Cow::Borrowed(&[]),
        marker_sql: "SELECT 1".into(),
        options,
        origin: None,
    };
    Migrations::new(set, Cow::Borrowed(&[]))
}

fn script(name: &str, sql: &str) -> Script {
    let statement = |span: &migrate_sql::StatementSpan| {
        let (line, column) = migrate_sql::line_column(sql, span.start);
        let byte = |offset: usize| u32::try_from(offset).expect("short");
        Statement { start: byte(span.start), end: byte(span.end), line, column }
    };
    Script {
        path: format!("migrations/{name}").into(),
        sql: sql.to_owned().into(),
        statements: migrate_sql::statements(sql).iter().map(statement).collect(),
    }
}

struct Db(TempDir);

impl Db {
    fn new() -> Db {
        Db(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("app.db")
    }

    fn open(&self) -> Connection {
        open(&self.path(), Some(KEY)).expect("open")
    }

    fn backups(&self) -> Vec<PathBuf> {
        let entries = self.0.path().read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "backup")).collect()
    }
}

fn open(path: &Path, key: Option<&str>) -> Result<Connection> {
    let conn = Connection::open(path)?;
    // Enough to tell a right key from a wrong one, and done sooner.
    conn.pragma_update(None, "cipher_default_kdf_iter", 1000)?;
    if let Some(key) = key {
        conn.pragma_update(None, "key", key)?;
    }
    Ok(conn)
}

fn rows(conn: &Connection) -> Result<i64> {
    conn.query_row("SELECT (SELECT count(*) FROM notes) * 10 + (SELECT count(*) FROM tags)", [], |row| row.get(0))
}

/// It is no plain database, it opens with the key and it does not without.
fn assert_encrypted(path: &Path) {
    let bytes = std::fs::read(path).expect("a file");
    assert!(bytes.len() > 1000 && !bytes.starts_with(b"SQLite format 3"));
    assert!(!bytes.windows(6).any(|window| window == b"secret"));
    assert_eq!(rows(&open(path, Some(KEY)).expect("open")), Ok(22));
    for key in [None, Some("battery staple")] {
        assert!(rows(&open(path, key).expect("open")).is_err(), "{key:?}");
    }
}

/// At the second migration, with rows.
fn at_second() -> Db {
    let db = Db::new();
    let mut conn = db.open();
    list().migrator().target(AnyVersion(1)).run(&mut conn).expect("the first two");
    conn.execute_batch(ROWS).expect("rows");
    db
}

#[test]
fn it_is_sqlcipher() {
    let conn = Db::new().open();
    let version: String = conn.query_row("PRAGMA cipher_version", [], |row| row.get(0)).expect("a version");
    assert!(version.starts_with('4'), "{version}");
}

#[test]
fn fresh_and_current() {
    let db = Db::new();
    assert_eq!(list().run(&mut db.open()).expect("fresh").outcome(), Outcome::Fresh);
    db.open().execute_batch(ROWS.split(", (2, NULL)").collect::<Vec<_>>().join(", (2, '')").as_str()).expect("rows");
    assert_eq!(list().run(&mut db.open()).expect("current").outcome(), Outcome::Current);
    assert_encrypted(&db.path());
}

#[test]
fn a_backup_has_the_same_key() {
    for journal in ["delete", "wal"] {
        let db = at_second();
        let mut conn = db.open();
        conn.pragma_update(None, "journal_mode", journal).expect("a journal mode");
        let report = list().migrator().backup(BackupPolicy::Always).run(&mut conn).expect("an upgrade");
        assert_eq!(report.outcome(), Outcome::Applied);
        assert_eq!(rows(&conn), Ok(22));
        drop(conn);
        assert_eq!(report.backup().map(Path::to_owned).as_slice(), db.backups());
        assert_encrypted(&db.path());
        assert_encrypted(&db.backups()[0]);
        // It is the database from before, and can take its place.
        let mut copy = open(&db.backups()[0], Some(KEY)).expect("open");
        assert_eq!(list().run(&mut copy).expect("the copy").before(), Some(AnyVersion(1)));
    }
}

/// What another connection writes all the time is copied under the lock, on a connection that does not know the key.
#[test]
fn what_others_write_to_all_the_time() {
    let db = at_second();
    let path = db.path();
    struct Writer(PathBuf);
    impl migrate_core::Observer for Writer {
        fn event(&self, event: &migrate_core::Event<'_>) {
            if matches!(event, migrate_core::Event::BackupFinished { .. }) {
                let other = open(&self.0, Some(KEY)).expect("open");
                let _ = other.execute_batch("UPDATE tags SET name = name || '!'");
            }
        }
    }
    let before = std::fs::read(&path).expect("a file").len();
    let writer = Writer(path.clone());
    let error = list().migrator().observer(&writer).run(&mut db.open()).expect_err("it has no key");
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    assert!(error.to_string().contains("encrypted"), "{error}");
    assert_eq!(db.backups(), Vec::<PathBuf>::new());
    assert_eq!(std::fs::read(&path).expect("a file").len(), before);
    list().run(&mut db.open()).expect("nobody writes now");
}

#[test]
fn the_wrong_key_changes_nothing() {
    let db = at_second();
    let before = std::fs::read(db.path()).expect("a file");
    for key in [None, Some("battery staple")] {
        let mut conn = open(&db.path(), key).expect("open");
        let error = list().run(&mut conn).expect_err("the wrong key");
        assert!(matches!(error, Error::NotADatabase { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("nothing was changed") && text.contains("check the path, and the key"), "{error}");
        assert!(list().plan(&conn).is_err() && list().status(&conn).is_err());
    }
    assert_eq!(std::fs::read(db.path()).expect("a file"), before);
    assert_eq!(db.backups(), Vec::<PathBuf>::new());
}

#[test]
fn adoption() {
    let db = Db::new();
    let mut conn = db.open();
    conn.execute_batch(&format!("{}; {}; {ROWS}", LIST[0].0, LIST[1].0)).expect("a legacy database");
    let report = list().run(&mut conn).expect("adopted");
    assert!(matches!(report.outcome(), Outcome::Adopted(_)), "{report}");
    drop(conn);
    assert_encrypted(&db.path());
}

#[test]
fn down() {
    let db = at_second();
    list().run(&mut db.open()).expect("up");
    let report = list().migrator().target(AnyVersion(1)).allow_down(true).run(&mut db.open()).expect("down");
    assert_eq!(report.outcome(), Outcome::Reverted);
    assert_encrypted(&db.path());
    assert_encrypted(report.backup().expect("a backup"));
}

#[test]
fn a_dry_run_writes_nothing() {
    let db = at_second();
    let before = std::fs::read(db.path()).expect("a file");
    assert!(list().migrator().dry_run(&mut db.open()).expect("a dry run").is_dry_run());
    assert_eq!(std::fs::read(db.path()).expect("a file"), before);
}
