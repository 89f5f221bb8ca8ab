//! What a server has to be able to do, and what it answers.

use std::fmt;

use migrate_core::rusqlite::types::Value;

/// A server that speaks SQLite's dialect.
///
/// Three things are asked of it. All that is decided is decided elsewhere, from what [`read`](Engine::read) says, so an engine has no
/// rule of migrations in it.
///
/// What writes the history asks the server's clock (`CURRENT_TIMESTAMP`, `julianday('now')`). A server that runs every statement anew on each
/// of its nodes needs values in their place, which is then the engine's work.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::rusqlite::{self, Connection, types::Value};
/// use migrate_remote::{Answer, Engine, Failure, Recency, Refused, Remote, Rows, Transaction};
///
/// /// No server at all: a connection, which is asked what a server would be.
/// struct Here(Connection);
///
/// fn rows(conn: &Connection, sql: &str) -> rusqlite::Result<Rows> {
///     let mut statement = conn.prepare(sql)?;
///     let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
///     let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
///     let rows = statement.query_map([], row)?.collect::<rusqlite::Result<Vec<Vec<Value>>>>()?;
///     Ok(Rows { columns, rows })
/// }
///
/// impl Engine for Here {
///     fn name(&self) -> &'static str {
///         "here"
///     }
///
///     fn address(&self) -> String {
///         "this process".to_owned()
///     }
///
///     fn read(&self, queries: &[&str], _: Recency) -> Result<Vec<Answer>, Failure> {
///         Ok(queries.iter().map(|sql| rows(&self.0, sql).map_err(|error| error.to_string())).collect())
///     }
///
///     fn refused(&self, _: &[&str]) -> Result<Vec<Refused>, Failure> {
///         Ok(Vec::new())
///     }
///
///     fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure> {
///         let failed = |index, error: rusqlite::Error| Failure::Statement { index, message: error.to_string() };
///         let pragma = self.0.pragma_update(None, "foreign_keys", transaction.foreign_keys);
///         let conn = pragma.and_then(|()| self.0.unchecked_transaction()).map_err(|error| failed(0, error))?;
///         let mut last = Rows::default();
///         for (index, sql) in transaction.statements.iter().enumerate() {
///             last = rows(&conn, sql).map_err(|error| failed(index, error))?;
///         }
///         // What is not committed is rolled back when it is dropped.
///         if transaction.commit {
///             conn.commit().map_err(|error| failed(0, error))?;
///         }
///         Ok(last)
///     }
///
///     fn is_replicated_by_statement(&self) -> bool {
///         false
///     }
/// }
///
/// let remote = Remote::with_engine(Here(Connection::open_in_memory()?));
/// println!("{}", remote.run(&db::MIGRATIONS)?);
/// let again = remote.run(&db::MIGRATIONS)?;
/// assert_eq!(again.outcome(), migrate::Outcome::Current);
/// # Ok(())
/// # }
/// ```
pub trait Engine {
    /// What it is called in messages: `sqld`.
    fn name(&self) -> &'static str;

    /// Where it is, without what is secret.
    fn address(&self) -> String;

    /// Reads, everything at one moment. Each query has an answer of its own: a table that is not there is no failure.
    ///
    /// # Errors
    ///
    /// Where the queries could not be asked.
    fn read(&self, queries: &[&str], recency: Recency) -> Result<Vec<Answer>, Failure>;

    /// Which of these statements the server would not even begin with, and why; none of them is run.
    ///
    /// # Errors
    ///
    /// Where it could not be asked.
    fn refused(&self, statements: &[&str]) -> Result<Vec<Refused>, Failure>;

    /// Runs everything in one transaction, from the first to the last, or nothing of it; the rows are those of the last statement.
    ///
    /// # Errors
    ///
    /// [`Failure::Lost`] where it is not known whether it was committed; after every other one it was not.
    fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure>;

    /// Whether every node runs the statements for itself. Then nothing in them may depend on a node: neither its clock nor the number
    /// of its schema's version, which a `VACUUM` of its own changes.
    fn is_replicated_by_statement(&self) -> bool {
        false
    }
}

impl<E: Engine + ?Sized> Engine for Box<E> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn address(&self) -> String {
        (**self).address()
    }

    fn read(&self, queries: &[&str], recency: Recency) -> Result<Vec<Answer>, Failure> {
        (**self).read(queries, recency)
    }

    fn refused(&self, statements: &[&str]) -> Result<Vec<Refused>, Failure> {
        (**self).refused(statements)
    }

    fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure> {
        (**self).transact(transaction)
    }

    fn is_replicated_by_statement(&self) -> bool {
        (**self).is_replicated_by_statement()
    }
}

/// How new what is read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recency {
    /// Nothing that was committed before may be missing; whatever is being committed is waited for.
    Newest,
    /// Nothing that was committed before may be missing; nobody is waited for, and no lock is taken.
    Committed,
    /// A replica may be behind.
    Any,
}

/// Statements that are committed together.
#[derive(Clone, Debug)]
pub struct Transaction<'a> {
    /// In order.
    pub statements: Vec<&'a str>,
    /// Whether foreign keys are enforced meanwhile.
    pub foreign_keys: bool,
    /// Whether it is committed in the end, or rolled back.
    pub commit: bool,
}

/// What a query has to say: rows, or the server's message.
pub type Answer = Result<Rows, String>;

/// Rows, with the names of their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The names.
    pub columns: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<Vec<Value>>,
}

/// A statement that the server refuses to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which, counted from 0.
    pub index: usize,
    /// The server's message.
    pub message: String,
}

/// Why a request did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// Nobody was reached: nothing was done.
    Unreachable(String),
    /// The request may have been carried out; its answer did not arrive.
    Lost(String),
    /// The server had no time, or no room, for it: nothing was done.
    Busy(String),
    /// A statement failed, and everything was rolled back.
    Statement {
        /// Which, counted from 0.
        index: usize,
        /// The server's message.
        message: String,
    },
    /// The token is missing, expired, or may not do this: nothing was done.
    Unauthorized(String),
    /// What answered does not speak the protocol: nothing was done.
    NoServer(String),
    /// The server has no such database: nothing was done.
    NoDatabase(String),
    /// The server refused the whole request: nothing was done.
    Refused(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreachable(why)
            | Failure::Lost(why)
            | Failure::Busy(why)
            | Failure::Unauthorized(why)
            | Failure::NoServer(why)
            | Failure::NoDatabase(why)
            | Failure::Refused(why)
            | Failure::Statement { message: why, .. } => f.write_str(why),
        }
    }
}

impl Rows {
    /// The one value of the first row's first column.
    pub(crate) fn first(&self) -> Option<&Value> {
        self.rows.first()?.first()
    }

    /// The first row, as integers.
    pub(crate) fn integers(&self) -> Option<Vec<i64>> {
        let integer = |value: &Value| if let Value::Integer(n) = value { Some(*n) } else { None };
        self.rows.first()?.iter().map(integer).collect()
    }
}
