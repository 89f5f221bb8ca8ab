//! `squash`: old migrations become part of base.sql.

use std::fs;
use std::path::Path;

use migrate_schema::{Squash, SquashError};
use serde_json::json;

use super::write;
use crate::args::files;
use crate::config::Config;
use crate::directory::{counted, listing};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::verbs::version::{Position, position};

pub(super) fn run(verb: &files::Squash, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let (listing, source) = listing(config)?;
    let names: Vec<&str> = source.migrations.iter().map(|migration| migration.name.as_str()).collect();
    let count = match position(&names, &verb.upto)? {
        Position::Base => 0,
        Position::At(index) => index + 1,
        Position::Latest => names.len(),
    };
    let squash = migrate_schema::squash(&listing, count, verb.release.as_deref()).map_err(|error| match error {
        SquashError::Findings(findings, source) => {
            terminal.findings(&findings, &source);
            Failure::found(format!("{}; nothing was changed", counted(findings.len(), "finding")))
        }
        error => Failure::failed(format!("{error}\nnothing was changed")),
    })?;
    let proof = config.dir.join("proof.lock");
    let stale = proof.exists();
    if !verb.dry_run {
        // In this order the directory is never without what it needs; a file that is squashed and still there is an error that
        // says so.
        write::over(&config.dir.join("base.sql"), &squash.base)?;
        write::over(&config.dir.join("squashed.lock"), &squash.squashed)?;
        if let Some(lock) = &squash.lock {
            write::over(&config.dir.join("migrations.lock"), lock)?;
        }
        squash.removed.iter().try_for_each(|path| remove(path, &config.dir))?;
    }
    terminal.findings(&squash.findings, &squash.source);
    show(&squash, verb, config, terminal)?;
    if stale && !verb.dry_run {
        terminal.note("`proof.lock` is of the old directory; `check --write` writes it anew");
    }
    Ok(Exit::Fine)
}

/// Removes a file, and the directory of a migration that is empty then.
fn remove(path: &Path, dir: &Path) -> Result<(), Failure> {
    fs::remove_file(path).map_err(|error| {
        Failure::failed(format!("`{}` cannot be removed: {error}\nhelp: remove it", path.display()))
    })?;
    if let Some(parent) = path.parent().filter(|parent| *parent != dir) {
        // Only if nothing else is in it.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

fn show(squash: &Squash, verb: &files::Squash, config: &Config, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let removed: Vec<String> = squash.removed.iter().map(|path| path.display().to_string()).collect();
    if terminal.json {
        return terminal.value(&json!({
            "version": 1, "verb": "squash", "exit": Exit::Fine.word(), "dry_run": verb.dry_run,
            "squashed": squash.names, "removed": removed, "base": squash.base,
        }));
    }
    let (dir, would) = (config.dir.display(), if verb.dry_run { "would be " } else { "" });
    terminal.line(format_args!(
        "{dir}/base.sql: {would}written, with what {} made",
        counted(squash.names.len(), "migration")
    ))?;
    terminal.line(format_args!("{dir}/squashed.lock: {would}written"))?;
    if squash.lock.is_some() {
        terminal.line(format_args!("{dir}/migrations.lock: {would}written"))?;
    }
    for path in &removed {
        terminal.line(format_args!("{path}: {would}removed"))?;
    }
    if let (Some(last), None) = (squash.names.last(), &verb.release) {
        terminal.note(format_args!(
            "a database that is older than `{last}` has to pass through a release that still has these; `--release` names it in \
             what such a user is told"
        ));
    }
    Ok(())
}
