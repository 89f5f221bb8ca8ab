//! `timeline`: what each migration makes of the schema.

use std::path::Path;

use migrate_schema::{Timeline, html};
use migrate_source::lock;

use super::{dump, schema};
use crate::args::files::{Timeline as Verb, TimelineFormat};
use crate::config::Config;
use crate::directory::read;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};
use crate::verbs::changes::{Change, show};

pub(super) fn run(verb: &Verb, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let (source, findings) = read(config);
    if !lock::is_provable(&findings) {
        return Err(dump::failure(&findings, &source, terminal));
    }
    let timeline = Timeline::of(&source).map_err(|findings| dump::failure(&findings, &source, terminal))?;
    match verb.format.unwrap_or(if terminal.json { TimelineFormat::Json } else { TimelineFormat::Text }) {
        TimelineFormat::Text => text(&timeline, terminal)?,
        TimelineFormat::Json => terminal.text(&schema::pretty(&timeline)?)?,
        TimelineFormat::Html => terminal.text(&html(&timeline, &title(config)))?,
    }
    Ok(Exit::Fine)
}

/// Each version with what its migration added, changed, renamed and removed.
fn text(timeline: &Timeline, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    for version in &timeline.versions {
        let made: Vec<Change> = version.changes().into_iter().map(Change::from).collect();
        let name = match &version.name {
            Some(name) => name,
            None if version.schema.is_empty() => continue,
            None => "base.sql",
        };
        terminal.line(terminal.paint(Tone::Strong, name))?;
        if made.is_empty() {
            terminal.line("  the schema stays as it is")?;
        }
        show(&made, terminal)?;
    }
    Ok(())
}

/// What a page is called: as the package's directory is.
pub(super) fn title(config: &Config) -> String {
    let package = config.package.as_deref().filter(|package| !package.as_os_str().is_empty());
    let package = package.unwrap_or(Path::new(".")).canonicalize().ok();
    let name = package.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "schema".to_owned())
}
