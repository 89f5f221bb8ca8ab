//! Why a server's database was not brought to the target.

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use migrate_core::{State, rusqlite};

use crate::engine::Failure;

/// Why a server's database was not brought to the target.
///
/// Every message says what happened, in which state the database is, and what to do. No message has a token or a password in it.
///
/// `Debug` prints the message too: it is what `fn main() -> Result<(), Box<dyn Error>>` and `unwrap` show.
///
/// ```no_run
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate_remote::{Error, Remote};
///
/// match Remote::new("http://127.0.0.1:8080")?.run(&db::MIGRATIONS) {
///     Ok(report) => println!("{report}"),
///     // As on a file: the server's database is another one, or newer, or half-way.
///     Err(Error::Refusal(error)) => eprintln!("{error}"),
///     Err(Error::Statement(failed)) => eprintln!("{}:{}:{}", failed.path, failed.line, failed.column),
///     Err(error) => eprintln!("{error}"), // a line of help is in each of them
/// }
/// # Ok(())
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be read.
    #[error(
        "`{address}` is no address of a server: {why}\nhelp: write `https://host`, `http://host:port` or `libsql://host`"
    )]
    Address {
        /// As it was given, without what may be secret.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },

    /// The database is one that a run refuses, as it would in a file.
    #[error(transparent)]
    Refusal(#[from] migrate_core::Error),

    /// Something is to be done that a server does not do.
    #[error("{} cannot be done on a server: {why}; nothing was changed\nhelp: {help}", list(what))]
    Unfit {
        /// What: migrations, mostly.
        what: Vec<String>,
        /// Why.
        why: &'static str,
        /// What to do.
        help: &'static str,
    },

    /// The server's SQLite is older than `min_sqlite`.
    #[error(
        "the server has SQLite {found}, and the migrations need at least {needed}; nothing was changed\nhelp: update the server, or write the migrations for what it has"
    )]
    SqliteTooOld {
        /// The server's version.
        found: String,
        /// `min_sqlite` of `migrate.toml`.
        needed: String,
    },

    /// A statement failed, or the server would not even read it.
    #[error(transparent)]
    Statement(Box<FailedStatement>),

    /// Rows refer to rows that are not there, and did not before.
    #[error(
        "the migrations leave foreign key violations behind: {}\nstate: {state}\nhelp: delete or repair these rows in the migration; foreign keys are off while it runs, so ON DELETE actions do not fire",
        list(violations)
    )]
    ForeignKeys {
        /// Each like `` `tags`: 2 rows have no row in `notes` ``.
        violations: Vec<String>,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The server cannot be reached, or does not answer.
    #[error(
        "the server cannot be reached: {why}\nstate: {state}\nhelp: start it, check the address and the network, and start again; where a migration takes longer than a request may, raise `timeout`"
    )]
    Unreachable {
        /// The last that was heard.
        why: String,
        /// For how long it was tried.
        waited: Duration,
        /// Where the database is now.
        state: Box<State>,
    },

    /// Others kept the server from it.
    #[error(
        "the server was busy for {:.1} s: {why}\nstate: {state}\nhelp: stop what writes all the time, or raise `lock_timeout`; where a migration takes longer than the server lets one hold the lock while others wait (sqld: 5 s), commit each by itself with `Atomicity::Each`, migrate while nobody writes, or raise the server's `txn_timeout_s`",
        waited.as_secs_f64()
    )]
    Busy {
        /// What the server said last.
        why: String,
        /// For how long it was tried.
        waited: Duration,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The token is missing, expired, or not good for this.
    #[error(
        "the server does not let us in: {why}\nstate: {state}\nhelp: give a token that is valid and may write, with `auth_token`"
    )]
    Unauthorized {
        /// What the server said.
        why: String,
        /// Where the database is now.
        state: Box<State>,
    },

    /// What answers at this address is not such a server.
    #[error(
        "no libSQL server answers there: {why}\nstate: {state}\nhelp: check the address, its port and its path; `/v3/pipeline` is added to it; a server with a certificate of its own needs `root_certificates`"
    )]
    NoServer {
        /// What it said.
        why: String,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The server has several databases, and none by this name.
    #[error(
        "the server has no such database: {why}\nstate: {state}\nhelp: name a namespace that is there, with `namespace`, as `?namespace=NAME` behind the address, or as the first word of the host's name; sqld makes a new one at its admin address: `POST /v1/namespaces/NAME/create`"
    )]
    NoDatabase {
        /// What it said.
        why: String,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The server refused something that is not a statement of a migration.
    #[error("{doing} failed: {why}\nstate: {state}")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// What the server said.
        why: String,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The answer to a request was lost, and the server could not be asked what became of it.
    #[error(
        "whether {} was committed is not known: {why}\nstate: either {state}; or at {after}\nhelp: start again once the server can be reached; the history says whether it was, and nothing is applied twice; where a migration takes longer than a request may, raise `timeout`",
        list(migrations)
    )]
    InDoubt {
        /// What was in the request.
        migrations: Vec<String>,
        /// The last that was heard.
        why: String,
        /// Where the database is if it was.
        after: String,
        /// Where it is if it was not.
        state: Box<State>,
    },

    /// The server's schema could not be copied into memory.
    #[error(
        "the schema of the server could not be read here: {source}; nothing was changed\nhelp: report this, with the schema"
    )]
    Copy {
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// A statement that failed, and where.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate_remote::{Error, FailedStatement};
///
/// fn place(error: &Error) -> Option<String> {
///     let Error::Statement(failed) = error else { return None };
///     let FailedStatement { path, line, column, .. } = &**failed;
///     Some(format!("{path}:{line}:{column}"))
/// }
/// # let error = migrate_remote::Remote::new("nowhere").err().ok_or("it is refused")?;
/// # assert_eq!(place(&error), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedStatement {
    /// ``migration `002_add_tags.sql` ``, `base.sql`, `schema.sql` or the snapshot of the current schema.
    pub what: String,
    /// The file.
    pub path: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// The first line of the statement.
    pub statement: String,
    /// What the server says.
    pub message: String,
    /// Whether the server refused to read it, before anything ran.
    pub unread: bool,
    /// Where the database is now.
    pub state: State,
}

impl fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FailedStatement { what, path, line, column, statement, message, unread, state } = self;
        let how = if *unread { "is refused by the server" } else { "failed on the server" };
        writeln!(f, "{what} {how} at {path}:{line}:{column}: {message}\nstatement: {statement}")?;
        let help = match (unread, message.contains("constraint failed")) {
            (true, _) => {
                "write it in another way; `target = \"sqld\"` in `migrate.toml` finds such statements when the program is built"
            }
            (_, true) => "some row of this database does not fit; repair it in a migration before this one",
            _ => "correct the migration if it was not released yet, or ship a build that does",
        };
        write!(f, "state: {state}\nhelp: {help}")
    }
}

impl std::error::Error for FailedStatement {}

impl Error {
    /// A failure with which nothing more can be done.
    pub(crate) fn of(failure: Failure, doing: &'static str, waited: Duration, state: State) -> Error {
        let state = Box::new(state);
        match failure {
            Failure::Unreachable(why) | Failure::Lost(why) => Error::Unreachable { why, waited, state },
            Failure::Busy(why) => Error::Busy { why, waited, state },
            Failure::Unauthorized(why) => Error::Unauthorized { why, state },
            Failure::NoServer(why) => Error::NoServer { why, state },
            Failure::NoDatabase(why) => Error::NoDatabase { why, state },
            Failure::Refused(why) | Failure::Statement { message: why, .. } => Error::Server { doing, why, state },
        }
    }
}

pub(crate) fn list(items: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = items.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
