//! `redo`: down and up the newest migration, while it is developed.

use std::borrow::Cow;

use migrate_core::rusqlite::Connection;
use migrate_core::{Digest, Migrations, Origin, RowState, Target, Version};
use serde_json::json;

use super::each::{After, Answer, each};
use super::up::{Way, go_on, without_step};
use super::{Task, history, report};
use crate::args::Redo;
use crate::database::Access;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Redo, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    each((task, &verb.on, "redo"), After::One, terminal, |database, terminal| {
        let status = history::status(task, database, Access::Write)?;
        let is_applied = |state| matches!(state, RowState::Recorded(origin) if origin != Origin::Started);
        let Some(newest) = status.rows().iter().rev().find(|row| is_applied(row.state)) else {
            let message = "no migration is recorded, so there is none to redo; nothing was changed\nhelp: use `up`";
            return Err(Failure::usage(message));
        };
        let index = newest.version.index();
        let has_step = task.migrations.set().migrations.get(index).is_some_and(|migration| migration.step.is_some());
        if has_step && !task.has_steps {
            return Err(without_step(&newest.name));
        }
        let before = index.checked_sub(1).and_then(V::from_index).map_or(Target::Base, Target::At);
        let way = |target, back| Way { target, back, dry: false, rehearse: false, out_of_order: false };
        let as_recorded = history::look(task, database, Access::Write, |conn| as_recorded(task, index, conn))?;
        let reverted = match as_recorded {
            // Otherwise it would be refused as diverged; but to redo an edited migration is what this is for.
            Some(migrations) => {
                terminal.note(format_args!("`{}` was edited since it was applied", newest.name));
                go_on(&Task { migrations: &migrations, ..*task }, way(before, true), &verb.options, database, terminal)?
            }
            None => go_on(task, way(before, true), &verb.options, database, terminal)?,
        };
        report::show_alone(database, &reverted, terminal)?;
        let applied = go_on(task, way(Target::At(newest.version), false), &verb.options, database, terminal);
        let applied = applied.map_err(|failure| half_done(failure, &newest.name))?;
        report::show(database, &applied, task.migrations, terminal)?;
        let (reverted, applied) = (report::value(&reverted, task.migrations), report::value(&applied, task.migrations));
        Ok(Answer::new(Exit::Fine, json!({ "reverted": reverted, "applied": applied })))
    })
}

/// The way back is committed; what the way up says of itself is said from there.
fn half_done(mut failure: Failure, name: &str) -> Failure {
    let why = failure.message.replace("nothing was changed, still at", "rolled back to where the way back ended:");
    let why = why
        .replace("; nothing was changed", "")
        .replace("nothing was changed", "rolled back to where the way back ended");
    failure.message = format!(
        "`{name}` was reverted, which is committed, and could not be applied again:\n{why}\nhelp: correct the file, and `cargo \
         migrate up` applies it; there is nothing to redo until then"
    );
    failure
}

/// The list with the checksum that the history has of a migration, where its file was edited since.
///
/// Only on a directory: there `migrations.lock` keeps what was released from being edited.
fn as_recorded<V: Version>(
    task: &Task<'_, V>,
    index: usize,
    conn: &Connection,
) -> Result<Option<Migrations<V>>, Failure> {
    let mut set = task.migrations.set().clone();
    let Some(migration) = set.migrations.to_mut().get_mut(index).filter(|_| !task.has_steps) else { return Ok(None) };
    let table = set.options.history_table.replace('"', "\"\"");
    let sql = format!("SELECT checksum FROM main.\"{table}\" WHERE migration_name = ?1");
    // The history of another tool, or of an older release, has no checksums: then nothing is known to be edited.
    let recorded = conn.query_row(&sql, [&migration.name], |row| row.get::<_, Option<String>>(0)).ok().flatten();
    let Some(recorded) = recorded.and_then(|text| text.parse::<Digest>().ok()) else { return Ok(None) };
    if recorded == migration.checksum {
        return Ok(None);
    }
    migration.checksum = recorded;
    Ok(Some(Migrations::new(set, Cow::Borrowed(&[]))))
}
