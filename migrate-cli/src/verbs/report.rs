//! What a run did, and what it left, for people and for programs.

use migrate_core::{Comparison, EntryKind, Migrations, Report, Version};
use serde_json::{Value, json};

use crate::database::Database;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

/// Says what was done and what is left to do.
pub(super) fn show<V: Version>(
    database: &Database,
    report: &Report<V>,
    migrations: &Migrations<V>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    show_alone(database, report, terminal)?;
    let left = left(report, migrations);
    if report.is_dry_run() || left.is_empty() {
        return Ok(());
    }
    terminal.say(format_args!("left pending: {}", left.join(", ")))
}

/// Says what was done.
pub(super) fn show_alone<V: Version>(
    database: &Database,
    report: &Report<V>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    terminal.say(format_args!("{}: {report}", terminal.paint(Tone::Strong, database.shown())))
}

/// The migrations that are pending after a run.
fn left<V: Version>(report: &Report<V>, migrations: &Migrations<V>) -> Vec<String> {
    let at = report.after().map_or(0, |version| version.index() + 1);
    migrations.iter().skip(at).map(|migration| migration.name.to_owned()).collect()
}

pub(super) fn value<V: Version>(report: &Report<V>, migrations: &Migrations<V>) -> Value {
    let kind = |kind| match kind {
        EntryKind::Applied => "applied",
        EntryKind::Marked => "marked",
        EntryKind::Reverted => "reverted",
        _ => "other",
    };
    let entry = |entry: &migrate_core::Entry<V>| {
        json!({
            "name": entry.name,
            "kind": kind(entry.kind),
            "origin": entry.origin.word(),
            "milliseconds": milliseconds(entry.duration),
        })
    };
    let name = |version: Option<V>| {
        let index = version?.index();
        migrations.iter().nth(index).map(|migration| migration.name.to_owned())
    };
    json!({
        "before": name(report.before()),
        "after": name(report.after()),
        "dry_run": report.is_dry_run(),
        "migrations": report.entries().iter().map(entry).collect::<Vec<_>>(),
        "pending": left(report, migrations),
        "backup": report.backup().map(|path| path.display().to_string()),
        "untried": report.untried(),
        "drift": drift(report.drift()),
        "drift_before": drift(report.drift_before()),
        "removed": report.removed(),
        "milliseconds": milliseconds(report.elapsed()),
    })
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// `null` where nothing differs.
pub(super) fn drift(difference: &Comparison) -> Value {
    if difference.is_same() {
        return Value::Null;
    }
    json!({
        "missing": difference.missing,
        "unexpected": difference.unexpected,
        "different": difference.different,
        "details": difference.details,
    })
}
