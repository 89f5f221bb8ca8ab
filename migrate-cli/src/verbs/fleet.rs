//! `fleet`: many databases, and a few lines about them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use migrate_core::Version;
use migrate_fleet::{FileError, FileOutcome, FileState, FleetEvent, FleetReport, Stopped};
use serde_json::{Value, json};

use super::Task;
use super::up::without_step;
use crate::args::{Files, Fleet};
use crate::database::named;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

/// How many failures are shown; all of them are in the JSON and on the quarantine list.
const SHOWN: usize = 20;

pub(super) fn run<V: Version>(task: &Task<'_, V>, verb: &Fleet, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let files = verb.files();
    let paths = paths(task, files)?;
    let bar = bar(terminal.watched && !terminal.json, paths.len());
    let fleet = || {
        let fleet = migrate_fleet::Fleet::new(task.migrations).prepare(task.prepare);
        let fleet = files.threads.into_iter().fold(fleet, migrate_fleet::Fleet::threads);
        files
            .quarantine
            .iter()
            .fold(fleet, |fleet, list| fleet.quarantine(list))
            .retry_quarantined(files.retry_quarantined)
    };
    if !matches!(verb, Fleet::Status(_)) {
        refuse_steps(task, || fleet().status(&paths))?;
    }
    let fleet = fleet().observer(|event| show_progress(&bar, event));
    let report = match verb {
        Fleet::Status(_) => fleet.status(&paths),
        Fleet::DryRun(_) => fleet.dry_run(&paths),
        Fleet::Up(verb) => {
            let options = verb.options.clone();
            let fleet = fleet.canary(verb.canary).max_failures(verb.max_failures).configure(move |migrator| {
                migrator
                    .backup(options.backup.policy())
                    .lock_timeout(options.lock_timeout)
                    .drift(options.drift.policy())
            });
            fleet.sweep(&paths)
        }
    };
    bar.finish_and_clear();
    let report = report.map_err(|error| Failure::failed(error.to_string()))?;
    let exit = exit(verb, &report);
    if terminal.json {
        terminal.value(&value(verb, &report, exit, task.program))?;
        return Ok(exit);
    }
    match verb {
        Fleet::Status(_) => show_versions(&report, terminal)?,
        Fleet::DryRun(_) | Fleet::Up(_) => show_summary(&report, terminal)?,
    }
    show_failures(task, verb, &report, terminal);
    Ok(exit)
}

fn paths<V>(task: &Task<'_, V>, files: &Files) -> Result<Vec<PathBuf>, Failure> {
    let Some(list) = &files.files_from else {
        let databases = named(&files.on.database, task.configured, !task.has_steps)?;
        return databases.iter().map(|database| database.path().map(Path::to_owned)).collect();
    };
    let mut paths = Vec::new();
    if !files.on.database.is_empty() {
        for database in named(&files.on.database, None, false)? {
            paths.push(database.path()?.to_owned());
        }
    }
    let mut text = String::new();
    let read = if list.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(list).map(|read| text = read)
    };
    read.map_err(|error| {
        Failure::usage(format!("the list `{}` cannot be read: {error}\nhelp: a path a line", list.display()))
    })?;
    paths.extend(text.lines().filter(|line| !line.trim().is_empty()).map(PathBuf::from));
    if paths.is_empty() {
        return Err(Failure::usage(format!("the list `{}` names no database\nhelp: a path a line", list.display())));
    }
    Ok(paths)
}

/// The application has the Rust steps. Where one would have to run, nothing is begun.
fn refuse_steps<V: Version>(
    task: &Task<'_, V>,
    look: impl Fn() -> Result<FleetReport, migrate_fleet::FleetError>,
) -> Result<(), Failure> {
    let migrations = &task.migrations.set().migrations;
    let Some(last) = migrations.iter().rposition(|migration| migration.step.is_some()).filter(|_| !task.has_steps)
    else {
        return Ok(());
    };
    let report = look().map_err(|error| Failure::failed(error.to_string()))?;
    let is_past = |outcome: &FileOutcome| match &outcome.state {
        FileState::Migrated { from, .. } => {
            let at = from.as_ref().and_then(|name| migrations.iter().position(|migration| migration.name == *name));
            at.is_some_and(|at| at >= last)
        }
        _ => true,
    };
    match report.outcomes().iter().find(|outcome| !is_past(outcome)) {
        None => Ok(()),
        Some(_) => Err(without_step(&migrations[last].name)),
    }
}

fn bar(is_shown: bool, count: usize) -> ProgressBar {
    let bar = if is_shown { ProgressBar::new(count as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {eta}  {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show_progress(bar: &ProgressBar, event: &FleetEvent<'_>) {
    match event {
        FleetEvent::Started { canary, .. } if *canary > 0 => bar.set_message("the first"),
        FleetEvent::CanaryPassed { .. } => bar.set_message(""),
        FleetEvent::Done { done, failed, .. } => {
            bar.set_position(*done as u64);
            if *failed > 0 {
                bar.set_message(format!("{failed} failed"));
            }
        }
        _ => {}
    }
}

/// The worst that is to be said of any.
fn exit(verb: &Fleet, report: &FleetReport) -> Exit {
    let of = |outcome: &FileOutcome| match &outcome.state {
        FileState::Current => Exit::Fine,
        FileState::Migrated { .. } if matches!(verb, Fleet::Status(_)) => Exit::Found,
        FileState::Migrated { .. } => Exit::Fine,
        FileState::Failed(FileError::Migrate(error)) => Failure::of(error).exit,
        FileState::Failed(_) => Exit::Failed,
        _ => Exit::Found,
    };
    report.outcomes().iter().map(of).fold(Exit::Fine, Exit::worst)
}

fn value(verb: &Fleet, report: &FleetReport, exit: Exit, program: &str) -> Value {
    let mut value = report.to_json();
    for (outcome, file) in report.outcomes().iter().zip(value["files"].as_array_mut().into_iter().flatten()) {
        if let FileState::Failed(error) = &outcome.state {
            file["error"] = failure(error).called(program).value();
        }
    }
    if let Some(head) = value.as_object_mut() {
        head.insert("version".to_owned(), json!(1));
        head.insert("verb".to_owned(), json!(verb.word()));
        head.insert("exit".to_owned(), json!(exit.word()));
    }
    value
}

/// As the verbs for one database say it.
fn failure(error: &FileError) -> Failure {
    match error {
        FileError::Migrate(error) => Failure::of(error),
        other => Failure::failed(other.to_string()),
    }
}

fn show_versions(report: &FleetReport, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut groups: BTreeMap<(usize, Option<&str>), usize> = BTreeMap::new();
    for outcome in report.outcomes() {
        if let FileState::Migrated { from, count, .. } = &outcome.state {
            *groups.entry((*count, from.as_deref())).or_default() += 1;
        }
    }
    let quarantined = report.to_json()["quarantined"].as_u64().unwrap_or_default();
    let failed = report.failures().count();
    let width = report.outcomes().len().to_string().len();
    let line = |count: usize, text: String| format!("{count:width$}  {text}");
    if report.current() > 0 {
        let text = terminal.paint(Tone::Good, "current");
        terminal.line(line(report.current(), text))?;
    }
    for ((pending, from), count) in groups {
        let at = from.map_or("before the first migration".to_owned(), |name| format!("at `{name}`"));
        let pending = match (from, pending) {
            // An empty file gets the current schema at once.
            (None, 0) => "empty".to_owned(),
            _ => format!("{at}, {}", terminal.paint(Tone::Attention, format_args!("{pending} pending"))),
        };
        terminal.line(line(count, pending))?;
    }
    if quarantined > 0 {
        terminal.line(line(usize::try_from(quarantined).unwrap_or_default(), "in quarantine".to_owned()))?;
    }
    if failed > 0 {
        let text = terminal.paint(Tone::Bad, "would be refused, or cannot be read");
        terminal.line(line(failed, text))?;
    }
    Ok(())
}

fn show_summary(report: &FleetReport, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let text = report.to_string();
    let summary = text.lines().next().unwrap_or_default();
    let tone = if report.is_success() { Tone::Good } else { Tone::Bad };
    terminal.line(terminal.paint(tone, summary))
}

fn show_failures<V>(task: &Task<'_, V>, verb: &Fleet, report: &FleetReport, terminal: &mut Terminal<'_>) {
    for outcome in report.failures().take(SHOWN) {
        if let FileState::Failed(error) = &outcome.state {
            let message = failure(error).called(task.program).message;
            terminal.error(format_args!("{}: {message}", outcome.path.display()));
        }
    }
    let more = report.failures().count().saturating_sub(SHOWN);
    if more > 0 {
        terminal.note(format_args!("and {more} more; `--json` has all of them"));
    }
    match report.stopped() {
        Some(Stopped::Canary) => terminal.note("stopped: one of the first files failed, and no other was touched"),
        Some(Stopped::Failures) => terminal.note(format_args!(
            "stopped: more files failed than `--max-failures` allows; repair them, or go on without them with `{} --quarantine LIST`",
            verb.word()
        )),
        _ => {}
    }
}
