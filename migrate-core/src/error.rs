//! Why a run did not happen, or was rolled back.

mod parts;
mod shown;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use parts::{Ambiguity, Divergence, FailedStatement, State};

use rusqlite::ffi;
use shown::{LockFile, StaleFiles, adopted_then, before_state, release_of, sqlite_help, whose};

use crate::engine::code;
use crate::expected::{Comparison, list};
use crate::other::OtherTool;

/// Why a database was not brought to the target.
///
/// Every message says what happened, where, in which state the database is, and what to do. Whatever the error, the
/// database is exactly as it was before the run, or, where migrations had to be committed separately, exactly at the
/// version that the message names.
///
/// `Debug` prints the message too: it is what `fn main() -> Result<(), Box<dyn Error>>` and `unwrap` show.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::Error;
///
/// # conn.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")?;
/// match db::MIGRATIONS.run(&mut conn) {
///     Ok(report) => println!("{report}"),
///     // A newer release was here: an update is what helps.
///     Err(Error::DatabaseTooNew { .. }) => println!("please update"),
///     Err(Error::Locked { .. }) => println!("is another window open?"),
///     // Every message has what to do, and in which state the database is.
///     Err(error) => assert!(error.to_string().contains("nothing was changed"), "{error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is no SQLite database.
    #[error(
        "`{path}` is not an SQLite database; nothing was changed\nhelp: check the path, and the key if it is encrypted; if this should be the database, restore it from a backup"
    )]
    NotADatabase {
        /// The file.
        path: String,
        /// SQLite's error; `None` where the size of the file was enough to tell.
        source: Option<rusqlite::Error>,
    },

    /// The connection is inside a transaction.
    #[error(
        "the connection is inside a transaction; nothing was changed\nhelp: run the migrations before `BEGIN`, or commit first"
    )]
    InTransaction,

    /// Migrations are pending, and the connection cannot write.
    #[error(
        "the database needs {} migration(s) and the connection is read-only; nothing was changed, still at {at}\npending: {}\nhelp: open it for writing, and without `PRAGMA query_only`",
        pending.len(),
        list(pending)
    )]
    ReadOnly {
        /// Where the database is.
        at: String,
        /// What would run or be recorded.
        pending: Vec<String>,
    },

    /// Another connection held a lock for longer than the lock timeout.
    #[error(
        "the database was locked for {:.1} s by another connection\nstate: {state}\nhelp: close what holds a transaction open, or raise `lock_timeout`",
        waited.as_secs_f64()
    )]
    Locked {
        /// How long was waited.
        waited: Duration,
        /// Where the database is now.
        state: Box<State>,
        /// SQLite's error.
        source: rusqlite::Error,
    },

    /// The lock of a run that backs up, or that runs migrations outside a transaction, was not to be had.
    #[error("{}\nstate: {state}\nhelp: {}", LockFile(path, source), LockFile(path, source).help())]
    LockFile {
        /// The file, beside the database.
        path: PathBuf,
        /// Where the database is now.
        state: Box<State>,
        /// Why.
        source: std::io::Error,
    },

    /// No backup could be made, and the policy asks for one.
    #[error(
        "no backup could be made at `{}`: {source}\nstate: {state}\nhelp: {help}",
        path.display()
    )]
    Backup {
        /// Where it would have been.
        path: PathBuf,
        /// Where the database is now.
        state: Box<State>,
        /// What to do.
        help: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A debug build's list of migrations is older than the directory.
    #[error(
        "this build is older than `{}`: {}; nothing was changed\nhelp: rebuild; a `build.rs` with `println!(\"cargo::rerun-if-changed={}\")` makes Cargo notice new files",
        dir.display(),
        StaleFiles(added, removed),
        dir.file_name().unwrap_or_default().to_string_lossy()
    )]
    StaleBuild {
        /// The directory that was compiled in.
        dir: PathBuf,
        /// Files that are there, and were not when the program was compiled.
        added: Vec<String>,
        /// Files that were there when the program was compiled.
        removed: Vec<String>,
    },

    /// `migrate.toml` declares functions or collations that the connection does not have.
    #[error(
        "the connection lacks {}; nothing was changed\nhelp: register it on the connection before running the migrations, as `migrate.toml` promises",
        list(missing)
    )]
    MissingFunction {
        /// Each like ``function `slug` with 1 argument``.
        missing: Vec<String>,
    },

    /// The linked SQLite is older than `min_sqlite`.
    #[error(
        "SQLite {found} is linked, and the migrations need at least {needed}; nothing was changed\nhelp: link a newer SQLite, or use the feature `bundled`"
    )]
    SqliteTooOld {
        /// The linked version.
        found: String,
        /// `min_sqlite` of `migrate.toml`.
        needed: String,
    },

    /// Other databases are attached to the connection.
    #[error(
        "other databases are attached: {}; nothing was changed\nhelp: run the migrations before `ATTACH`; a name that is missing in one database is looked up in the others",
        list(names)
    )]
    Attached {
        /// The names that they are attached as.
        names: Vec<String>,
    },

    /// The connection keeps no rollback journal.
    #[error(
        "the connection has `journal_mode = OFF`, with which nothing can be rolled back; nothing was changed\nhelp: choose another journal mode before running the migrations"
    )]
    NoJournal,

    /// TEMP objects of this connection would be taken for the application's own, or act on them.
    #[error(
        "TEMP objects stand in the way: {}; nothing was changed\nhelp: run the migrations before making TEMP objects of names that they use, or TEMP triggers on their tables",
        list(names)
    )]
    Shadowed {
        /// Each like ``table `notes_new` ``.
        names: Vec<String>,
    },

    /// The history table's name belongs to a table with other columns.
    #[error(
        "the table `{table}` {}; nothing was changed\nhelp: choose another name with `history_table` in `migrate.toml`{}",
        whose(*tool, columns),
        adopted_then(*tool)
    )]
    ForeignHistory {
        /// The name.
        table: String,
        /// Its columns.
        columns: Vec<String>,
        /// The tool that has such a table, as far as its columns tell.
        tool: Option<OtherTool>,
    },

    /// The database is not empty, and nothing in it is ours.
    #[error(
        "the database holds {}, and nothing that these migrations make; nothing was changed\nhelp: check the path; if the file is meant to hold other tables too, set `shared = true` in `migrate.toml`",
        list(objects)
    )]
    UnrelatedDatabase {
        /// What it holds.
        objects: Vec<String>,
    },

    /// The schema fits no version, or more than one.
    #[error("{0}")]
    Ambiguous(Box<Ambiguity>),

    /// The database is older than what `base.sql` holds now, and what lies between is not in this program any more.
    #[error(
        "the database is at `{at}`, and the migrations up to `{last}` are part of `base.sql` now, so that this program cannot run them; nothing was changed\nhelp: start {} once, then this program again",
        release_of(release)
    )]
    Squashed {
        /// The newest migration in the history.
        at: String,
        /// The newest that was squashed.
        last: String,
        /// The last release that has them, if its author named it.
        release: Option<String>,
    },

    /// The history has migrations that this program does not know.
    #[error(
        "the database is at `{at}`, and this program knows {known} migrations, up to `{latest}`; nothing was changed\nunknown here: {}\nhelp: install a newer build, or restore the backup taken before it",
        list(unknown)
    )]
    DatabaseTooNew {
        /// The newest migration in the history.
        at: String,
        /// How many this program knows.
        known: usize,
        /// The newest that this program knows.
        latest: String,
        /// Those it does not.
        unknown: Vec<String>,
    },

    /// The history is not a prefix of the list.
    #[error("{divergence}; nothing was changed\nhelp: {}", divergence.help())]
    HistoryDiverged {
        /// Where they part.
        divergence: Divergence,
    },

    /// The database is past the target, and the run may not go down.
    #[error(
        "the database is at {at}, past the target ({target}); nothing was changed\nhelp: {}",
        if *recognised {
            "choose a later target; without a history it cannot go back: record with `adopt_at` where it is"
        } else {
            "choose a later target, or let the run go back with `allow_down(true)`"
        }
    )]
    PastTarget {
        /// Where it is.
        at: String,
        /// Where it was to go.
        target: String,
        /// Whether there is no history, and the version was recognised.
        recognised: bool,
    },

    /// There is no way back to the target.
    #[error(
        "the database is at {at} and cannot go back to {target}: {why}: {}; nothing was changed\nhelp: {help}",
        list(migrations)
    )]
    NoDown {
        /// Where it is.
        at: String,
        /// Where it was to go.
        target: String,
        /// Those that stand in the way, newest first.
        migrations: Vec<String>,
        /// Why.
        why: &'static str,
        /// What to do.
        help: &'static str,
    },

    /// Migrations that the history lacks before recorded ones cannot be applied after them.
    #[error("{} cannot be applied out of order: {why}; nothing was changed\nhelp: {help}", list(migrations))]
    OutOfOrder {
        /// Those that stand in the way, oldest first.
        migrations: Vec<String>,
        /// Why.
        why: &'static str,
        /// What to do.
        help: &'static str,
    },

    /// What the history says of a migration cannot be repaired so.
    #[error("`{migration}` {why}; nothing was changed\nhelp: {help}")]
    NoRepair {
        /// Its name.
        migration: String,
        /// Why.
        why: &'static str,
        /// What to do.
        help: &'static str,
    },

    /// The target is no version of this list.
    #[error(
        "the target is migration {index}, and there are {known}; nothing was changed\nhelp: choose one from the list"
    )]
    UnknownTarget {
        /// Counted from 1.
        index: usize,
        /// How many there are.
        known: usize,
    },

    /// A statement failed.
    #[error(transparent)]
    Statement(Box<FailedStatement>),

    /// A Rust step returned an error.
    #[error("the Rust step after `{migration}` failed: {source}\nstate: {state}")]
    Step {
        /// The migration that it belongs to.
        migration: String,
        /// Where the database is now.
        state: Box<State>,
        /// What it returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A Rust step changed the schema, or rolled back the transaction that it was in.
    #[error("the Rust step after `{migration}` {what}\nstate: {state}\nhelp: {help}")]
    StepMisbehaved {
        /// The migration that it belongs to.
        migration: String,
        /// What it did.
        what: &'static str,
        /// What to do instead.
        help: &'static str,
        /// Where the database is now.
        state: Box<State>,
    },

    /// Rows refer to rows that are not there, and did not before the run.
    #[error(
        "the migrations leave {} foreign key violation(s) behind: {}\nstate: {state}\nhelp: delete or repair these rows in the migration; foreign keys are off while it runs, so ON DELETE actions do not fire",
        violations.len(),
        list(violations)
    )]
    ForeignKeys {
        /// Each like `` `tags.note_id` = 7 has no row in `notes` ``.
        violations: Vec<String>,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The schema is not the one that the version is proved to have, and the policy says that this is an error.
    #[error("the schema differs from that of {at}: {}\nstate: {state}\nhelp: {help}", difference.in_full())]
    Drift {
        /// The version.
        at: String,
        /// How it differs.
        difference: Box<Comparison>,
        /// What to do.
        help: &'static str,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The migrations remove, with its table, what none of them makes, and the policy says that drift is an error.
    #[error(
        "the migrations would remove, with its table, what none of them makes: {}\nstate: {state}\nhelp: make it in a \
             migration, or drop it first; `DriftPolicy::Warn` goes on without it",
        list(removed)
    )]
    Removes {
        /// Each like ``index `by_hand` on `notes` ``.
        removed: Vec<String>,
        /// Where the database is now.
        state: Box<State>,
    },

    /// The transaction of the run was rolled back by something else than the run.
    #[error(
        "the transaction that the migrations run in was rolled back under them\nstate: {state}\nhelp: start again; memory or the disk may have failed"
    )]
    TransactionLost {
        /// Where the database is now.
        state: Box<State>,
    },

    /// What was left of a run after it had committed a part was refused.
    #[error(
        "what was left to do was refused: {}\nstate: {state}\nhelp: start again; it then says what to do",
        before_state(source)
    )]
    RestRefused {
        /// Where the database is now.
        state: Box<State>,
        /// Why, as a run that begins now would be refused.
        source: Box<Error>,
    },

    /// `PRAGMA foreign_keys` did nothing.
    #[error(
        "foreign keys could not be turned {} on this connection\nstate: {state}\nhelp: let the connection's authorizer allow `PRAGMA foreign_keys`, and run the migrations outside of any statement",
        if *on { "on" } else { "off" }
    )]
    ForeignKeysStuck {
        /// What was asked for.
        on: bool,
        /// Where the database is now.
        state: Box<State>,
    },

    /// SQLite failed at something that is not a statement of a migration.
    #[error("{doing} failed: {source}\nstate: {state}{}", sqlite_help(source))]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// Where the database is now.
        state: Box<State>,
        /// Why it failed.
        source: rusqlite::Error,
    },
}

impl Error {
    /// Whether the disk failed, or what is on it is damaged.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        let source = match self {
            Error::Sqlite { source, .. } => Some(source),
            Error::Statement(failed) => failed.source.as_ref(),
            _ => None,
        };
        let code = source.and_then(code);
        matches!(code, Some(ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB | ffi::SQLITE_CANTOPEN))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
