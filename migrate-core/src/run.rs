//! Bringing a database to the target: look, lock, read, decide, act, once for each group that shares a transaction.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};

use crate::act::{Act, Group};
use crate::catalog::Catalog;
use crate::decide::{Action, Decision, Start, Wanted, decide, decide_adoption};
use crate::engine::code;
use crate::error::{Error, State};
use crate::expected::{Comparison, Schema, live_fingerprint};
use crate::history::{self, Origin};
use crate::inspect::Found;
use crate::migrations::StepFn;
use crate::migrator::{Atomicity, DriftPolicy};
use crate::session::{Session, is_busy, poll, read};
use crate::set::Set;
use crate::{LOG, requirements};

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) set: &'a Set,
    pub(crate) steps: &'a [(usize, StepFn)],
    pub(crate) wanted: Wanted,
    pub(crate) atomicity: Atomicity,
    pub(crate) drift: DriftPolicy,
    pub(crate) lock_timeout: Duration,
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Done {
    /// `None`: there was nothing to do.
    pub(crate) start: Option<Start>,
    /// The position before the run.
    pub(crate) from: usize,
    /// Index, origin, and how long it ran; in order.
    pub(crate) entries: Vec<(usize, Origin, Duration)>,
    /// How the schema differs from the expected one.
    pub(crate) drift: Comparison,
    pub(crate) elapsed: Duration,
}

impl Done {
    fn nothing(at: usize) -> Done {
        let drift = Comparison::default();
        Done { start: None, from: at, entries: Vec::new(), drift, elapsed: Duration::ZERO }
    }
}

impl Run<'_> {
    pub(crate) fn run(&self) -> Result<Done, Error> {
        let begun = Instant::now();
        let mut done = Done::nothing(self.wanted.target);
        if self.is_current(&mut done)? {
            done.elapsed = begun.elapsed();
            return Ok(done);
        }
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::file(self.conn)?;
        if !self.needs_writing(&mut done)? {
            done.elapsed = begun.elapsed();
            return Ok(done);
        }
        requirements::connection(self.conn, self.set)?;
        self.write(&mut done)?;
        done.elapsed = begun.elapsed();
        Ok(done)
    }

    /// Whether the newest history row says that the target is reached: one statement, no lock. Where only the schema's
    /// version has moved, the schema is compared too.
    fn is_current(&self, done: &mut Done) -> Result<bool, Error> {
        let newest = self
            .patiently(|| history::newest(self.conn, &self.set.options.history_table))
            .map_err(|error| self.failed("reading the history", error, State::Unchanged { at: None }))?;
        let Some(newest) = newest else { return Ok(false) };
        let target = self.wanted.target;
        if target == 0 || newest.chain != Some(self.set.chain_at(target).to_string()) {
            return Ok(false);
        }
        if newest.stamp.is_none() || newest.stamp != newest.schema_version {
            let live = self
                .patiently(|| Catalog::read(self.conn, &self.set.options.history_table))
                .map_err(|error| self.failed("reading the schema", error, State::Unchanged { at: None }))?;
            let known = self.set.known();
            if live_fingerprint(&live, &known) != self.set.fingerprint_at(target) {
                let difference = Schema::at(self.set, target).compare(&live, &known);
                let at = self.set.position_name(target);
                self.judge_drift(target, difference, || State::Unchanged { at: Some(at) }, done)?;
            }
        }
        Ok(true)
    }

    /// Decides without the lock: most refusals come from here, and so does the answer that nothing is left to do.
    fn needs_writing(&self, done: &mut Done) -> Result<bool, Error> {
        let decision = self.look()?;
        let read_only =
            self.conn.is_readonly("main").unwrap_or(false) || read(self.conn, "query_only").is_ok_and(|on| on != 0);
        let pending: Vec<String> = decision.actions.iter().filter_map(|action| self.pending_name(*action)).collect();
        if decision.actions.is_empty() || (read_only && pending.is_empty()) {
            let state = || State::Unchanged { at: Some(self.set.position_name(decision.at)) };
            self.judge_drift(decision.at, decision.difference, state, done)?;
            done.from = decision.at;
            return Ok(false);
        }
        if read_only {
            return Err(Error::ReadOnly { at: self.start_name(decision.start, decision.at), pending });
        }
        Ok(true)
    }

    /// What there is to do at this moment; reads only.
    pub(crate) fn look(&self) -> Result<Decision, Error> {
        self.look_with(|decision, _| decision).flatten()
    }

    /// As [`Run::look`], with all that was found.
    pub(crate) fn look_with<T>(&self, then: impl FnOnce(Result<Decision, Error>, Found) -> T) -> Result<T, Error> {
        let found = self
            .patiently(|| {
                let own = self.conn.is_autocommit();
                if own {
                    self.conn.execute_batch("BEGIN")?;
                }
                let found = Found::read(self.conn, self.set);
                if own && !self.conn.is_autocommit() {
                    self.conn.execute_batch("ROLLBACK")?;
                }
                found
            })
            .map_err(|error| self.failed("reading the schema", error, State::Unchanged { at: None }))?;
        let decision = decide(self.set, &found, self.wanted);
        Ok(then(decision, found))
    }

    /// Records everything up to the target as adopted, if the schema is that of the target.
    pub(crate) fn adopt_at(&self) -> Result<Done, Error> {
        let begun = Instant::now();
        let mut done = Done::nothing(self.wanted.target);
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::file(self.conn)?;
        let session = Session::open(self.conn)
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))?;
        self.lock(&session, &done)?;
        let found = Found::read(self.conn, self.set)
            .map_err(|error| self.failed("reading the schema", error, State::Unchanged { at: None }))?;
        let decision = decide_adoption(self.set, &found, self.wanted)?;
        if decision.actions.is_empty() {
            return Ok(done);
        }
        (done.start, done.from) = (Some(decision.start), decision.at);
        let run = Run { drift: DriftPolicy::Error, ..*self };
        let group = Group { actions: &decision.actions, transaction: true, foreign_keys: false };
        Act { run: &run, session: &session, found: &found, decision: &decision, done: &mut done }
            .in_transaction(&group)?;
        done.elapsed = begun.elapsed();
        Ok(done)
    }

    /// Locks, reads, decides, acts; once for each group of migrations that can share a transaction.
    fn write(&self, done: &mut Done) -> Result<(), Error> {
        let unchanged = || State::Unchanged { at: None };
        let session =
            Session::open(self.conn).map_err(|error| self.failed("reading the settings", error, unchanged()))?;
        let mut foreign_keys = false;
        loop {
            session
                .foreign_keys(foreign_keys)
                .map_err(|error| self.failed("setting `foreign_keys`", error, self.state(done)))?;
            self.lock(&session, done)?;
            let found = Found::read(self.conn, self.set)
                .map_err(|error| self.failed("reading the schema", error, self.state(done)))?;
            let decision = decide(self.set, &found, self.wanted)?;
            let group = self.next_group(&decision.actions);
            if group.actions.is_empty() {
                session.rollback();
                return Ok(());
            }
            if group.foreign_keys != foreign_keys {
                session.rollback();
                foreign_keys = group.foreign_keys;
                continue;
            }
            if done.start.is_none() {
                done.start = Some(decision.start);
                done.from = decision.at;
            }
            let mut act = Act { run: self, session: &session, found: &found, decision: &decision, done };
            if group.transaction {
                act.in_transaction(&group)?
            } else {
                act.outside(&group)?
            }
            if group.actions.len() == decision.actions.len() {
                return Ok(());
            }
        }
    }

    pub(crate) fn lock(&self, session: &Session<'_>, done: &Done) -> Result<(), Error> {
        let begun = Instant::now();
        session
            .begin_immediate(self.lock_timeout, || log::warn!(target: LOG, "waiting for another connection's lock"))
            .map_err(|error| match is_busy(&error) {
                true => Error::Locked { waited: begun.elapsed(), committed: self.names(done), source: error },
                false => self.failed("taking the write lock", error, self.state(done)),
            })
    }

    /// The first actions that can share a transaction.
    fn next_group<'d>(&self, actions: &'d [Action]) -> Group<'d> {
        let mut mode = None;
        let mut length = 0;
        for action in actions {
            let wants = match action {
                Action::PrepareHistory | Action::Mark(..) => None,
                Action::Base | Action::Schema | Action::Snapshot => Some((true, false)),
                Action::Apply { index, .. } => {
                    let migration = &self.set.migrations[*index];
                    Some((migration.transaction, migration.foreign_keys))
                }
            };
            let outside = matches!(wants, Some((false, _)));
            let parts = wants.is_some() && mode.is_some() && (wants != mode || self.atomicity == Atomicity::Each);
            if length > 0 && (parts || outside) {
                break;
            }
            mode = mode.or(wants);
            length += 1;
            if outside {
                break;
            }
        }
        let (transaction, foreign_keys) = mode.unwrap_or((true, false));
        Group { actions: &actions[..length], transaction, foreign_keys }
    }

    pub(crate) fn judge_drift(
        &self,
        position: usize,
        difference: Comparison,
        state: impl FnOnce() -> State,
        done: &mut Done,
    ) -> Result<(), Error> {
        let at = self.set.position_name(position);
        if !difference.reordered.is_empty() {
            log::info!(target: LOG, "the schema is that of {at} but for the order of columns: {difference}");
        }
        if !difference.is_same() {
            match self.drift {
                DriftPolicy::Error => {
                    return Err(Error::Drift { at, difference: Box::new(difference), state: Box::new(state()) });
                }
                DriftPolicy::Warn => log::warn!(target: LOG, "the schema differs from that of {at}: {difference}"),
                DriftPolicy::Ignore => {}
            }
        }
        done.drift = difference;
        Ok(())
    }

    /// Reads again while the database is busy.
    fn patiently<T>(&self, attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        poll(self.lock_timeout, attempt, || ())
    }

    pub(crate) fn failed(&self, doing: &'static str, error: rusqlite::Error, state: State) -> Error {
        if code(&error) == Some(ffi::SQLITE_NOTADB) {
            let path = self.conn.path().unwrap_or_default().to_owned();
            return Error::NotADatabase { path, source: Some(error) };
        }
        if is_busy(&error) {
            return Error::Locked { waited: self.lock_timeout, committed: Vec::new(), source: error };
        }
        Error::Sqlite { doing, state: Box::new(state), source: error }
    }

    fn names(&self, done: &Done) -> Vec<String> {
        done.entries.iter().map(|(index, ..)| format!("`{}`", self.set.migrations[*index].name)).collect()
    }

    /// Where the database is, after what this run has committed.
    pub(crate) fn state(&self, done: &Done) -> State {
        match (done.entries.last(), done.start) {
            (Some((index, ..)), _) => {
                State::Committed { at: self.set.position_name(index + 1), migrations: self.names(done) }
            }
            (None, None) => State::Unchanged { at: None },
            (None, Some(start)) => State::Unchanged { at: Some(self.start_name(start, done.from)) },
        }
    }

    fn start_name(&self, start: Start, at: usize) -> String {
        if start == Start::Fresh { "an empty database".to_owned() } else { self.set.position_name(at) }
    }

    fn pending_name(&self, action: Action) -> Option<String> {
        match action {
            Action::Mark(index, _) | Action::Apply { index, .. } => {
                Some(format!("`{}`", self.set.migrations[index].name))
            }
            Action::Base => Some("`base.sql`".to_owned()),
            Action::Schema => Some("`schema.sql`".to_owned()),
            Action::Snapshot => Some("the snapshot".to_owned()),
            Action::PrepareHistory => None,
        }
    }
}
