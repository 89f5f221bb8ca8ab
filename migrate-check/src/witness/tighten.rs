//! Constraints that a migration adds: rows that break each of them are made on purpose, and the migration is run on them.
//!
//! Whether the usual witness rows break a constraint is a matter of luck. A migration that fails on rows made for it is
//! reported with the row; one that bears them all sees to them; and where no such row could be made, nobody can tell, which
//! is said too.

use migrate_core::__private::Statement;
use rusqlite::config::DbConfig;

use super::breaking::{Attempt, attempts};
use super::rows::Rows;
use super::table::Table;
use super::{Failure, Orphans, Track};
use crate::cache::bytes;
use crate::scratch::{Mode, Trouble};
use crate::tightened::{Added, Demand, types_query};
use crate::words::{plain, words};

/// A constraint of which nobody can tell whether the migration sees to the rows that break it.
pub(crate) struct Tightened {
    pub(crate) index: usize,
    /// The statement that says it, and the word that it is said of.
    pub(crate) statement: Statement,
    pub(crate) word: usize,
    /// The table, by its name before.
    pub(crate) table: String,
    /// As SQL has it.
    pub(crate) what: String,
    /// What SQLite says of a row that breaks it, to begin with.
    pub(crate) refusal: String,
    pub(crate) query: Option<String>,
}

bytes!(struct Tightened { index, statement, word, table, what, refusal, query });

/// What has become of rows that break a constraint.
enum Outcome {
    /// None could be made, for want of rows or of values.
    NotMade,
    /// The table refuses them already.
    Refused,
    Borne,
    Fails(Box<Failure>),
    Orphans,
}

impl Track<'_> {
    /// Tries to break each constraint, with the rows as they are before the migration.
    pub(super) fn ask(&mut self, index: usize, mode: Mode) -> rusqlite::Result<()> {
        for added in std::mem::take(&mut self.asked) {
            if self.is_reported(index, &added) {
                self.explain_orphans(index, &added);
                continue;
            }
            let outcome = match &added.demand {
                Demand::Types { columns } => self.break_types(index, mode, &added, columns)?,
                _ => self.break_one(index, mode, &added)?,
            };
            match outcome {
                Outcome::NotMade => self.asked.push(added),
                Outcome::Refused | Outcome::Borne => {}
                Outcome::Fails(failure) => self.found.failures.push(*failure),
                Outcome::Orphans => {
                    let Demand::Reference { parent, .. } = &added.demand else { continue };
                    let (child, parent) = (added.after.clone(), parent.clone());
                    self.found.orphans.push(Orphans { index, child, parent, query: None, at: None });
                    self.explain_orphans(index, &added);
                }
            }
        }
        Ok(())
    }

    /// Reports what is still open once the migration has been looked at.
    pub(super) fn leave_open(&mut self, index: usize) {
        let asked = std::mem::take(&mut self.asked);
        // What fails anyway is to be mended first.
        let fails = |failure: &Failure| failure.index == index && (failure.sure || failure.late.is_some());
        if self.found.failures.iter().any(fails) {
            return;
        }
        for added in asked {
            let Some(said) = self.lineages[index].said.get(added.at) else { continue };
            if is_worked(&added) || self.is_reported(index, &added) {
                continue;
            }
            let statement = *said.statement;
            let refusal = added.demand.refusal().to_owned();
            let Added { before: table, what, word, query, .. } = added;
            self.found.tightened.push(Tightened { index, statement, word, table, what, refusal, query });
        }
    }

    /// Says of rows that refer to missing ones which key demands these, and what finds the rows.
    fn explain_orphans(&mut self, index: usize, added: &Added) {
        let Demand::Reference { parent, .. } = &added.demand else { return };
        let at = self.lineages[index].said.get(added.at).map(|said| (*said.statement, added.word));
        let orphans = self.found.orphans.iter_mut().filter(|orphans| {
            let same = orphans.child.eq_ignore_ascii_case(&added.after) && orphans.parent.eq_ignore_ascii_case(parent);
            orphans.index == index && orphans.at.is_none() && same
        });
        for orphans in orphans {
            orphans.query.clone_from(&added.query);
            orphans.at = at;
        }
    }

    /// Whether the usual rows have broken it.
    fn is_reported(&self, index: usize, added: &Added) -> bool {
        if let Demand::Reference { parent, .. } = &added.demand {
            let same = |orphans: &&Orphans| {
                orphans.index == index
                    && orphans.child.eq_ignore_ascii_case(&added.after)
                    && orphans.parent.eq_ignore_ascii_case(parent)
            };
            return self.found.orphans.iter().any(|orphans| same(&orphans));
        }
        let statement = self.lineages[index].said.get(added.at).map(|said| *said.statement);
        let own = self.found.failures.iter().filter(|failure| failure.index == index);
        let mut own = own.filter(|failure| failure.message.contains(added.demand.refusal()));
        own.any(|failure| Some(failure.statement) == statement || added.demand.is_refused(&failure.message))
    }

    fn break_one(&mut self, index: usize, mode: Mode, added: &Added) -> rusqlite::Result<Outcome> {
        let mut outcome = Outcome::NotMade;
        let mut borne = 0;
        let Some(table) = self.seeds.get(&added.before).cloned() else { return Ok(outcome) };
        let rows = if matches!(added.demand, Demand::Unique { .. }) { 2 } else { 1 };
        self.begin_with(mode, &table, rows)?;
        let attempts = attempts(self.scratch.conn(), &table, &added.demand);
        self.scratch.rollback()?;
        for attempt in attempts {
            match self.attempt(index, mode, &table, added, &attempt, rows)? {
                Outcome::NotMade => {}
                Outcome::Refused if matches!(outcome, Outcome::NotMade) => outcome = Outcome::Refused,
                Outcome::Refused => {}
                Outcome::Borne => {
                    outcome = Outcome::Borne;
                    borne += 1;
                }
                found => return Ok(found),
            }
            if borne == ENOUGH {
                break;
            }
        }
        // Of a CHECK, what it forbids has been forbidden before. Of the rest, other rows may be possible.
        let is_check = matches!(added.demand, Demand::Check { .. } | Demand::NotNull { .. });
        Ok(if matches!(outcome, Outcome::Refused) && !is_check { Outcome::NotMade } else { outcome })
    }

    /// One column after the other: the failure that is reported names all of them.
    fn break_types(
        &mut self,
        index: usize,
        mode: Mode,
        added: &Added,
        columns: &[(String, String, String)],
    ) -> rusqlite::Result<Outcome> {
        let Some(table) = self.seeds.get(&added.before).cloned() else { return Ok(Outcome::NotMade) };
        self.begin_with(mode, &table, 1)?;
        let attempts = attempts(self.scratch.conn(), &table, &added.demand);
        self.scratch.rollback()?;
        let (mut failing, mut first, mut made) = (Vec::new(), None, attempts.is_empty());
        for (attempt, column) in attempts.iter().zip(columns) {
            match self.attempt(index, mode, &table, added, attempt, 1)? {
                Outcome::Fails(failure) => {
                    failing.push(column.clone());
                    first.get_or_insert(failure);
                }
                Outcome::NotMade => {}
                _ => made = true,
            }
        }
        Ok(match first {
            Some(mut failure) => {
                failure.query = Some(types_query(&plain(&added.before), &failing));
                Outcome::Fails(failure)
            }
            None if made => Outcome::Borne,
            None => Outcome::NotMade,
        })
    }

    /// Begins what is rolled back, with so many rows in a table at least.
    fn begin_with(&mut self, mode: Mode, table: &Table, rows: i64) -> rusqlite::Result<()> {
        self.scratch.begin(mode)?;
        self.apart(|track| track.seeds.fill_up(track.scratch.conn(), table, rows))
    }

    /// Does something without foreign keys and triggers taking part.
    fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let keys = self.scratch.conn().db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY)?;
        let set = |track: &Self, keys, triggers| {
            track.scratch.conn().set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, keys)?;
            track.scratch.conn().set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, triggers)
        };
        set(self, false, false)?;
        let outcome = work(self);
        set(self, keys, true)?;
        outcome
    }

    /// Makes rows that break it, and runs the migration; nothing stays of either.
    fn attempt(
        &mut self,
        index: usize,
        mode: Mode,
        table: &Table,
        added: &Added,
        attempt: &Attempt,
        rows: i64,
    ) -> rusqlite::Result<Outcome> {
        self.begin_with(mode, table, rows)?;
        let made = self.apart(|track| Ok(attempt.make(track.scratch.conn())))?;
        let outcome = match made {
            Err(error) => {
                let refused = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
                    || error.sqlite_error_code() == Some(rusqlite::ErrorCode::TypeMismatch);
                if refused { Outcome::Refused } else { Outcome::NotMade }
            }
            Ok(()) => self.outcome(index, mode, table, added)?,
        };
        self.scratch.rollback()?;
        Ok(outcome)
    }

    fn outcome(&self, index: usize, mode: Mode, table: &Table, added: &Added) -> rusqlite::Result<Outcome> {
        let conn = self.scratch.conn();
        let found = added.query.as_ref().map(|query| Rows::query(conn, &format!("{query} LIMIT 1"), false));
        let found = found.transpose().unwrap_or_default();
        if added.query.is_some() && found.as_ref().is_none_or(|rows| rows.rows.is_empty()) {
            return Ok(Outcome::NotMade);
        }
        let is_row = !matches!(added.demand, Demand::Unique { .. });
        let row = found.filter(|_| is_row).map(|rows| (table.name.clone(), rows.shown(0)));
        match self.run(index, mode) {
            Ok(_) => {
                let Demand::Reference { parent, .. } = &added.demand else { return Ok(Outcome::Borne) };
                let mut orphans = self.orphans(&added.after).into_iter();
                let is_broken = orphans.any(|(_, other, _)| other.eq_ignore_ascii_case(parent));
                Ok(if is_broken { Outcome::Orphans } else { Outcome::Borne })
            }
            Err(broken) => {
                let Trouble::Failed { message, offset } = broken.trouble else { return Ok(Outcome::NotMade) };
                if !added.demand.is_refused(&message) {
                    return Ok(Outcome::NotMade);
                }
                let (statement, query) = (broken.statement, added.query.clone());
                let failure = Failure { index, statement, message, offset, late: None, sure: false, row, query };
                Ok(Outcome::Fails(Box::new(failure)))
            }
        }
    }
}

/// Whether the values are worked out: the usual rows have shown that this bears them.
fn is_worked(added: &Added) -> bool {
    added.query.is_none() && !matches!(added.demand, Demand::Reference { .. })
}

/// So many kinds of rows that break a constraint, and are borne, show that a migration sees to them.
const ENOUGH: usize = 4;

impl Demand {
    /// What SQLite says of a row that breaks it, to begin with.
    fn refusal(&self) -> &'static str {
        match self {
            Demand::NotNull { .. } => "NOT NULL constraint failed",
            Demand::Unique { .. } => "UNIQUE constraint failed",
            Demand::Check { .. } => "CHECK constraint failed",
            Demand::Types { columns } if columns.is_empty() => "datatype mismatch",
            Demand::Types { .. } => "cannot store",
            Demand::Reference { .. } => "FOREIGN KEY constraint failed",
        }
    }

    /// Whether a message speaks of this one.
    fn is_refused(&self, message: &str) -> bool {
        if matches!(self, Demand::Types { .. }) && message.contains("datatype mismatch") {
            return true;
        }
        let Some((_, names)) = message.split_once(self.refusal()) else { return false };
        let names = names.trim_start_matches(": ");
        let columns = || names.split(", ").map(|name| name.rsplit('.').next().unwrap_or(name));
        match self {
            Demand::NotNull { now, .. } => columns().any(|column| column.eq_ignore_ascii_case(now)),
            Demand::Unique { now, .. } => {
                names.starts_with("index ")
                    || (columns().count() == now.len()
                        && columns().all(|column| now.iter().any(|now| now.eq_ignore_ascii_case(column))))
            }
            // It is named, or shown.
            Demand::Check { now, .. } => {
                let (said, own) = (words(names), words(now));
                said.len() < 2 || said.iter().map(|word| word.text).eq(own.iter().map(|word| word.text))
            }
            Demand::Types { .. } | Demand::Reference { .. } => true,
        }
    }
}
