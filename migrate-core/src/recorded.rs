//! The history against the list: a prefix of it, or where the two part.

use migrate_sql::Digest;

use crate::error::{Divergence, Error};
use crate::history::{Origin, Row};
use crate::set::{Migration, Set};

/// How many migrations the history holds, if it is a prefix of the list.
pub(crate) fn prefix(set: &Set, rows: &[Row]) -> Result<usize, Error> {
    for (index, (row, migration)) in rows.iter().zip(set.migrations.iter()).enumerate() {
        if row.name != migration.name {
            let known = knows(set, row);
            if !known && row.checksum == Some(migration.checksum.to_string()) {
                let (recorded, now) = (row.name.clone(), migration.name.clone().into_owned());
                return Err(Error::HistoryDiverged { divergence: Divergence::Renamed { recorded, now } });
            }
            return Err(another(set, rows, index, migration));
        }
        if is_edited(row, migration) {
            return Err(edited(row));
        }
    }
    if rows.len() > set.migrations.len() {
        return Err(too_new(set, rows, set.migrations.len()));
    }
    Ok(rows.len() - usize::from(is_started(rows)))
}

/// The migrations that the history lacks before its newest, if that is all that keeps it from being a prefix of the list.
pub(crate) fn lacking(set: &Set, rows: &[Row]) -> Option<Vec<usize>> {
    let (mut lacking, mut next) = (Vec::new(), 0);
    for row in rows {
        let index = (next..set.migrations.len()).find(|&index| set.migrations[index].name == row.name)?;
        if is_edited(row, &set.migrations[index]) {
            return None;
        }
        lacking.extend(next..index);
        next = index + 1;
    }
    Some(lacking)
}

/// The first row that no order of the list could explain: the list does not know it, or has it with another text.
pub(crate) fn obstacle(set: &Set, rows: &[Row]) -> Option<Error> {
    rows.iter().enumerate().find_map(|(index, row)| {
        match (set.migrations.iter().find(|migration| migration.name == row.name), set.migrations.get(index)) {
            (Some(migration), _) => is_edited(row, migration).then(|| edited(row)),
            (None, Some(migration)) if rows[index..].iter().any(|row| knows(set, row)) => {
                Some(another(set, rows, index, migration))
            }
            (None, _) => Some(too_new(set, rows, index)),
        }
    })
}

/// Whether the newest row is of a migration that runs outside a transaction and was interrupted.
pub(crate) fn is_started(rows: &[Row]) -> bool {
    rows.last().is_some_and(|row| row.origin == Some(Origin::Started))
}

/// Whether a migration has another text than the one that was recorded. One that was interrupted may have been repaired
/// since.
pub(crate) fn is_edited(row: &Row, migration: &Migration) -> bool {
    row.origin != Some(Origin::Started) && differs(row, migration.checksum)
}

/// Whether a row has a checksum, and another one.
pub(crate) fn differs(row: &Row, checksum: Digest) -> bool {
    row.checksum.as_ref().is_some_and(|recorded| recorded.parse() != Ok(checksum))
}

/// Whether the list has the migration of a row.
pub(crate) fn knows(set: &Set, row: &Row) -> bool {
    set.migrations.iter().any(|migration| migration.name == row.name)
}

fn edited(row: &Row) -> Error {
    let divergence = Divergence::Edited { name: row.name.clone(), applied_at: row.applied_at.clone() };
    Error::HistoryDiverged { divergence }
}

/// A row where the list has another migration.
fn another(set: &Set, rows: &[Row], index: usize, expected: &Migration) -> Error {
    let divergence = Divergence::Order {
        expected: expected.name.clone().into_owned(),
        found: rows[index].name.clone(),
        row: index + 1,
        found_is_known: knows(set, &rows[index]),
        lacks_only: lacking(set, rows).is_some(),
    };
    Error::HistoryDiverged { divergence }
}

/// Rows from an index on are of a newer program.
fn too_new(set: &Set, rows: &[Row], index: usize) -> Error {
    Error::DatabaseTooNew {
        at: rows.last().map(|row| row.name.clone()).unwrap_or_default(),
        known: set.migrations.len(),
        latest: set.migrations.last().map(|m| m.name.clone().into_owned()).unwrap_or_default(),
        unknown: rows[index..].iter().map(|row| format!("`{}`", row.name)).collect(),
    }
}
