//! `repair`: what the history says is corrected, and nothing runs.

use std::borrow::Cow;

use migrate_core::__private::{Migration, Script};
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Digest, Error, Migrations, Target, Version};
use serde_json::json;

use super::each::{After, Answer, each};
use super::history::on_history;
use super::{Task, version};
use crate::args::Repair;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Repair, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    each((task, verb.on(), "repair"), After::One, terminal, |database, terminal| {
        let (action, names) = on_history(task, database, |conn| {
            Ok(match verb {
                Repair::AcceptEdit(verb) => ("accept-edit", vec![accept(task, &verb.version, conn)?]),
                Repair::Forget(verb) => ("forget", forget(task, &verb.names, conn)?),
            })
        })?;
        let done = match (action, names.len()) {
            ("forget", 1) => "is not in the history any more",
            ("forget", _) => "are not in the history any more",
            _ => "is recorded as it is now",
        };
        let shown = terminal.paint(Tone::Strong, database.shown());
        let listed = names.join("`, `");
        terminal.say(format_args!("{shown}: `{listed}` {done}; nothing ran, and nothing else was changed"))?;
        Ok(Answer::new(Exit::Fine, json!({ "action": action, "migration": names[0], "migrations": names })))
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

/// The files are gone, so it is the history that knows their names.
fn forget<V: Version>(task: &Task<'_, V>, words: &[String], conn: &mut Connection) -> Result<Vec<String>, Failure> {
    let mut wanted: Vec<String> = Vec::new();
    let status = task.migrations.status(conn)?;
    for word in words {
        let name = known_by(task, status.unknown(), word)?;
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let in_list = |name: &&String| !status.unknown().contains(name);
    if let Some(name) = wanted.iter().find(in_list) {
        // Refused, with the reason, before anything is written.
        task.migrations.migrator().forget(conn, name)?;
    }
    // Oldest first, as the history has them.
    wanted.sort_by_key(|name| status.unknown().iter().position(|unknown| unknown == name));
    let mut left = wanted.clone();
    while let Some(newest) = left.pop() {
        // Each by itself would be refused because of the others.
        let forgotten = with_stand_ins(task, conn, &newest, &left).migrator().forget(conn, &newest);
        forgotten.map_err(|error| with_all(&error, &wanted, status.unknown()))?;
    }
    Ok(wanted)
}

/// What is unknown as well stands in the way, and would do so the other way round.
fn with_all(error: &Error, wanted: &[String], unknown: &[String]) -> Failure {
    let mut failure = Failure::of(error);
    let is_about_rows = matches!(error, Error::HistoryDiverged { .. } | Error::DatabaseTooNew { .. });
    if is_about_rows && wanted.len() < unknown.len() {
        let fact = failure.message.split("\nhelp: ").next().unwrap_or_default();
        let all = unknown.join(" ");
        failure.message = format!(
            "{fact}\nhelp: bring back its file, or, if what it did was undone too, forget all of them at once: `cargo migrate repair \
             forget {all}`"
        );
    }
    failure
}

fn known_by<V: Version>(task: &Task<'_, V>, unknown: &[String], word: &str) -> Result<String, Failure> {
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    let known: Vec<&str> = task.migrations.iter().map(|migration| migration.name).collect();
    match (version::named(&unknown, word), version::named(&known, word)) {
        // One that is in the list is refused with a reason.
        (Some(index), _) => Ok(unknown[index].to_owned()),
        (None, Some(index)) => Ok(known[index].to_owned()),
        (None, None) => {
            let help = match unknown[..] {
                [] => "every migration in the history is in the list, so there is none to forget".to_owned(),
                _ => format!("write one that only the history has: `{}`", unknown.join("`, `")),
            };
            Err(Failure::usage(format!("the history has no `{word}`; nothing was changed\nhelp: {help}")))
        }
    }
}

/// The list with those that are forgotten next in their places, as migrations that do nothing: so what is asked of the schema
/// and of the rest of the history is asked before anything is written.
fn with_stand_ins<V: Version>(task: &Task<'_, V>, conn: &Connection, name: &str, left: &[String]) -> Migrations<V> {
    let mut set = task.migrations.set().clone();
    let rows = recorded(conn, &set.options.history_table).unwrap_or_default();
    let rest = rows.into_iter().filter(|(recorded, _)| recorded != name).enumerate();
    for (at, (recorded, checksum)) in rest.filter(|(_, (recorded, _))| left.contains(recorded)) {
        if at > set.migrations.len() {
            break;
        }
        let stand_in = Migration {
            name: recorded.into(),
            up: Script { path: "".into(), sql: "".into(), statements: Cow::Borrowed(&[]) },
            down: None,
            checksum: checksum.and_then(|text| text.parse().ok()).unwrap_or(Digest::ZERO),
            // The last of them to be forgotten writes the chains anew, by the list as it is.
            chain: Digest::ZERO,
            fingerprint: set.fingerprint_at(at),
            changes: Cow::Borrowed(&[]),
            transaction: true,
            foreign_keys: false,
            adopt: None,
            step: None,
        };
        set.migrations.to_mut().insert(at, stand_in);
    }
    Migrations::new(set, Cow::Borrowed(&[]))
}

/// Names and checksums, in the order of the history; one of another tool has no checksums.
fn recorded(conn: &Connection, table: &str) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    let table = table.replace('"', "\"\"");
    let read = |checksum: &str| -> rusqlite::Result<Vec<(String, Option<String>)>> {
        let mut statement =
            conn.prepare(&format!("SELECT migration_name, {checksum} FROM main.\"{table}\" ORDER BY id"))?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    read("checksum").or_else(|_| read("NULL"))
}
