//! Carrying out one group of actions, with the lock held: statements, steps, records, checks, commit.

use std::time::Duration;

use rusqlite::{Connection, ffi};

use crate::LOG;
use crate::clock::Instant;
use crate::decide::{Action, Decision, Start};
use crate::details::details;
use crate::engine::{StatementCause, StatementError, code, run_statement};
use crate::error::{Error, FailedStatement, State};
use crate::expected::Schema;
use crate::foreign_keys::Violations;
use crate::history::{self, Origin, Record};
use crate::inspect::Found;
use crate::observer::Event;
use crate::report::EntryKind;
use crate::run::{Done, Recorded, Run};
use crate::session::{Session, is_busy, poll, read};
use crate::set::Script;

/// Actions that share a transaction, or one that runs outside.
pub(crate) struct Group {
    pub(crate) actions: Vec<Action>,
    pub(crate) transaction: bool,
    pub(crate) foreign_keys: bool,
}

/// One group, with the lock held.
pub(crate) struct Act<'a, 'r> {
    pub(crate) run: &'a Run<'r>,
    pub(crate) session: &'a Session<'a>,
    pub(crate) found: &'a Found,
    pub(crate) decision: &'a Decision,
    pub(crate) done: &'a mut Done,
    /// How many scripts this run has run before this group.
    pub(crate) number: usize,
    /// How many it will run.
    pub(crate) total: usize,
}

impl Act<'_, '_> {
    pub(crate) fn in_transaction(&mut self, group: &Group) -> Result<(), Error> {
        let before = self.violations()?;
        self.still_open()?;
        if let Some(row) = self.found.history.rows().last().filter(|row| row.origin == Some(Origin::Started)) {
            history::forget(self.run.conn, self.table(), &row.name)
                .map_err(|error| self.failed("writing the history", error))?;
        }
        let mut entries = Vec::new();
        let mut position = self.decision.at;
        for &action in &group.actions {
            let duration = self.act(action)?;
            let (index, origin, kind) = match action {
                Action::Mark(index, origin) => {
                    self.record(index, origin, None, history::record)?;
                    (index, origin, EntryKind::Marked)
                }
                Action::Apply { index, origin, step } => {
                    let write = if step { history::finish } else { history::record };
                    self.record(index, origin, Some(duration), write)?;
                    (index, origin, EntryKind::Applied)
                }
                Action::Revert(index) => {
                    let name = &self.run.set.migrations[index].name;
                    history::forget(self.run.conn, self.table(), name)
                        .map_err(|error| self.failed("writing the history", error))?;
                    (index, Origin::Applied, EntryKind::Reverted)
                }
                _ => continue,
            };
            position = if kind == EntryKind::Reverted { index } else { position.max(index + 1) };
            entries.push(Recorded { index, origin, kind, duration });
        }
        self.refuse_violations(&before)?;
        self.check_drift(position)?;
        if self.run.dry {
            self.session.rollback();
        } else {
            self.stamp_and_commit(position, None)?;
        }
        self.done.reached = Some(position);
        self.done.entries.append(&mut entries);
        Ok(())
    }

    /// A migration that cannot run in a transaction: fenced by commits, marked as started before it and as applied
    /// after it, so that an interrupted one is begun again.
    pub(crate) fn outside(&mut self, group: &Group) -> Result<(), Error> {
        let Some(&Action::Apply { index, origin, step }) = group.actions.first() else { return Ok(()) };
        let migration = &self.run.set.migrations[index];
        if step {
            return Err(self.misbehaved(index, "needs a transaction", "remove `--! transaction: none`, or the step"));
        }
        let before = self.violations()?;
        let restarted = self.found.history.rows().last().is_some_and(|row| row.name == migration.name);
        if !restarted {
            self.record(index, Origin::Started, None, history::record)?;
        }
        self.stamp_and_commit(index, Some(index))?;
        let duration = self.timed(&migration.name, |act| act.run_alone(index))?;
        self.run.lock(self.session, self.done)?;
        self.refuse_violations(&before)?;
        self.record(index, origin, Some(duration), history::finish)?;
        self.check_drift(index + 1)?;
        self.stamp_and_commit(index + 1, None)?;
        self.done.reached = Some(index + 1);
        self.done.entries.push(Recorded { index, origin, kind: EntryKind::Applied, duration });
        Ok(())
    }

    /// Runs a migration's statements without a lock of our own, so each waits for those of others. One that finds the
    /// database busy has done nothing.
    fn run_alone(&self, index: usize) -> Result<(), Error> {
        let (run, script) = (self.run, &self.run.set.migrations[index].up);
        for statement in 0..script.statements.len() {
            let attempt = || match run_statement(run.conn, script, statement) {
                Ok(()) => Ok(Ok(())),
                Err(error) => match error.cause {
                    StatementCause::Sqlite(cause) if is_busy(&cause) => Err(cause),
                    _ => Ok(Err(error)),
                },
            };
            let begun = Instant::now();
            let done = poll(run.lock_timeout, attempt, || ()).map_err(|error| {
                run.waited.set(begun.elapsed());
                self.failed("waiting for a lock", error)
            })?;
            done.map_err(|error| statement_error(script, &self.what(index), *error, self.state()))?;
        }
        self.settle()
    }

    fn violations(&self) -> Result<Violations, Error> {
        if self.found.live.is_empty() {
            return Ok(Violations::default());
        }
        Violations::read(self.run.conn).map_err(|error| self.failed("checking foreign keys", error))
    }

    fn refuse_violations(&self, before: &Violations) -> Result<(), Error> {
        let after = Violations::read(self.run.conn).map_err(|error| self.failed("checking foreign keys", error))?;
        let violations = after.since(before);
        if violations.is_empty() {
            Ok(())
        } else {
            Err(Error::ForeignKeys { violations, state: Box::new(self.state()) })
        }
    }

    /// Carries out one action, and says how long its script ran.
    fn act(&mut self, action: Action) -> Result<Duration, Error> {
        let set = self.run.set;
        match action {
            Action::PrepareHistory => self.prepare_history().map(|()| Duration::ZERO),
            Action::Order => self.order_history().map(|()| Duration::ZERO),
            Action::Mark(..) => Ok(Duration::ZERO),
            Action::Base => self.schema(set.base.as_ref(), "base.sql", "`base.sql`"),
            Action::Schema => self.schema(set.schema.as_ref(), "schema.sql", "`schema.sql`"),
            Action::Snapshot => {
                self.schema(set.snapshot.as_ref(), "the snapshot", "the snapshot of the current schema")
            }
            Action::Apply { index, step, .. } => {
                let migration = &set.migrations[index];
                log::debug!(target: LOG, "applying `{}`", migration.name);
                self.timed(&migration.name, |act| {
                    act.run_script(&migration.up, &act.what(index))?;
                    act.settle()?;
                    if step { act.step(index) } else { Ok(()) }
                })
            }
            Action::Revert(index) => {
                let migration = &set.migrations[index];
                log::debug!(target: LOG, "reverting `{}`", migration.name);
                self.timed(&migration.name, |act| {
                    let down = migration.down.as_ref();
                    down.map_or(Ok(()), |down| {
                        act.run_script(down, &format!("the down script of {}", act.what(index)))
                    })?;
                    act.settle()
                })
            }
        }
    }

    fn schema(&mut self, script: Option<&Script>, name: &str, what: &str) -> Result<Duration, Error> {
        self.timed(name, |act| script.map_or(Ok(()), |script| act.run_script(script, what)))
    }

    /// Runs a script, and tells the observer.
    fn timed(&mut self, name: &str, script: impl FnOnce(&Self) -> Result<(), Error>) -> Result<Duration, Error> {
        self.number += 1;
        let (watch, number, total) = (self.run.watch, self.number, self.total);
        watch.tell(Event::MigrationStarted { name, number, total });
        let begun = Instant::now();
        script(self)?;
        let elapsed = begun.elapsed();
        watch.tell(Event::MigrationFinished { name, number, total, elapsed });
        Ok(elapsed)
    }

    pub(crate) fn prepare_history(&self) -> Result<(), Error> {
        let (conn, set) = (self.run.conn, self.run.set);
        let table = self.table();
        let prepared = if self.found.history.is_three_columns() {
            history::take_over(conn, table).and_then(|()| {
                set.migrations.iter().take(self.decision.at).try_for_each(|migration| {
                    history::complete(conn, table, &migration.name, migration.checksum, migration.chain)
                })
            })
        } else {
            conn.execute_batch(&history::create_history_sql(table))
        };
        prepared.map_err(|error| self.failed("preparing the history table", error))
    }

    /// Everything up to the newest recorded migration is recorded now: brings it into the order of the list.
    fn order_history(&self) -> Result<(), Error> {
        let (conn, table) = (self.run.conn, self.table());
        self.still_open()?;
        let recorded = &self.run.set.migrations[..self.decision.at];
        let names: Vec<&str> = recorded.iter().map(|migration| migration.name.as_ref()).collect();
        history::renumber(conn, table, &names)
            .and_then(|()| {
                let mut recorded = recorded.iter();
                recorded.try_for_each(|migration| {
                    history::correct(conn, table, &migration.name, Some(migration.checksum), Some(migration.chain))
                })
            })
            .map_err(|error| self.failed("writing the history", error))
    }

    fn run_script(&self, script: &Script, what: &str) -> Result<(), Error> {
        for (index, statement) in script.statements.iter().enumerate() {
            self.still_open()?;
            let begun = Instant::now();
            run_statement(self.run.conn, script, index)
                .map_err(|error| statement_error(script, what, *error, self.state()))?;
            log::debug!(target: LOG, "{}:{} took {:.3?}", script.path, statement.line, begun.elapsed());
        }
        Ok(())
    }

    /// SQLite rolls back by itself where it runs out of memory or cannot read or write, even while it only reads. Without the
    /// transaction every statement would be committed by itself. Whatever makes it do so is an error of its own, which ends the
    /// run before this is asked; should one ever get lost, this is the second net.
    fn still_open(&self) -> Result<(), Error> {
        if self.run.conn.is_autocommit() {
            return Err(Error::TransactionLost { state: Box::new(self.state()) });
        }
        Ok(())
    }

    /// What a migration set must not decide what the next one does.
    fn settle(&self) -> Result<(), Error> {
        self.session.settle().map_err(|error| self.failed("restoring the settings", error))
    }

    fn what(&self, index: usize) -> String {
        format!("migration `{}`", self.run.set.migrations[index].name)
    }

    fn table(&self) -> &str {
        &self.run.set.options.history_table
    }

    fn misbehaved(&self, index: usize, what: &'static str, help: &'static str) -> Error {
        let migration = self.run.set.migrations[index].name.clone().into_owned();
        Error::StepMisbehaved { migration, what, help, state: Box::new(self.state()) }
    }

    /// Runs a Rust step, with the history row of its migration half written: that keeps it from committing.
    fn step(&self, index: usize) -> Result<(), Error> {
        let conn = self.run.conn;
        let name = &self.run.set.migrations[index].name;
        let Some((_, step)) = self.run.steps.iter().find(|(at, _)| *at == index) else {
            return Err(self.misbehaved(index, "is not bound to a function", "give it one where the list is loaded"));
        };
        let recording = |error| self.failed("writing the history", error);
        let version = || read(conn, "schema_version").map_err(|error| self.failed("reading the schema version", error));
        let before = version()?;
        let mut held = conn.prepare(&history::hold_sql(self.table())).map_err(recording)?;
        let mut rows = held.query([name.as_ref()]).map_err(recording)?;
        rows.next().map_err(recording)?;
        let done = step(conn);
        drop(rows);
        // First the error: what interrupts a statement, or fills the disk, makes SQLite roll back too.
        done.map_err(|source| Error::Step {
            migration: name.clone().into_owned(),
            state: Box::new(self.state()),
            source,
        })?;
        if conn.is_autocommit() {
            return Err(self.misbehaved(
                index,
                "rolled back the transaction that it runs in",
                "return an error instead; the run rolls back",
            ));
        }
        if version()? != before {
            return Err(self.misbehaved(
                index,
                "changed the schema",
                "put schema changes in the migration's SQL, where they are proved",
            ));
        }
        Ok(())
    }

    fn check_drift(&mut self, position: usize) -> Result<(), Error> {
        let run = self.run;
        let live = self
            .found
            .live
            .read_again(run.conn, self.table())
            .map_err(|error| self.failed("reading the schema", error))?;
        let mut difference = Schema::at(run.set, position).compare(&live, &self.found.known);
        let state = self.state();
        run.judge_removed(self.found, &live, || state.clone(), self.done)?;
        if self.decision.start == Start::OutOfOrder && !difference.is_same() {
            difference.details = details(run.set, position, &live, &difference);
            return Err(Error::Drift {
                at: run.set.position_name(position),
                difference: Box::new(difference),
                help: "give the migrations that were applied out of order numbers after every one that was released before \
                       them; if the schema differed before, bring it to its version first",
                state: Box::new(state),
            });
        }
        let goes_down = self.decision.actions.iter().any(|action| matches!(action, Action::Revert(_)));
        if goes_down && difference.has_more_than(&self.decision.difference) {
            return Err(Error::Drift {
                at: run.set.position_name(position),
                difference: Box::new(difference),
                help: "correct the down scripts: what they leave behind is not that version",
                state: Box::new(state),
            });
        }
        run.judge_drift(position, difference, Some(&self.decision.difference), || state, self.done)
    }

    fn record(
        &self,
        index: usize,
        origin: Origin,
        duration: Option<Duration>,
        write: fn(&Connection, &str, &Record<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        self.still_open()?;
        let migration = &self.run.set.migrations[index];
        let record = Record {
            name: &migration.name,
            checksum: migration.checksum,
            chain: (origin != Origin::Started).then_some(migration.chain),
            origin,
            duration: duration.map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        };
        write(self.run.conn, self.table(), &record).map_err(|error| self.failed("writing the history", error))
    }

    /// Commits a position, and what has been started after it.
    pub(crate) fn stamp_and_commit(&mut self, position: usize, started: Option<usize>) -> Result<(), Error> {
        self.still_open()?;
        history::stamp(self.run.conn, self.table(), !self.done.drift.is_same())
            .map_err(|error| self.failed("writing the history", error))?;
        self.run.watch.tell(Event::Committing);
        self.run.wait(|left| self.session.commit(left)).map_err(|error| {
            let mut state = self.state();
            if leaves_in_doubt(&error) {
                // The copy may be what is wanted back: the commit may count.
                self.done.keep_copy();
                let after = self.run.after(position, started);
                state = State::InDoubt { before: Box::new(state), after };
            }
            self.run.failed("committing", error, state)
        })?;
        self.run.waited.set(Duration::ZERO);
        self.done.started = started;
        self.done.commit(position);
        self.run.watch.tell(Event::Committed { at: &self.run.set.position_name(position) });
        Ok(())
    }

    pub(crate) fn failed(&self, doing: &'static str, error: rusqlite::Error) -> Error {
        self.run.failed(doing, error, self.state())
    }

    fn state(&self) -> State {
        self.run.state(self.done)
    }
}

/// Whether a commit that failed so may count all the same: the journal may have been cut, or the WAL written, before
/// the operation that failed.
fn leaves_in_doubt(error: &rusqlite::Error) -> bool {
    matches!(code(error), Some(ffi::SQLITE_IOERR | ffi::SQLITE_FULL | ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOMEM))
}

fn statement_error(script: &Script, what: &str, error: StatementError, state: State) -> Error {
    let StatementError { statement, offset, message, cause, .. } = error;
    let (line, column) = match offset {
        Some(offset) => migrate_sql::line_column(&script.sql, offset),
        None => (statement.line, statement.column),
    };
    let text = script.text(&statement);
    let first: String = text.lines().next().unwrap_or_default().chars().take(120).collect();
    let source = match cause {
        StatementCause::Sqlite(error) => Some(error),
        _ => None,
    };
    Error::Statement(Box::new(FailedStatement {
        what: what.to_owned(),
        path: script.path.clone().into_owned(),
        line,
        column,
        statement: if first.len() < text.len() { format!("{first} …") } else { first },
        message,
        state,
        source,
    }))
}
