//! `status`: where a database is.

use migrate_core::{Origin, RowState, Status, Version};
use serde_json::{Value, json};

use super::each::{After, Answer, each};
use super::{Task, history, report};
use crate::args::Databases;
use crate::database::{Access, Database};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(
    task: &Task<'_, V>,
    on: &Databases,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    each((task, on, "status"), After::GoOn, terminal, |database, terminal| one(task, database, terminal))
}

fn one<V: Version>(task: &Task<'_, V>, database: &Database, terminal: &mut Terminal<'_>) -> Result<Answer, Failure> {
    let status = history::status(task, database, Access::Read)?;
    let exit = match status.refusal() {
        Some(error) => failure::exit(error),
        None if status.pending().next().is_some() || !status.difference().is_same() => Exit::Found,
        None => Exit::Fine,
    };
    if !terminal.json {
        show(task, database, &status, terminal)?;
    }
    Ok(Answer::new(exit, value(task, &status)))
}

fn show<V: Version>(
    task: &Task<'_, V>,
    database: &Database,
    status: &Status<V>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let text = status.to_string();
    // Why it is refused is said here in the words of a command line.
    let refusal = status.refusal().map(|error| format!("\n{error}")).unwrap_or_default();
    let mut lines = text.strip_suffix(&refusal).unwrap_or(&text).lines();
    let headline = lines.next().unwrap_or_default();
    terminal.line(format_args!("{}: {headline}", terminal.paint(Tone::Strong, database.shown())))?;
    for (row, line) in status.rows().iter().zip(lines.by_ref()) {
        let tone = match row.state {
            RowState::Pending => Some(Tone::Attention),
            RowState::Recorded(Origin::Started) => Some(Tone::Bad),
            _ => None,
        };
        terminal.line(tone.map_or_else(|| line.to_owned(), |tone| terminal.paint(tone, line)))?;
    }
    for line in lines {
        let differs = line.starts_with("the schema differs");
        terminal.line(if differs { terminal.paint(Tone::Bad, line) } else { line.to_owned() })?;
    }
    if let Some(error) = status.refusal() {
        return terminal.line(task.refusal(error).message);
    }
    let name = database.shown();
    match status.pending().count() {
        0 => {}
        1 => terminal.note(format_args!("{name}: 1 migration is pending: `up` applies it, `plan` shows it")),
        n => terminal.note(format_args!("{name}: {n} migrations are pending: `up` applies them, `plan` shows them")),
    }
    Ok(())
}

fn value<V: Version>(task: &Task<'_, V>, status: &Status<V>) -> Value {
    let state = |state| match state {
        RowState::Recorded(origin) => origin.word(),
        RowState::Recognised => "recognised",
        _ => "pending",
    };
    let row = |row: &migrate_core::StatusRow<V>| json!({ "name": row.name, "state": state(row.state), "applied_at": row.applied_at });
    let is_there = |row: &&migrate_core::StatusRow<V>| {
        !matches!(row.state, RowState::Pending | RowState::Recorded(Origin::Started))
    };
    json!({
        "at": status.rows().iter().rev().find(is_there).map(|row| &row.name),
        "migrations": status.rows().iter().map(row).collect::<Vec<_>>(),
        "pending": status.pending().count(),
        "unknown": status.unknown(),
        "drift": report::drift(status.difference()),
        "foreign": status.difference().foreign,
        "refusal": status.refusal().map(|error| task.refusal(error).value()),
    })
}
