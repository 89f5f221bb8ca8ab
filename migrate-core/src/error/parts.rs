//! What errors are made of.

use std::fmt;
use std::path::PathBuf;

use rusqlite::ffi;

use crate::engine::code;
use crate::expected::{Comparison, list};

/// Where a database is after an error.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{Error, State};
///
/// db::migrator().target(db::Version::AddTags).run(&mut conn)?;
/// conn.execute_batch("CREATE INDEX by_hand ON notes (draft)")?; // the column that the next migration drops
/// let Err(Error::Statement(failed)) = db::MIGRATIONS.run(&mut conn) else { panic!("it cannot go") };
/// assert_eq!(failed.state, State::Unchanged { at: Some("`002_add_tags.sql`".to_owned()) });
/// assert_eq!(failed.state.to_string(), "nothing was changed, still at `002_add_tags.sql`");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Exactly as it was before the run.
    Unchanged {
        /// Where that is; `None` where it is not known.
        at: Option<String>,
    },
    /// Some migrations had to be committed separately, before the one that failed.
    Committed {
        /// Where the database is now.
        at: String,
        /// What this run committed.
        migrations: Vec<String>,
        /// The copy from before the run, where one was made.
        backup: Option<PathBuf>,
    },
    /// A migration that runs outside a transaction was interrupted.
    Started {
        /// The migration.
        migration: String,
        /// The copy from before the run, where one was made.
        backup: Option<PathBuf>,
    },
    /// A commit failed in a way that leaves open whether it counts; the next start finds out.
    InDoubt {
        /// Where the database is if it does not.
        before: Box<State>,
        /// Where it is if it does.
        after: String,
    },
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Unchanged { at: None } => f.write_str("nothing was changed"),
            State::Unchanged { at: Some(at) } => write!(f, "nothing was changed, still at {at}"),
            State::Committed { at, migrations, backup } => {
                match migrations.as_slice() {
                    [] => write!(f, "at {at}, which this run committed")?,
                    migrations => write!(f, "at {at}; this run had committed {}", list(migrations))?,
                }
                write!(f, "{}", Backup(backup))
            }
            State::Started { migration, backup } => {
                write!(f, "`{migration}` is marked as started; the next run begins it again{}", Backup(backup))
            }
            State::InDoubt { before, after } => {
                write!(f, "in doubt, since the commit failed half-way; either {before}; or {after}")
            }
        }
    }
}

/// Where a copy is, if there is one.
struct Backup<'a>(&'a Option<PathBuf>);

impl fmt::Display for Backup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |path| write!(f, "; a backup from before the run is `{}`", path.display()))
    }
}

/// Where a history and a list part.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{Divergence, Error};
///
/// db::migrator().target(db::Version::AddTags).run(&mut conn)?;
/// conn.execute("UPDATE schema_migrations SET migration_name = '002_add_labels.sql' WHERE id = 2", [])?;
/// match db::MIGRATIONS.run(&mut conn) {
///     Err(Error::HistoryDiverged { divergence: Divergence::Renamed { recorded, now } }) => {
///         assert_eq!((recorded.as_str(), now.as_str()), ("002_add_labels.sql", "002_add_tags.sql"));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// A migration was edited after it was applied.
    Edited {
        /// Its name.
        name: String,
        /// When it was applied.
        applied_at: String,
    },
    /// A migration that became part of `base.sql` was applied with another text than the one that was squashed.
    Squashed {
        /// Its name.
        name: String,
        /// When it was applied.
        applied_at: String,
    },
    /// A migration has another name than it was applied under.
    Renamed {
        /// What it is called in the history.
        recorded: String,
        /// What the list calls it.
        now: String,
    },
    /// The history has another migration where the list has this one.
    Order {
        /// What the list has.
        expected: String,
        /// What the history has.
        found: String,
        /// Counted from 1.
        row: usize,
        /// Whether the list knows what the history has.
        found_is_known: bool,
        /// Whether the history only lacks migrations, and has all others as the list has them, in its order.
        lacks_only: bool,
    },
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Divergence::Edited { name, applied_at } => {
                write!(f, "migration `{name}` was edited after it was applied to this database (at {applied_at})")
            }
            Divergence::Squashed { name, applied_at } => write!(
                f,
                "migration `{name}` was applied to this database (at {applied_at}) with another text than the one that is part of `base.sql` now"
            ),
            Divergence::Renamed { recorded, now } => {
                write!(f, "migration `{recorded}` was renamed to `{now}` after it was applied to this database")
            }
            Divergence::Order { expected, found, row, found_is_known, .. } => {
                let known = if *found_is_known { "" } else { ", which this program does not know" };
                write!(f, "row {row} of the history is `{found}`{known}, and the list has `{expected}` there")
            }
        }
    }
}

impl Divergence {
    pub(super) fn help(&self) -> String {
        match self {
            Divergence::Edited { name, .. } => {
                format!(
                    "restore `{name}` as it was released, and put the change in a new migration; if it was never released, make this development database anew, or, where its schema has the change, run `cargo migrate repair accept-edit {name}`"
                )
            }
            Divergence::Squashed { name, .. } => format!(
                "start the release that applied it, and find out why `{name}` was another one there; or restore a backup"
            ),
            Divergence::Renamed { recorded, .. } => format!("call it `{recorded}` again"),
            Divergence::Order { expected, found_is_known: true, lacks_only, .. } => {
                let now = "; or apply it after them: `cargo migrate up --out-of-order`, in code `.out_of_order(true)`";
                let now = if *lacks_only { now } else { "" };
                format!("give `{expected}` a number after every migration that was released before it{now}")
            }
            Divergence::Order { found, row, .. } => {
                // The first row is a stranger already: perhaps nothing in it is ours.
                let other = if *row == 1 {
                    "; if that is the history of another list, give each a `history_table`"
                } else {
                    ""
                };
                format!(
                    "bring `{found}` back as it was released, or restore a backup taken before it; if it was never released, undo what it did and run `cargo migrate repair forget {found}`{other}"
                )
            }
        }
    }

    /// Whether it is about a migration that the list has, in another place.
    pub(crate) fn is_of_known(&self) -> bool {
        matches!(self, Divergence::Order { found_is_known: true, .. })
    }
}

/// What is there and what is missing in a database that fits no version, or more than one.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::Error;
///
/// // The tables of two migrations, and the history of one.
/// db::migrator().target(db::Version::CreateNotes).run(&mut conn)?;
/// conn.execute_batch("CREATE TABLE tags (note_id INTEGER, name TEXT)")?;
/// let Err(Error::Ambiguous(found)) = db::MIGRATIONS.run(&mut conn) else { panic!("it is half-way") };
/// assert_eq!(found.there, ["table `tags`"]);
/// println!("{}; the nearest is {}", found.why, found.nearest);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ambiguity {
    /// What the history says, or that there is none.
    pub claim: String,
    /// Why that does not fit.
    pub why: String,
    /// What is there though the claim says that it is not yet; each like ``table `tokens` ``.
    pub there: Vec<String>,
    /// What is missing.
    pub missing: Vec<String>,
    /// The version whose schema is nearest.
    pub nearest: String,
    /// How the database differs from it.
    pub difference: Comparison,
    /// The recorded version, where something of it is gone: to declare a version takes nothing out of a history.
    pub behind: Option<String>,
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, but {}; nothing was changed", self.claim, self.why)?;
        if !self.there.is_empty() {
            writeln!(f, "there: {}", list(&self.there))?;
        }
        if !self.missing.is_empty() {
            writeln!(f, "missing: {}", list(&self.missing))?;
        }
        write!(f, "nearest version: {} ({})", self.nearest, self.difference)?;
        self.difference.details.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        writeln!(f)?;
        if let Some(recorded) = &self.behind {
            return write!(
                f,
                "help: make what is missing again, so that the schema is that of {recorded}, or restore a backup"
            );
        }
        write!(
            f,
            "help: restore a backup, or bring the schema to one version by hand; if it is at a version already, record that with `adopt_at`"
        )
    }
}

/// A statement that failed, and where.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::Error;
///
/// db::migrator().target(db::Version::AddTags).run(&mut conn)?;
/// // What nobody foresaw: an index of somebody's own on the column that goes.
/// conn.execute_batch("CREATE INDEX by_hand ON notes (draft)")?;
/// let Err(Error::Statement(failed)) = db::MIGRATIONS.run(&mut conn) else { panic!("it cannot go") };
/// assert_eq!((failed.path.as_str(), failed.line, failed.column), ("tests/fixtures/notes/003_drop_drafts.sql", 2, 1));
/// assert!(failed.message.contains("by_hand"), "{}", failed.message);
/// assert_eq!(failed.state.to_string(), "nothing was changed, still at `002_add_tags.sql`");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
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
    /// What is wrong.
    pub message: String,
    /// Where the database is now.
    pub state: State,
    /// SQLite's error; `None` where it was not SQLite that objected.
    pub source: Option<rusqlite::Error>,
}

impl fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FailedStatement { what, path, line, column, statement, message, state, source } = self;
        writeln!(f, "{what} failed at {path}:{line}:{column}: {message}")?;
        writeln!(f, "statement: {statement}")?;
        match by_hand(message) {
            Some((kind, name)) => write!(
                f,
                "state: {state}\nhelp: if no migration makes the {kind} `{name}`, somebody added it to this database: drop it, and \
                 make it again after the run; otherwise correct the migration"
            ),
            None => write!(f, "state: {state}\nhelp: {}", statement_help(source.as_ref())),
        }
    }
}

impl std::error::Error for FailedStatement {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

/// The view or trigger that does not fit the schema any more, where that is what SQLite says.
fn by_hand(message: &str) -> Option<(&str, &str)> {
    let (kind, rest) = message.strip_prefix("error in ")?.split_once(' ')?;
    let name = rest.split(": ").next()?.split(" after ").next()?;
    matches!(kind, "view" | "trigger").then_some((kind, name))
}

fn statement_help(source: Option<&rusqlite::Error>) -> &'static str {
    match source.and_then(code) {
        Some(ffi::SQLITE_CONSTRAINT) => {
            "some row of this database does not fit; repair it in a migration before this one"
        }
        Some(ffi::SQLITE_FULL) => "make room on the disk, and start again",
        Some(ffi::SQLITE_INTERRUPT) => "start again; the run was interrupted",
        Some(ffi::SQLITE_NOMEM) => "start again with more memory",
        Some(ffi::SQLITE_IOERR) => "check the disk, and start again",
        Some(ffi::SQLITE_AUTH) => "let the connection's authorizer allow what the migration does",
        Some(ffi::SQLITE_READONLY) => "open the database for writing",
        _ => "correct the migration if it was not released yet, or ship a build that does",
    }
}
