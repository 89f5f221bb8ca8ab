//! Database files, and which of the states that may be is in one.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Result};
use tempfile::TempDir;

use crate::lists::List;

/// A file in a folder of its own.
pub(crate) struct Db {
    dir: TempDir,
}

impl Db {
    pub(crate) fn new() -> Db {
        Db { dir: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("app.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn open(&self) -> Connection {
        open(&self.path()).expect("open")
    }

    /// What lies beside the database, and has a name that ends so.
    pub(crate) fn beside(&self, suffix: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.to_string_lossy().ends_with(suffix)).collect()
    }

    /// As it lies there, with its journal. Nobody is connected to the one that is copied.
    pub(crate) fn copy(&self) -> Db {
        let copy = Db::new();
        for suffix in ["", "-journal", "-wal"] {
            let name = format!("app.db{suffix}");
            let (from, to) = (self.dir.path().join(&name), copy.dir.path().join(&name));
            if from.exists() {
                fs::copy(from, to).expect("copy");
            }
        }
        copy
    }
}

fn open(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(20))?;
    conn.pragma_update(None, "foreign_keys", false)?;
    Ok(conn)
}

/// Where a database begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    Fresh,
    /// The schema of `base.sql`, and no history.
    Legacy,
    /// Some migrations are applied.
    At(usize),
}

/// A database to start from, and every state that plain SQLite brings it to.
pub(crate) struct Scene {
    pub(crate) list: List,
    template: Db,
    begin: Begin,
    /// Before any run.
    old: Dump,
    /// After as many migrations.
    at: Vec<Dump>,
    /// For a migration outside a transaction, after each statement.
    within: Vec<Vec<Dump>>,
    pub(crate) to_wal: bool,
}

impl Scene {
    /// `rows` is how many notes there are; each has two tags.
    pub(crate) fn new(list: List, begin: Begin, journal: &str, rows: u32) -> Scene {
        let template = Db::new();
        let conn = template.open();
        conn.pragma_update(None, "synchronous", false).expect("pragma");
        conn.pragma_update(None, "journal_mode", journal).expect("pragma");
        let (mut at, mut within) = (Vec::new(), Vec::new());
        let old = match begin {
            Begin::Fresh => 0,
            Begin::Legacy => {
                fill(&conn, &list, rows).expect("rows");
                0
            }
            Begin::At(count) => {
                fill(&conn, &list, rows).expect("rows");
                count
            }
        };
        // A copy that migrations of plain SQLite bring on.
        let plain = Connection::open_in_memory().expect("memory");
        plain.pragma_update(None, "foreign_keys", false).expect("pragma");
        if begin == Begin::Fresh {
            plain.execute_batch(list.base()).expect("base.sql runs");
        } else {
            fill(&plain, &list, rows).expect("rows");
        }
        at.push(dump(&plain).expect("dump"));
        for index in 0..list.len() {
            let mut states = vec![dump(&plain).expect("dump")];
            for statement in list.statements(index) {
                plain.execute_batch(statement).expect("a statement runs");
                states.push(dump(&plain).expect("dump"));
            }
            if states.len() == 1 {
                plain.execute_batch(list.sql(index)).expect("a migration runs");
            }
            at.push(dump(&plain).expect("dump"));
            within.push(states);
        }
        drop(conn);
        if old > 0 {
            let first = migrate_check::load(List::of(old).path()).expect("the first migrations");
            let mut conn = template.open();
            conn.pragma_update(None, "synchronous", false).expect("pragma");
            first.migrations.run(&mut conn).expect("they run");
        }
        let old = dump(&template.open()).expect("dump");
        Scene { list, template, begin, old, at, within, to_wal: false }
    }

    /// Every starter puts it into WAL mode too.
    pub(crate) fn into_wal(self) -> Scene {
        Scene { to_wal: true, ..self }
    }

    pub(crate) fn copy(&self) -> Db {
        self.template.copy()
    }

    /// What a start has to apply.
    pub(crate) fn pending(&self) -> Vec<&'static str> {
        let applied = if let Begin::At(count) = self.begin { count } else { 0 };
        self.list.names().split_off(applied)
    }

    /// How many migrations are in the history; anything but a whole state is a failure, told with `what`. A migration
    /// outside a transaction that has begun is not counted.
    pub(crate) fn position(&self, path: &Path, what: &str) -> usize {
        let conn = open(path).expect("open");
        let whole: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("integrity_check");
        assert_eq!(whole, "ok", "{what}");
        let now = dump(&conn).expect("dump");
        let history = history(&conn).expect("history");
        let Some(history) = history else {
            assert_eq!(now, self.old, "{what}: no history, and not as before");
            assert!(!matches!(self.begin, Begin::At(_)), "{what}: the history is gone");
            return 0;
        };
        let started = usize::from(history.last().is_some_and(|(_, origin)| origin == "started"));
        let count = history.len() - started;
        let names: Vec<&str> = history.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, self.list.names()[..history.len()], "{what}: the history");
        assert!(history[..count].iter().all(|(_, origin)| origin != "started"), "{what}: {history:?}");
        if started == 1 {
            assert!(self.within[count].contains(&now), "{what}: {count} applied, the next one begun: {now:#?}");
        } else {
            assert_eq!(now, self.at[count], "{what}: {count} migrations are in the history");
        }
        count
    }

    /// Whatever backups there are, each is a whole database; none is half made.
    pub(crate) fn assert_backups(&self, db: &Db, what: &str) -> usize {
        let backups = db.beside(".backup");
        backups.iter().for_each(|path| _ = self.position(path, &format!("{what}, {}", path.display())));
        assert_eq!(db.beside(".partial"), Vec::<PathBuf>::new(), "{what}");
        backups.len()
    }

    /// All migrations are applied, once each.
    pub(crate) fn assert_current(&self, path: &Path, what: &str) {
        assert_eq!(self.position(path, what), self.list.len(), "{what}");
    }
}

fn fill(conn: &Connection, list: &List, rows: u32) -> Result<()> {
    conn.execute_batch(list.base())?;
    conn.execute_batch(&format!(
        "BEGIN;
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO notes SELECT i, 'note ' || i, CASE WHEN i % 3 THEN hex(zeroblob(i % 50)) END FROM n;
        INSERT INTO tags(note_id, name) SELECT id, 'Tag ' || id % 7 FROM notes;
        INSERT INTO tags(note_id, name) SELECT id, 'Other ' || id % 11 FROM notes;
        COMMIT;"
    ))
}

/// Everything but the history: the SQL of each object; of each table the number of rows, and a digest of them.
type Dump = BTreeMap<String, String>;

fn dump(conn: &Connection) -> Result<Dump> {
    let mut dump = Dump::new();
    let objects = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema
        WHERE tbl_name NOT IN ('schema_migrations', 'sqlite_sequence')";
    let mut objects = conn.prepare(objects)?;
    let mut objects = objects.query([])?;
    while let Some(object) = objects.next()? {
        let (kind, name): (String, String) = (object.get(0)?, object.get(1)?);
        if kind == "table" {
            dump.insert(format!("rows of {name}"), rows(conn, &name)?);
        }
        dump.insert(format!("{kind} {name}"), object.get(2)?);
    }
    Ok(dump)
}

fn rows(conn: &Connection, table: &str) -> Result<String> {
    let columns: String = conn.query_row(
        "SELECT group_concat('quote(\"' || name || '\")', '||') FROM pragma_table_info(?1)",
        [table],
        |row| row.get(0),
    )?;
    let mut statement = conn.prepare(&format!("SELECT {columns} FROM \"{table}\" ORDER BY rowid"))?;
    let (mut count, mut digest) = (0, DefaultHasher::new());
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        count += 1;
        digest.write(row.get_ref(0)?.as_bytes()?);
        digest.write_u8(b'\n');
    }
    Ok(format!("{count}, {:016x}", digest.finish()))
}

/// Names and origins; `None` where there is no table.
fn history(conn: &Connection) -> Result<Option<Vec<(String, String)>>> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
    if conn.query_row(there, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let mut statement = conn.prepare("SELECT migration_name, origin FROM schema_migrations ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_>>().map(Some)
}
