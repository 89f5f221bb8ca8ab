//! `schema`: what the migrations make, at any version.

use migrate_check::Stage;
use migrate_schema::{Schema, Timeline, Version, html, mermaid, svg};
use migrate_source::{Finding, Source, lock};

use super::{dump, timeline};
use crate::args::files::{Schema as Verb, SchemaFormat};
use crate::config::Config;
use crate::directory::read;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::verbs::version::{Position, position};

pub(super) fn run(verb: &Verb, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let (source, findings) = read(config);
    if !lock::is_provable(&findings) {
        return Err(dump::failure(&findings, &source, terminal));
    }
    let names: Vec<&str> = source.migrations.iter().map(|migration| migration.name.as_str()).collect();
    let at = match position(&names, &verb.at)? {
        Position::Base => 0,
        Position::At(index) => index + 1,
        Position::Latest => names.len(),
    };
    let format = verb.format.unwrap_or(if terminal.json { SchemaFormat::Json } else { SchemaFormat::Sql });
    if format == SchemaFormat::Sql {
        let text = dump::text(&before(&source, at), &findings, terminal)?.text;
        // What stands at its head is about the file.
        terminal.text(text.split_once("\n\n").map_or("", |(_, sql)| sql))?;
        return Ok(Exit::Fine);
    }
    let schema = schema(&source, at).map_err(|findings| dump::failure(&findings, &source, terminal))?;
    terminal.text(&match format {
        SchemaFormat::Mermaid => mermaid(&schema),
        SchemaFormat::Svg => svg(&schema),
        SchemaFormat::Html => {
            let migration = at.checked_sub(1).and_then(|index| source.migrations.get(index));
            let name = migration.map(|migration| migration.name.clone());
            let sql = migration.map(|migration| migration.up.text.clone()).unwrap_or_default();
            let version = Version { name, sql, schema, renames: Vec::new(), before: Schema::default() };
            html(&Timeline { versions: vec![version] }, &timeline::title(config))
        }
        _ => pretty(&schema)?,
    })?;
    Ok(Exit::Fine)
}

fn schema(source: &Source, at: usize) -> Result<Schema, Vec<Finding>> {
    let stage = Stage::at(source, at)?;
    // A schema that SQLite has just made can be read.
    Ok(Schema::read(stage.conn(), &source.config.history_table).unwrap_or_default())
}

/// The source as it was at a version.
fn before(source: &Source, at: usize) -> Source {
    let mut source = source.clone();
    source.migrations.truncate(at);
    source.schema = None;
    source.lock = None;
    source
}

/// JSON to be read by people too.
pub(super) fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    Ok(text.map_err(|error| Failure::failed(format!("it cannot be written as JSON: {error}")))? + "\n")
}
