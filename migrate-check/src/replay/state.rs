//! A replay as far as it has come, to be gone on with by another proof.
//!
//! Nothing in it may depend on what follows: it is known by the migrations that it has run, and by nothing else.

use std::time::Duration;

use migrate_core::__private::Catalog;
use migrate_source::Source;

use super::{Position, Replay, Violations};
use crate::cache::Bytes;
use crate::scratch::Scratch;

impl Replay {
    /// `None` where SQLite cannot give its database away.
    pub(super) fn state(&mut self, counted: &Violations) -> Option<Vec<u8>> {
        // The catalog is read from the database again, and the rest is about what is not smooth, or not yet known.
        let Replay { runs, positions, timeline, scratch, downs, violations, .. } = self;
        let mut to = Vec::new();
        scratch.write(&mut to).ok()?;
        counted.write(scratch, &mut to).ok()?;
        runs.write(&mut to);
        positions.write(&mut to);
        timeline.write(&mut to);
        downs.write(&mut to);
        violations.write(&mut to);
        Some(to)
    }
}

/// As it was written.
pub(super) fn read(source: &Source, limit: Duration, mut from: &[u8]) -> Option<(Replay, Violations)> {
    let from = &mut from;
    let scratch = Scratch::read(&source.config, limit, from)?;
    let counted = Violations::read(&scratch, from)?;
    let runs = Bytes::read(from)?;
    let positions: Vec<Position> = Bytes::read(from)?;
    let replay = Replay {
        runs,
        beyond: Vec::new(),
        smooth: positions.len().checked_sub(1)?,
        positions,
        timeline: Bytes::read(from)?,
        complete: false,
        catalog: scratch.catalog(&Catalog::default()).ok()?,
        scratch,
        downs: Bytes::read(from)?,
        violations: Bytes::read(from)?,
    };
    Some((replay, counted))
}
