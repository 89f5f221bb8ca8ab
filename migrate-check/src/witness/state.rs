//! A run on rows as far as it has come, to be gone on with by another proof.
//!
//! Nothing in it may depend on what follows: it is known by the migrations that it has run, and by nothing else.

use super::seed::Seeds;
use super::{Track, Witness};
use crate::cache::Bytes;
use crate::scratch::Scratch;

/// The database, the rows in it, the tables that are to be filled again, and what was found out.
pub(super) type State = (Scratch, Seeds, Vec<String>, Witness);

impl Track<'_> {
    /// `None` where SQLite cannot give its database away.
    pub(super) fn state(&mut self) -> Option<Vec<u8>> {
        let mut to = Vec::new();
        self.scratch.write(&mut to).ok()?;
        self.seeds.write(&mut to);
        self.emptied.write(&mut to);
        // What could not be seeded is with the seeds, and of a run that was late no state is kept.
        let Witness { runs, failures, losses, orphans, stale, tightened, unseeded: _, idle, late: _ } = &self.found;
        runs.write(&mut to);
        failures.write(&mut to);
        losses.write(&mut to);
        orphans.write(&mut to);
        stale.write(&mut to);
        tightened.write(&mut to);
        idle.write(&mut to);
        Some(to)
    }

    /// As it was written.
    pub(super) fn read(&self, mut from: &[u8]) -> Option<State> {
        let from = &mut from;
        let scratch = Scratch::read(&self.source.config, self.limit, from)?;
        let (seeds, emptied) = (Bytes::read(from)?, Bytes::read(from)?);
        let found = Witness {
            runs: Bytes::read(from)?,
            failures: Bytes::read(from)?,
            losses: Bytes::read(from)?,
            orphans: Bytes::read(from)?,
            stale: Bytes::read(from)?,
            tightened: Bytes::read(from)?,
            unseeded: Vec::new(),
            idle: Bytes::read(from)?,
            late: false,
        };
        Some((scratch, seeds, emptied, found))
    }
}
