//! The database that the proof works on: in memory, guarded, and as the application's connection would be.

mod guard;
mod image;
mod settings;
mod stubs;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::time::Duration;

use migrate_core::__private::{Catalog, Script, Statement, StatementCause, create_history_sql, run_script};
use migrate_source::Config;
use migrate_sql::{TokenKind, tokens};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use guard::Watch;
pub(crate) use guard::{Refusal, Touched};
pub(crate) use image::is_plain;
pub(crate) use settings::is_default;

use crate::words::{Opening, opening};

/// A scratch database.
pub(crate) struct Scratch {
    conn: Connection,
    watch: Watch,
    history: String,
    touched: RefCell<Touched>,
    /// Whether a statement was ever out of time.
    late: Cell<bool>,
    /// How many rows had been changed when it was taken over from an earlier proof.
    changes_before: u64,
}

/// How a migration runs: as its directives say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mode {
    pub(crate) transaction: bool,
    pub(crate) foreign_keys: bool,
}

impl Mode {
    pub(crate) const DEFAULT: Mode = Mode { transaction: true, foreign_keys: false };
}

/// What became of a statement that did not simply succeed.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The guard did not let it pass.
    Refused(Refusal),
    /// SQLite did not run it.
    Failed {
        message: String,
        /// The byte in the script that SQLite points at.
        offset: Option<usize>,
    },
    /// It ended the transaction that it was in.
    EndedTransaction,
    /// It was still running when its time was over.
    TooSlow(Duration),
}

impl Scratch {
    /// An empty database with the history table, and with the functions and collations that `migrate.toml` declares.
    pub(crate) fn open(config: &Config, limit: Duration) -> rusqlite::Result<Scratch> {
        let conn = Connection::open_in_memory()?;
        // SQLite keeps what does not fit, and the copy that VACUUM makes, in temporary files; here, in memory.
        conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF")?;
        conn.execute_batch(&create_history_sql(&config.history_table))?;
        Scratch::over(conn, config, limit, 0)
    }

    fn over(mut conn: Connection, config: &Config, limit: Duration, changes_before: u64) -> rusqlite::Result<Scratch> {
        stubs::register(&conn, config)?;
        let watch = Watch::over(&mut conn, &config.history_table, limit)?;
        let (touched, late) = (RefCell::default(), Cell::default());
        Ok(Scratch { conn, watch, history: config.history_table.clone(), touched, late, changes_before })
    }

    /// The connection, for reading.
    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Whether any statement was out of time, also one that was only tried.
    pub(crate) fn was_late(&self) -> bool {
        self.late.get()
    }

    /// How many rows have been changed so far, also those that were changed back.
    pub(crate) fn total_changes(&self) -> u64 {
        self.changes_before + self.conn.total_changes()
    }

    /// What the statement that was run last had to do with.
    pub(crate) fn touched(&self) -> Touched {
        self.touched.take()
    }

    pub(crate) fn begin(&self, mode: Mode) -> rusqlite::Result<()> {
        self.conn.pragma_update(None, "foreign_keys", mode.foreign_keys)?;
        if mode.transaction { self.conn.execute_batch("BEGIN IMMEDIATE") } else { Ok(()) }
    }

    /// Ends what `begin` began; with foreign keys enforced, it is here that deferred ones may fail.
    pub(crate) fn commit(&self) -> rusqlite::Result<()> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("COMMIT")?;
        }
        self.conn.pragma_update(None, "foreign_keys", false)
    }

    pub(crate) fn rollback(&self) -> rusqlite::Result<()> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.conn.pragma_update(None, "foreign_keys", false)
    }

    /// Runs one statement as the runtime does, under guard.
    pub(crate) fn run(&self, script: &Script, statement: Statement, mode: Mode) -> Vec<Trouble> {
        let opening = opening(script.text(&statement));
        match opening {
            Opening::VacuumInto => return vec![Trouble::Refused(Refusal::VacuumInto)],
            Opening::Vacuum if mode.transaction => return vec![Trouble::Refused(Refusal::NeedsNoTransaction)],
            _ => {}
        }
        // The engine reads the text and the statement's place in it, nothing else.
        let alone = Script {
            path: Cow::Borrowed(""),
            sql: Cow::Owned(script.text(&statement).to_owned()),
            statements: Cow::Owned(vec![Statement {
                start: 0,
                end: statement.end.saturating_sub(statement.start),
                ..statement
            }]),
        };
        self.watch.arm(opening, mode.transaction);
        let outcome = run_script(&self.conn, &alone);
        let mut seen = self.watch.disarm();
        self.late.set(self.late.get() || seen.late);
        self.touched.replace(std::mem::take(&mut seen.touched));
        let refused = !seen.refusals.is_empty();
        let mut troubles: Vec<Trouble> = seen.refusals.into_iter().map(Trouble::Refused).collect();
        match outcome {
            Ok(()) => {}
            Err(_) if seen.late => troubles.push(Trouble::TooSlow(self.watch.limit())),
            Err(error) => match error.cause {
                StatementCause::TransactionControl => troubles.push(Trouble::Refused(Refusal::TransactionControl)),
                StatementCause::TransactionEnded => troubles.push(Trouble::EndedTransaction),
                // What `RAISE(ROLLBACK)` fails with is the author's own message.
                _ if mode.transaction && self.conn.is_autocommit() => troubles.push(Trouble::EndedTransaction),
                StatementCause::Sqlite(cause) if refused && is_refusal(&cause) => {}
                _ => {
                    let offset = error.offset.map(|offset| statement.start as usize + offset);
                    troubles.push(Trouble::Failed { message: error.message, offset });
                }
            },
        }
        troubles
    }

    /// The error of a statement that has a `"…"`, with these being names and nothing else.
    pub(crate) fn without_double_quoted_strings(&self, sql: &str) -> Option<rusqlite::Error> {
        // PRAGMA takes effect when it is compiled, and its values are names by nature.
        let is_pragma = |sql: &str| sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("PRAGMA"));
        if !sql.contains('"') || is_pragma(sql) || !tokens(sql).any(|token| token.kind == TokenKind::DoubleQuoted) {
            return None;
        }
        self.with_names_only(|conn| conn.prepare(sql).err())?
    }

    /// Does something while a `"…"` is a name and nothing else.
    pub(crate) fn with_names_only<T>(&self, work: impl FnOnce(&Connection) -> T) -> Option<T> {
        let set = |on| {
            let both = [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL];
            both.into_iter().try_for_each(|config| self.conn.set_db_config(config, on).map(drop))
        };
        set(false).ok()?;
        let outcome = work(&self.conn);
        set(true).ok()?;
        Some(outcome)
    }

    /// A number that moves with every change of the schema, and with nothing else that costs less to look at.
    pub(crate) fn schema_version(&self) -> rusqlite::Result<i64> {
        self.conn.prepare_cached("PRAGMA main.schema_version")?.query_row([], |row| row.get(0))
    }

    /// The schema, given what it was before.
    pub(crate) fn catalog(&self, before: &Catalog) -> rusqlite::Result<Catalog> {
        before.read_again(&self.conn, &self.history)
    }

    /// The columns of a table or view, hidden and generated ones included; none where SQLite cannot tell.
    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.conn.prepare_cached("SELECT name FROM pragma_table_xinfo(?1, 'main')")?;
            statement.query_map([table], |row| row.get(0))?.collect()
        };
        // A view that does not compile has no columns; that it does not is another rule's business.
        read().unwrap_or_default()
    }
}

fn is_refusal(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::AuthorizationForStatementDenied)
}
