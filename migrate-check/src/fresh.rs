//! `schema.sql`, run on a database of its own and held against what the migrations make.

mod header;
mod normal;
mod rows;

use std::time::Duration;

use migrate_core::__private::{Catalog, Change};
use migrate_source::Source;

pub(crate) use header::HeaderDifference;
pub(crate) use rows::Comparison;

use crate::replay::{Replay, Run};
use crate::scratch::{Mode, Scratch};
use crate::scripts::{Scripts, Which};
use crate::unproved::is_unknown;

/// What came of `schema.sql`.
pub(crate) struct Fresh {
    pub(crate) run: Run,
    /// The schema that it makes.
    pub(crate) catalog: Catalog,
    /// From its schema to that of the migrations. All of these are empty unless both ran to their end.
    pub(crate) changes: Vec<Change>,
    pub(crate) rows: Comparison,
    pub(crate) header: Vec<HeaderDifference>,
}

impl Fresh {
    /// `None` where there is no `schema.sql`.
    pub(crate) fn of(
        source: &Source,
        scripts: &Scripts,
        replay: &Replay,
        limit: Duration,
    ) -> rusqlite::Result<Option<Fresh>> {
        let Some(script) = &scripts.schema else { return Ok(None) };
        let scratch = Scratch::open(&source.config, limit)?;
        let run = Run::of(&scratch, Which::Schema, script, Mode::DEFAULT)?;
        let catalog = scratch.catalog(&Catalog::default())?;
        let mut fresh = Fresh { run, catalog, changes: Vec::new(), rows: Comparison::default(), header: Vec::new() };
        if fresh.run.completed && replay.complete {
            fresh.changes = fresh.catalog.changes_to(&replay.catalog);
            fresh.changes.retain(|change| !is_unknown(source, &change.object));
            fresh.rows = rows::compare(&scratch, &fresh.catalog, replay, source)?;
            fresh.header = header::differences(&scratch, &replay.scratch)?;
        }
        Ok(Some(fresh))
    }
}
