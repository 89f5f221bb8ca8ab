//! One script, run statement by statement.

use std::collections::BTreeSet;

use migrate_core::__private::{Script, Statement};

use super::Known;
use crate::cache::{Bytes, bytes};
use crate::scratch::{Mode, Scratch, Trouble};
use crate::scripts::Which;

/// What became of a script.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) which: Which,
    pub(crate) incidents: Vec<Incident>,
    /// Whether it was run to its end, so that what comes after it can be looked at.
    pub(crate) completed: bool,
    /// The tables that it writes to, drops or alters, in lower case.
    pub(crate) written: BTreeSet<String>,
    /// The strings in double quotes, which would be names that are not there.
    pub(crate) strings: Vec<DoubleQuoted>,
}

/// A statement that would not run if `"…"` were always a name.
#[derive(Debug)]
pub(crate) struct DoubleQuoted {
    pub(crate) statement: Statement,
    /// What SQLite then says, and where.
    pub(crate) message: String,
    pub(crate) offset: Option<usize>,
}

bytes!(struct DoubleQuoted { statement, message, offset });

/// A statement that did not simply succeed.
#[derive(Debug)]
pub(crate) struct Incident {
    pub(crate) statement: Statement,
    pub(crate) trouble: Trouble,
    /// What there was when it failed, to suggest from.
    pub(crate) known: Option<Known>,
}

impl Run {
    pub(crate) fn new(which: Which) -> Run {
        Run { which, incidents: Vec::new(), completed: false, written: BTreeSet::new(), strings: Vec::new() }
    }

    /// Runs a script as the runtime does, and commits it; what did not run to its end is rolled back.
    pub(crate) fn of(scratch: &Scratch, which: Which, script: &Script, mode: Mode) -> rusqlite::Result<Run> {
        let mut run = Run::new(which);
        scratch.begin(mode)?;
        run.statements(scratch, script, mode);
        if run.completed
            && let Err(error) = scratch.commit()
        {
            run.completed = false;
            run.refused_commit(script, &error);
        }
        scratch.rollback()?;
        Ok(run)
    }

    /// Runs the statements, in the transaction that the caller opened.
    pub(crate) fn statements(&mut self, scratch: &Scratch, script: &Script, mode: Mode) {
        for &statement in script.statements.iter() {
            let double_quoted = DoubleQuoted::of(scratch, script, statement);
            let troubles = scratch.run(script, statement, mode);
            if troubles.is_empty() {
                self.strings.extend(double_quoted);
            }
            self.written.extend(scratch.touched().writes);
            for trouble in troubles {
                let stop = match trouble {
                    Trouble::Refused(refusal) => !refusal.can_go_on(),
                    _ => true,
                };
                let known = matches!(trouble, Trouble::Failed { .. })
                    .then(|| Known::at(scratch.conn(), script.text(&statement)));
                self.incidents.push(Incident { statement, trouble, known });
                if stop {
                    return;
                }
            }
        }
        self.completed = true;
    }

    /// Whether every statement simply succeeded.
    pub(crate) fn is_smooth(&self) -> bool {
        self.completed && self.incidents.is_empty()
    }

    /// Deferred foreign keys are checked by the commit, after the last statement.
    fn refused_commit(&mut self, script: &Script, error: &rusqlite::Error) {
        let Some(&statement) = script.statements.last() else { return };
        let (message, _) = migrate_core::__private::describe(error);
        let trouble = Trouble::Failed { message: format!("the commit after it fails: {message}"), offset: None };
        self.incidents.push(Incident { statement, trouble, known: None });
    }
}

/// Only smooth runs are kept.
impl Bytes for Run {
    fn write(&self, to: &mut Vec<u8>) {
        let Run { which, incidents: _, completed: _, written, strings } = self;
        which.write(to);
        written.write(to);
        strings.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Run> {
        let (which, written, strings) = (Bytes::read(from)?, Bytes::read(from)?, Bytes::read(from)?);
        Some(Run { which, incidents: Vec::new(), completed: true, written, strings })
    }
}

impl DoubleQuoted {
    /// Compiles a statement that has double quotes once more, with these off.
    fn of(scratch: &Scratch, script: &Script, statement: Statement) -> Option<DoubleQuoted> {
        let error = scratch.without_double_quoted_strings(script.text(&statement))?;
        let (message, offset) = migrate_core::__private::describe(&error);
        let offset = offset.map(|offset| statement.start as usize + offset);
        message.starts_with("no such column").then_some(DoubleQuoted { statement, message, offset })
    }
}
