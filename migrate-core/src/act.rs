//! Carrying out one group of actions, with the lock held: statements, steps, records, checks, commit.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::LOG;
use crate::catalog::Catalog;
use crate::decide::{Action, Decision};
use crate::engine::{StatementCause, StatementError, run_script_with};
use crate::error::{Error, FailedStatement, State};
use crate::expected::Schema;
use crate::foreign_keys::{Violations, new_ones, violations};
use crate::history::{self, Origin, Record};
use crate::inspect::Found;
use crate::run::{Done, Run};
use crate::session::{Session, read};
use crate::set::Script;

/// Actions that share a transaction, or one that runs outside.
pub(crate) struct Group<'d> {
    pub(crate) actions: &'d [Action],
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
}

impl Act<'_, '_> {
    pub(crate) fn in_transaction(&mut self, group: &Group<'_>) -> Result<(), Error> {
        let before = match self.found.live.is_empty() {
            true => Violations::new(),
            false => violations(self.run.conn).map_err(|error| self.failed("checking foreign keys", error))?,
        };
        let mut entries = Vec::new();
        for action in group.actions {
            let begun = Instant::now();
            self.act(*action)?;
            let duration = begun.elapsed();
            match *action {
                Action::Mark(index, origin) => {
                    self.write_record(index, origin, None, history::record)?;
                    entries.push((index, origin, Duration::ZERO));
                }
                Action::Apply { index, origin, step } => {
                    let write = if step { history::finish } else { history::record };
                    self.write_record(index, origin, Some(duration), write)?;
                    entries.push((index, origin, duration));
                }
                _ => {}
            }
        }
        let after = violations(self.run.conn).map_err(|error| self.failed("checking foreign keys", error))?;
        let violations = new_ones(&before, &after);
        if !violations.is_empty() {
            return Err(Error::ForeignKeys { violations, state: Box::new(self.state()) });
        }
        let position = entries.iter().map(|(index, ..)| index + 1).max().unwrap_or(self.decision.at);
        self.check_drift(position.max(self.decision.at))?;
        self.stamp_and_commit()?;
        self.done.entries.append(&mut entries);
        Ok(())
    }

    /// A migration that cannot run in a transaction: fenced by commits, marked as started before it and as applied
    /// after it, so that an interrupted one is begun again.
    pub(crate) fn outside(&mut self, group: &Group<'_>) -> Result<(), Error> {
        let Some(&Action::Apply { index, origin, .. }) = group.actions.first() else { return Ok(()) };
        let migration = &self.run.set.migrations[index];
        let restarted = self.found.history.rows().last().is_some_and(|row| row.name == migration.name);
        if !restarted {
            self.write_record(index, Origin::Started, None, history::record)?;
        }
        self.stamp_and_commit()?;
        let begun = Instant::now();
        self.run_script(&migration.up, &format!("migration `{}`", migration.name), || State::Started {
            migration: migration.name.clone().into_owned(),
        })?;
        let duration = begun.elapsed();
        self.run.lock(self.session, self.done)?;
        self.write_record(index, origin, Some(duration), history::finish)?;
        self.check_drift(index + 1)?;
        self.stamp_and_commit()?;
        self.done.entries.push((index, origin, duration));
        Ok(())
    }

    fn act(&self, action: Action) -> Result<(), Error> {
        let set = self.run.set;
        match action {
            Action::PrepareHistory => self.prepare_history(),
            Action::Base => {
                set.base.as_ref().map_or(Ok(()), |base| self.run_script(base, "`base.sql`", || self.state()))
            }
            Action::Schema => {
                set.schema.as_ref().map_or(Ok(()), |schema| self.run_script(schema, "`schema.sql`", || self.state()))
            }
            Action::Snapshot => {
                let what = "the snapshot of the current schema";
                set.snapshot.as_ref().map_or(Ok(()), |snapshot| self.run_script(snapshot, what, || self.state()))
            }
            Action::Mark(..) => Ok(()),
            Action::Apply { index, step, .. } => {
                let migration = &set.migrations[index];
                log::debug!(target: LOG, "applying `{}`", migration.name);
                self.run_script(&migration.up, &format!("migration `{}`", migration.name), || self.state())?;
                if step { self.step(index) } else { Ok(()) }
            }
        }
    }

    fn prepare_history(&self) -> Result<(), Error> {
        let (conn, set) = (self.run.conn, self.run.set);
        let table = &set.options.history_table;
        let prepared = if self.found.history.is_three_columns() {
            history::take_over(conn, table).and_then(|()| {
                self.found.history.rows().iter().zip(set.migrations.iter()).try_for_each(|(_, migration)| {
                    history::complete(conn, table, &migration.name, migration.checksum, migration.chain)
                })
            })
        } else {
            conn.execute_batch(&history::create_history_sql(table))
        };
        prepared.map_err(|error| self.failed("preparing the history table", error))
    }

    fn run_script(&self, script: &Script, what: &str, state: impl Fn() -> State) -> Result<(), Error> {
        let mut begun = Instant::now();
        run_script_with(self.run.conn, script, |statement, _| {
            log::debug!(target: LOG, "{}:{} took {:.3} ms", script.path, statement.line, begun.elapsed().as_secs_f64() * 1e3);
            begun = Instant::now();
        })
        .map_err(|error| statement_error(script, what, *error, state()))
    }

    /// Runs a Rust step, with the history row of its migration half written: that keeps it from committing.
    fn step(&self, index: usize) -> Result<(), Error> {
        let conn = self.run.conn;
        let name = &self.run.set.migrations[index].name;
        let migration = || name.clone().into_owned();
        let misbehaved =
            |what, help| Error::StepMisbehaved { migration: migration(), what, help, state: Box::new(self.state()) };
        let Some((_, step)) = self.run.steps.iter().find(|(at, _)| *at == index) else {
            return Err(misbehaved("is not bound to a function", "give it one where the list is loaded"));
        };
        let recording = |error| self.failed("writing the history", error);
        let version = || read(conn, "schema_version").map_err(|error| self.failed("reading the schema version", error));
        let before = version()?;
        let mut held = conn.prepare(&history::hold_sql(&self.run.set.options.history_table)).map_err(recording)?;
        let mut rows = held.query([name.as_ref()]).map_err(recording)?;
        rows.next().map_err(recording)?;
        let done = step(conn);
        drop(rows);
        if conn.is_autocommit() {
            return Err(misbehaved(
                "rolled back the transaction that it runs in",
                "return an error instead; the run rolls back",
            ));
        }
        done.map_err(|source| Error::Step { migration: migration(), state: Box::new(self.state()), source })?;
        if version()? != before {
            return Err(misbehaved(
                "changed the schema",
                "put schema changes in the migration's SQL, where they are proved",
            ));
        }
        Ok(())
    }

    fn check_drift(&mut self, position: usize) -> Result<(), Error> {
        let run = self.run;
        let live = Catalog::read(run.conn, &run.set.options.history_table)
            .map_err(|error| self.failed("reading the schema", error))?;
        let difference = Schema::at(run.set, position).compare(&live, &self.found.known);
        let state = self.state();
        run.judge_drift(position, difference, || state, self.done)
    }

    fn write_record(
        &self,
        index: usize,
        origin: Origin,
        duration: Option<Duration>,
        write: fn(&Connection, &str, &Record<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let migration = &self.run.set.migrations[index];
        let record = Record {
            name: &migration.name,
            checksum: migration.checksum,
            chain: (origin != Origin::Started).then_some(migration.chain),
            origin,
            duration: duration.map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        };
        write(self.run.conn, &self.run.set.options.history_table, &record)
            .map_err(|error| self.failed("writing the history", error))
    }

    fn stamp_and_commit(&self) -> Result<(), Error> {
        history::stamp(self.run.conn, &self.run.set.options.history_table)
            .map_err(|error| self.failed("writing the history", error))?;
        self.session.commit(self.run.lock_timeout).map_err(|error| self.failed("committing", error))
    }

    fn failed(&self, doing: &'static str, error: rusqlite::Error) -> Error {
        self.run.failed(doing, error, self.state())
    }

    fn state(&self) -> State {
        self.run.state(self.done)
    }
}

fn statement_error(script: &Script, what: &str, error: StatementError, state: State) -> Error {
    let StatementError { statement, offset, message, cause, .. } = error;
    let (line, column) = match offset {
        Some(offset) => migrate_sql::line_column(&script.sql, offset),
        None => (statement.line, statement.column),
    };
    let text = script.text(&statement);
    let first = text.lines().next().unwrap_or_default();
    let source = match cause {
        StatementCause::Sqlite(error) => Some(error),
        _ => None,
    };
    Error::Statement(Box::new(FailedStatement {
        what: what.to_owned(),
        path: script.path.clone().into_owned(),
        line,
        column,
        statement: if first.len() < text.len() { format!("{first} …") } else { first.to_owned() },
        message,
        state,
        source,
    }))
}
