//! `repair`: what the history says is corrected, and nothing runs.

use migrate_core::rusqlite::Connection;
use migrate_core::{Target, Version};
use serde_json::json;

use super::each::{After, Answer, each};
use super::{Task, version};
use crate::args::Repair;
use crate::database::Access;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Repair, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    each((task, verb.on(), "repair"), After::One, terminal, |database, terminal| {
        let mut conn = database.open(Access::Write, task.prepare)?;
        let (action, name) = match verb {
            Repair::AcceptEdit(verb) => ("accept-edit", accept(task, &verb.version, &mut conn)?),
            Repair::Forget(verb) => ("forget", forget(task, &verb.name, &mut conn)?),
        };
        let done = match action {
            "forget" => "is not in the history any more",
            _ => "is recorded as it is now",
        };
        let shown = terminal.paint(Tone::Strong, database.shown());
        terminal.say(format_args!("{shown}: `{name}` {done}; nothing ran, and nothing else was changed"))?;
        Ok(Answer::new(Exit::Fine, json!({ "action": action, "migration": name })))
    })
}

fn accept<V: Version>(task: &Task<'_, V>, word: &str, conn: &mut Connection) -> Result<String, Failure> {
    let latest = task.migrations.iter().last().map(|migration| migration.version);
    let version = match version::target(task.migrations, word)? {
        Target::At(version) => Some(version),
        Target::Latest => latest,
        Target::Base => None,
    };
    let version =
        version.ok_or_else(|| Failure::usage(format!("`{word}` is no migration\nhelp: write its number or name")))?;
    task.migrations.migrator().accept_edit(conn, version)?;
    let name = task.migrations.iter().nth(version.index()).map(|migration| migration.name.to_owned());
    Ok(name.unwrap_or_default())
}

/// The file is gone, so it is the history that knows its name.
fn forget<V: Version>(task: &Task<'_, V>, word: &str, conn: &mut Connection) -> Result<String, Failure> {
    let status = task.migrations.status(conn)?;
    let unknown: Vec<&str> = status.unknown().iter().map(String::as_str).collect();
    let known: Vec<&str> = task.migrations.iter().map(|migration| migration.name).collect();
    let name = match (version::named(&unknown, word), version::named(&known, word)) {
        // One that is in the list is refused with a reason.
        (Some(index), _) => unknown[index],
        (None, Some(index)) => known[index],
        (None, None) => {
            let help = match unknown[..] {
                [] => "every migration in the history is in the list, so there is none to forget".to_owned(),
                _ => format!("write one that only the history has: `{}`", unknown.join("`, `")),
            };
            return Err(Failure::usage(format!("the history has no `{word}`; nothing was changed\nhelp: {help}")));
        }
    };
    task.migrations.migrator().forget(conn, name)?;
    Ok(name.to_owned())
}
