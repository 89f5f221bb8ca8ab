//! The current schema as one script: a fresh database then costs its schema, not its history.
//!
//! The script is written from the database that the migrations made, run on another, and kept only if the two are equal to
//! the last row. Whatever might make them differ on a user's machine, where the clock is another and functions are real,
//! means that there is no snapshot; the migrations run then, and nothing is lost but time.

mod chance;
mod content;
mod write;

use std::time::Duration;

use migrate_core::__private::Script;
use migrate_source::Source;

use crate::replay::{Replay, Run};
use crate::scratch::{Mode, Scratch};
use crate::scripts::{Scripts, Which};
pub(crate) use chance::asks;
use content::Content;

/// The path that messages show for it.
const PATH: &str = "<snapshot>";

/// The snapshot of a source whose migrations ran; `None` where it would not surely be equal to them.
pub(crate) fn of(
    source: &Source,
    scripts: &Scripts,
    replay: &Replay,
    limit: Duration,
) -> rusqlite::Result<Option<Script>> {
    if scripts.schema.is_some() || !is_plain(source) {
        return Ok(None);
    }
    let Some(content) = Content::of(replay.scratch.conn(), &source.config.history_table)? else { return Ok(None) };
    if chance::decides(source, scripts, &content) {
        return Ok(None);
    }
    let Some(script) = write::script(&content) else { return Ok(None) };
    let script = script.finished();
    // `proof.lock` keeps the text alone.
    let spans = migrate_sql::statements(&script.sql).into_iter().map(|span| (span.start, span.end));
    if !spans.eq(script.statements.iter().map(|place| (place.start as usize, place.end as usize))) {
        return Ok(None);
    }
    let scratch = Scratch::open(&source.config, limit)?;
    let run = Run::of(&scratch, Which::Schema, &script, Mode::DEFAULT)?;
    if !run.completed || !run.incidents.is_empty() {
        return Ok(None);
    }
    let made = Content::of(scratch.conn(), &source.config.history_table)?;
    Ok((made == Some(content)).then_some(script))
}

/// Whether the migrations are statements in transactions, all of which were proved. Rust steps that run on a fresh
/// database too are for whoever puts the list together: not every caller knows them.
fn is_plain(source: &Source) -> bool {
    source.migrations.iter().all(|migration| {
        let directives = &migration.directives;
        directives.no_transaction.is_none() && directives.unproved.is_none()
    })
}
