//! Markers for an author who declares none, and the one that is proposed to an author who forgot one.

use migrate_core::__private::{Change, Cow, Kind, Look};

use crate::replay::Replay;

/// For each migration that changes the schema the marker that tells it from its predecessor best.
pub(super) fn all(replay: &Replay) -> impl Iterator<Item = (Look, Vec<usize>)> + '_ {
    (1..replay.positions.len()).filter_map(|position| at(replay, position))
}

/// The best marker for one position: it begins to hold there, and holds in the current schema.
pub(super) fn at(replay: &Replay, position: usize) -> Option<(Look, Vec<usize>)> {
    let changes = &replay.positions[position].changes;
    let candidates = changes.iter().flat_map(|change| candidates(change, position, replay));
    let usable = candidates.filter_map(|look| {
        let flips = replay.timeline.flips(&look);
        let begins = replay.timeline.holds(&look, position) && flips.contains(&position);
        (begins && replay.timeline.holds(&look, usize::MAX)).then_some((look, flips))
    });
    // One that holds from there on and never before tells more than one that comes and goes.
    usable.min_by_key(|(look, flips)| (flips.len() > 1 && flips.first() != Some(&0), rank(look)))
}

fn candidates(change: &Change, position: usize, replay: &Replay) -> Vec<Look> {
    let kind = change.object.kind;
    let name = || Cow::Owned(change.object.name.clone().into_owned());
    let object = Look::Object { kind, name: name(), present: change.after.is_some() };
    let mut looks = vec![object];
    if kind == Kind::Table {
        let columns = |position: usize| {
            replay.timeline.at(kind, &change.object.name, position).map(|shape| shape.columns.as_slice())
        };
        if let (Some(before), Some(after)) = (columns(position - 1), columns(position)) {
            let column =
                |column: &String, present| Look::Column { table: name(), column: Cow::Owned(column.clone()), present };
            looks.extend(missing_from(before, after).map(|name| column(name, true)));
            looks.extend(missing_from(after, before).map(|name| column(name, false)));
        }
    }
    if let Some(definition) = change.after {
        looks.push(Look::Definition { kind, name: name(), definition });
    }
    looks
}

fn missing_from<'a>(these: &'a [String], those: &'a [String]) -> impl Iterator<Item = &'a String> {
    those.iter().filter(move |name| !these.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

/// What there is says more than what is gone, and a name more than a definition.
fn rank(look: &Look) -> usize {
    match look {
        Look::Object { kind: Kind::Table, present: true, .. } => 0,
        Look::Column { present: true, .. } => 1,
        Look::Object { kind: Kind::Index, present: true, .. } => 2,
        Look::Object { kind: Kind::View, present: true, .. } => 3,
        Look::Object { kind: Kind::Trigger, present: true, .. } => 4,
        Look::Column { present: false, .. } => 5,
        Look::Object { present: false, .. } => 6,
        Look::Definition { .. } => 7,
    }
}
