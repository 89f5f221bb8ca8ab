//! A run: is there anything to do, and may it be done? What reads is here; `write` takes the lock.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, ffi};

use crate::backup::{self, Backup, BackupPolicy};
use crate::catalog::Catalog;
use crate::clock::Instant;
use crate::decide::{Action, Decision, Start, Wanted, decide};
use crate::engine::{answer, code};
use crate::error::{Error, State};
use crate::expected::{Comparison, Schema, live_fingerprint};
use crate::history::{self, Origin};
use crate::inspect::Found;
use crate::migrations::StepFn;
use crate::migrator::DEFAULT_LOCK_TIMEOUT;
use crate::observer::{Event, Watch};
use crate::policy::{Atomicity, DriftPolicy};
use crate::report::EntryKind;
use crate::session::{Patience, is_busy, poll, read, rollback};
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
    /// How long this run has waited for others since it last got on.
    pub(crate) waited: Cell<Duration>,
    pub(crate) backup: BackupPolicy,
    pub(crate) keep_backups: usize,
    pub(crate) watch: Watch<'a>,
    /// What there was at the last look.
    pub(crate) seen: RefCell<Option<Seen>>,
    /// Roll back what was done, in place of committing it.
    pub(crate) dry: bool,
    pub(crate) begun: Instant,
}

/// What there was at some moment.
pub(crate) struct Seen {
    found: Rc<Found>,
    /// `PRAGMA data_version` of that moment, until this connection itself writes.
    version: Option<i64>,
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Done {
    /// `None`: there was nothing to do.
    pub(crate) start: Option<Start>,
    /// The position before the run.
    pub(crate) from: usize,
    pub(crate) entries: Vec<Recorded>,
    /// How the schema differs from the expected one.
    pub(crate) drift: Comparison,
    /// How it differed before the migrations ran.
    pub(crate) drift_before: Comparison,
    /// What no version makes, and went with a table that a migration removed or rebuilt.
    pub(crate) removed: Vec<String>,
    pub(crate) elapsed: Duration,
    /// The position that this run has committed.
    pub(crate) committed: Option<usize>,
    /// The position that this run has committed, or would have.
    pub(crate) reached: Option<usize>,
    /// The migration that this run has begun outside a transaction, and not ended.
    pub(crate) started: Option<usize>,
    /// The database as it was before the run, as long as nobody else has written to it.
    pub(crate) copy: Option<Copy>,
    /// Why a dry run could not try everything.
    pub(crate) untried: Option<String>,
}

/// A copy from before the run.
#[derive(Debug)]
pub(crate) struct Copy {
    /// `None` where there is no file to copy.
    pub(crate) backup: Option<Backup>,
    /// `PRAGMA data_version` from before it was made.
    pub(crate) version: i64,
}

/// What became of one migration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    pub(crate) index: usize,
    pub(crate) origin: Origin,
    pub(crate) kind: EntryKind,
    pub(crate) duration: Duration,
}

impl Done {
    pub(crate) fn nothing(at: usize) -> Done {
        Done {
            start: None,
            from: at,
            entries: Vec::new(),
            drift: Comparison::default(),
            drift_before: Comparison::default(),
            removed: Vec::new(),
            elapsed: Duration::ZERO,
            committed: None,
            reached: None,
            started: None,
            copy: None,
            untried: None,
        }
    }
}

impl Done {
    /// Where the copy from before the run is.
    pub(crate) fn backup(&self) -> Option<PathBuf> {
        self.copy.as_ref().and_then(|copy| Some(copy.backup.as_ref()?.path.clone()))
    }

    /// Keeps the copy after an error of the disk: whether everything could be rolled back is not sure then.
    pub(crate) fn keep_after(&mut self, error: &Error) {
        if error.is_of_the_disk()
            && let Some(backup) = self.copy.as_mut().and_then(|copy| copy.backup.as_mut())
        {
            log::warn!(target: LOG, "the disk failed; the backup `{}` is kept", backup.path.display());
            backup.keep();
        }
    }

    /// Notes that a position is committed: from now on the copy is what the user may want back.
    pub(crate) fn commit(&mut self, position: usize) {
        self.committed = Some(position);
        self.keep_copy();
    }

    /// From now on the copy is what the user may want back.
    pub(crate) fn keep_copy(&mut self) {
        if let Some(backup) = self.copy.as_mut().and_then(|copy| copy.backup.as_mut()) {
            backup.keep();
        }
    }
}

impl Run<'_> {
    pub(crate) fn run(&self) -> Result<Done, Error> {
        let mut done = Done::nothing(self.wanted.target);
        if self.is_plainly_current() {
            done.elapsed = self.begun.elapsed();
            return Ok(done);
        }
        let _patience = self.patience()?;
        if self.is_current(&mut done)? {
            done.elapsed = self.begun.elapsed();
            return Ok(done);
        }
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::size(self.conn)?;
        if !self.needs_writing(&mut done)? {
            done.elapsed = self.begun.elapsed();
            return Ok(done);
        }
        self.requirements()?;
        self.write(&mut done)?;
        done.elapsed = self.begun.elapsed();
        Ok(done)
    }

    /// As [`Run::is_current`], by that statement alone, and with the connection's own patience: to cut it costs another one, at
    /// every start. Whoever asks for less than the default gets less here too. Whatever is in the way is found out again.
    fn is_plainly_current(&self) -> bool {
        let target = self.wanted.target;
        let newest = || self.wait(|_| history::newest(self.conn, &self.set.options.history_table));
        target > 0
            && self.lock_timeout >= DEFAULT_LOCK_TIMEOUT
            && newest()
                .ok()
                .flatten()
                .is_some_and(|newest| newest.is_of_now && newest.chain == Some(self.set.chain_at(target)))
    }

    /// Whether the newest history row says that the target is reached: one row is read, nothing locked. Where only the schema's
    /// version has moved, the schema is compared too.
    fn is_current(&self, done: &mut Done) -> Result<bool, Error> {
        let newest = self
            .patiently(|| history::newest(self.conn, &self.set.options.history_table))
            .map_err(|error| self.failed("reading the history", error, State::Unchanged { at: None }))?;
        let Some(newest) = newest else { return Ok(false) };
        let target = self.wanted.target;
        if target == 0 || newest.chain != Some(self.set.chain_at(target)) {
            return Ok(false);
        }
        if !newest.is_of_now {
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
        let read_only = self.is_read_only()?;
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
        self.judge_start(&decision, done)?;
        self.watch.tell(Event::Planned {
            at: &self.start_name(decision.start, decision.at),
            target: &self.set.position_name(self.wanted.target),
            scripts: decision.scripts(),
        });
        Ok(true)
    }

    pub(crate) fn is_read_only(&self) -> Result<bool, Error> {
        let query_only = answer(read(self.conn, "query_only"))
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))?;
        Ok(self.conn.is_readonly("main").unwrap_or(false) || query_only.is_some_and(|on| on != 0))
    }

    /// Whether the connection is fit for the migrations.
    pub(crate) fn requirements(&self) -> Result<(), Error> {
        self.patiently(|| requirements::connection(self.conn, self.set))
            .map_err(|error| self.failed("asking the connection what it has", error, State::Unchanged { at: None }))?
    }

    /// What there is to do at this moment; reads only.
    pub(crate) fn look(&self) -> Result<Decision, Error> {
        self.look_with(|decision, _| decision).flatten()
    }

    /// As [`Run::look`], with all that was found.
    pub(crate) fn look_with<T>(&self, then: impl FnOnce(Result<Decision, Error>, &Found) -> T) -> Result<T, Error> {
        let found = self
            .patiently(|| {
                if !self.conn.is_autocommit() {
                    return Found::read(self.conn, self.set, &Catalog::default()).map(Rc::new);
                }
                // An interrupted `BEGIN` may have begun.
                let begun = self.conn.execute_batch("BEGIN");
                let found = begun.and_then(|()| self.found());
                rollback(self.conn)?;
                found
            })
            .map_err(|error| self.failed("reading the schema", error, State::Unchanged { at: None }))?;
        let decision = decide(self.set, &found, self.wanted);
        Ok(then(decision, &found))
    }

    /// What there is in the database at this moment, for which the caller holds a transaction: what was seen last, where
    /// nobody has committed anything since, and otherwise only what is new.
    pub(crate) fn found(&self) -> rusqlite::Result<Rc<Found>> {
        let version = backup::data_version(self.conn)?;
        let seen = self.seen.take();
        let found = match seen {
            Some(seen) if seen.version == Some(version) => seen.found,
            seen => {
                let nothing = Catalog::default();
                let before = seen.as_ref().map_or(&nothing, |seen| &seen.found.live);
                Rc::new(Found::read(self.conn, self.set, before)?)
            }
        };
        self.seen.replace(Some(Seen { found: Rc::clone(&found), version: Some(version) }));
        Ok(found)
    }

    /// What was seen is no longer so: this connection is about to write.
    pub(crate) fn outdate(&self) {
        if let Some(seen) = self.seen.borrow_mut().as_mut() {
            seen.version = None;
        }
    }

    /// The connection's own patience, cut down while this is held: asking again until the lock timeout is ours.
    pub(crate) fn patience(&self) -> Result<Patience<'_>, Error> {
        Patience::cut(self.conn, self.lock_timeout.min(Duration::from_millis(100)))
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))
    }

    /// Reads again while the database is busy.
    pub(crate) fn patiently<T>(&self, attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        self.wait(|left| poll(left, attempt, || ()))
    }

    /// Waits for others, for what is left of the lock timeout: it is one for all that a run waits for until it commits.
    pub(crate) fn wait<T>(&self, attempt: impl FnOnce(Duration) -> T) -> T {
        let begun = Instant::now();
        let done = attempt(self.lock_timeout.saturating_sub(self.waited.get()));
        self.waited.set(self.waited.get() + begun.elapsed());
        done
    }

    /// Where the database is after a commit, in the words of [`State`].
    pub(crate) fn after(&self, position: usize, started: Option<usize>) -> String {
        match started {
            Some(index) => format!("`{}` is marked as started", self.set.migrations[index].name),
            None => format!("at {}", self.set.position_name(position)),
        }
    }

    pub(crate) fn failed(&self, doing: &'static str, error: rusqlite::Error, state: State) -> Error {
        if code(&error) == Some(ffi::SQLITE_NOTADB) {
            let path = self.conn.path().unwrap_or_default().to_owned();
            return Error::NotADatabase { path, source: Some(error) };
        }
        if is_busy(&error) {
            return Error::Locked { waited: self.waited.get(), state: Box::new(state), source: error };
        }
        Error::Sqlite { doing, state: Box::new(state), source: error }
    }

    /// Where the database is, after what this run has committed.
    pub(crate) fn state(&self, done: &Done) -> State {
        let name = |index: usize| self.set.migrations[index].name.clone().into_owned();
        let named = |entry: &Recorded| match entry.kind {
            EntryKind::Reverted => format!("`{}` (reverted)", name(entry.index)),
            _ => format!("`{}`", name(entry.index)),
        };
        match (done.started, done.committed, done.start) {
            (Some(index), ..) => State::Started { migration: name(index), backup: done.backup() },
            (_, Some(position), _) => State::Committed {
                at: self.set.position_name(position),
                migrations: done.entries.iter().map(named).collect(),
                backup: done.backup(),
            },
            (.., None) => State::Unchanged { at: None },
            (.., Some(start)) => State::Unchanged { at: Some(self.start_name(start, done.from)) },
        }
    }

    pub(crate) fn start_name(&self, start: Start, at: usize) -> String {
        if start == Start::Fresh { "an empty database".to_owned() } else { self.set.position_name(at) }
    }

    pub(crate) fn pending_name(&self, action: Action) -> Option<String> {
        match action {
            Action::Mark(index, _) | Action::Apply { index, .. } | Action::Revert(index) => {
                Some(format!("`{}`", self.set.migrations[index].name))
            }
            Action::Base => Some("`base.sql`".to_owned()),
            Action::Schema => Some("`schema.sql`".to_owned()),
            Action::Snapshot => Some("the snapshot".to_owned()),
            Action::PrepareHistory | Action::Order => None,
        }
    }
}
