//! One script, run statement by statement.

use migrate_core::__private::{Script, Statement};

use super::Known;
use crate::scratch::{Mode, Scratch, Trouble};
use crate::scripts::Which;

/// What became of a script.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) which: Which,
    pub(crate) incidents: Vec<Incident>,
    /// Whether it was run to its end, so that what comes after it can be looked at.
    pub(crate) completed: bool,
}

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
        Run { which, incidents: Vec::new(), completed: false }
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
            for trouble in scratch.run(script, statement, mode) {
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

    /// Deferred foreign keys are checked by the commit, after the last statement.
    fn refused_commit(&mut self, script: &Script, error: &rusqlite::Error) {
        let Some(&statement) = script.statements.last() else { return };
        let (message, _) = migrate_core::__private::describe(error);
        let trouble = Trouble::Failed { message: format!("the commit after it fails: {message}"), offset: None };
        self.incidents.push(Incident { statement, trouble, known: None });
    }
}
