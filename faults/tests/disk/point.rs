//! One fault: run into it, and look at what it left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use faults::{Course, Disk, Fault, Place, Survival};
use migrate_core::Error;
use migrate_core::rusqlite::{self, Connection};

use crate::claim;
use crate::fault::{CUT, Kind};
use crate::scenario::Ready;
use crate::setting::Setting;

/// A scenario in a setting.
pub(crate) struct Case<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) setting: Setting,
    pub(crate) image: Arc<Disk>,
    pub(crate) course: Course,
    /// The disk answers to a sync and does nothing.
    pub(crate) lies: bool,
}

/// How a point went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it should, on so many disks.
    Struck(usize),
    /// The operation cannot fail in this way.
    Spared,
    /// There are not so many operations.
    Past,
}

impl<'a> Case<'a> {
    pub(crate) fn new(ready: &'a Ready, setting: Setting) -> Case<'a> {
        let image = ready.disk(setting);
        let course = ready.course(&image);
        Case { ready, setting, image, course, lies: false }
    }

    /// How many changes a run makes that meets no fault.
    pub(crate) fn changes(&self) -> u64 {
        let disk = self.image.fork();
        let mut conn = self.setting.open(&disk).expect("open");
        disk.arm(Fault::Never);
        self.ready.run(&mut conn).expect("no fault");
        drop(conn);
        disk.count().0
    }

    /// Runs into a fault at one operation.
    pub(crate) fn point(&self, kind: Kind, at: u64, seeds: u64) -> Result<Outcome, String> {
        let disk = self.image.fork();
        let mut conn = self.setting.open(&disk).map_err(|error| format!("open: {error}"))?;
        let before = settings(&conn).map_err(|error| format!("settings: {error}"))?;
        if self.lies {
            disk.lie();
        }
        disk.arm((kind.at)(at));
        let ran = catch_unwind(AssertUnwindSafe(|| self.ready.run(&mut conn)));
        let ran = ran.map_err(|_| "it panicked".to_owned())?;
        if let (Err(error), None) = (&ran, disk.met()) {
            return Err(format!("it failed without a fault: {error}"));
        }
        let while_running = disk.met();
        let told = |what: String| match &ran {
            Ok(()) => format!("{what}\nthe run returned Ok"),
            Err(error) => format!("{what}\nthe run returned: {error}"),
        };
        let goes_on = kind.passes && while_running.is_some();
        let reached = disk.is_reached();
        if goes_on {
            let struck = while_running.as_deref().unwrap_or_default();
            self.goes_on(&disk, &mut conn, before, &ran).map_err(|what| told(format!("struck {struck}: {what}")))?;
        }
        drop(conn);
        let Some(struck) = while_running.or_else(|| disk.met()) else {
            return Ok(if reached || disk.is_reached() { Outcome::Spared } else { Outcome::Past });
        };
        let survivals = if kind.cuts { self.setting.survivals(at, seeds) } else { vec![Survival::Everything] };
        for survival in &survivals {
            let found = disk.reboot(*survival);
            let look = if goes_on { self.is_finished(&found) } else { self.look(&found, kind, &ran) };
            look.map_err(|what| told(format!("{survival:?}, struck {struck}: {what}")))?;
        }
        Ok(Outcome::Struck(survivals.len()))
    }

    /// Cuts the power right after a run that succeeded.
    pub(crate) fn cut_after(&self, seeds: u64) -> Result<usize, String> {
        let disk = self.image.fork();
        let mut conn = self.setting.open(&disk).map_err(|error| format!("open: {error}"))?;
        let ran = self.ready.run(&mut conn);
        disk.cut();
        drop(conn);
        let survivals = self.setting.survivals(0, seeds);
        for survival in &survivals {
            self.look(&disk.reboot(*survival), CUT, &ran).map_err(|what| format!("{survival:?}: {what}"))?;
        }
        Ok(survivals.len())
    }

    /// After a fault that passed, the same connection is as before the run, and runs again.
    fn goes_on(
        &self,
        disk: &Disk,
        conn: &mut Connection,
        before: Vec<(String, String)>,
        ran: &Result<(), Error>,
    ) -> Result<(), String> {
        disk.arm(Fault::Never);
        if !conn.is_autocommit() {
            return Err("a transaction is open".to_owned());
        }
        let after = settings(conn).map_err(|error| format!("settings: {error}"))?;
        if let Some((before, after)) = before.iter().zip(&after).find(|(before, after)| before != after) {
            return Err(format!("a setting changed: {before:?} is {after:?}"));
        }
        let place = self.course.find(conn)?;
        match ran {
            Ok(()) => self.end(place)?,
            Err(error) => self.is_true(error, place)?,
        }
        self.ready.run(conn).map_err(|error| format!("the second run on this connection failed: {error}"))?;
        self.end(self.course.find(conn)?)
    }

    /// The disk is in an allowed state, which is the one that the message told, and the next start succeeds.
    fn look(&self, found: &Arc<Disk>, kind: Kind, ran: &Result<(), Error>) -> Result<(), String> {
        let place = {
            let conn = found.fork().open().map_err(|error| format!("open: {error}"))?;
            self.course.find(&conn)?
        };
        if !self.ready.may_end_at(place) {
            return Err(format!("it stopped at {place:?}, between two commits"));
        }
        let reliable = !kind.cuts || self.setting.durable;
        match ran {
            Ok(()) if reliable => self.end(place)?,
            Err(error) if reliable && !kind.under_way => self.is_true(error, place)?,
            _ => {}
        }
        self.is_finished_by_a_run(found)
    }

    fn is_finished_by_a_run(&self, found: &Arc<Disk>) -> Result<(), String> {
        let mut conn = self.setting.open(found).map_err(|error| format!("the next start cannot open it: {error}"))?;
        self.ready.run(&mut conn).map_err(|error| format!("the next start failed: {error}"))?;
        drop(conn);
        self.is_finished(found)
    }

    fn is_finished(&self, found: &Disk) -> Result<(), String> {
        let conn = found.open().map_err(|error| format!("open: {error}"))?;
        self.end(self.course.find(&conn)?)
    }

    /// Whether a message says where the database is.
    fn is_true(&self, error: &Error, place: Place) -> Result<(), String> {
        // What the disk did must not be said to be the database's or the program's fault.
        if !matches!(error, Error::Sqlite { .. } | Error::Statement(_) | Error::Step { .. }) {
            return Err("the message blames something else than the disk".to_owned());
        }
        // Of some commits that failed SQLite itself does not know whether they count. Then both places are told.
        let told = claim::told(&error.to_string(), &self.course);
        if told.contains(&place) { Ok(()) } else { Err(format!("it is {place:?}, and the message says {told:?}")) }
    }

    fn end(&self, place: Place) -> Result<(), String> {
        if self.ready.is_end(place) { Ok(()) } else { Err(format!("it is {place:?}, and not at the end")) }
    }
}

/// What a run must leave as it was.
fn settings(conn: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    const NAMES: [&str; 15] = [
        "query_only",
        "foreign_keys",
        "legacy_alter_table",
        "recursive_triggers",
        "ignore_check_constraints",
        "writable_schema",
        "trusted_schema",
        "synchronous",
        "automatic_index",
        "cell_size_check",
        "secure_delete",
        "read_uncommitted",
        "busy_timeout",
        "journal_mode",
        "locking_mode",
    ];
    let text = |value: rusqlite::types::Value| format!("{value:?}");
    let read = |name: &str| {
        let value = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
        Ok((name.to_owned(), text(value)))
    };
    NAMES.into_iter().map(read).collect()
}
