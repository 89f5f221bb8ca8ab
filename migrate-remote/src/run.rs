//! A run: look, decide on a copy, send, look again. What became of a request is read from the history, never guessed.

use std::time::{Duration, Instant};

use migrate_core::__private::Set;
use migrate_core::elsewhere::{self, Look, Outcome, Ran, Told};
use migrate_core::rusqlite::Connection;
use migrate_core::{DriftPolicy, EntryKind, Migrator, Plan, Report, State, Status, Version};

use crate::LOG;
use crate::copy::Seen;
use crate::engine::{Engine, Failure, Recency, Transaction};
use crate::error::Error;
use crate::failure::{foreign_keys, statement};
use crate::fit;
use crate::group::{Expected, Group, Maker, Part, length};
use crate::look::Rehearsed;
use crate::patience::Patience;

/// One run.
pub(crate) struct Run<'r, 'm, E, V> {
    pub(crate) engine: &'r E,
    pub(crate) retry_for: Duration,
    pub(crate) migrator: &'r Migrator<'m, V>,
    pub(crate) told: Told<'m, V>,
    begun: Instant,
}

/// What this run has done so far.
pub(crate) struct Done<V> {
    /// The look with which its first request began.
    pub(crate) first: Option<Look<V>>,
    pub(crate) entries: Vec<Ran>,
    pub(crate) committed: Option<usize>,
    pub(crate) removed: Vec<String>,
    /// Whether the server was asked about every statement.
    pub(crate) asked: bool,
}

/// A request of which no answer came.
pub(crate) struct Lost {
    pub(crate) names: Vec<String>,
    pub(crate) records: Vec<Ran>,
    pub(crate) position: usize,
    pub(crate) why: String,
}

/// What to do after a request.
enum Next {
    /// The next group is good as it was decided.
    On(Expected),
    /// Look again: something has changed, or may have.
    Look,
}

impl<'r, 'm, E: Engine, V: Version> Run<'r, 'm, E, V> {
    pub(crate) fn new(engine: &'r E, retry_for: Duration, migrator: &'r Migrator<'m, V>) -> Result<Self, Error> {
        let told = elsewhere::told(migrator)?;
        Ok(Run { engine, retry_for, migrator, told, begun: Instant::now() })
    }

    pub(crate) fn status(&self) -> Result<Status<V>, Error> {
        let copy = copy(&self.seen(Recency::Committed, false)?)?;
        Ok(self.migrator.status(&copy)?)
    }

    pub(crate) fn plan(&self) -> Result<Plan<V>, Error> {
        let seen = self.seen(Recency::Committed, false)?;
        let look = Look::of(self.migrator, &copy(&seen)?)?;
        fit::check(self.set(), look.plan.steps(), &seen.sqlite_version)?;
        self.refuse_unread(&look, &seen, &State::Unchanged { at: Some(look.at_name.clone()) })?;
        Ok(look.plan)
    }

    pub(crate) fn run(&self, dry: bool) -> Result<Report<V>, Error> {
        let report = self.carried_out(dry);
        match &report {
            Ok(report) => log::info!(target: LOG, "{}: {report}", self.engine.address()),
            Err(error) => log::error!(target: LOG, "{}: {error}", self.engine.address()),
        }
        report
    }

    fn carried_out(&self, dry: bool) -> Result<Report<V>, Error> {
        if self.is_plainly_current()? {
            return Ok(elsewhere::current(self.told.migrations, self.told.target, self.begun.elapsed()));
        }
        let mut done = Done { first: None, entries: Vec::new(), committed: None, removed: Vec::new(), asked: false };
        let mut lost: Option<Lost> = None;
        let (mut silent, mut busy) = (Patience::new(self.retry_for), Patience::from_now(self.told.lock_timeout));
        // The first look must not take the write lock: the server takes that away from whoever has it for long.
        let mut recency = Recency::Committed;
        loop {
            let seen = self.seen(recency, true).map_err(|error| self.in_doubt(error, lost.as_ref(), &done))?;
            recency = Recency::Newest;
            if let Some(lost) = lost.take() {
                self.settle(lost, &seen, &mut done);
            }
            let look = Look::of(self.migrator, &copy(&seen)?).map_err(|error| self.rest_refused(error, &done))?;
            if look.plan.steps().is_empty() {
                return Ok(self.report(look, &seen, done));
            }
            let rehearsed = self.fits(&look, &seen, &mut done)?;
            if dry {
                return self.dry(look, &seen, rehearsed, &mut busy);
            }
            let (mut from, mut expected) = (0, self.expected(&seen));
            while from < look.plan.steps().len() {
                let (group, next) = self.group(&look, &seen, from, rehearsed.drifts, expected);
                from = next;
                match self.send(&group, &look, &seen, &mut done, &mut lost, &mut silent, &mut busy)? {
                    Next::On(now) => expected = now,
                    Next::Look => break,
                }
            }
            done.first.get_or_insert(look);
            if done.committed.is_none() && lost.is_none() {
                done.first = None;
            }
        }
    }

    fn group<'a>(
        &'a self,
        look: &Look<V>,
        seen: &'a Seen,
        from: usize,
        drifts: bool,
        expected: Expected,
    ) -> (Group<'a>, usize) {
        let length = length(self.set(), &look.plan, from, self.told.each).max(1);
        let steps = &look.plan.steps()[from..from + length];
        (self.maker(look, seen, drifts).group(steps, expected), from + length)
    }

    pub(crate) fn expected(&self, seen: &Seen) -> Expected {
        Expected::of(seen, self.by_statement())
    }

    fn by_statement(&self) -> bool {
        self.engine.is_replicated_by_statement()
    }

    pub(crate) fn maker<'a>(&'a self, look: &Look<V>, seen: &'a Seen, drifts: bool) -> Maker<'a> {
        let is_fresh = look.plan.outcome() == migrate_core::Outcome::Fresh;
        let now = self.by_statement().then(now);
        Maker { set: self.set(), seen, at: look.at, is_fresh, drifts, now }
    }

    #[expect(clippy::too_many_arguments, reason = "what one request may change")]
    fn send(
        &self,
        group: &Group<'_>,
        look: &Look<V>,
        seen: &Seen,
        done: &mut Done<V>,
        lost: &mut Option<Lost>,
        silent: &mut Patience,
        busy: &mut Patience,
    ) -> Result<Next, Error> {
        if seen.violations.is_err() {
            log::warn!(target: LOG, "foreign keys could not be checked before the run, and are not checked after it");
        }
        let names = self.names(&group.records);
        log::debug!(target: LOG, "sending {}", crate::error::list(&names));
        match self.engine.transact(&request(group, true)) {
            Ok(rows) => {
                done.commit(group.position, &group.records);
                silent.renew();
                busy.renew();
                Ok(Expected::read(&rows).map_or(Next::Look, Next::On))
            }
            Err(Failure::Statement { index, message }) => match group.items.get(index).map(|item| &item.part) {
                Some(Part::Guard) => {
                    log::debug!(target: LOG, "something has changed since it was looked at: looking again");
                    busy.wait().map_err(|waited| Error::Busy {
                        why: "others changed the schema or the history each time".to_owned(),
                        waited,
                        state: Box::new(self.state(done, look)),
                    })?;
                    Ok(Next::Look)
                }
                Some(Part::ForeignKeys) => Err(foreign_keys(&message, self.state(done, look))),
                Some(part @ Part::Script { .. }) => Err(statement(part, &message, false, self.state(done, look))),
                _ => {
                    let failure = Failure::Statement { index, message };
                    Err(Error::of(failure, "writing the history", Duration::ZERO, self.state(done, look)))
                }
            },
            Err(Failure::Busy(why)) => {
                log::warn!(target: LOG, "the server is busy: {why}");
                let waited = busy.wait();
                waited.map_err(|waited| Error::Busy { why, waited, state: Box::new(self.state(done, look)) })?;
                Ok(Next::Look)
            }
            Err(Failure::Lost(why) | Failure::Unreachable(why)) => {
                log::warn!(target: LOG, "no answer to {}: {why}; the history will tell", crate::error::list(&names));
                let records = group.records.clone();
                *lost = Some(Lost { names: names.clone(), records, position: group.position, why: why.clone() });
                if let Err(waited) = silent.wait() {
                    // One more look, since it may have been committed.
                    let seen =
                        self.seen(Recency::Newest, false).map_err(|error| self.in_doubt(error, lost.as_ref(), done))?;
                    match lost.take() {
                        Some(it) if self.is_committed(&it, &seen) => self.settle(it, &seen, done),
                        // It is not there now. It may still be on its way, and would be carried out when it arrives.
                        _ => {
                            log::warn!(target: LOG, "no answer for {:.1} s", waited.as_secs_f64());
                            let after = self.set().position_name(group.position);
                            let state = Box::new(self.state(done, look));
                            return Err(Error::InDoubt { migrations: names, why, after, state });
                        }
                    }
                }
                Ok(Next::Look)
            }
            Err(failure) => Err(Error::of(failure, "migrating", Duration::ZERO, self.state(done, look))),
        }
    }

    fn dry(&self, look: Look<V>, seen: &Seen, rehearsed: Rehearsed, busy: &mut Patience) -> Result<Report<V>, Error> {
        let state = || State::Unchanged { at: Some(look.at_name.clone()) };
        let (group, next) = self.group(&look, seen, 0, rehearsed.drifts, self.expected(seen));
        match self.ask(|| self.engine.transact(&request(&group, false))) {
            Ok(_) => {}
            Err((Failure::Statement { index, message }, waited)) => {
                return Err(match group.items.get(index).map(|item| &item.part) {
                    Some(Part::Guard) if busy.wait().is_ok() => return self.carried_out(true),
                    Some(Part::ForeignKeys) => foreign_keys(&message, state()),
                    Some(part @ Part::Script { .. }) => statement(part, &message, false, state()),
                    _ => Error::of(Failure::Statement { index, message }, "writing the history", waited, state()),
                });
            }
            Err((failure, waited)) => return Err(Error::of(failure, "trying the migrations", waited, state())),
        }
        let untried = self.maker(&look, seen, false).group(&look.plan.steps()[next..], self.expected(seen)).records;
        let untried = self.names(&untried).into_iter().next();
        let outcome = Outcome {
            reached: Some(group.position),
            entries: group.records,
            removed: rehearsed.removed,
            elapsed: self.begun.elapsed(),
            dry: true,
            untried,
            ..Outcome::default()
        };
        Ok(look.report(self.told.migrations, outcome))
    }

    /// The end: nothing is left to do, and this is what there is now.
    fn report(&self, last: Look<V>, seen: &Seen, mut done: Done<V>) -> Report<V> {
        let Some(first) = done.first else {
            return elsewhere::current(self.told.migrations, last.at, self.begun.elapsed());
        };
        for ran in done.entries.iter_mut().filter(|ran| ran.kind == EntryKind::Applied) {
            ran.duration = seen.duration(&self.set().migrations[ran.index].name).unwrap_or_default();
        }
        if !done.removed.is_empty() && self.told.drift == DriftPolicy::Warn {
            let removed = crate::error::list(&done.removed);
            log::warn!(target: LOG, "the migrations removed what none of them makes, with its table: {removed}");
        }
        let outcome = Outcome {
            // Others may have brought it further than this run did.
            reached: Some(last.at),
            entries: done.entries,
            drift: last.plan.difference().clone(),
            drift_before: first.plan.difference().clone(),
            removed: done.removed,
            elapsed: self.begun.elapsed(),
            ..Outcome::default()
        };
        first.report(self.told.migrations, outcome)
    }

    /// Counts a request whose answer was lost, if the history has what was in it. Whether it was this one, or another program's of
    /// the same kind, makes no difference: each is applied once.
    fn settle(&self, lost: Lost, seen: &Seen, done: &mut Done<V>) {
        let is_committed = self.is_committed(&lost, seen);
        let names = crate::error::list(&lost.names);
        if is_committed {
            log::info!(target: LOG, "the history has {names}: only the answer was lost");
            done.commit(lost.position, &lost.records);
        } else {
            log::info!(target: LOG, "the history does not have {names}: sending again");
            if done.committed.is_none() {
                done.first = None;
            }
        }
    }

    fn is_committed(&self, lost: &Lost, seen: &Seen) -> bool {
        let names = |reverted: bool| -> Vec<&str> {
            let chosen = lost.records.iter().filter(|ran| (ran.kind == EntryKind::Reverted) == reverted);
            chosen.map(|ran| self.set().migrations[ran.index].name.as_ref()).collect()
        };
        !lost.records.is_empty() && seen.has(&names(false)) && names(true).iter().all(|name| !seen.has(&[name]))
    }

    pub(crate) fn set(&self) -> &'m Set {
        self.told.migrations.set()
    }
}

impl<V> Done<V> {
    fn commit(&mut self, position: usize, records: &[Ran]) {
        self.committed = Some(position);
        self.entries.extend_from_slice(records);
    }
}

fn request<'g>(group: &'g Group<'_>, commit: bool) -> Transaction<'g> {
    let statements = group.items.iter().map(|item| item.sql.as_ref()).collect();
    Transaction { statements, foreign_keys: group.foreign_keys, commit }
}

pub(crate) fn copy(seen: &Seen) -> Result<Connection, Error> {
    seen.copy().map_err(|source| Error::Copy { source })
}

/// This program's clock, as the history has it.
fn now() -> String {
    let asked =
        Connection::open_in_memory().and_then(|conn| conn.query_row("SELECT CURRENT_TIMESTAMP", [], |row| row.get(0)));
    asked.unwrap_or_else(|_| "1970-01-01 00:00:00".to_owned())
}
