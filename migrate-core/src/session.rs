//! A connection in our hands: the write lock, and settings that are put back whatever happens.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use migrate_sql::quote;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use crate::LOG;
use crate::clock::{CAN_WAIT, Instant, sleep};
use crate::engine::{answer, code};

/// Settings that are read before the run and put back after it. Those with a value decide what a migration does: they
/// have that value, the one that the proof ran under, when each migration begins.
const SETTINGS: [(&str, Option<i64>); 13] = [
    ("query_only", Some(0)),
    ("foreign_keys", Some(0)),
    ("legacy_alter_table", Some(0)),
    ("recursive_triggers", Some(0)),
    ("ignore_check_constraints", Some(0)),
    ("writable_schema", Some(0)),
    ("trusted_schema", None),
    ("reverse_unordered_selects", None),
    ("synchronous", None),
    ("automatic_index", None),
    ("cell_size_check", None),
    ("secure_delete", None),
    ("read_uncommitted", None),
];

/// Switches of the same kind, which are no pragmas.
const SWITCHES: [DbConfig; 2] = [DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW];

/// Those that can be restored where SQLite cannot run a statement: it needs memory for one, and an authorizer may object.
const WITHOUT_SQL: [(&str, DbConfig); 4] = [
    ("foreign_keys", DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY),
    ("legacy_alter_table", DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE),
    ("writable_schema", DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA),
    ("trusted_schema", DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA),
];

/// Rolls back what is open and restores every setting when it is dropped.
pub(crate) struct Session<'c> {
    conn: &'c Connection,
    before: Vec<(&'static str, i64)>,
    switched_off: Vec<DbConfig>,
    attached: Vec<String>,
    busy_timeout: i64,
}

impl<'c> Session<'c> {
    pub(crate) fn open(conn: &'c Connection) -> rusqlite::Result<Session<'c>> {
        let attached = attached(conn)?;
        let mut session = Session { conn, before: Vec::new(), switched_off: Vec::new(), attached, busy_timeout: 0 };
        for (name, _) in SETTINGS {
            match read(conn, name) {
                Ok(now) => session.before.push((name, now)),
                // An SQLite that was built without a pragma answers with no row.
                Err(rusqlite::Error::QueryReturnedNoRows) => {}
                Err(error) => return Err(error),
            }
        }
        session.settle()?;
        for switch in SWITCHES {
            if !conn.db_config(switch).unwrap_or(true) {
                conn.set_db_config(switch, true)?;
                session.switched_off.push(switch);
            }
        }
        // 0 means that there is no handler, or the application's own, which cannot be read back: it is left alone.
        let timeout = read(conn, "busy_timeout")?;
        if timeout > 0 {
            conn.busy_timeout(Duration::ZERO)?;
            session.busy_timeout = timeout;
        }
        Ok(session)
    }

    /// Gives every setting that matters the value that the proof ran under.
    pub(crate) fn settle(&self) -> rusqlite::Result<()> {
        let (conn, has) = (self.conn, |name: &str| self.before.iter().any(|(known, _)| *known == name));
        for (name, value) in SETTINGS {
            // Inside a transaction `foreign_keys` cannot be changed, by a migration either.
            let Some(value) = value.filter(|_| has(name) && (name != "foreign_keys" || conn.is_autocommit())) else {
                continue;
            };
            if read(conn, name)? != value {
                write(conn, name, value)?;
            }
        }
        Ok(())
    }

    /// Takes the write lock, asking again until the timeout; `waiting` is called once, if it is not to be had at once.
    pub(crate) fn begin_immediate(&self, timeout: Duration, waiting: impl FnOnce()) -> rusqlite::Result<()> {
        let mut waiting = Some(waiting);
        poll(
            timeout,
            || self.conn.execute_batch("BEGIN IMMEDIATE"),
            || {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
            },
        )
    }

    /// Commits; readers of a database in rollback mode may hold this up, so it asks again until the timeout.
    pub(crate) fn commit(&self, timeout: Duration) -> rusqlite::Result<()> {
        let commit = || match self.conn.execute_batch("COMMIT") {
            // The application's progress handler was asked once more after it: an interrupt before it leaves it open.
            Err(error) if code(&error) == Some(ffi::SQLITE_INTERRUPT) && self.conn.is_autocommit() => Ok(()),
            done => done,
        };
        poll(timeout, commit, || ())
    }

    pub(crate) fn rollback(&self) {
        if let Err(error) = rollback(self.conn) {
            log::error!(target: LOG, "the transaction could not be rolled back, and is still open: {error}");
        }
    }

    /// Turns the enforcement of foreign keys on or off; only between transactions, where the pragma works. Whether it did
    /// is read back: an authorizer can make it do nothing.
    pub(crate) fn foreign_keys(&self, on: bool) -> rusqlite::Result<bool> {
        write(self.conn, "foreign_keys", i64::from(on))?;
        match read(self.conn, "foreign_keys") {
            Ok(now) => Ok((now != 0) == on),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.rollback();
        let _ = detach(self.conn, &self.attached);
        for (name, value) in &self.before {
            let restore = || if read(self.conn, name)? == *value { Ok(()) } else { write(self.conn, name, *value) };
            let Err(error) = insist(restore) else { continue };
            let switch = WITHOUT_SQL.iter().find(|(known, _)| known == name);
            if switch.is_none_or(|(_, switch)| self.conn.set_db_config(*switch, *value != 0).is_err()) {
                log::warn!(target: LOG, "`PRAGMA {name}` could not be set back to {value}: {error}");
            }
        }
        for switch in self.switched_off.drain(..) {
            let _ = self.conn.set_db_config(switch, false);
        }
        if self.busy_timeout > 0 {
            let milliseconds = u64::try_from(self.busy_timeout).unwrap_or_default();
            let _ = insist(|| self.conn.busy_timeout(Duration::from_millis(milliseconds)));
        }
    }
}

/// A busy timeout that is shorter than the connection's own, until it is dropped.
pub(crate) struct Patience<'c> {
    conn: &'c Connection,
    before: Option<Duration>,
}

impl<'c> Patience<'c> {
    pub(crate) fn cut(conn: &'c Connection, to: Duration) -> rusqlite::Result<Patience<'c>> {
        let now = Duration::from_millis(u64::try_from(read(conn, "busy_timeout")?).unwrap_or_default());
        let before = (now > to).then_some(now);
        if before.is_some() {
            // 0 would remove the handler, and what is read back later could not tell.
            conn.busy_timeout(to.max(Duration::from_millis(1)))?;
        }
        Ok(Patience { conn, before })
    }
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let _ = insist(|| self.conn.busy_timeout(before));
        }
    }
}

/// Rolls back what is open, if anything is.
pub(crate) fn rollback(conn: &Connection) -> rusqlite::Result<()> {
    insist(|| if conn.is_autocommit() { Ok(()) } else { conn.execute_batch("ROLLBACK") })
}

/// Tries again what another thread's interrupt, a busy database or a lack of memory keeps from happening; not for ever.
fn insist(mut attempt: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        let error = match attempt() {
            Err(error) => error,
            done => return done,
        };
        tries += 1;
        let passes = is_busy(&error) || code(&error) == Some(ffi::SQLITE_INTERRUPT);
        if tries == if passes { 100 } else { 10 } {
            return Err(error);
        }
        sleep(Duration::from_millis(1));
    }
}

/// The databases beside `main` and `temp`. The pragma itself reads nothing; as a table it would need the schema, and wait.
pub(crate) fn attached(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let Some(mut statement) = answer(conn.prepare("PRAGMA database_list"))? else { return Ok(Vec::new()) };
    let mut names: Vec<String> = statement.query_map([], |row| row.get(1))?.collect::<rusqlite::Result<_>>()?;
    names.retain(|name| name != "main" && name != "temp");
    Ok(names)
}

/// Takes away what has been attached since; an interrupted `VACUUM` may leave its target.
pub(crate) fn detach(conn: &Connection, before: &[String]) -> rusqlite::Result<()> {
    insist(|| {
        let names = attached(conn)?;
        let mut new = names.iter().filter(|name| !before.contains(name));
        new.try_for_each(|name| conn.execute_batch(&format!("DETACH {}", quote(name))))
    })
}

/// Asks again while the database is busy, with growing pauses that differ between processes.
pub(crate) fn poll<T>(
    timeout: Duration,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
    mut waiting: impl FnMut(),
) -> rusqlite::Result<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let error = match attempt() {
            Err(error) if is_busy(&error) => error,
            done => return done,
        };
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() || !CAN_WAIT {
            return Err(error);
        }
        waiting();
        sleep(jitter(pause).min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(code(error), Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED))
}

/// Between half of a duration and all of it.
fn jitter(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) % 1024;
    pause.mul_f64(0.5 + random as f64 / 2048.0)
}

pub(crate) fn read(conn: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    // Some can be had without a statement.
    if let Some((_, switch)) = WITHOUT_SQL.iter().find(|(known, _)| *known == pragma)
        && let Ok(now) = conn.db_config(*switch)
    {
        return Ok(i64::from(now));
    }
    conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
}

fn write(conn: &Connection, pragma: &str, value: i64) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("PRAGMA {pragma} = {value}"))
}
