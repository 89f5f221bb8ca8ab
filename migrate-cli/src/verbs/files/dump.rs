//! `dump`: schema.sql, as the migrations make it.

use migrate_source::{Finding, Source, lock};
use serde_json::json;

use super::write;
use crate::args::files::Dump;
use crate::config::Config;
use crate::directory::{counted, read};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(verb: &Dump, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let (source, findings) = read(config);
    let dump = text(&source, &findings, terminal)?;
    if verb.stdout {
        terminal.text(&dump.text)?;
        return Ok(Exit::Fine);
    }
    let path = config.dir.join("schema.sql");
    let shown = path.display();
    let (exit, state) = match (dump.is_current, verb.check) {
        (true, _) => (Exit::Fine, "current"),
        (false, true) => (Exit::Found, "differs"),
        (false, false) => {
            write::over(&path, &dump.text)?;
            (Exit::Fine, "written")
        }
    };
    match state {
        "differs" if source.schema.is_none() => {
            terminal.say(format_args!("{shown}: not there"))?;
            terminal.note("`dump` writes it");
        }
        "differs" => {
            terminal.say(format_args!("{shown}: not what the migrations make"))?;
            terminal.note("`diff` writes the migration that leads there, `dump` gives up what was edited, `check` shows how it differs");
        }
        "current" => terminal.say(format_args!("{shown}: current"))?,
        _ => terminal.say(format_args!("{shown}: written"))?,
    }
    if terminal.json {
        terminal.value(&json!({
            "version": 1, "verb": "dump", "exit": exit.word(), "path": shown.to_string(), "state": state,
        }))?;
    }
    Ok(exit)
}

/// The schema of a source as SQL; what speaks against it is shown.
pub(super) fn text(
    source: &Source,
    findings: &[Finding],
    terminal: &mut Terminal<'_>,
) -> Result<migrate_schema::Dump, Failure> {
    if !lock::is_provable(findings) {
        return Err(failure(findings, source, terminal));
    }
    migrate_schema::dump(source).map_err(|findings| failure(&findings, source, terminal))
}

/// The migrations do not make a schema.
pub(super) fn failure(findings: &[Finding], source: &Source, terminal: &mut Terminal<'_>) -> Failure {
    let is_error = |finding: &&Finding| finding.severity == migrate_source::Severity::Error;
    let errors: Vec<Finding> = findings.iter().filter(is_error).cloned().collect();
    terminal.findings(&errors, source);
    Failure::found(format!("`{}` has {}; nothing was written", source.shown, counted(errors.len(), "error")))
}
