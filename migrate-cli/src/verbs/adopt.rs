//! `adopt`: the user says what a database is, and its schema has to agree.

use migrate_core::{Error, Version};

use super::each::{After, Answer, each};
use super::history::on_history;
use super::{Task, report, version};
use crate::args::Adopt;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Adopt, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let target = version::target(task.migrations, &verb.at)?;
    each((task, &verb.on, "adopt"), After::One, terminal, |database, terminal| {
        let report = on_history(task, database, |conn| {
            // The state before the first migration mostly has no object, so that any file's schema would be that.
            let status = task.migrations.status(conn)?;
            if let Some(error @ Error::UnrelatedDatabase { .. }) = status.refusal() {
                return Err(Failure::of(error));
            }
            Ok(task.migrations.migrator().adopt_at(conn, target)?)
        })?;
        report::show(database, &report, task.migrations, terminal)?;
        Ok(Answer::new(Exit::Fine, report::value(&report, task.migrations)))
    })
}
