//! What is behind the first statement that does not run.
//!
//! The schema is not known from there on, so nothing is proved. But a statement that fails and has nothing to do with those
//! that are left out would fail all the same, and an author who builds once wants to know of it.

use migrate_core::__private::{Script, Statement};
use migrate_source::Source;

use super::{Known, Replay, Run};
use crate::place;
use crate::replay::Incident;
use crate::scratch::{Mode, Scratch, Trouble};
use crate::scripts::{Scripts, Which};
use crate::words::{altered, created, mentions};

/// A run of each script from the one that failed, with what it alone is to blame for.
pub(super) fn runs(replay: &Replay, source: &Source, scripts: &Scripts) -> rusqlite::Result<Vec<Run>> {
    let Some(failed) = replay.runs.last() else { return Ok(Vec::new()) };
    let Some(Incident { statement, trouble, .. }) = failed.incidents.last() else { return Ok(Vec::new()) };
    let mut beyond =
        Beyond { scratch: &replay.scratch, left_out: Vec::new(), late: matches!(trouble, Trouble::TooSlow(_)) };
    let mut runs = Vec::new();
    let from = scripts.upwards().skip_while(|(which, _)| *which != failed.which);
    for (at, (which, script)) in from.enumerate() {
        let reported = if at == 0 { Some(*statement) } else { None };
        let transaction = match which {
            Which::Up(index) => source.migrations[index].directives.no_transaction.is_none(),
            _ => true,
        };
        // Rows that were left out would be missed by every key that refers to them.
        let mode = Mode { transaction, foreign_keys: false };
        runs.push(beyond.run(which, script, mode, reported)?);
    }
    Ok(runs)
}

struct Beyond<'a> {
    scratch: &'a Scratch,
    /// The statements that did not run.
    left_out: Vec<&'a str>,
    /// Whether one was too slow: another may be too, and a build has an end.
    late: bool,
}

impl<'a> Beyond<'a> {
    /// Runs what can be run; up to the statement that is reported already, nothing is reported again.
    fn run(
        &mut self,
        which: Which,
        script: &'a Script,
        mode: Mode,
        reported: Option<Statement>,
    ) -> rusqlite::Result<Run> {
        let mut run = Run::new(which);
        if self.late {
            return Ok(run);
        }
        self.scratch.begin(mode)?;
        for &statement in script.statements.iter() {
            let sql = script.text(&statement);
            if reported == Some(statement) {
                self.left_out.push(sql);
                continue;
            }
            for trouble in self.scratch.run(script, statement, mode) {
                let is_new = reported.is_none_or(|reported| reported.start < statement.start);
                if let Some(incident) = self.incident(sql, statement, trouble).filter(|_| is_new) {
                    run.incidents.push(incident);
                }
            }
            if self.late {
                break;
            }
            if mode.transaction && self.scratch.conn().is_autocommit() {
                self.scratch.begin(mode)?;
            }
        }
        if self.scratch.commit().is_err() {
            self.scratch.rollback()?;
        }
        Ok(run)
    }

    /// What is to be reported of a statement.
    fn incident(&mut self, sql: &'a str, statement: Statement, trouble: Trouble) -> Option<Incident> {
        let own = match &trouble {
            Trouble::Failed { message, .. } => !self.explains(sql, message),
            _ => true,
        };
        let ran = matches!(trouble, Trouble::Refused(refusal) if refusal.can_go_on());
        if !ran {
            self.left_out.push(sql);
        }
        self.late |= matches!(trouble, Trouble::TooSlow(_));
        let known = matches!(trouble, Trouble::Failed { .. }).then(|| Known::at(self.scratch.conn(), sql));
        own.then_some(Incident { statement, trouble, known })
    }

    /// Whether a statement may fail for want of what the others would have made or removed.
    fn explains(&self, sql: &str, message: &str) -> bool {
        if message.ends_with("syntax error") || message == "incomplete input" {
            return false;
        }
        let mut names = place::names(message);
        names.extend(message.strip_prefix("unknown database ").map(str::to_owned));
        if message.ends_with("may not be modified") {
            names.push("writable_schema".to_owned());
        }
        let names: Vec<&str> = names.iter().flat_map(|name| name.split('.')).filter(|name| *name != "main").collect();
        self.left_out.iter().any(|left_out| {
            let objects = created(left_out).map(|(_, name)| name).into_iter().chain(altered(left_out));
            names.iter().any(|name| mentions(left_out, name)) || objects.into_iter().any(|name| mentions(sql, &name))
        })
    }
}
