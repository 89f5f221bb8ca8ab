//! One run with one fault, and everything that must hold afterwards.

use std::error::Error as StdError;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use migrate_core::{AnyVersion, Error, Report};
use rusqlite::{Connection, ffi};
use tempfile::TempDir;

use crate::scene::{Kind, Scene};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    Well,
    Unchanged,
    Committed,
    Started,
    /// A commit failed half-way.
    InDoubt,
}

pub(crate) type Outcome = Result<Report<AnyVersion>, Error>;

/// A copy of a scene's database in a folder of its own, and a connection to it with settings that are unusual.
pub(crate) struct Trial<'s> {
    pub(crate) scene: &'s Scene,
    pub(crate) conn: Connection,
    /// Whether memory did not come back before the end of the run.
    pub(crate) no_memory: bool,
    what: String,
    number: u64,
    before: Vec<i64>,
    path: PathBuf,
    dir: TempDir,
}

const SETTINGS: &str = "
PRAGMA foreign_keys = 1; PRAGMA legacy_alter_table = 1; PRAGMA recursive_triggers = 1; PRAGMA synchronous = 0;
PRAGMA ignore_check_constraints = 1; PRAGMA reverse_unordered_selects = 1; PRAGMA cache_size = 77;
PRAGMA secure_delete = 1; PRAGMA read_uncommitted = 1; PRAGMA automatic_index = 0";

const NAMES: [&str; 14] = [
    "foreign_keys",
    "legacy_alter_table",
    "recursive_triggers",
    "synchronous",
    "ignore_check_constraints",
    "reverse_unordered_selects",
    "cache_size",
    "secure_delete",
    "read_uncommitted",
    "automatic_index",
    "busy_timeout",
    "query_only",
    "trusted_schema",
    "writable_schema",
];

impl<'s> Trial<'s> {
    pub(crate) fn new(scene: &'s Scene, what: String) -> Trial<'s> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("app.db");
        if let Some(file) = &scene.file {
            fs::write(&path, file).expect("a file");
        }
        let conn = Connection::open(&path).expect("open");
        conn.execute_batch(SETTINGS).expect("settings");
        conn.busy_timeout(Duration::from_millis(77)).expect("a timeout");
        let before = settings(&conn);
        Trial { scene, conn, no_memory: false, what, number, before, path, dir }
    }

    /// A run that must not panic.
    pub(crate) fn run(&mut self) -> Outcome {
        let scene = self.scene;
        self.run_by(|conn| scene.run(conn))
    }

    /// As [`Trial::run`], in another way.
    pub(crate) fn run_by(&mut self, run: impl FnOnce(&mut Connection) -> Outcome) -> Outcome {
        match catch_unwind(AssertUnwindSafe(|| run(&mut self.conn))) {
            Ok(outcome) => outcome,
            Err(_) => panic!("{:?}, {}: it panicked", self.scene.kind, self.what),
        }
    }

    /// Judges a run after which the fault is over; `is_ours` says whether an error is the one that the fault must cause.
    pub(crate) fn judge(mut self, outcome: &Outcome, is_ours: impl Fn(&Error) -> bool) -> Ended {
        let (kind, what) = (self.scene.kind, self.what.clone());
        let text = outcome.as_ref().map_or_else(ToString::to_string, |report| format!("fine: {report}"));
        let what = format!("{kind:?}, {what}: {text}");
        assert!(self.conn.is_autocommit(), "{what}: a transaction is open");
        assert_eq!(settings(&self.conn), self.before, "{what}: settings, of {NAMES:?}");
        self.assert_detached(&what);
        let ended = match outcome {
            Ok(_) => self.assert_done(&what),
            Err(error) => {
                let ended = self.assert_state(&text, &what);
                assert!(is_ours(error), "{what}: an error of another kind");
                ended
            }
        };
        // After an error of the disk nobody can be sure, and the backup is kept.
        let disk = [ffi::SQLITE_IOERR, ffi::SQLITE_CORRUPT, ffi::SQLITE_CANTOPEN, ffi::SQLITE_NOTADB];
        let may_keep = ended == Ended::InDoubt || outcome.as_ref().is_err_and(|error| is(error, &disk));
        self.assert_files(ended, may_keep, &what);
        if self.is_template() && !self.number.is_multiple_of(4) {
            return ended;
        }
        let again = self.scene.run(&mut self.conn).unwrap_or_else(|error| panic!("{what}\nthe next run: {error}"));
        self.assert_done(&format!("{what}\nthe next run: {again}"));
        assert_eq!(settings(&self.conn), self.before, "{what}: settings after the next run");
        ended
    }

    fn assert_detached(&self, what: &str) {
        let sql = "SELECT coalesce(max(name), '') FROM pragma_database_list WHERE name NOT IN ('main', 'temp')";
        let name: String = self.conn.query_row(sql, [], |row| row.get(0)).expect("the databases");
        if self.no_memory && !name.is_empty() {
            // There was none for DETACH either.
            return self.conn.execute_batch(&format!("DETACH {name}")).expect("detach");
        }
        assert_eq!(name, "", "{what}: attached");
    }

    fn assert_done(&self, what: &str) -> Ended {
        let (dump, history) = self.look(what);
        let end = self.scene.kind.end();
        assert_eq!(dump, self.scene.at[end], "{what}: it is not at the end");
        let history = history.unwrap_or_default();
        let names: Vec<&str> = history.iter().filter_map(|row| row.split(' ').next()).collect();
        assert_eq!(names, self.scene.names()[..end], "{what}: the history");
        assert!(!history.iter().any(|row| row.ends_with(" started")), "{what}: {history:?}");
        Ended::Well
    }

    /// Whether the state that the message tells is that of the file.
    fn assert_state(&self, message: &str, what: &str) -> Ended {
        let scene = self.scene;
        let (dump, history) = self.look(what);
        let rows = history.as_ref().map_or(0, Vec::len);
        if message.contains("state: in doubt") {
            let old = dump == scene.old && history == scene.old_history;
            assert!(old || dump == scene.at[rows] || scene.within.contains(&dump), "{what}: {history:?}");
            return Ended::InDoubt;
        }
        if message.contains("nothing was changed") {
            assert_eq!(dump, scene.old, "{what}: it is not as before");
            assert_eq!(history, scene.old_history, "{what}: the history is not as before");
            if let Some((_, at)) = message.split_once("nothing was changed, still at ") {
                let at = at.lines().next().unwrap_or_default();
                let position = scene.names().iter().position(|name| at == format!("`{name}`")).map_or(0, |i| i + 1);
                assert_eq!(position, if scene.file.is_none() { 0 } else { begin(scene) }, "{what}");
                assert!(position > 0 || at == "an empty database", "{what}");
            }
            return Ended::Unchanged;
        }
        if message.contains("is marked as started") {
            assert!(message.contains(&format!("`{}` is marked as started", scene.names()[rows - 1])), "{what}");
            assert!(history.is_some_and(|rows| rows[rows.len() - 1].ends_with(" started")), "{what}");
            assert!(scene.within.contains(&dump), "{what}: {dump}");
            return Ended::Started;
        }
        assert!(message.contains("this run had committed") || message.contains("which this run committed"), "{what}");
        assert!(message.contains(&format!("state: at `{}`", scene.names()[rows - 1])), "{what}: {history:?}");
        assert_eq!(dump, scene.at[rows], "{what}: {history:?}");
        Ended::Committed
    }

    /// Whether the file is as it was put there, to the last byte; most are, and need no further look.
    fn is_template(&self) -> bool {
        self.scene.file.is_some() && fs::read(&self.path).ok() == self.scene.file
    }

    /// What another connection sees.
    fn look(&self, what: &str) -> (String, Option<Vec<String>>) {
        if self.is_template() {
            return (self.scene.old.clone(), self.scene.old_history.clone());
        }
        let other = Connection::open(&self.path).expect("open");
        let whole = faults::integrity(&other).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(whole, "ok", "{what}");
        (faults::dump(&other).expect("dump"), faults::history(&other).expect("history"))
    }

    fn assert_files(&self, ended: Ended, may_keep: bool, what: &str) {
        let mut backups = 0;
        for entry in fs::read_dir(self.dir.path()).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".backup") {
                backups += 1;
                let copy = Connection::open(&path).expect("open");
                assert_eq!(faults::dump(&copy).expect("dump"), self.scene.old, "{what}: the backup");
            } else {
                assert_eq!(name, "app.db", "{what}: a file is left behind");
            }
        }
        let expected = usize::from(ended != Ended::Unchanged && self.scene.kind == Kind::Backup);
        assert!(backups == expected || may_keep && backups == 1, "{what}: {backups} backups");
    }
}

fn begin(scene: &Scene) -> usize {
    if scene.kind == Kind::Down { 5 } else { 2 }
}

fn settings(conn: &Connection) -> Vec<i64> {
    let one = |name: &&str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).expect("a setting");
    NAMES.iter().map(one).collect()
}

/// SQLite's primary result codes in an error and its sources.
pub(crate) fn codes(error: &(dyn StdError + 'static)) -> Vec<i32> {
    let mut codes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rusqlite::Error>()
            && let Some(error) = error.sqlite_error()
        {
            codes.push(error.extended_code & 0xff);
        }
        next = error.source();
    }
    codes
}

/// Whether SQLite ended with one of these.
pub(crate) fn is(error: &Error, expected: &[i32]) -> bool {
    codes(error).iter().any(|code| expected.contains(code))
}

#[test]
fn an_error_tells_its_code() {
    let scene = Scene::new(Kind::Upgrade, 20, 4096);
    let mut trial = Trial::new(&scene, "a hook that refuses".to_owned());
    trial.conn.commit_hook(Some(|| true)).expect("a hook");
    let outcome = trial.run();
    trial.conn.commit_hook(None::<fn() -> bool>).expect("a hook");
    assert_eq!(codes(outcome.as_ref().unwrap_err()), [ffi::SQLITE_CONSTRAINT]);
    assert_eq!(trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_CONSTRAINT])), Ended::Unchanged);
}
