//! Write-ahead logging: a property of the file, which is changed after a run, and among others who start.

use std::time::Duration;

use rusqlite::Connection;

use crate::session::{Patience, poll};
use crate::{LOG, file};

/// Puts the database into WAL mode, if it is not.
///
/// It takes an exclusive lock for a moment. Of several that start at once each reads, and wants that lock: SQLite lets all but one fail,
/// at once and without the busy timeout, since they would wait for each other. So it asks again. A database that stays in its mode is as good as
/// before, and the next start tries again: that is said, and is no reason to keep the application from starting.
pub(crate) fn turn_on(conn: &Connection, timeout: Duration) {
    if file::path(conn).is_none() || conn.is_readonly("main").unwrap_or(false) {
        return;
    }
    let mode = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0));
    if mode("PRAGMA main.journal_mode").is_ok_and(|mode| is_wal(&mode)) {
        return;
    }
    let turned = Patience::cut(conn, Duration::ZERO)
        .and_then(|_patience| poll(timeout, || mode("PRAGMA main.journal_mode = wal"), || ()));
    match turned {
        Ok(now) if is_wal(&now) => log::debug!(target: LOG, "the database is in WAL mode now"),
        Ok(now) => log::warn!(target: LOG, "the database cannot be put into WAL mode here; it stays in `{now}` mode"),
        Err(error) => {
            log::warn!(target: LOG, "the database could not be put into WAL mode: {error}; the next start tries again")
        }
    }
}

fn is_wal(mode: &str) -> bool {
    mode.eq_ignore_ascii_case("wal")
}
