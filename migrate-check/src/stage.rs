//! A database in memory to look at and to try things on: for tools.

use std::fmt;

use migrate_core::__private::{Catalog, Object, Script as FinishedScript};
use migrate_source::{Finding, Script, Source};
use rusqlite::Connection;

use crate::check::{Declared, LIMIT, check};
use crate::replay::Run;
use crate::scratch::{Mode, Scratch, Trouble};
use crate::scripts::Which;
use crate::unproved;

/// A database in memory, as the migrations make it, under the guard of the proof: nothing that runs on it reaches outside.
///
/// `schema.sql` and the lock files have no part in it, so that a directory in which these are stale can be worked on.
///
/// ```
/// use migrate_check::Stage;
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// let stage = Stage::at(&source, 1).unwrap();
/// assert!(stage.try_sql("ALTER TABLE notes ADD COLUMN body TEXT").is_ok());
/// assert_eq!(stage.try_sql("DROP TABLE tags").unwrap_err().message, "no such table: tags");
/// ```
pub struct Stage {
    scratch: Scratch,
    history: String,
    position: usize,
}

/// A statement that did not run on a [`Stage`].
///
/// ```
/// use migrate_check::{Stage, StageError};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// let stage = Stage::at(&source, 1).unwrap();
/// let StageError { sql, message } = stage.try_sql("DROP TABLE note").unwrap_err();
/// assert_eq!((sql.as_str(), message.as_str()), ("DROP TABLE note", "no such table: note"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageError {
    /// The statement.
    pub sql: String,
    /// What SQLite says of it.
    pub message: String,
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in `{}`", self.message, self.sql)
    }
}

impl std::error::Error for StageError {}

impl Stage {
    /// After the first `position` migrations; 0 is `base.sql`, or nothing.
    ///
    /// ```
    /// use migrate_check::Stage;
    /// use migrate_source::{Listing, parse};
    ///
    /// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
    /// assert!(Stage::at(&source, 0).unwrap().catalog().unwrap().is_empty());
    /// ```
    ///
    /// # Errors
    ///
    /// The findings of the proof, where a migration up to there does not run.
    pub fn at(source: &Source, position: usize) -> Result<Stage, Vec<Finding>> {
        let mut stage = Stage::empty(source).map_err(|_| findings(source))?;
        if let Some(base) = &source.base {
            stage.run(Which::Base, &base.finished(), Mode::DEFAULT).ok_or_else(|| findings(source))?;
        }
        while stage.position < position {
            stage.advance(source)?;
        }
        Ok(stage)
    }

    /// Runs the next migration.
    ///
    /// ```
    /// use migrate_check::Stage;
    /// use migrate_source::{Listing, parse};
    ///
    /// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
    /// let mut stage = Stage::at(&source, 0).unwrap();
    /// stage.advance(&source).unwrap();
    /// assert_eq!(stage.catalog().unwrap().iter().count(), 1);
    /// ```
    ///
    /// # Errors
    ///
    /// The findings of the proof, where it does not run; none where there is no next one.
    pub fn advance(&mut self, source: &Source) -> Result<(), Vec<Finding>> {
        let Some(migration) = source.migrations.get(self.position) else { return Err(Vec::new()) };
        let directives = &migration.directives;
        let mode = Mode {
            transaction: directives.no_transaction.is_none(),
            foreign_keys: directives.foreign_keys_on.is_some(),
        };
        let script = unproved::script(migration);
        self.run(Which::Up(self.position), &script, mode).ok_or_else(|| findings(source))?;
        self.position += 1;
        Ok(())
    }

    /// An empty database, with the functions and collations that `migrate.toml` declares.
    ///
    /// ```
    /// use migrate_check::Stage;
    /// use migrate_source::Source;
    ///
    /// let stage = Stage::empty(&Source::empty("migrations", "migrations"))?;
    /// assert!(stage.catalog()?.is_empty());
    /// # Ok::<(), migrate_core::rusqlite::Error>(())
    /// ```
    pub fn empty(source: &Source) -> rusqlite::Result<Stage> {
        let history = source.config.history_table.clone();
        Ok(Stage { scratch: Scratch::open(&source.config, LIMIT)?, history, position: 0 })
    }

    /// Runs a script in one transaction, foreign keys off, as the runtime does. If it fails, nothing of it stays.
    ///
    /// ```
    /// use migrate_check::Stage;
    /// use migrate_source::{Source, Script};
    ///
    /// let stage = Stage::empty(&Source::empty("migrations", "migrations"))?;
    /// stage.try_sql("CREATE TABLE a(x); CREATE TABLE a(x)").unwrap_err();
    /// stage.try_sql("CREATE TABLE a(x)")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_sql(&self, sql: &str) -> Result<(), StageError> {
        let script = script(sql);
        let run = Run::of(&self.scratch, Which::Schema, &script, Mode::DEFAULT).map_err(failed)?;
        first_error(&run, &script)
    }

    /// The schema that a script would make; nothing of it stays.
    ///
    /// ```
    /// use migrate_check::Stage;
    /// use migrate_source::Source;
    ///
    /// let stage = Stage::empty(&Source::empty("migrations", "migrations"))?;
    /// assert_eq!(stage.what_if("CREATE TABLE a(x)")?.iter().count(), 1);
    /// assert!(stage.catalog()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn what_if(&self, sql: &str) -> Result<Catalog, StageError> {
        self.look_after(sql, |_| self.catalog())?.map_err(failed)
    }

    /// What is seen after a script of which nothing stays.
    #[doc(hidden)]
    pub fn look_after<T>(&self, sql: &str, look: impl FnOnce(&Connection) -> T) -> Result<T, StageError> {
        let script = script(sql);
        self.scratch.begin(Mode::DEFAULT).map_err(failed)?;
        let mut run = Run::new(Which::Schema);
        run.statements(&self.scratch, &script, Mode::DEFAULT);
        let seen = look(self.conn());
        self.scratch.rollback().map_err(failed)?;
        first_error(&run, &script)?;
        Ok(seen)
    }

    /// The connection, for reading.
    ///
    /// ```
    /// # use migrate_check::Stage;
    /// # use migrate_source::Source;
    /// let stage = Stage::empty(&Source::empty("migrations", "migrations"))?;
    /// assert!(stage.conn().is_autocommit());
    /// # Ok::<(), migrate_core::rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn conn(&self) -> &Connection {
        self.scratch.conn()
    }

    /// The schema, without SQLite's own objects and the history table.
    ///
    /// ```
    /// # use migrate_check::Stage;
    /// # use migrate_source::Source;
    /// let stage = Stage::empty(&Source::empty("migrations", "migrations"))?;
    /// assert!(stage.catalog()?.is_empty());
    /// # Ok::<(), migrate_core::rusqlite::Error>(())
    /// ```
    pub fn catalog(&self) -> rusqlite::Result<Catalog> {
        Catalog::read(self.scratch.conn(), &self.history)
    }

    /// Whether an object is made by a file that is not run here, so that the stage has a stand-in for it.
    #[doc(hidden)]
    #[must_use]
    pub fn is_unproved(source: &Source, object: &Object) -> bool {
        unproved::is_unknown(source, object)
    }

    fn run(&self, which: Which, script: &FinishedScript, mode: Mode) -> Option<()> {
        Run::of(&self.scratch, which, script, mode).ok()?.completed.then_some(())
    }
}

fn script(sql: &str) -> FinishedScript {
    let statements = migrate_sql::statements(sql).iter().map(|span| span.start..span.end).collect();
    Script { shown: String::new(), text: sql.to_owned(), statements }.finished()
}

fn failed(error: rusqlite::Error) -> StageError {
    StageError { sql: String::new(), message: migrate_core::__private::describe(&error).0 }
}

fn first_error(run: &Run, script: &FinishedScript) -> Result<(), StageError> {
    let Some(incident) = run.incidents.first() else { return Ok(()) };
    let message = match &incident.trouble {
        Trouble::Failed { message, .. } => message.clone(),
        Trouble::Refused(refusal) => format!("not allowed in a migration ({refusal:?})"),
        Trouble::EndedTransaction => "it ends the transaction that it is in".to_owned(),
        Trouble::TooSlow(limit) => format!("it runs longer than {} s", limit.as_secs()),
    };
    Err(StageError { sql: script.text(&incident.statement).to_owned(), message })
}

/// What the proof says of a source that did not run.
fn findings(source: &Source) -> Vec<Finding> {
    check(source, &Declared::default()).findings
}
