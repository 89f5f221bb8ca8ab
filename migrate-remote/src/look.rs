//! What there is on the server, and what can be refused before anything is changed.

use std::time::Duration;

use migrate_core::elsewhere::{self, Look, Told};
use migrate_core::rusqlite::types::Value;
use migrate_core::{DriftPolicy, Error as Refusal, State, Version};
use migrate_sql::quote;

use crate::LOG;
use crate::copy::Seen;
use crate::engine::{Engine, Failure, Recency, Rows};
use crate::error::Error;
use crate::failure::statement;
use crate::fit;
use crate::group::Part;
use crate::patience::Patience;
use crate::run::{Done, Run, copy};

/// What the rehearsal tells.
pub(crate) struct Rehearsed {
    pub(crate) drifts: bool,
    pub(crate) removed: Vec<String>,
}

impl<E: Engine, V: Version> Run<'_, '_, E, V> {
    /// Everything that can be refused before anything is changed.
    pub(crate) fn fits(&self, look: &Look<V>, seen: &Seen, done: &mut Done<V>) -> Result<Rehearsed, Error> {
        fit::check(self.set(), look.plan.steps(), &seen.sqlite_version)?;
        if !done.asked {
            self.refuse_unread(look, seen, &self.state(done, look))?;
            done.asked = true;
        }
        let rehearsed = self.rehearse(look, seen, self.state(done, look))?;
        done.removed.clone_from(&rehearsed.removed);
        Ok(rehearsed)
    }

    /// Refuses what the server would not read. It reads a whole request before it runs any of it, but nothing of the next one.
    pub(crate) fn refuse_unread(&self, look: &Look<V>, seen: &Seen, state: &State) -> Result<(), Error> {
        let all = self.maker(look, seen, false).group(look.plan.steps(), self.expected(seen));
        let scripts = all.items.iter().filter(|item| matches!(item.part, Part::Script { .. }));
        let (sql, parts): (Vec<&str>, Vec<&Part<'_>>) = scripts.map(|item| (item.sql.as_ref(), &item.part)).unzip();
        if sql.is_empty() {
            return Ok(());
        }
        let refused = match self.ask(|| self.engine.refused(&sql)) {
            // Who may only read may not even ask, and will be refused anyway.
            Err((Failure::Unauthorized(_), _)) => Ok(Vec::new()),
            refused => refused,
        };
        let refused = refused
            .map_err(|(failure, waited)| Error::of(failure, "asking about the statements", waited, state.clone()))?;
        match refused.first() {
            Some(first) => Err(statement(parts[first.index], &first.message, true, state.clone())),
            None => Ok(()),
        }
    }

    /// Runs everything on a copy, which tells what the schema will be. The copy has no rows, so a statement that fails there may
    /// succeed on the server, and the other way round: of that the server has the last word.
    fn rehearse(&self, look: &Look<V>, seen: &Seen, state: State) -> Result<Rehearsed, Error> {
        let drifts = !look.plan.difference().is_same();
        match elsewhere::rehearse(self.migrator, &copy(seen)?) {
            Ok(report) => Ok(Rehearsed { drifts: !report.drift().is_same(), removed: report.removed().to_vec() }),
            Err(Refusal::Drift { at, difference, help, .. }) => {
                Err(Refusal::Drift { at, difference, help, state: Box::new(state) }.into())
            }
            Err(Refusal::Removes { removed, .. }) if self.told.drift == DriftPolicy::Error => {
                Err(Refusal::Removes { removed, state: Box::new(state) }.into())
            }
            Err(error) => {
                log::debug!(target: LOG, "in memory, without rows, this does not run: {error}");
                Ok(Rehearsed { drifts, removed: Vec::new() })
            }
        }
    }

    /// Whether the newest history row says that the target is reached: one row. That a replica may be behind does no harm: what was
    /// applied once stays applied.
    pub(crate) fn is_plainly_current(&self) -> Result<bool, Error> {
        let Told { target, .. } = self.told;
        if target == 0 {
            return Ok(false);
        }
        let table = quote(&self.set().options.history_table);
        let sql = format!(
            "SELECT chain, schema_version = (SELECT schema_version FROM pragma_schema_version) FROM main.{table} ORDER BY id DESC LIMIT 1"
        );
        let unchanged = || State::Unchanged { at: None };
        let answers = self.ask(|| self.engine.read(&[&sql], Recency::Any));
        let answers =
            answers.map_err(|(failure, waited)| Error::of(failure, "reading the history", waited, unchanged()))?;
        let chain = self.set().chain_at(target).to_string();
        Ok(match answers.first() {
            Some(Ok(Rows { rows, .. })) => {
                rows.first().is_some_and(|row| *row == [Value::Text(chain), Value::Integer(1)])
            }
            _ => false,
        })
    }

    /// What is there now. Who may only read sees what a replica has.
    pub(crate) fn seen(&self, recency: Recency, violations: bool) -> Result<Seen, Error> {
        let table = &self.set().options.history_table;
        let read = |recency| self.ask(|| Seen::read(self.engine, table, recency, violations));
        let seen = match read(recency) {
            Err((Failure::Unauthorized(_), _)) if recency != Recency::Any => read(Recency::Any),
            seen => seen,
        };
        seen.map_err(|(failure, waited)| {
            Error::of(failure, "reading the schema", waited, State::Unchanged { at: None })
        })
    }

    /// Asks again what changes nothing, while the server is away or busy.
    pub(crate) fn ask<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, (Failure, Duration)> {
        let (mut silent, mut busy) = (Patience::new(self.retry_for), Patience::from_now(self.told.lock_timeout));
        loop {
            let failure = match attempt() {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let waited = match failure {
                Failure::Unreachable(_) | Failure::Lost(_) => silent.wait(),
                Failure::Busy(_) => busy.wait(),
                _ => Err(Duration::ZERO),
            };
            if let Err(waited) = waited {
                return Err((failure, waited));
            }
        }
    }
}
