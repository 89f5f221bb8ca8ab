//! From the facts to the list that the runtime works from.

use migrate_core::__private as made;
use migrate_core::__private::{Cow, Digest, Kind, Look, Set, chain, marker_sql};
use migrate_source::Source;

use crate::markers::Markers;
use crate::replay::{Position, Replay};
use crate::scripts::Scripts;
use crate::steps::Steps;

/// The finished list of a source that was proved. Where it was read from is for the caller to say.
pub(crate) fn set(source: &Source, scripts: Scripts, replay: &Replay, markers: &Markers, steps: &Steps) -> Set {
    let mut positions = replay.positions.iter();
    let (base_changes, base_fingerprint) = match positions.next() {
        Some(Position { changes, fingerprint }) => (changes.clone(), *fingerprint),
        None => (Vec::new(), Digest::ZERO),
    };
    let looks: Vec<Look> = markers.looks.iter().map(|(look, _)| look.clone()).collect();
    Set {
        migrations: Cow::Owned(migrations(source, scripts.up, scripts.down, positions, steps)),
        base: scripts.base,
        base_markers: Cow::Owned(base_markers(replay)),
        base_changes: Cow::Owned(base_changes),
        base_fingerprint,
        schema: scripts.schema,
        marker_sql: Cow::Owned(marker_sql(&looks)),
        markers: Cow::Owned(markers.looks.iter().map(marker).collect()),
        options: options(source),
        origin: None,
    }
}

fn migrations<'a>(
    source: &Source,
    ups: Vec<made::Script>,
    downs: Vec<Option<made::Script>>,
    positions: impl Iterator<Item = &'a Position>,
    steps: &Steps,
) -> Vec<made::Migration> {
    let mut last = Digest::ZERO;
    let scripts = ups.into_iter().zip(downs);
    let parts = source.migrations.iter().zip(scripts).zip(positions).enumerate();
    let migration =
        |(index, ((migration, (up, down)), position)): (usize, ((&migrate_source::Migration, _), &Position))| {
            last = chain(last, &migration.name, migration.checksum);
            let directives = &migration.directives;
            made::Migration {
                name: Cow::Owned(migration.name.clone()),
                up,
                down,
                checksum: migration.checksum,
                chain: last,
                fingerprint: position.fingerprint,
                changes: Cow::Owned(position.changes.clone()),
                transaction: directives.no_transaction.is_none(),
                foreign_keys: directives.foreign_keys_on.is_some(),
                adopt: directives.adopt.as_ref().map(|(adopt, _)| match adopt {
                    migrate_source::Adopt::Run => made::Adopt::Run,
                    migrate_source::Adopt::Skip => made::Adopt::Skip,
                }),
                step: steps.fresh(source, index),
            }
        };
    parts.map(migration).collect()
}

/// Everything that `base.sql` makes, each table with its columns.
fn base_markers(replay: &Replay) -> Vec<Look> {
    let mut looks = Vec::new();
    for change in replay.positions.first().map_or(&[][..], |base| &base.changes) {
        let (kind, name) = (change.object.kind, &change.object.name);
        looks.push(Look::Object { kind, name: name.clone(), present: true });
        if kind == Kind::Table
            && let Some(shape) = replay.timeline.at(kind, name, 0)
        {
            let column = |column: &String| Look::Column {
                table: name.clone(),
                column: Cow::Owned(column.clone()),
                present: true,
            };
            looks.extend(shape.columns.iter().map(column));
        }
    }
    looks
}

fn marker((look, flips): &(Look, Vec<usize>)) -> made::Marker {
    let flips = flips.iter().map(|&flip| u32::try_from(flip).unwrap_or(u32::MAX)).collect();
    made::Marker { look: look.clone(), flips: Cow::Owned(flips) }
}

fn options(source: &Source) -> made::Options {
    let config = &source.config;
    let function = |function: &migrate_source::Function| made::Function {
        name: Cow::Owned(function.name.clone()),
        arguments: function.arguments.map_or(-1, i32::from),
    };
    made::Options {
        history_table: Cow::Owned(config.history_table.clone()),
        shared: config.shared,
        functions: Cow::Owned(config.functions.iter().map(function).collect()),
        collations: Cow::Owned(config.collations.iter().cloned().map(Cow::Owned).collect()),
        min_sqlite: config.min_sqlite,
    }
}
