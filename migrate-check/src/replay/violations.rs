//! Rows that refer to rows which are not there.

use std::collections::BTreeMap;

use crate::cache::{Bytes, bytes};
use crate::scratch::Scratch;
use crate::scripts::Which;

/// A script after which a row of one table refers to a missing row of another.
pub(crate) struct Violation {
    pub(crate) which: Which,
    pub(crate) child: String,
    pub(crate) parent: String,
}

bytes!(struct Violation { which, child, parent });

/// How many violations there are of each key, so that each is blamed on the script that made it.
///
/// Only the rows that scripts insert are here. Where there are none there is nothing to check, which keeps most
/// proofs from paying for this.
#[derive(Default)]
pub(crate) struct Violations {
    counts: BTreeMap<(String, String), usize>,
    /// What moved when they were last counted.
    seen: Option<(u64, i64)>,
}

impl Violations {
    /// What is there now and was not before.
    pub(crate) fn new_ones(&mut self, scratch: &Scratch, which: Which) -> rusqlite::Result<Vec<Violation>> {
        let Some(counts) = self.count(scratch)? else { return Ok(Vec::new()) };
        let more = counts.iter().filter(|(key, count)| **count > self.counts.get(*key).copied().unwrap_or(0));
        let found = more.map(|((child, parent), _)| Violation { which, child: child.clone(), parent: parent.clone() });
        let found = found.collect();
        self.counts = counts;
        Ok(found)
    }

    /// For a proof that goes on with another's database.
    pub(crate) fn write(&self, scratch: &Scratch, to: &mut Vec<u8>) -> rusqlite::Result<()> {
        self.counts.write(to);
        (self.seen == Some(moved(scratch)?)).write(to);
        Ok(())
    }

    /// As it was written; the database is the one that it was written with.
    pub(crate) fn read(scratch: &Scratch, from: &mut &[u8]) -> Option<Violations> {
        let (counts, is_current) = (Bytes::read(from)?, bool::read(from)?);
        // The number of the schema need not be the same in a copy.
        Some(Violations { counts, seen: if is_current { moved(scratch).ok() } else { None } })
    }

    /// The violations of each key, or `None` where nothing can have changed.
    fn count(&mut self, scratch: &Scratch) -> rusqlite::Result<Option<BTreeMap<(String, String), usize>>> {
        let now = moved(scratch)?;
        if now.0 == 0 || self.seen == Some(now) {
            return Ok(None);
        }
        self.seen = Some(now);
        let mut counts = BTreeMap::new();
        let mut statement = scratch.conn().prepare("PRAGMA main.foreign_key_check")?;
        let mut rows = statement.query([])?;
        // A key that does not fit its parent makes the check itself fail: another rule's business.
        while let Ok(Some(row)) = rows.next() {
            *counts.entry((row.get(0)?, row.get(2)?)).or_default() += 1;
        }
        Ok(Some(counts))
    }
}

/// What moves whenever a row or the schema changes.
fn moved(scratch: &Scratch) -> rusqlite::Result<(u64, i64)> {
    Ok((scratch.total_changes(), scratch.schema_version()?))
}
