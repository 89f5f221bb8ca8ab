//! Running a script: the one piece of code that the runtime and the proof share.

use rusqlite::Connection;

use crate::set::{Script, Statement};

/// A statement that failed.
#[derive(Debug)]
pub struct StatementError {
    /// Its place in the script.
    pub statement: Statement,
    /// Its index in the script, counted from 0.
    pub index: usize,
    /// The byte in the script's text that SQLite points at, where it does.
    pub offset: Option<usize>,
    /// SQLite's message, or our own.
    pub message: String,
    /// Why.
    pub cause: StatementCause,
}

/// Why a statement failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StatementCause {
    /// SQLite refused it.
    Sqlite(rusqlite::Error),
    /// It has a parameter, which would be NULL.
    Parameter,
    /// It ended the transaction that it was in, by a conflict clause or a trigger.
    TransactionEnded,
    /// It would begin or end a transaction; it was not run.
    TransactionControl,
}

/// Runs every statement of a script, in order, to its end.
///
/// Whether a transaction is open must not change on the way: `BEGIN`, `COMMIT` and their like are refused before they
/// run, and what `OR ROLLBACK` or `RAISE(ROLLBACK)` undo is noticed after the statement that did it.
pub fn run_script(conn: &Connection, script: &Script) -> Result<(), Box<StatementError>> {
    (0..script.statements.len()).try_for_each(|index| run_statement(conn, script, index))
}

/// Runs one statement of a script, by its index, as [`run_script`] does.
pub fn run_statement(conn: &Connection, script: &Script, index: usize) -> Result<(), Box<StatementError>> {
    let statement = script.statements[index];
    let failed = |message: String, offset: Option<usize>, cause| {
        let offset = offset.map(|offset| statement.start as usize + offset);
        Err(Box::new(StatementError { statement, index, offset, message, cause }))
    };
    let autocommit = conn.is_autocommit();
    match execute(conn, script.text(&statement)) {
        Ok(()) if conn.is_autocommit() == autocommit => Ok(()),
        Ok(()) => {
            let message = "the statement ended the transaction that it was in".to_owned();
            failed(message, None, StatementCause::TransactionEnded)
        }
        Err(Failure::TransactionControl(word)) => {
            let message = format!("`{word}` is not for migrations: the run decides what is committed");
            failed(message, None, StatementCause::TransactionControl)
        }
        Err(Failure::Parameter(name)) => {
            let message = format!("the parameter `{name}` has no value here and would be NULL");
            failed(message, None, StatementCause::Parameter)
        }
        Err(Failure::Sqlite(error)) => {
            let (message, offset) = describe(&error);
            failed(message, offset, StatementCause::Sqlite(error))
        }
    }
}

const TRANSACTION_CONTROL: [&str; 6] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];

enum Failure {
    TransactionControl(String),
    Parameter(String),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        Failure::Sqlite(error)
    }
}

fn execute(conn: &Connection, sql: &str) -> Result<(), Failure> {
    // What a `COMMIT` commits cannot be taken back, so these are refused before they run.
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if TRANSACTION_CONTROL.iter().any(|control| control.eq_ignore_ascii_case(word)) {
        return Err(Failure::TransactionControl(word.to_ascii_uppercase()));
    }
    let mut statement = conn.prepare(sql)?;
    if statement.parameter_count() > 0 {
        return Err(Failure::Parameter(statement.parameter_name(1).unwrap_or("?").to_owned()));
    }
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// SQLite's own message, and the byte of the statement that it points at.
#[must_use]
pub fn describe(error: &rusqlite::Error) -> (String, Option<usize>) {
    match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
        rusqlite::Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    }
}

/// What SQLite says to a question that it may have no answer to: `None` where it has none. What keeps it from answering stays
/// an error: it may have rolled back the transaction, as no memory and a failing disk do.
pub(crate) fn answer<T>(result: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) if code(&error) == Some(rusqlite::ffi::SQLITE_ERROR) => Ok(None),
        Err(error) => Err(error),
    }
}

/// SQLite's primary result code: `SQLITE_BUSY`, `SQLITE_CONSTRAINT`, …
pub(crate) fn code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
            Some(error.extended_code & 0xff)
        }
        _ => None,
    }
}
