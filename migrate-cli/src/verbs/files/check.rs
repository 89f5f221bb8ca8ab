//! `check`: the compiler's proof, without the compiler.

use migrate_check::proof_lock;
use migrate_source::Severity;
use serde_json::{Value, json};

use super::write;
use crate::args::files::Check;
use crate::config::Config;
use crate::directory::{Directory, counted};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pages::{pages, severity, summary};
use crate::terminal::{Terminal, Tone};

pub(super) fn run(verb: &Check, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut directory = Directory::proved(config);
    let mut written = None;
    if verb.write && directory.count(Severity::Error) == 0 {
        let path = config.dir.join("proof.lock");
        let text = proof_lock(&directory.source, &directory.declared)
            .map_err(|_| Failure::failed("the proof failed where the check did not; please report this"))?;
        write::over(&path, &text)?;
        written = Some(path.display().to_string());
        // What was wrong with the one before is not so any more.
        directory.findings.retain(|finding| finding.id != "stale-proof");
    }
    let (errors, warnings) = (directory.count(Severity::Error), directory.count(Severity::Warning));
    let found = errors > 0 || (verb.deny_warnings && warnings > 0);
    let exit = if found { Exit::Found } else { Exit::Fine };
    let migrations = directory.source.migrations.len();
    if terminal.json {
        let text = migrate_source::json(&directory.findings, &directory.source);
        let mut value: Value = serde_json::from_str(&text).unwrap_or_default();
        let head = json!({
            "verb": "check",
            "exit": exit.word(),
            "migrations": migrations,
            "errors": errors,
            "warnings": warnings,
            "written": written,
        });
        if let (Some(value), Some(head)) = (value.as_object_mut(), head.as_object()) {
            value.extend(head.clone());
        }
        terminal.value(&value)?;
        return Ok(exit);
    }
    terminal.findings(&directory.findings, &directory.source);
    let shown = terminal.paint(Tone::Strong, &directory.source.shown);
    let (tone, proved) = if errors == 0 { (Tone::Good, "proved") } else { (Tone::Bad, "not proved") };
    let proved = terminal.paint(tone, proved);
    let counts = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    terminal.line(format_args!("{shown}: {} {proved}: {counts}", counted(migrations, "migration")))?;
    if let Some(path) = written {
        terminal.line(format_args!("{path}: written"))?;
    }
    if let Some(help) = directory.of_schema() {
        terminal.note(help);
    }
    if let Some(finding) = directory.findings.iter().max_by_key(|finding| finding.severity) {
        terminal.note(format_args!("for more about one of them: `check --explain {}`", finding.id));
    }
    Ok(exit)
}

/// Every id with the first paragraph of its page.
pub(super) fn list(terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let pages = pages();
    if terminal.json {
        let findings =
            pages.iter().map(|(id, page)| json!({ "id": id, "severity": severity(id), "summary": summary(page) }));
        let findings: Vec<Value> = findings.collect();
        terminal.value(&json!({ "version": 1, "verb": "check", "exit": Exit::Fine.word(), "list": findings }))?;
        return Ok(Exit::Fine);
    }
    for (id, page) in &pages {
        let severity = severity(id);
        let tone = if severity.starts_with("error") { Tone::Bad } else { Tone::Attention };
        let (id, severity) = (terminal.paint(Tone::Strong, id), terminal.paint(tone, severity));
        terminal.line(format_args!("{id} ({severity})\n    {}", summary(page)))?;
    }
    Ok(Exit::Fine)
}

/// A page.
pub(super) fn explain(id: &str, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let pages = pages();
    let Some((id, page)) = pages.iter().find(|(known, _)| *known == id) else {
        let help = match migrate_source::nearest(id, pages.iter().map(|(id, _)| *id)) {
            Some(near) => format!("write `{near}`"),
            None => "`check --list` shows all".to_owned(),
        };
        return Err(Failure::usage(format!("there is no finding `{id}`\nhelp: {help}")));
    };
    if terminal.json {
        let value = json!({ "version": 1, "verb": "check", "exit": Exit::Fine.word(), "id": id, "page": page });
        terminal.value(&value)?;
    } else {
        terminal.text(page)?;
    }
    Ok(Exit::Fine)
}
