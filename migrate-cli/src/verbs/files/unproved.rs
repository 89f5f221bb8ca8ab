//! The verbs that can do something where the directory has errors, so that there is no list of migrations.

use migrate_core::__private::{Digest, Options, Set};
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{AnyVersion, Migrations};
use migrate_source::{Severity, Source};
use serde_json::{Value, json};

use crate::args::OnDatabase;
use crate::config::Config;
use crate::database::{Access, Database};
use crate::directory::{Directory, counted};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};
use crate::verbs::each::{After, Answer, each};
use crate::verbs::{Task, backup, history, verify};

/// A backup needs no migrations; what is recorded, the foreign keys and the integrity can be seen without them. All else
/// has to know them.
pub(super) fn run(
    verb: &OnDatabase,
    directory: &Directory,
    config: &Config,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    debug_assert!(directory.count(Severity::Error) > 0, "no list, and no error");
    let migrations = nothing(&directory.source);
    let task = Task { configured: config.database.as_deref(), has_steps: false, ..Task::new(&migrations, &|_| Ok(())) };
    match verb {
        OnDatabase::Backup(on) => backup::run(&task, on, terminal),
        OnDatabase::Status(on) => {
            let why = why(directory, terminal);
            each((&task, on, "status"), After::GoOn, terminal, |database, terminal| {
                status(&task, database, &directory.source, &why, terminal)
            })
        }
        OnDatabase::Verify(on) => {
            let why = why(directory, terminal);
            each((&task, on, "verify"), After::GoOn, terminal, |database, terminal| {
                verify::without_list(database, &why, terminal)
            })
        }
        _ => Err(directory.failure("no database was opened", terminal)),
    }
}

/// A list without a migration: the runtime needs one to make a copy, and looks at nothing of it.
fn nothing(source: &Source) -> Migrations<AnyVersion> {
    let options = Options {
        history_table: source.config.history_table.clone().into(),
        shared: true,
        functions: [].as_slice().into(),
        collations: [].as_slice().into(),
        min_sqlite: 0,
    };
    let set = Set {
        migrations: [].as_slice().into(),
        squashed: [].as_slice().into(),
        squashed_release: None,
        base: None,
        base_changes: [].as_slice().into(),
        base_fingerprint: Digest::ZERO,
        base_markers: [].as_slice().into(),
        schema: None,
        snapshot: None,
        markers: [].as_slice().into(),
        marker_sql: "SELECT 1".into(),
        options,
        origin: None,
    };
    Migrations::new(set, [].as_slice().into())
}

/// What is wrong with the directory is shown once, and each database says what that leaves open.
fn why(directory: &Directory, terminal: &mut Terminal<'_>) -> Failure {
    if !terminal.json {
        terminal.findings(&directory.findings, &directory.source);
    }
    let errors = counted(directory.count(Severity::Error), "error");
    Failure::found(format!("`{}` has {errors}, which `check` shows", directory.source.shown))
}

/// The names of the history beside those of the files.
fn status(
    task: &Task<'_, AnyVersion>,
    database: &Database,
    source: &Source,
    why: &Failure,
    terminal: &mut Terminal<'_>,
) -> Result<Answer, Failure> {
    let recorded = history::look(task, database, Access::Read, |conn| {
        recorded(conn, &source.config.history_table)
            .map_err(|error| Failure::of_sqlite("the history cannot be read", &error))
    })?;
    let is_recorded = |name: &str| recorded.iter().any(|(recorded, _)| recorded == name);
    let files: Vec<&str> = source.migrations.iter().map(|migration| migration.name.as_str()).collect();
    let rows = recorded.iter().map(|(name, at)| {
        let state = if files.contains(&name.as_str()) { "recorded" } else { "unknown" };
        (name.as_str(), state, Some(at.as_str()))
    });
    let pending = files.iter().filter(|name| !is_recorded(name)).map(|name| (*name, "pending", None));
    let rows: Vec<(&str, &str, Option<&str>)> = rows.chain(pending).collect();
    let shown = terminal.paint(Tone::Strong, database.shown());
    terminal
        .say(format_args!("{shown}: the history beside the files; nothing else was compared, since {}", why.message))?;
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    for (name, state, at) in &rows {
        let line = format!("  {name:width$}  {state:<10}  {}", at.unwrap_or_default());
        terminal.say(line.trim_end())?;
    }
    let names = |wanted: &str| -> Vec<&str> {
        rows.iter().filter(|(_, state, _)| *state == wanted).map(|(name, ..)| *name).collect()
    };
    let migrations = rows.iter().filter(|(_, state, _)| *state != "unknown");
    let migrations: Vec<Value> =
        migrations.map(|(name, state, at)| json!({ "name": name, "state": state, "applied_at": at })).collect();
    let value = json!({
        "at": recorded.last().map(|(name, _)| name),
        "migrations": migrations,
        "pending": names("pending").len(),
        "unknown": names("unknown"),
        "drift": null,
        "refusal": why.value(),
    });
    Ok(Answer::new(Exit::Found, value))
}

/// The names in the history, with their times; nothing where there is none.
fn recorded(conn: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    if !migrate_core::table_exists(conn, table)? {
        return Ok(Vec::new());
    }
    let sql =
        format!("SELECT migration_name, coalesce(applied_at, '') FROM main.{} ORDER BY id", migrate_sql::quote(table));
    let mut statement = conn.prepare(&sql)?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
