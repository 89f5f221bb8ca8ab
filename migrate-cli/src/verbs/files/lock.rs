//! `lock`: what has been released, so that the compiler keeps it from being edited.

use std::fs;

use migrate_source::{Severity, lock};
use serde_json::json;

use super::write;
use crate::args::files::Lock;
use crate::config::Config;
use crate::directory::Directory;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(verb: &Lock, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    // A released migration that was edited is not recorded anew: that is what the file is against. And what does not
    // compile has not been released.
    let directory = Directory::proved(config);
    if directory.count(Severity::Error) > 0 {
        return Err(directory.failure("nothing was recorded", terminal));
    }
    let path = config.dir.join("migrations.lock");
    let shown = path.display();
    let text = lock::render(&directory.source);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let new = text.lines().filter(|line| !line.starts_with('#') && !before.lines().any(|known| known == *line));
    let new: Vec<&str> = new.filter_map(|line| line.rsplit_once(' ').map(|(name, _)| name)).collect();
    let (exit, state) = match (before == text, verb.check) {
        (true, _) => (Exit::Fine, "current"),
        (false, true) => (Exit::Found, "differs"),
        (false, false) => {
            write::over(&path, &text)?;
            (Exit::Fine, "written")
        }
    };
    match state {
        "current" => terminal.say(format_args!("{shown}: current, {} recorded", text.lines().count() - 1))?,
        "differs" => {
            terminal.say(format_args!("{shown}: {}", said(&new, "not recorded")))?;
            terminal.note("`lock` records what is to be released");
        }
        _ => terminal.say(format_args!("{shown}: {}", said(&new, "recorded")))?,
    }
    if terminal.json {
        terminal.value(&json!({
            "version": 1, "verb": "lock", "exit": exit.word(), "path": shown.to_string(), "state": state, "new": new,
        }))?;
    }
    Ok(exit)
}

/// What is new; without any, it is the form of the file that is not as it would be written.
fn said(new: &[&str], what: &str) -> String {
    if new.is_empty() { "the lines are written anew".to_owned() } else { format!("{what}: {}", new.join(", ")) }
}
