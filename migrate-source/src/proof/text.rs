//! What was proved, as text: one value a line, names quoted as in SQL.

use std::fmt::Write;

use migrate_sql::quote;
use migrate_sql::set::{Change, Look, Marker};

use super::{Proved, VERSION, inputs};
use crate::source::Source;

/// The text of `proof.lock` for a source and what was proved of it.
///
/// ```
/// use migrate_source::{Listing, parse, proof};
/// let files = [("001_a.sql", "CREATE TABLE a(x)".to_owned())];
/// let (source, _) = parse(&Listing::from_files(files.clone()));
/// let state = proof::State { fingerprint: migrate_sql::Digest::ZERO, changes: Vec::new() };
/// let proved = proof::Proved { states: vec![state.clone(), state], ..Default::default() };
/// let lock = proof::render(&source, &proved);
/// let (source, _) = parse(&Listing::from_files(files.into_iter().chain([("proof.lock", lock)])));
/// assert_eq!(proof::read(&source).unwrap(), proved);
/// ```
#[must_use]
pub fn render(source: &Source, proved: &Proved) -> String {
    let mut out = format!("# migrate proof {VERSION}: what SQLite said; written by `cargo migrate check --write`\n");
    // Writing to a string cannot fail.
    let _ = write(&mut out, source, proved);
    out
}

fn write(out: &mut String, source: &Source, proved: &Proved) -> std::fmt::Result {
    let Proved { states, markers, snapshot } = proved;
    for (name, digest) in inputs(source) {
        writeln!(out, "input {} {digest}", quote(name))?;
    }
    let names = std::iter::once("base.sql").chain(source.migrations.iter().map(|migration| migration.name.as_str()));
    for (state, name) in states.iter().zip(names) {
        writeln!(out, "state {} {}", quote(name), state.fingerprint)?;
        for (change, columns) in &state.changes {
            write_change(out, change, columns)?;
        }
    }
    for marker in markers {
        write_marker(out, marker)?;
    }
    if let Some(snapshot) = snapshot {
        writeln!(out, "snapshot\n{}", snapshot.sql)?;
    }
    Ok(())
}

fn write_change(out: &mut String, change: &Change, columns: &[String]) -> std::fmt::Result {
    let Change { object, after } = change;
    let (kind, name, table) = (object.kind.word(), quote(&object.name), quote(&object.table));
    match after {
        None => writeln!(out, "  no {kind} {name} on {table}"),
        Some(definition) => {
            write!(out, "  {kind} {name} on {table} {} {}", definition.strict, definition.loose)?;
            columns.iter().try_for_each(|column| write!(out, " {}", quote(column)))?;
            writeln!(out)
        }
    }
}

fn write_marker(out: &mut String, marker: &Marker) -> std::fmt::Result {
    let Marker { look, flips } = marker;
    let no = |present: bool| if present { "" } else { "no " };
    write!(out, "marker ")?;
    match look {
        Look::Object { kind, name, present } => write!(out, "{}{} {}", no(*present), kind.word(), quote(name))?,
        Look::Column { table, column, present } => {
            write!(out, "{}column {} {}", no(*present), quote(table), quote(column))?;
        }
        Look::Definition { kind, name, definition } => {
            write!(out, "definition {} {} {} {}", kind.word(), quote(name), definition.strict, definition.loose)?;
        }
    }
    flips.iter().try_for_each(|flip| write!(out, " {flip}"))?;
    writeln!(out)
}
