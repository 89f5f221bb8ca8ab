//! From version to version: a file of each, and every way on from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use migrate_core::rusqlite::{self, Connection, OptionalExtension};
use migrate_core::{Outcome, Version};

use super::tried::{Attempts, Failure, Tried, call};
use super::{Check, Upgrades};

/// How many rows each table has.
type Counts = BTreeMap<String, i64>;

impl<V: Version> Upgrades<'_, V> {
    /// Tries the upgrade of a database of every version, the empty one included, to the newest; what is checked says
    /// [`assert_upgrades_from_every_version!`](crate::assert_upgrades_from_every_version).
    ///
    /// # Errors
    ///
    /// All upgrades that failed, each with the reason.
    pub fn from_every_version(&self) -> Result<Tried, Failure> {
        self.tried(|from, to| from < to && to == self.len())
    }

    /// Tries the upgrade from every version to every later one, and the ways back for which there are down scripts.
    ///
    /// # Errors
    ///
    /// All that failed, each with the reason.
    pub fn between_all_versions(&self) -> Result<Tried, Failure> {
        self.tried(|from, to| from < to || (from > to && self.has_downs(to, from)))
    }

    fn tried(&self, wanted: impl Fn(usize, usize) -> bool) -> Result<Tried, Failure> {
        let directory =
            tempfile::tempdir().map_err(|error| Failure::one(format!("no temporary directory: {error}")))?;
        let mut attempts = Attempts::default();
        let files = self.file_of_each(directory.path())?;
        attempts.tried.checks += self.checks.iter().filter(|check| check.since < check.at).count();
        for (from, file) in files.iter().enumerate() {
            for to in (0..files.len()).filter(|&to| wanted(from, to)) {
                let copy = directory.path().join("tried.db");
                let what = format!("from {} to {}", self.named(from), self.named(to));
                let done = copied(file, &copy).and_then(|()| self.try_one(&copy, from, to, &mut attempts.tried));
                if let Err(why) = done {
                    attempts.fails(&what, &why);
                }
            }
        }
        for check in self.checks.iter().filter(|check| check.since >= check.at) {
            let why =
                "it is never asked: the rows that were declared before it are those of this version or of a later one";
            attempts.fails(&format!("the check at {}", self.named(check.at)), why);
        }
        attempts.end()
    }

    /// A database of each position, that has been at every one before it.
    fn file_of_each(&self, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
        let walked = directory.join("walked.db");
        (0..=self.len())
            .map(|position| {
                let mut conn = self.opened(&walked).map_err(Failure::one)?;
                self.arrive(&mut conn, position).map_err(Failure::one)?;
                closed(conn).map_err(Failure::one)?;
                let file = directory.join(format!("{position}.db"));
                copied(&walked, &file).map_err(Failure::one)?;
                Ok(file)
            })
            .collect()
    }

    /// One step of the walk: to the next position, what has to be true there, and the rows of its users.
    pub(super) fn arrive(&self, conn: &mut Connection, position: usize) -> Result<(), String> {
        let what = format!("one version after the other, to {}", self.named(position));
        let before = counts(conn)?;
        self.migrator()
            .target(Self::target(position))
            .run(conn)
            .map(drop)
            .map_err(|error| format!("{what}: {error}"))?;
        self.judge(conn, &before).map_err(|why| format!("{what}: {why}"))?;
        for check in self.checks.iter().filter(|check| check.at == position && check.since < position) {
            self.ask(check, conn).map_err(|why| format!("{what}: {why}"))?;
        }
        for rows in self.rows.iter().filter(|rows| rows.at == position) {
            call(&rows.put, conn).map_err(|why| format!("the rows of {}: {why}", self.named(position)))?;
        }
        Ok(())
    }

    fn try_one(&self, file: &Path, from: usize, to: usize, tried: &mut Tried) -> Result<(), String> {
        let mut conn = self.opened(file)?;
        let before = counts(&conn)?;
        let run = |conn: &mut Connection, to| {
            self.migrator().target(Self::target(to)).allow_down(to < from).run(conn).map_err(|error| error.to_string())
        };
        run(&mut conn, to)?;
        if to < from {
            tried.downs += 1;
            // What a down script drops is gone; but it must be possible to go on from there.
            self.judge(&conn, &Counts::new())?;
            run(&mut conn, self.len()).map_err(|why| format!("and then on to the newest: {why}"))?;
            return self.judge(&conn, &Counts::new());
        }
        tried.upgrades += 1;
        self.judge(&conn, &before)?;
        for check in self.checks.iter().filter(|check| check.at == to && check.since <= from) {
            tried.checks += 1;
            self.ask(check, &conn)?;
        }
        let again = run(&mut conn, to)?;
        if again.outcome() != Outcome::Current {
            return Err(format!("a second run should have nothing to do, but: {again}"));
        }
        closed(conn)
    }

    fn ask(&self, check: &Check<'_>, conn: &Connection) -> Result<(), String> {
        call(&check.check, conn).map_err(|why| format!("the check at {}: {why}", self.named(check.at)))
    }

    /// What must be true of every database after a run, whatever the application is about.
    pub(super) fn judge(&self, conn: &Connection, before: &Counts) -> Result<(), String> {
        let damage: String = conn
            .query_row("PRAGMA main.integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| error.to_string())?;
        if damage != "ok" {
            return Err(format!("`PRAGMA integrity_check` says: {damage}"));
        }
        let orphan = conn
            .query_row("PRAGMA main.foreign_key_check", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?))
            })
            .optional()
            .map_err(|error| error.to_string())?;
        if let Some((child, parent)) = orphan {
            return Err(format!("a row of `{child}` refers to a row of `{parent}` that is not there"));
        }
        let after = counts(conn)?;
        for (table, had) in before {
            let may = self.may_lose.iter().any(|name| name.eq_ignore_ascii_case(table));
            match after.get(table) {
                Some(has) if has < had && !may => {
                    return Err(format!(
                        "`{table}` had {had} {}, and has {has}\nhelp: if it should lose rows, say `.may_lose_rows(\"{table}\")`",
                        if *had == 1 { "row" } else { "rows" }
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn opened(&self, file: &Path) -> Result<Connection, String> {
        let conn = Connection::open(file).map_err(|error| error.to_string())?;
        self.prepared(&conn)?;
        // A test's database need not outlive the machine's power.
        conn.pragma_update(None, "synchronous", "OFF").map_err(|error| error.to_string())?;
        Ok(conn)
    }

    fn has_downs(&self, to: usize, from: usize) -> bool {
        self.migrations.iter().skip(to).take(from - to).all(|migration| migration.down.is_some())
    }
}

/// The rows of the tables: not of views, virtual tables and what they keep their contents in.
pub(super) fn counts(conn: &Connection) -> Result<Counts, String> {
    let count = || -> rusqlite::Result<Counts> {
        let listed = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let mut names = conn.prepare(listed)?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?;
        names
            .map(|name| {
                let name = name?;
                let sql = format!("SELECT count(*) FROM main.\"{}\"", name.replace('"', "\"\""));
                let count = conn.query_row(&sql, [], |row| row.get(0))?;
                Ok((name, count))
            })
            .collect()
    };
    count().map_err(|error| format!("its rows cannot be counted: {error}"))
}

/// By a copy of what is closed: a database that is open is never read past SQLite. Logs that it left are part of it.
pub(super) fn copied(from: &Path, to: &Path) -> Result<(), String> {
    for suffix in ["", "-wal", "-journal"] {
        let of = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        let (from, to) = (of(from), of(to));
        if from.exists() {
            fs::copy(&from, &to).map_err(|error| format!("{} cannot be copied: {error}", from.display()))?;
        } else if to.exists() {
            fs::remove_file(&to).map_err(|error| format!("{} cannot be removed: {error}", to.display()))?;
        }
    }
    let shared = PathBuf::from(format!("{}-shm", to.display()));
    if shared.exists() {
        fs::remove_file(&shared).map_err(|error| format!("{} cannot be removed: {error}", shared.display()))?;
    }
    Ok(())
}

pub(super) fn closed(conn: Connection) -> Result<(), String> {
    conn.close().map_err(|(_, error)| format!("it cannot be closed: {error}"))
}
