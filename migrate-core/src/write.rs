//! Bringing a database to the target: lock, read, decide, act, once for each group that shares a transaction.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::act::{Act, Group};
use crate::alone::Alone;
use crate::backup::{self, Backup, BackupError, BackupPolicy, Way};
use crate::clock::Instant;
use crate::decide::{Action, Decision, Start, decide, decide_adoption};
use crate::error::{Error, State};
use crate::history::Origin;
use crate::inspect::Found;
use crate::observer::Event;
use crate::policy::Atomicity;
use crate::report::EntryKind;
use crate::run::{Copy, Done, Recorded, Run};
use crate::session::{Session, is_busy};
use crate::{LOG, file, requirements};

/// What one run holds on to from group to group.
#[derive(Default)]
struct Held {
    /// The right to be the only one: `Some(None)` in memory, where there is nobody else.
    alone: Option<Option<Alone>>,
    copies: usize,
    rest: Option<Rest>,
    foreign_keys: bool,
}

/// What remains of a decision, and the history that it is good for.
struct Rest {
    history: Vec<String>,
    decision: Decision,
}

impl Run<'_> {
    /// Locks, reads, decides, acts; once for each group of migrations that can share a transaction.
    pub(crate) fn write(&self, done: &mut Done) -> Result<(), Error> {
        let session = Session::open(self.conn)
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))?;
        let mut held = Held::default();
        loop {
            match self.group(&session, &mut held, done) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    done.keep_after(&error);
                    return Err(error);
                }
            }
        }
        if done.committed.is_some()
            && let Some(copy) = &done.copy
            && let (Some(backup), Some(database)) = (&copy.backup, file::path(self.conn))
        {
            backup.prune(&database, self.keep_backups);
        }
        Ok(())
    }

    /// One group; or what has to be prepared for it, without the lock. `false`: nothing is left to do.
    fn group(&self, session: &Session<'_>, held: &mut Held, done: &mut Done) -> Result<bool, Error> {
        self.set_foreign_keys(session, held.foreign_keys, done)?;
        self.lock(session, done)?;
        let found = self.found().map_err(|error| self.failed("reading the schema", error, self.state(done)))?;
        let mut decision = match held.rest.take().filter(|rest| rest.history == names(&found)) {
            Some(rest) => rest.decision,
            None => decide(self.set, &found, self.wanted).map_err(|error| match done.committed {
                None => error,
                Some(_) => Error::RestRefused { state: Box::new(self.state(done)), source: Box::new(error) },
            })?,
        };
        let group = self.next_group(&decision);
        if group.actions.is_empty() {
            session.rollback();
            return Ok(false);
        }
        let copies =
            done.committed.is_none() && !self.dry && self.wants_copy(&decision) && !self.has_copy(&found, &decision);
        if copies && held.alone.is_none() {
            // Others may be about to do the same: only one copies, and the rest find nothing left to do.
            session.rollback();
            held.alone = Some(self.alone(done)?);
            return Ok(true);
        }
        if copies && !self.is_good(done)? {
            held.copies += 1;
            if held.copies <= 2 {
                session.rollback();
                done.copy = None;
                done.copy = Some(self.copy(&decision, Way::Own)?);
                return Ok(true);
            }
            // Others keep writing. Under the lock they do not.
            done.copy = None;
            done.copy = Some(self.copy(&decision, Way::Second)?);
        }
        let waits = !group.transaction && held.alone.is_none() && !self.dry;
        if waits || group.foreign_keys != held.foreign_keys {
            session.rollback();
            held.foreign_keys = group.foreign_keys;
            if waits {
                held.alone = Some(self.alone(done)?);
            }
            held.rest = Some(Rest { history: names(&found), decision });
            return Ok(true);
        }
        if done.start.is_none() {
            done.start = Some(decision.start);
            done.from = decision.at;
        }
        self.outdate();
        let before = done.entries.len();
        let number = done.entries.iter().filter(|entry| entry.kind.ran()).count();
        let total = number + decision.scripts();
        let mut act = Act { run: self, session, found: &found, decision: &decision, done, number, total };
        if group.transaction {
            act.in_transaction(&group)?;
        } else if self.dry {
            session.rollback();
            act.done.untried = self.pending_name(group.actions[0]);
            return Ok(false);
        } else {
            act.outside(&group)?;
        }
        let left = decision.actions.split_off(group.actions.len());
        if self.dry {
            done.untried = left.iter().find_map(|action| self.pending_name(*action));
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(false);
        }
        let name = |entry: &Recorded| self.set.migrations[entry.index].name.as_ref();
        let new = &done.entries[before..];
        let recorded: BTreeSet<&str> = new.iter().map(name).collect();
        let mut history = names(&found);
        history.retain(|known| !recorded.contains(known.as_str()));
        history
            .extend(new.iter().filter(|entry| entry.kind != EntryKind::Reverted).map(|entry| name(entry).to_owned()));
        if decision.start == Start::OutOfOrder {
            history.sort_by_key(|name| self.set.migrations.iter().position(|migration| migration.name == *name));
        }
        let at = done.committed.unwrap_or(decision.at);
        let decision = Decision { start: decision.start, at, actions: left, difference: done.drift.clone() };
        held.rest = Some(Rest { history, decision });
        Ok(true)
    }

    /// Where a copy would be made, if it were now.
    pub(crate) fn planned_backup(&self, decision: &Decision) -> Result<Option<PathBuf>, Error> {
        if !self.wants_copy(decision) {
            return Ok(None);
        }
        let Some(database) = file::path(self.conn).filter(|path| file::is_empty(path) == Some(false)) else {
            return Ok(None);
        };
        backup::path(self.conn, &database, self.set, decision.at, self.wanted.target)
            .map(Some)
            .map_err(|error| self.failed("reading the time", error, State::Unchanged { at: None }))
    }

    /// Whether the policy asks for a copy before this is done.
    fn wants_copy(&self, decision: &Decision) -> bool {
        let fresh = decision.start == Start::Fresh;
        if file::path(self.conn).is_none() {
            return false;
        }
        match self.backup {
            BackupPolicy::Never => false,
            BackupPolicy::Always => decision.scripts() > 0 && (!fresh || self.wanted.shared),
            BackupPolicy::BeforeDestructive => (!fresh || self.wanted.shared) && decision.is_destructive(self.set),
        }
    }

    /// Whether the database is in the middle of a migration outside a transaction, and the copy from before it is there:
    /// another one would be of a database that is half changed.
    fn has_copy(&self, found: &Found, decision: &Decision) -> bool {
        let started = found.history.rows().last().is_some_and(|row| row.origin == Some(Origin::Started));
        started && file::path(self.conn).is_some_and(|path| Backup::was_made(&path, self.set, decision.at))
    }

    fn is_good(&self, done: &Done) -> Result<bool, Error> {
        let Some(copy) = &done.copy else { return Ok(false) };
        let version = backup::data_version(self.conn)
            .map_err(|error| self.failed("reading the data version", error, self.state(done)))?;
        Ok(copy.version == version)
    }

    /// Makes a copy for whoever asks.
    pub(crate) fn back_up(&self) -> Result<Option<PathBuf>, Error> {
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::size(self.conn)?;
        let _alone = self.alone(&Done::nothing(0))?;
        let path = |database: &Path| backup::manual_path(self.conn, database);
        let Some(mut backup) = self.copy_to(path, Way::Own, None)? else { return Ok(None) };
        backup.keep();
        Ok(Some(backup.path.clone()))
    }

    fn copy(&self, decision: &Decision, way: Way) -> Result<Copy, Error> {
        let at = Some(self.start_name(decision.start, decision.at));
        let version = self
            .patiently(|| backup::data_version(self.conn))
            .map_err(|error| self.failed("reading the data version", error, State::Unchanged { at: at.clone() }))?;
        let path = |database: &Path| backup::path(self.conn, database, self.set, decision.at, self.wanted.target);
        Ok(Copy { backup: self.copy_to(path, way, at)?, version })
    }

    fn copy_to(
        &self,
        path: impl FnOnce(&Path) -> rusqlite::Result<PathBuf>,
        way: Way,
        at: Option<String>,
    ) -> Result<Option<Backup>, Error> {
        let state = || State::Unchanged { at: at.clone() };
        let Some(database) = file::path(self.conn) else { return Ok(None) };
        match file::is_empty(&database) {
            Some(true) => return Ok(None),
            Some(false) => {}
            None => {
                let path = database.display();
                log::warn!(target: LOG, "no backup is made: `{path}` is not on the operating system's file system");
                return Ok(None);
            }
        }
        let path = path(&database).map_err(|error| self.failed("reading the time", error, state()))?;
        self.watch.tell(Event::BackupStarted { path: &path });
        let begun = Instant::now();
        let make = |way| Backup::make(self.conn, &database, path.clone(), way, self.keep_backups, self.lock_timeout);
        // A connection that may not attach, or only for reading, is one on which another can still copy.
        let made = make(way).or_else(|error| match error.is_of_the_connection() {
            true => make(Way::Second).map_err(|_| error),
            false => Err(error),
        });
        let backup = made.map_err(|source| match source {
            BackupError::Sqlite(source) if is_busy(&source) => {
                self.waited.set(begun.elapsed());
                self.failed("copying the database", source, state())
            }
            source => {
                let (path, state, help) = (path.clone(), Box::new(state()), source.help());
                Error::Backup { path, state, help, source: source.into() }
            }
        })?;
        let (bytes, elapsed) = (backup.bytes, backup.elapsed);
        log::info!(target: LOG, "backup: {} ({bytes} bytes, {:.1} s)", path.display(), elapsed.as_secs_f64());
        self.watch.tell(Event::BackupFinished { path: &path, bytes, elapsed });
        Ok(Some(backup))
    }

    /// Records everything up to the target as adopted, if the schema is that of the target.
    pub(crate) fn adopt_at(&self) -> Result<Done, Error> {
        let mut done = Done::nothing(self.wanted.target);
        if !self.conn.is_autocommit() {
            return Err(Error::InTransaction);
        }
        requirements::size(self.conn)?;
        let session = Session::open(self.conn)
            .map_err(|error| self.failed("reading the settings", error, State::Unchanged { at: None }))?;
        self.lock(&session, &done)?;
        let found =
            self.found().map_err(|error| self.failed("reading the schema", error, State::Unchanged { at: None }))?;
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
        self.set_foreign_keys(&session, false, &done)?;
        let group = Group { actions: decision.actions.clone(), transaction: true, foreign_keys: false };
        let (found, decision, session) = (&found, &decision, &session);
        Act { run: self, session, found, decision, done: &mut done, number: 0, total: 0 }.in_transaction(&group)?;
        done.elapsed = self.begun.elapsed();
        Ok(done)
    }

    /// The right to run migrations outside a transaction; `None` in memory, where there is no other process.
    fn alone(&self, done: &Done) -> Result<Option<Alone>, Error> {
        let Some(database) = file::path(self.conn) else { return Ok(None) };
        let path = file::beside(&database, "-migrate");
        let waiting = || {
            log::warn!(target: LOG, "waiting for another process that migrates or backs up this database");
            self.watch.tell(Event::WaitingForLock);
        };
        match self.wait(|left| Alone::take(&path, &database, left, waiting)) {
            Ok(alone) => Ok(alone),
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
        let waiting = || {
            log::warn!(target: LOG, "waiting for another connection's lock");
            self.watch.tell(Event::WaitingForLock);
        };
        self.wait(|left| session.begin_immediate(left, waiting))
            .map_err(|error| self.failed("taking the write lock", error, self.state(done)))?;
        self.watch.tell(Event::Locked);
        Ok(())
    }

    /// The first actions that can share a transaction. On an empty database there is nothing to keep between two
    /// migrations, so they are not parted one by one.
    fn next_group(&self, decision: &Decision) -> Group {
        let each = self.atomicity == Atomicity::Each && decision.start != Start::Fresh && !self.dry;
        let mut mode = None;
        let mut length = 0;
        for action in &decision.actions {
            let wants = match action {
                Action::PrepareHistory | Action::Mark(..) | Action::Order => None,
                Action::Base | Action::Schema | Action::Snapshot => Some((true, false)),
                Action::Apply { index, .. } | Action::Revert(index) => {
                    let migration = &self.set.migrations[*index];
                    Some((migration.transaction, migration.foreign_keys))
                }
            };
            let outside = matches!(wants, Some((false, _)));
            // Before it is in order again, the history is no prefix of the list.
            let each = each && !decision.actions[length..].contains(&Action::Order);
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
}

fn names(found: &Found) -> Vec<String> {
    found.history.rows().iter().map(|row| row.name.clone()).collect()
}
