//! `adopt`: the user says what a database is, and its schema has to agree.

use migrate_core::Version;

use super::each::{After, Answer, each};
use super::{Task, report, version};
use crate::args::Adopt;
use crate::database::Access;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Adopt, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let target = version::target(task.migrations, &verb.at)?;
    each((task, &verb.on, "adopt"), After::One, terminal, |database, terminal| {
        let mut conn = database.open(Access::Write, task.prepare)?;
        let report = task.migrations.migrator().adopt_at(&mut conn, target)?;
        report::show(database, &report, task.migrations, terminal)?;
        Ok(Answer::new(Exit::Fine, report::value(&report, task.migrations)))
    })
}
