//! Bringing a database to the target: look, lock, read, decide, act, once for each group that shares a transaction.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};

use crate::act::{Act, Group};
use crate::alone::Alone;
use crate::catalog::Catalog;
use crate::decide::{Action, Decision, Start, Wanted, decide, decide_adoption};
use crate::engine::code;
use crate::error::{Error, State};
use crate::expected::{Comparison, Schema, live_fingerprint};
use crate::history::{self, Origin};
use crate::inspect::Found;
use crate::migrations::StepFn;
use crate::migrator::{Atomicity, DriftPolicy};
use crate::session::{Patience, Session, is_busy, poll, read};
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
    pub(crate) begun: Instant,
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
    /// The position that this run has committed.
    pub(crate) committed: Option<usize>,
    /// The migration that this run has begun outside a transaction, and not ended.
    pub(crate) started: Option<usize>,
}

impl Done {
    fn nothing(at: usize) -> Done {
        let drift = Comparison::default();
        let (committed, started) = (None, None);
        Done { start: None, from: at, entries: Vec::new(), drift, elapsed: Duration::ZERO, committed, started }
    }
}

impl Run<'_> {
    pub(crate) fn run(&self) -> Result<Done, Error> {
        let _patience = self.patience()?;
        let mut done = Done::nothing(self.wanted.target);
        if self.is_current(&mut done)? {
            done.elapsed = self.begun.elapsed();
            return Ok(done);
        }
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::file(self.conn)?;
        if !self.needs_writing(&mut done)? {
            done.elapsed = self.begun.elapsed();
            return Ok(done);
        }
        requirements::connection(self.conn, self.set)?;
        self.write(&mut done)?;
        done.elapsed = self.begun.elapsed();
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
                self.judge_drift(target, difference, None, || State::Unchanged { at: Some(at) }, done)?;
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
            self.judge_drift(decision.at, decision.difference, None, state, done)?;
            done.from = decision.at;
            return Ok(false);
        }
        if read_only {
            return Err(Error::ReadOnly { at: self.start_name(decision.start, decision.at), pending });
        }
        Ok(true)
    }

    /// Refuses a schema that drifted, as a run with nothing to do would.
    pub(crate) fn judge(&self, decision: &Decision) -> Result<(), Error> {
        let state = || State::Unchanged { at: Some(self.set.position_name(decision.at)) };
        self.judge_drift(decision.at, decision.difference.clone(), None, state, &mut Done::nothing(decision.at))
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
        if !decision.difference.is_same() {
            return Err(Error::Drift {
                at: self.set.position_name(self.wanted.target),
                difference: Box::new(decision.difference),
                help: "add what is missing and remove what is too much, then call `adopt_at` again",
                state: Box::new(State::Unchanged { at: None }),
            });
        }
        if decision.actions.is_empty() {
            return Ok(done);
        }
        (done.start, done.from) = (Some(decision.start), decision.at);
        let run = Run { drift: DriftPolicy::Error, ..*self };
        self.set_foreign_keys(&session, false, &done)?;
        let group = Group { actions: decision.actions.clone(), transaction: true, foreign_keys: false };
        Act { run: &run, session: &session, found: &found, decision: &decision, done: &mut done }
            .in_transaction(&group)?;
        done.elapsed = self.begun.elapsed();
        Ok(done)
    }

    /// Locks, reads, decides, acts; once for each group of migrations that can share a transaction.
    fn write(&self, done: &mut Done) -> Result<(), Error> {
        let unchanged = || State::Unchanged { at: None };
        let session =
            Session::open(self.conn).map_err(|error| self.failed("reading the settings", error, unchanged()))?;
        let mut foreign_keys = false;
        let mut alone = None;
        let mut rest: Option<Rest> = None;
        loop {
            self.set_foreign_keys(&session, foreign_keys, done)?;
            self.lock(&session, done)?;
            let found = Found::read(self.conn, self.set)
                .map_err(|error| self.failed("reading the schema", error, self.state(done)))?;
            let mut decision = match rest.take().filter(|rest| rest.history == names(&found)) {
                Some(rest) => rest.decision,
                None => decide(self.set, &found, self.wanted)?,
            };
            let group = self.next_group(&decision);
            if group.actions.is_empty() {
                session.rollback();
                break;
            }
            let waits = !group.transaction && alone.is_none();
            if waits || group.foreign_keys != foreign_keys {
                session.rollback();
                foreign_keys = group.foreign_keys;
                if waits {
                    alone = Some(self.alone(done)?);
                }
                rest = Some(Rest { history: names(&found), decision });
                continue;
            }
            if done.start.is_none() {
                done.start = Some(decision.start);
                done.from = decision.at;
            }
            let before = done.entries.len();
            let mut act = Act { run: self, session: &session, found: &found, decision: &decision, done };
            if group.transaction {
                act.in_transaction(&group)?
            } else {
                act.outside(&group)?
            }
            let left = decision.actions.split_off(group.actions.len());
            if left.is_empty() {
                break;
            }
            let mut history = names(&found);
            for (index, ..) in &done.entries[before..] {
                let name = self.set.migrations[*index].name.as_ref();
                history.retain(|known| known != name);
                history.push(name.to_owned());
            }
            let at = done.committed.unwrap_or(decision.at);
            let decision = Decision { start: decision.start, at, actions: left, difference: done.drift.clone() };
            rest = Some(Rest { history, decision });
        }
        if let Some(Some(alone)) = alone {
            alone.finish();
        }
        Ok(())
    }

    /// The right to run migrations outside a transaction; `None` in memory, where there is no other process.
    fn alone(&self, done: &Done) -> Result<Option<Alone>, Error> {
        let Some(path) = self.conn.path().filter(|path| !path.is_empty()) else { return Ok(None) };
        let path = PathBuf::from(format!("{path}-migrate"));
        match Alone::take(&path, self.lock_timeout) {
            Ok(alone) => Ok(Some(alone)),
            Err(source) => Err(Error::LockFile { path, state: Box::new(self.state(done)), source }),
        }
    }

    pub(crate) fn set_foreign_keys(&self, session: &Session<'_>, on: bool, done: &Done) -> Result<(), Error> {
        match session.foreign_keys(on) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::ForeignKeysStuck { on, state: Box::new(self.state(done)) }),
            Err(error) => Err(self.failed("setting `foreign_keys`", error, self.state(done))),
        }
    }

    pub(crate) fn lock(&self, session: &Session<'_>, done: &Done) -> Result<(), Error> {
        session
            .begin_immediate(self.lock_timeout, || log::warn!(target: LOG, "waiting for another connection's lock"))
            .map_err(|error| self.failed("taking the write lock", error, self.state(done)))
    }

    /// The first actions that can share a transaction. On an empty database there is nothing to keep between two
    /// migrations, so they are not parted one by one.
    fn next_group(&self, decision: &Decision) -> Group {
        let each = self.atomicity == Atomicity::Each && decision.start != Start::Fresh;
        let mut mode = None;
        let mut length = 0;
        for action in &decision.actions {
            let wants = match action {
                Action::PrepareHistory | Action::Mark(..) => None,
                Action::Base | Action::Schema | Action::Snapshot => Some((true, false)),
                Action::Apply { index, .. } => {
                    let migration = &self.set.migrations[*index];
                    Some((migration.transaction, migration.foreign_keys))
                }
            };
            let outside = matches!(wants, Some((false, _)));
            let parts = wants.is_some() && mode.is_some() && (wants != mode || each);
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
        Group { actions: decision.actions[..length].to_vec(), transaction, foreign_keys }
    }

    /// Says how the schema differs, as the policy has it. A schema that was exactly as expected before the run, and then
    /// lacks something or has too much, is an error under every policy: the migrations acted on something else.
    pub(crate) fn judge_drift(
        &self,
        position: usize,
        difference: Comparison,
        before: Option<&Comparison>,
        state: impl FnOnce() -> State,
        done: &mut Done,
    ) -> Result<(), Error> {
        let at = self.set.position_name(position);
        if !difference.reordered.is_empty() {
            log::info!(target: LOG, "the schema is that of {at} but for the order of columns: {difference}");
        }
        let odd = before.is_some_and(Comparison::is_same) && difference.missing.len() + difference.unexpected.len() > 0;
        if !difference.is_same() {
            let help = match self.drift {
                DriftPolicy::Error | DriftPolicy::Warn if !odd && difference.lacks_a_table() => {
                    "restore a backup, or make the table again; without it the application cannot work"
                }
                _ if odd => {
                    "make sure that nothing on this connection redirects its statements; the proof saw another result"
                }
                DriftPolicy::Error => "bring the schema back to that version, or accept drift with `DriftPolicy::Warn`",
                DriftPolicy::Warn => {
                    log::warn!(target: LOG, "the schema differs from that of {at}: {difference}");
                    ""
                }
                DriftPolicy::Ignore => "",
            };
            if !help.is_empty() {
                let (difference, state) = (Box::new(difference), Box::new(state()));
                return Err(Error::Drift { at, difference, help, state });
            }
        }
        done.drift = difference;
        Ok(())
    }

    /// The connection's own patience, cut down to the lock timeout while this is held. That costs a statement, so it is
    /// done only for a timeout that is shorter than what rusqlite sets on every connection.
    pub(crate) fn patience(&self) -> Result<Option<Patience<'_>>, Error> {
        if self.lock_timeout >= Duration::from_secs(5) {
            return Ok(None);
        }
        Patience::cut(self.conn, self.lock_timeout)
            .map(Some)
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))
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
            return Error::Locked { waited: self.begun.elapsed(), state: Box::new(state), source: error };
        }
        Error::Sqlite { doing, state: Box::new(state), source: error }
    }

    /// Where the database is, after what this run has committed.
    pub(crate) fn state(&self, done: &Done) -> State {
        let name = |index: usize| self.set.migrations[index].name.clone().into_owned();
        match (done.started, done.committed, done.start) {
            (Some(index), ..) => State::Started { migration: name(index) },
            (_, Some(position), _) => State::Committed {
                at: self.set.position_name(position),
                migrations: done.entries.iter().map(|(index, ..)| format!("`{}`", name(*index))).collect(),
            },
            (.., None) => State::Unchanged { at: None },
            (.., Some(start)) => State::Unchanged { at: Some(self.start_name(start, done.from)) },
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

/// What remains of a decision, and the history that it is good for.
struct Rest {
    history: Vec<String>,
    decision: Decision,
}

fn names(found: &Found) -> Vec<String> {
    found.history.rows().iter().map(|row| row.name.clone()).collect()
}
