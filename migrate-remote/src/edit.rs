//! What changes nothing but the history: done to a copy in memory, and then to the server's, row by row, if that is still the same.

use std::collections::HashMap;
use std::time::Duration;

use migrate_core::__private::create_history_sql;
use migrate_core::rusqlite::config::DbConfig;
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Migrator, Report, State, Target, Version, elsewhere};
use migrate_sql::quote;

use crate::LOG;
use crate::copy::Seen;
use crate::engine::{Engine, Failure, Recency, Transaction};
use crate::error::Error;
use crate::group::{self, Expected};
use crate::patience::Patience;
use crate::remote::Remote;
use crate::run::{Run, copy};

impl<E: Engine> Remote<E> {
    /// As [`Migrator::adopt_at`]: records that the database is at a version already, without running anything. Its schema must be that
    /// version's.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// // Somebody made the tables by hand, and there is no history.
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// let report = remote.adopt_at(&db::migrator(), db::Version::LATEST)?;
    /// assert_eq!(report.after(), Some(db::Version::LATEST));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refusal`] as on a file, and where the server cannot be asked, or told.
    pub fn adopt_at<V: Version>(
        &self,
        migrator: &Migrator<'_, V>,
        target: impl Into<Target<V>>,
    ) -> Result<Report<V>, Error> {
        let target = target.into();
        let report = self.edit_history(migrator, |copy| Ok(elsewhere::adopt_at(migrator, copy, target)?));
        self.logged(report, ToString::to_string)
    }

    /// As [`Migrator::accept_edit`]: records a migration with the text that its file has now. Nothing runs.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// remote.accept_edit(&db::migrator(), db::Version::LATEST)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refusal`] as on a file, and where the server cannot be asked, or told.
    pub fn accept_edit<V: Version>(&self, migrator: &Migrator<'_, V>, version: V) -> Result<(), Error> {
        let done = self.edit_history(migrator, |copy| Ok(elsewhere::accept_edit(migrator, copy, version)?));
        let set = elsewhere::told(migrator)?.migrations.set();
        self.logged(done, |()| format!("{} is recorded as it is now", set.position_name(version.index() + 1)))
    }

    /// As [`Migrator::forget`]: removes the row of a migration that the list does not know. Nothing runs.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// // Its file is gone, and what it made as well.
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// remote.forget(&db::migrator(), "003_add_drafts.sql")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refusal`] as on a file, and where the server cannot be asked, or told.
    pub fn forget<V: Version>(&self, migrator: &Migrator<'_, V>, name: &str) -> Result<(), Error> {
        let done = self.edit_history(migrator, |copy| Ok(elsewhere::forget(migrator, copy, name)?));
        self.logged(done, |()| format!("`{name}` is not in the history any more"))
    }

    /// What these three have in common: the schema and the history are copied into memory, `edit` has its way with the copy, and what it
    /// did to the history is done on the server, in one transaction that fails if anything has changed since. Then `edit` is called
    /// again, on what is there now. Whatever else it does to the copy stays there. Rows may be changed, removed, and added behind the others.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::{Error, Remote};
    ///
    /// // Two rows, or none.
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// remote.edit_history(&db::migrator(), |copy| -> Result<(), Error> {
    ///     db::migrator().forget(copy, "005_b.sql")?;
    ///     Ok(db::migrator().forget(copy, "004_a.sql")?)
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What `edit` says, and any [`Error`] of a server that cannot be asked, or told. Then the history is what it was, but for
    /// [`Error::InDoubt`].
    pub fn edit_history<V, T, F>(
        &self,
        migrator: &Migrator<'_, V>,
        edit: impl FnMut(&mut Connection) -> Result<T, F>,
    ) -> Result<T, F>
    where
        V: Version,
        F: From<Error>,
    {
        Run::new(&self.engine, self.retry_for, migrator)?.edit(edit)
    }

    fn logged<T>(&self, done: Result<T, Error>, said: impl FnOnce(&T) -> String) -> Result<T, Error> {
        let address = self.engine.address();
        match &done {
            Ok(done) => log::info!(target: LOG, "{address}: {}", said(done)),
            Err(error) => log::error!(target: LOG, "{address}: {error}"),
        }
        done
    }
}

impl<E: Engine, V: Version> Run<'_, '_, E, V> {
    fn edit<T, F: From<Error>>(&self, mut edit: impl FnMut(&mut Connection) -> Result<T, F>) -> Result<T, F> {
        let (mut silent, mut busy) = (Patience::new(self.retry_for), Patience::from_now(self.told.lock_timeout));
        // Any of them may have arrived, and the others are refused then.
        let (mut recency, mut lost) = (Recency::Committed, Vec::<Lost<T>>::new());
        let unchanged = || Box::new(State::Unchanged { at: None });
        loop {
            let (seen, mut copy, before) = self.history(recency).map_err(|error| in_doubt(error, &lost))?;
            if let Some(arrived) = lost.iter().position(|lost| lost.has_arrived(&before)) {
                log::info!(target: LOG, "the history is as it was to be: only the answer was lost");
                return Ok(lost.swap_remove(arrived).done);
            }
            recency = Recency::Newest;
            let done = edit(&mut copy)?;
            let after = History::read(&copy, self.table()).map_err(of_copy)?;
            if !before.is_added_to(&after) {
                return Err(Error::Unfit {
                    what: vec!["another order of the history".to_owned()],
                    why: "rows keep their numbers there",
                    help: "change rows, remove them, or add new ones behind them",
                }
                .into());
            }
            let statements = self.difference(&seen, &before, &after);
            if statements.is_empty() {
                return Ok(done);
            }
            let statements = statements.iter().map(String::as_str).collect();
            let sent = self.engine.transact(&Transaction { statements, foreign_keys: false, commit: true });
            let why = match sent {
                Ok(_) => return Ok(done),
                Err(Failure::Statement { index: 0, .. }) => {
                    "others changed the schema or the history each time".to_owned()
                }
                Err(Failure::Busy(why)) => why,
                Err(Failure::Lost(why) | Failure::Unreachable(why)) => {
                    log::warn!(target: LOG, "no answer to the new history: {why}; the history will tell");
                    lost.push(Lost { before, after, done, why });
                    if silent.wait().is_err() {
                        let (.., found) = self.history(Recency::Newest).map_err(|error| in_doubt(error, &lost))?;
                        let arrived = lost.iter().position(|lost| lost.has_arrived(&found));
                        // What is not there may still be on its way.
                        return match arrived {
                            Some(arrived) => Ok(lost.swap_remove(arrived).done),
                            None => Err(in_doubt(
                                Error::Unreachable { why: String::new(), waited: Duration::ZERO, state: unchanged() },
                                &lost,
                            )
                            .into()),
                        };
                    }
                    continue;
                }
                Err(failure) => {
                    return Err(Error::of(failure, "writing the history", Duration::ZERO, *unchanged()).into());
                }
            };
            if let Err(waited) = busy.wait() {
                return Err(in_doubt(Error::Busy { why, waited, state: unchanged() }, &lost).into());
            }
        }
    }

    fn table(&self) -> &str {
        &self.set().options.history_table
    }

    /// What is there now, a copy of it, and the history. The newest row of the copy says of no schema that it is as it left it: the
    /// server's number means nothing there.
    fn history(&self, recency: Recency) -> Result<(Seen, Connection, History), Error> {
        let seen = self.seen(recency, false)?;
        let copy = copy(&seen)?;
        let history = History::read(&copy, self.table()).map_err(of_copy)?;
        if history.form == Form::Whole {
            let sql = format!("UPDATE main.{} SET schema_version = NULL", quote(self.table()));
            // Somebody's triggers on it are for the server.
            let trigger = DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;
            let told = copy.set_db_config(trigger, false).and_then(|_| copy.execute(&sql, []));
            told.and_then(|_| copy.set_db_config(trigger, true)).map_err(of_copy)?;
        }
        Ok((seen, copy, history))
    }

    /// What makes the one history of the other, if it is still the one; nothing where they are the same.
    fn difference(&self, seen: &Seen, before: &History, after: &History) -> Vec<String> {
        let name = self.table();
        let table = format!("main.{}", quote(name));
        let by_statement = self.engine.is_replicated_by_statement();
        let mut statements = Vec::new();
        match before.form {
            Form::Absent if after.form != Form::Absent => statements.push(create_history_sql(name)),
            Form::ThreeColumns if after.form == Form::Whole => statements.extend(group::added_columns(&table)),
            _ => {}
        }
        let (old, new) = (before.by_name(), after.by_name());
        for row in before.rows.iter().filter(|row| !new.contains_key(row.name())) {
            statements.push(format!("DELETE FROM {table} WHERE migration_name = {}", row.name()));
        }
        for row in &after.rows {
            let Some(was) = old.get(row.name()) else { continue };
            let changed = COLUMNS.iter().zip(&row.0).zip(&was.0).filter(|((_, is), was)| is != was);
            let set: Vec<String> = changed.map(|((column, is), _)| format!("{column} = {is}")).collect();
            if !set.is_empty() {
                statements.push(format!("UPDATE {table} SET {} WHERE migration_name = {}", set.join(", "), row.name()));
            }
        }
        let added: Vec<String> = after
            .rows
            .iter()
            .filter(|row| !old.contains_key(row.name()))
            .map(|row| format!("({})", row.0.join(", ")))
            .collect();
        for some in added.chunks(group::RECORDED) {
            statements.push(format!("INSERT INTO {table} ({}) VALUES {}", COLUMNS.join(", "), some.join(", ")));
        }
        if statements.is_empty() {
            return statements;
        }
        let schema = group::schema(by_statement);
        let expected = Expected::of(seen, by_statement).schema;
        let same = match before.form {
            Form::Absent => String::new(),
            _ => format!(" AND {}", before.is_in(&table)),
        };
        statements.insert(0, failing_unless(&format!("{schema} = {expected}{same}"), "moved"));
        let version = if after.stamped && !by_statement { schema } else { "NULL" };
        statements
            .push(format!("UPDATE {table} SET schema_version = {version} WHERE id = (SELECT max(id) FROM {table})"));
        statements.push(failing_unless(&after.is_in(&table), "the rows written are not there"));
        statements
    }
}

fn failing_unless(condition: &str, message: &str) -> String {
    format!("SELECT CASE WHEN {condition} THEN 1 ELSE json_extract('{{}}', '{message}') END")
}

fn of_copy(source: rusqlite::Error) -> Error {
    Error::Copy { source }
}

/// A request of which no answer came.
struct Lost<T> {
    before: History,
    after: History,
    done: T,
    why: String,
}

impl<T> Lost<T> {
    /// Whether what it was to change is changed. Others may have gone on from there. Where only times were to change there is nothing
    /// to tell by, and no harm in changing them again.
    fn has_arrived(&self, now: &History) -> bool {
        let has_other_form = self.before.form != self.after.form;
        if has_other_form && now.form != self.after.form {
            return false;
        }
        let (before, after, now) = (self.before.by_name(), self.after.by_name(), now.by_name());
        let mut removed = before.keys().filter(|name| !after.contains_key(*name)).peekable();
        let is_other = |row: &&Row| before.get(row.name()).is_none_or(|was| was.telling() != row.telling());
        let mut changed = self.after.rows.iter().filter(is_other).peekable();
        (has_other_form || removed.peek().is_some() || changed.peek().is_some())
            && removed.all(|name| !now.contains_key(name))
            && changed.all(|row| now.get(row.name()).is_some_and(|is| is.telling() == row.telling()))
    }
}

/// Where the server cannot be asked what became of a request, that is what there is to say.
fn in_doubt<T>(error: Error, lost: &[Lost<T>]) -> Error {
    match (error, lost.last()) {
        (Error::Unreachable { .. } | Error::Busy { .. }, Some(lost)) => {
            let newest = lost.after.rows.last().map(|row| row.name().replace('\'', "`"));
            Error::InDoubt {
                migrations: vec!["the new history".to_owned()],
                why: lost.why.clone(),
                after: newest.unwrap_or_else(|| "the state before the first migration".to_owned()),
                state: Box::new(State::Unchanged { at: None }),
            }
        }
        (error, _) => error,
    }
}

/// The rows of a history, as literals of SQL.
#[derive(Debug)]
struct History {
    form: Form,
    rows: Vec<Row>,
    /// Whether the newest row says that the schema of the copy is the one that it left.
    stamped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// There is none, or something else by its name.
    Absent,
    ThreeColumns,
    Whole,
}

const COLUMNS: [&str; 6] = ["migration_name", "checksum", "chain", "origin", "applied_at", "duration"];

/// Of these, those that say which history it is: rqlite has another way to write times than it was given.
const TELLING: usize = 4;

#[derive(Debug)]
struct Row([String; COLUMNS.len()]);

impl Row {
    fn name(&self) -> &str {
        &self.0[0]
    }

    fn telling(&self) -> &[String] {
        &self.0[..TELLING]
    }
}

impl History {
    fn read(copy: &Connection, table: &str) -> rusqlite::Result<History> {
        let columns = "SELECT coalesce(sum(name COLLATE NOCASE IN ('id', 'migration_name', 'applied_at')), 0), \
                       coalesce(sum(name COLLATE NOCASE IN ('checksum', 'chain', 'origin', 'duration', 'schema_version')), 0) \
                       FROM pragma_table_info(?1)";
        let form = match copy.query_row(columns, [table], |row| Ok((row.get(0)?, row.get(1)?)))? {
            (3, 0) => Form::ThreeColumns,
            (3, 5) => Form::Whole,
            // What is not ours is refused by whoever looks at it.
            _ => return Ok(History { form: Form::Absent, rows: Vec::new(), stamped: false }),
        };
        let literal = |column: &str| match column {
            "migration_name" | "applied_at" => format!("quote({column})"),
            _ if form == Form::Whole => format!("quote({column})"),
            _ => "'NULL'".to_owned(),
        };
        let stamp = match form {
            Form::Whole => "schema_version IS (SELECT schema_version FROM pragma_schema_version)",
            _ => "0",
        };
        let sql = format!("SELECT {}, {stamp} FROM main.{} ORDER BY id", COLUMNS.map(literal).join(", "), quote(table));
        let mut statement = copy.prepare(&sql)?;
        let mut found = statement.query([])?;
        let (mut rows, mut stamped) = (Vec::new(), false);
        while let Some(row) = found.next()? {
            let mut literals: [String; COLUMNS.len()] = Default::default();
            for (at, literal) in literals.iter_mut().enumerate() {
                *literal = row.get(at)?;
            }
            rows.push(Row(literals));
            stamped = row.get(COLUMNS.len())?;
        }
        Ok(History { form, rows, stamped })
    }

    fn by_name(&self) -> HashMap<&str, &Row> {
        self.rows.iter().map(|row| (row.name(), row)).collect()
    }

    /// Whether the other one has these rows, as far as it has them, and then its own.
    fn is_added_to(&self, other: &History) -> bool {
        let (ours, theirs) = (self.by_name(), other.by_name());
        let kept = self.rows.iter().filter(|row| theirs.contains_key(row.name()));
        let added = other.rows.iter().filter(|row| !ours.contains_key(row.name()));
        kept.chain(added).map(Row::name).eq(other.rows.iter().map(Row::name))
    }

    /// Asks whether these rows, and no others, are in the table.
    fn is_in(&self, table: &str) -> String {
        let telling = match self.form {
            Form::Whole => &COLUMNS[..TELLING],
            _ => &COLUMNS[..1],
        };
        let count = format!("(SELECT count(*) FROM {table}) = {}", self.rows.len());
        let rows: Vec<String> =
            self.rows.iter().map(|row| format!("({})", row.0[..telling.len()].join(", "))).collect();
        if rows.is_empty() {
            return count;
        }
        let columns = telling.join(", ");
        format!("{count} AND NOT EXISTS (SELECT {columns} FROM {table} EXCEPT VALUES {})", rows.join(", "))
    }
}
