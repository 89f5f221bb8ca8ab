//! From the facts to the half of the list that only SQLite knows.

use std::collections::BTreeMap;

use migrate_core::__private::{Cow, Look, Marker, Script};
use migrate_source::Source;
use migrate_source::proof::{Proved, State};
use migrate_sql::Definition;
use migrate_sql::set::{Key, fingerprint};

use crate::markers::Markers;
use crate::replay::{Position, Replay};
use crate::unproved::is_unknown;

/// What was found out about a source that was proved.
pub(crate) fn proved(source: &Source, replay: &Replay, markers: &Markers, snapshot: Option<Script>) -> Proved {
    Proved { states: states(source, replay), markers: markers.looks.iter().map(marker).collect(), snapshot }
}

/// The schema at each position, without what is not known of it.
pub(crate) fn states(source: &Source, replay: &Replay) -> Vec<State> {
    let all_known = source.migrations.iter().all(|migration| migration.directives.unproved.is_none());
    let mut schema: BTreeMap<Key, Definition> = BTreeMap::new();
    let mut state = |(at, position): (usize, &Position)| {
        let known = position.changes.iter().filter(|change| all_known || !is_unknown(source, &change.object));
        let changes = known.map(|change| {
            let shape = replay.timeline.at(change.object.kind, &change.object.name, at);
            (change.clone(), shape.map_or_else(Vec::new, |shape| shape.columns.clone()))
        });
        let changes: Vec<_> = changes.collect();
        let fingerprint = if all_known {
            position.fingerprint
        } else {
            for (change, _) in &changes {
                match change.after {
                    Some(after) => schema.insert(change.object.key(), after),
                    None => schema.remove(&change.object.key()),
                };
            }
            fingerprint(schema.values().map(|definition| definition.strict))
        };
        State { fingerprint, changes }
    };
    replay.positions.iter().enumerate().map(&mut state).collect()
}

fn marker((look, flips): &(Look, Vec<usize>)) -> Marker {
    let flips = flips.iter().map(|&flip| u32::try_from(flip).unwrap_or(u32::MAX)).collect();
    Marker { look: look.clone(), flips: Cow::Owned(flips) }
}
