//! Migrations that became part of `base.sql`: databases in the field have them in their history.

use crate::error::{Divergence, Error};
use crate::history::{History, Origin, Row};
use crate::recorded::differs;
use crate::set::Set;

/// What a history has of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Squashed {
    /// Nothing: it began later, or not at all.
    Nothing,
    /// Everything.
    All,
    /// The first of them, up to this one.
    UpTo(Row),
    /// One with another text than that which was squashed.
    Edited(Row),
}

impl History {
    /// Takes them out, so that what remains is a history of the list.
    pub(crate) fn take_squashed(&mut self, set: &Set) -> Squashed {
        let History::Rows { rows, .. } = self else { return Squashed::Nothing };
        let pairs = rows.iter().zip(set.squashed.iter());
        let count = pairs.take_while(|(row, squashed)| row.name == squashed.name).count();
        let taken: Vec<Row> = rows.drain(..count).collect();
        let edited = taken.iter().zip(set.squashed.iter()).find(|(row, squashed)| differs(row, squashed.checksum));
        match (edited, taken.last()) {
            (Some((row, _)), _) => Squashed::Edited(row.clone()),
            (None, None) => Squashed::Nothing,
            (None, Some(row)) if count == set.squashed.len() && row.origin != Some(Origin::Started) => Squashed::All,
            (None, Some(row)) => Squashed::UpTo(row.clone()),
        }
    }
}

/// Refuses a database that has to pass through an older release first.
pub(crate) fn refuse(set: &Set, squashed: &Squashed) -> Result<(), Error> {
    match squashed {
        Squashed::Nothing | Squashed::All => Ok(()),
        Squashed::UpTo(row) => Err(Error::Squashed {
            at: row.name.clone(),
            last: set.squashed.last().map(|last| last.name.clone().into_owned()).unwrap_or_default(),
            release: set.squashed_release.as_ref().map(|release| release.clone().into_owned()),
        }),
        Squashed::Edited(row) => {
            let divergence = Divergence::Squashed { name: row.name.clone(), applied_at: row.applied_at.clone() };
            Err(Error::HistoryDiverged { divergence })
        }
    }
}
