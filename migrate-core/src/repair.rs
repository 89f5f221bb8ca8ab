//! Repairing what the history says: for developers, whose files change before they are released.

use rusqlite::Connection;

use crate::LOG;
use crate::act::Act;
use crate::decide::{Decision, Start, refuse_foreign};
use crate::details::details;
use crate::error::{Divergence, Error, State};
use crate::expected::{Schema, show};
use crate::history::{self, Origin, Row};
use crate::migrator::Migrator;
use crate::recorded::{is_edited, knows, prefix};
use crate::requirements;
use crate::run::{Done, Run};
use crate::session::Session;
use crate::set::Set;
use crate::version::{Target, Version};

impl<V: Version> Migrator<'_, V> {
    /// Records a migration with the text that its file has now: for one that was edited after it was applied to this database,
    /// and never released. Nothing runs, and nothing is written but the history.
    ///
    /// The schema has to be the one that the list says of the newest recorded version, so the database must have what the edit
    /// changed: make it there by hand first. What the edit does to rows is not looked at. Where several were edited, each is
    /// accepted by itself.
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, Error, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Error> {
    /// if let Err(Error::HistoryDiverged { .. }) = migrations.run(conn) {
    ///     migrations.migrator().accept_edit(conn, AnyVersion(2))?; // the third
    ///     migrations.run(conn)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Drift`] where the schema is another one, [`Error::NoRepair`] where the migration is not recorded, or not
    /// edited; and those with which [`run`](Migrator::run) refuses.
    pub fn accept_edit(&self, conn: &mut Connection, version: V) -> Result<(), Error> {
        // Refuses what is not in the list.
        let known = self.wanted(Target::At(version));
        self.told(known.and_then(|_| self.prepare(conn)), Repair::Accept(version.index()))
    }

    /// Removes one row from the history: that of a migration whose file is gone, and which was never released. Nothing runs, and
    /// nothing is written but the history.
    ///
    /// The list must not know it, what remains of the history has to be a prefix of the list, and the schema has to be that of
    /// its newest version: what the migration did must have been undone. A table that no version makes counts as its
    /// work, unless the file is [`shared`](Migrator::shared). What it did to rows is not looked at.
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Box<dyn std::error::Error>> {
    /// conn.execute_batch("DROP TABLE drafts")?; // what it made
    /// migrations.migrator().forget(conn, "003_add_drafts.sql")?;
    /// migrations.run(conn)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Drift`] where the schema is another one, [`Error::NoRepair`] where the migration is not recorded, or is in the
    /// list; and those with which [`run`](Migrator::run) refuses what remains.
    pub fn forget(&self, conn: &mut Connection, name: &str) -> Result<(), Error> {
        self.told(self.prepare(conn), Repair::Forget(name))
    }

    fn told(&self, run: Result<Run<'_>, Error>, repair: Repair<'_>) -> Result<(), Error> {
        let repaired = run.and_then(|run| run.repair(repair));
        match &repaired {
            Ok(()) => log::info!(target: LOG, "{}", repair.done(&self.migrations.set)),
            Err(error) => log::error!(target: LOG, "{error}"),
        }
        repaired
    }
}

/// What is to be repaired.
#[derive(Clone, Copy)]
pub(crate) enum Repair<'n> {
    /// The text of a migration, by its index.
    Accept(usize),
    /// The row of a migration that the list does not know.
    Forget(&'n str),
}

/// The history as it is to be.
struct Repaired {
    rows: Vec<Row>,
    /// The first row that is another one now.
    first: usize,
    /// The position that it says.
    at: usize,
    /// Why a run would refuse it as it is.
    edited: Option<Error>,
}

impl Run<'_> {
    /// Writes the history anew, if the schema is the one that it says then.
    pub(crate) fn repair(&self, repair: Repair<'_>) -> Result<(), Error> {
        let _patience = self.patience()?;
        self.may_repair(repair.name(self.set))?;
        let mut done = Done::nothing(0);
        let session = Session::open(self.conn).map_err(|error| self.failed("reading the settings", error, UNKNOWN))?;
        self.lock(&session, &done)?;
        let found = self.found().map_err(|error| self.failed("reading the schema", error, UNKNOWN))?;
        refuse_foreign(self.set, &found)?;
        let Repaired { rows, first, at, edited } = repair.judge(self.set, found.history.rows())?;
        let mut difference = Schema::at(self.set, at).compare(&found.live, &found.known);
        if matches!(repair, Repair::Forget(_)) && !self.wanted.shared {
            let others = found.live.iter().filter(|entry| !found.known.contains(&entry.object.key()));
            difference.unexpected.extend(others.map(|entry| show(&entry.object)));
        }
        // What it was to undo is in the way before that.
        if let Some(edited) = edited.filter(|_| !difference.is_same() && difference.unexpected.is_empty()) {
            return Err(edited);
        }
        if !difference.is_same() {
            difference.details = details(self.set, at, &found.live, &difference);
            return Err(Error::Drift {
                at: self.set.position_name(at),
                difference: Box::new(difference),
                help: repair.help(),
                state: Box::new(UNKNOWN),
            });
        }
        (done.start, done.from) = (Some(Start::History), at);
        let decision = Decision { start: Start::History, at, actions: Vec::new(), difference };
        let (found, decision, session) = (&found, &decision, &session);
        let mut act = Act { run: self, session, found, decision, done: &mut done, number: 0, total: 0 };
        if let Repair::Forget(name) = repair {
            history::forget(self.conn, &self.set.options.history_table, name)
                .map_err(|error| act.failed("writing the history", error))?;
        }
        if found.history.is_three_columns() {
            act.prepare_history()?;
        }
        self.rewrite(repair, &rows[..at], first).map_err(|error| act.failed("writing the history", error))?;
        act.stamp_and_commit(at, None)?;
        Ok(())
    }

    /// Whether this connection may write, and could take it back.
    fn may_repair(&self, name: &str) -> Result<(), Error> {
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::size(self.conn)?;
        let journal = self.patiently(|| requirements::can_roll_back(self.conn));
        if !journal.map_err(|error| self.failed("asking the connection what it has", error, UNKNOWN))? {
            return Err(Error::NoJournal);
        }
        if self.is_read_only()? {
            let why = "cannot be repaired on a read-only connection";
            return Err(refused(name, why, "open it for writing, and without `PRAGMA query_only`"));
        }
        Ok(())
    }

    /// Writes what is another one now, and the chains of all that follows. Beyond one that was edited and not accepted there
    /// is no chain: with one, the next run would not look at it.
    fn rewrite(&self, repair: Repair<'_>, rows: &[Row], first: usize) -> rusqlite::Result<()> {
        let recorded = || rows.iter().zip(self.set.migrations.iter());
        let edited = recorded().position(|(row, migration)| is_edited(row, migration)).unwrap_or(rows.len());
        recorded().enumerate().skip(first).try_for_each(|(index, (row, migration))| {
            let checksum =
                matches!(repair, Repair::Accept(accepted) if accepted == index).then_some(migration.checksum);
            let chain = (index < edited).then_some(migration.chain);
            history::correct(self.conn, &self.set.options.history_table, &row.name, checksum, chain)
        })
    }
}

const UNKNOWN: State = State::Unchanged { at: None };

impl<'n> Repair<'n> {
    fn name<'a>(&self, set: &'a Set) -> &'a str
    where
        'n: 'a,
    {
        match *self {
            Repair::Accept(index) => &set.migrations[index].name,
            Repair::Forget(name) => name,
        }
    }

    /// What the history is to be; or why it may not be.
    fn judge(self, set: &Set, rows: &[Row]) -> Result<Repaired, Error> {
        let name = self.name(set);
        let Some(first) = rows.iter().position(|row| row.name == name) else {
            return Err(refused(name, "is not in the history", "check the name; the status lists what is recorded"));
        };
        let mut rows = rows.to_vec();
        match self {
            Repair::Accept(index) => {
                let migration = &set.migrations[index];
                if !is_edited(&rows[first], migration) {
                    let (why, help) = match rows[first].origin {
                        Some(Origin::Started) => {
                            ("was interrupted", "run the migrations: it is begun again as it is now")
                        }
                        _ => ("is recorded as the list has it", "run the migrations: nothing is to be accepted"),
                    };
                    return Err(refused(name, why, help));
                }
                rows[first].checksum = Some(migration.checksum.to_string());
                let at = prefix(set, &with_any_text(set, &rows))?;
                Ok(Repaired { rows, first, at, edited: None })
            }
            Repair::Forget(_) => {
                let row = rows.remove(first);
                if knows(set, &row) {
                    let help = "to undo it, go back with `allow_down(true)`, or restore a backup";
                    return Err(refused(name, "is in the list; only what the list does not know is forgotten", help));
                }
                let at = prefix(set, &with_any_text(set, &rows)).map_err(|error| counted_with(error, first))?;
                let edited = prefix(set, &rows).err();
                Ok(Repaired { rows, first, at, edited })
            }
        }
    }

    fn help(self) -> &'static str {
        match self {
            Repair::Accept(_) => {
                "bring the schema to what the files make now, and accept it again; or restore the file"
            }
            Repair::Forget(_) => {
                "undo what the migration did, or bring its file back; if something belongs to another program, set \
                 `shared = true` in `migrate.toml`"
            }
        }
    }

    fn done(self, set: &Set) -> String {
        match self {
            Repair::Accept(_) => format!("`{}` is recorded as it is now", self.name(set)),
            Repair::Forget(name) => format!("`{name}` is not in the history any more"),
        }
    }
}

/// The rows as if none was edited: those that were are accepted one by one, in any order, before or after others are forgotten.
fn with_any_text(set: &Set, rows: &[Row]) -> Vec<Row> {
    let any_text = |row: &Row| Row { checksum: row.checksum.clone().filter(|_| !knows(set, row)), ..row.clone() };
    rows.iter().map(any_text).collect()
}

fn refused(name: &str, why: &'static str, help: &'static str) -> Error {
    Error::NoRepair { migration: name.to_owned(), why, help }
}

/// Counts a row as the database does: the one that was to be removed is still there.
fn counted_with(mut error: Error, removed: usize) -> Error {
    if let Error::HistoryDiverged { divergence: Divergence::Order { row, .. } } = &mut error {
        *row += usize::from(*row > removed);
    }
    error
}
