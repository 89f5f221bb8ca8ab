//! A copy of the database from before it is changed.
//!
//! It is made on the application's own connection, by `VACUUM INTO`: that needs no key of an encrypted database, lets others
//! read, and (in WAL mode) write. It cannot be made under the write lock, so the run makes it before, and compares
//! `PRAGMA data_version` once the lock is held.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use crate::clock::Instant;
use crate::engine::code;
use crate::file;
use crate::session::{detach, is_busy, poll};
use crate::set::Set;

/// When a copy of the database is made before it is changed.
///
/// The copy lies beside the database: `app.db.003-to-005.20261122T153000Z.backup`. It is a complete database, readable by
/// its owner as the original is, and was read back before anything is changed. An empty database, and one in memory, has
/// nothing to copy; a run that only records what is there changes nothing that a copy could bring back.
///
/// A copy keeps what a migration removes: where that is meant to be gone, passwords or personal data, remove the copies too,
/// or make none.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::BackupPolicy;
///
/// # let directory = tempfile::tempdir()?;
/// # let mut conn = Connection::open(directory.path().join("notes.db"))?;
/// db::migrator().target(db::Version::CreateNotes).run(&mut conn)?;
/// // This one only adds a table. By default there would be no copy.
/// let report = db::migrator().target(db::Version::AddTags).backup(BackupPolicy::Always).run(&mut conn)?;
/// assert!(report.backup().is_some_and(|copy| copy.exists()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupPolicy {
    /// Never.
    Never,
    /// Before a run that deletes, drops or overwrites what is stored, that runs a Rust step, or that goes down.
    #[default]
    BeforeDestructive,
    /// Before every run that runs a migration.
    Always,
}

/// A copy that was made. It is removed again when this is dropped, unless it was kept.
#[derive(Debug)]
pub(crate) struct Backup {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) elapsed: Duration,
    kept: bool,
}

/// How a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// On the application's connection, which holds no lock.
    Own,
    /// On a connection of its own, while the application's holds the write lock: for a database that others keep
    /// writing to. It does not know the key of an encrypted one.
    Second,
}

/// Why no copy was made.
#[derive(Debug)]
pub(crate) enum BackupError {
    Sqlite(rusqlite::Error),
    Io(io::Error),
    /// The copy is not what was to be copied.
    Wrong(String),
}

const SUFFIX: &str = ".backup";
const PARTIAL: &str = ".partial";
const SCHEMA: &str = "migrate_backup";

/// Where a copy made now would lie: beside the database, with the versions and the time (UTC) in its name.
pub(crate) fn path(conn: &Connection, database: &Path, set: &Set, from: usize, to: usize) -> rusqlite::Result<PathBuf> {
    let now = now(conn)?;
    // After all others of the same second, also where earlier ones are gone: the order of the names is that of the copies.
    let last = copies(database, SUFFIX).into_iter().filter(|(time, _)| time.0 == now).map(|(time, _)| time.1).max();
    let stem = format!("{}-to-{}.{now}", name(set, from), name(set, to));
    Ok(unused(database, &stem, last.map_or(1, |last| last.saturating_add(1))))
}

fn name(set: &Set, position: usize) -> String {
    match position.checked_sub(1).and_then(|index| set.migrations.get(index)) {
        Some(migration) => short(&migration.name),
        None => "base".to_owned(),
    }
}

/// Where a copy that somebody asked for lies. Its name is not of the form that is removed one day.
pub(crate) fn manual_path(conn: &Connection, database: &Path) -> rusqlite::Result<PathBuf> {
    Ok(unused(database, &format!("{}.manual", now(conn)?), 1))
}

fn now(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')", [], |row| row.get(0))
}

/// A name that nothing has: numbered from the second one of the same second on.
fn unused(database: &Path, stem: &str, from: u32) -> PathBuf {
    let numbered = (u64::from(from)..).map(|n| if n == 1 { String::new() } else { format!("-{n}") });
    let mut paths = numbered.map(|n| file::beside(database, &format!(".{stem}{n}{SUFFIX}")));
    paths.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_default()
}

/// The number of a migration, dashes of a date included, or the beginning of its name.
fn short(name: &str) -> String {
    let end = name.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'-').unwrap_or(name.len());
    let number = name[..end].trim_end_matches('-');
    if number.starts_with(|first: char| first.is_ascii_digit()) {
        return number.to_owned();
    }
    name.trim_end_matches(".sql").chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).take(24).collect()
}

impl Backup {
    /// Copies the database, reads the copy back, and puts it in its place.
    pub(crate) fn make(
        conn: &Connection,
        database: &Path,
        path: PathBuf,
        way: Way,
        keep: usize,
        timeout: Duration,
    ) -> Result<Backup, BackupError> {
        let begun = Instant::now();
        clear_partials(database);
        let partial = file::beside(&path, PARTIAL);
        // What is there already is not ours to remove.
        create_like(database, &partial)?;
        let partial = Partial(partial);
        match way {
            Way::Own => copy_and_verify(conn, &partial.0, timeout)?,
            Way::Second => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let second = Connection::open_with_flags(database, flags)?;
                copy_and_verify(&second, &partial.0, timeout).map_err(keyless)?;
            }
        }
        let file = OpenOptions::new().write(true).open(&partial.0)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        drop(file);
        fs::rename(&partial.0, &path)?;
        sync_folder(&path);
        remove_superseded(database, &path, keep);
        Ok(Backup { path, bytes, elapsed: begun.elapsed(), kept: false })
    }

    /// The copies that were made of a database before a run from a version: what an interrupted migration outside a
    /// transaction may still need.
    pub(crate) fn was_made(database: &Path, set: &Set, from: usize) -> bool {
        let from = format!(".{}-to-", name(set, from));
        let is_from = |path: &PathBuf| {
            let rest = path.file_name().and_then(|own| own.to_str()?.strip_prefix(database.file_name()?.to_str()?));
            rest.is_some_and(|rest| rest.starts_with(&from))
        };
        copies(database, SUFFIX).iter().any(|(_, path)| is_from(path))
    }

    /// Leaves it where it is.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }

    /// Removes all but the newest copies of the same database.
    pub(crate) fn prune(&self, database: &Path, keep: usize) {
        let mut copies = copies(database, SUFFIX);
        copies.sort_unstable_by(|a, b| b.cmp(a));
        for (_, path) in copies.into_iter().skip(keep.max(1)).filter(|(_, path)| *path != self.path) {
            // One that cannot be removed now is removed by a later run.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What a connection without the key says.
fn keyless(error: BackupError) -> BackupError {
    match error {
        BackupError::Sqlite(error) if code(&error) == Some(ffi::SQLITE_NOTADB) => BackupError::Wrong(
            "others keep writing to it, and an encrypted database is copied while nobody writes".to_owned(),
        ),
        error => error,
    }
}

fn copy_and_verify(conn: &Connection, path: &Path, timeout: Duration) -> Result<(), BackupError> {
    let name = file::to_value(conn, path)?;
    let version = || poll(timeout, || data_version(conn), || ());
    let before = version()?;
    let attached = Attached(conn);
    poll(timeout, || conn.execute("VACUUM main INTO CAST(?1 AS TEXT)", [&name]).map(drop), || ())?;
    let attach = format!("ATTACH CAST(?1 AS TEXT) AS {SCHEMA}");
    poll(timeout, || conn.execute(&attach, [&name]).map(drop), || ())?;
    // What is compared with `main` waits for those who write there.
    let attempt = || match attached.verify(conn) {
        Err(BackupError::Sqlite(error)) if is_busy(&error) => Err(error),
        verified => Ok(verified),
    };
    let verified = poll(timeout, attempt, || ())?;
    poll(timeout, || detach(conn, &[]), || ())?;
    match verified {
        // Somebody wrote meanwhile, and the run will make another copy: this one cannot be compared.
        Err(BackupError::Wrong(_)) if version()? != before => {}
        verified => verified?,
    }
    if fs::metadata(path)?.len() == 0 {
        return Err(BackupError::Wrong("the copy is empty".to_owned()));
    }
    match fs::metadata(file::beside(path, "-wal")) {
        Ok(wal) if wal.len() > 0 => Err(BackupError::Wrong("the copy could not be closed".to_owned())),
        _ => Ok(()),
    }
}

/// What other connections have committed so far, as a number to compare with a later one.
pub(crate) fn data_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA main.data_version", [], |row| row.get(0))
}

/// A copy in the making; removed when dropped, unless it was renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(file::beside(&self.0, suffix));
        }
    }
}

/// An empty file that the same people can read as the database: SQLite would make one that everybody can.
fn create_like(database: &Path, path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    file::own_like(&options.open(path)?, database)
}

/// The copy as a second database of the connection, which needs its key if it is encrypted. Nothing is attached any more when
/// this is dropped.
struct Attached<'c>(&'c Connection);

impl Attached<'_> {
    fn verify(&self, conn: &Connection) -> Result<(), BackupError> {
        let complaints = |schema: &str| {
            let mut statement = conn.prepare(&format!("PRAGMA {schema}.quick_check(1000)"))?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            // The order is that of SQLite's hash of tables.
            found.sort_unstable();
            Ok::<_, rusqlite::Error>(found)
        };
        let found = complaints(SCHEMA)?;
        // Rows that break a constraint are copied as they are: then both say the same.
        if found != ["ok"] && found != complaints("main")? {
            return Err(BackupError::Wrong(format!("the copy is damaged: {}", found.join("; "))));
        }
        let objects = |schema: &str| {
            // SQLite's own tables are made as they are needed: `sqlite_sequence` outlives the table that it was made for.
            let sql = format!("SELECT count(*) FROM {schema}.sqlite_master WHERE name NOT GLOB 'sqlite_*'");
            conn.query_row(&sql, [], |row| row.get::<_, i64>(0))
        };
        if objects(SCHEMA)? != objects("main")? {
            return Err(BackupError::Wrong("the copy does not hold everything".to_owned()));
        }
        let mode = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0));
        if mode("PRAGMA main.journal_mode")?.eq_ignore_ascii_case("wal") {
            mode(&format!("PRAGMA {SCHEMA}.journal_mode = wal"))?;
        }
        Ok(())
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        let _ = detach(self.0, &[]);
    }
}

/// Removes copies between the same two versions but for the newest: of runs that were killed before they committed anything
/// nobody else would, and a program that dies at every start is not to fill the disk.
fn remove_superseded(database: &Path, newest: &Path, keep: usize) {
    let versions = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
        name.rsplit_once('.').map(|(versions, _)| versions.to_owned())
    };
    let Some(own) = versions(newest) else { return };
    let mut same = copies(database, SUFFIX);
    same.retain(|(_, path)| path != newest && versions(path).as_deref() == Some(own.as_str()));
    same.sort_unstable_by(|a, b| b.cmp(a));
    for (_, path) in same.into_iter().skip(keep.max(1) - 1) {
        let _ = fs::remove_file(path);
    }
}

fn clear_partials(database: &Path) {
    for (_, path) in copies(database, &format!("{SUFFIX}{PARTIAL}")) {
        drop(Partial(path));
    }
}

/// The copies of a database that end so, with their time and their number in its second.
fn copies(database: &Path, suffix: &str) -> Vec<((String, u32), PathBuf)> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else { return Vec::new() };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let time = |path: &Path| {
        let rest = path.file_name()?.as_encoded_bytes().strip_prefix(name.as_encoded_bytes())?;
        let (versions, time) = str::from_utf8(rest).ok()?.strip_prefix('.')?.strip_suffix(suffix)?.split_once('.')?;
        // A name with another dot belongs to another database, whose name begins with this one's.
        versions.contains("-to-").then(|| time_and_number(time)).flatten()
    };
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter_map(|path| Some((time(&path)?, path))).collect()
}

/// `20261122T153000Z`, and perhaps `-2`.
fn time_and_number(text: &str) -> Option<(String, u32)> {
    let (time, number) = text.split_once('-').unwrap_or((text, "1"));
    let shape = time.len() == 16 && time.as_bytes()[8] == b'T' && time.ends_with('Z');
    let is_time = shape && time.bytes().filter(u8::is_ascii_digit).count() == 14;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((time.to_owned(), number.parse::<u32>().ok().filter(|_| is_time && is_number)?))
}

/// Makes the new name durable, where a folder can be opened.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

impl BackupError {
    /// Whether another connection to the same file might succeed: this one may not attach, or only for reading.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        let BackupError::Sqlite(error) = self else { return false };
        matches!(code(error), Some(ffi::SQLITE_ERROR | ffi::SQLITE_AUTH | ffi::SQLITE_READONLY))
    }

    fn code(&self) -> Option<i32> {
        match self {
            BackupError::Sqlite(error) => code(error),
            _ => None,
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match (self, self.code()) {
            (_, Some(ffi::SQLITE_INTERRUPT)) => "start again; the run was interrupted",
            (_, Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED)) => {
                "start again when others write less, or raise `lock_timeout`"
            }
            (_, Some(ffi::SQLITE_FULL)) => "make room there; `BackupPolicy::Never` goes on without a backup",
            (_, Some(ffi::SQLITE_CORRUPT)) => "restore a backup; `PRAGMA integrity_check` tells more",
            (BackupError::Io(_), _) | (_, Some(ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR)) => {
                "make room there, or let the program write beside the database; `BackupPolicy::Never` goes on without a backup"
            }
            _ => {
                "make the connection able to run `VACUUM INTO` and `ATTACH`; `BackupPolicy::Never` goes on without a backup"
            }
        }
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> BackupError {
        BackupError::Sqlite(error)
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> BackupError {
        BackupError::Io(error)
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackupError::Sqlite(error) => error.fmt(f),
            BackupError::Io(error) => error.fmt(f),
            BackupError::Wrong(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for BackupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BackupError::Sqlite(error) => Some(error),
            BackupError::Io(error) => Some(error),
            BackupError::Wrong(_) => None,
        }
    }
}
