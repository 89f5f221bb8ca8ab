//! From a marker as declared to what is looked for.

use migrate_core::__private::{Cow, Kind, Look};
use migrate_source::{MarkerKind, MarkerSpec, nearest};

use super::Why;
use crate::replay::Timeline;

/// What is looked for and when it holds, or why it cannot be.
pub(super) fn resolve(spec: &MarkerSpec, timeline: &Timeline) -> Result<(Look, Vec<usize>), Why> {
    let look = look(spec, timeline)?;
    let flips = timeline.flips(&look);
    let newest = usize::MAX;
    if !timeline.holds(&look, newest) {
        Err(Why::Dropped { undone: undone(&look, timeline, &flips) })
    } else if flips == [0] {
        Err(Why::Always)
    } else {
        Ok((look, flips))
    }
}

/// The position after which it no longer holds, or 0 where it never did: `base.sql` sees to it.
fn undone(look: &Look, timeline: &Timeline, flips: &[usize]) -> usize {
    match look {
        // Its definition is that of the last version that has it.
        Look::Definition { kind, name, .. } => {
            timeline.events(*kind, name).iter().rev().find(|event| event.shape.is_none()).map_or(0, |e| e.position)
        }
        _ => flips.last().copied().unwrap_or(0),
    }
}

fn look(spec: &MarkerSpec, timeline: &Timeline) -> Result<Look, Why> {
    let present = !spec.negated;
    match (spec.kind, &spec.column) {
        (MarkerKind::Column, Some(column)) => column_look(spec, column, timeline),
        (MarkerKind::Definition, _) => definition_look(&spec.name, timeline),
        (kind, _) => {
            let kind = object_kind(kind);
            if timeline.events(kind, &spec.name).is_empty() {
                return Err(unknown(&spec.name, word(kind), timeline, timeline.names(kind)));
            }
            let name = as_made(timeline, kind, &spec.name);
            Ok(Look::Object { kind, name: Cow::Owned(name), present })
        }
    }
}

fn column_look(spec: &MarkerSpec, column: &str, timeline: &Timeline) -> Result<Look, Why> {
    let events = timeline.events(Kind::Table, &spec.name);
    if events.is_empty() {
        // The table's name is what is wrong; the column may be right.
        let near = nearest(&spec.name, timeline.names(Kind::Table));
        let near = near.map(|table| format!("column {table}.{column}"));
        return Err(Why::Unknown { near, is: other_kind(&spec.name, timeline) });
    }
    let shapes = || events.iter().filter_map(|event| event.shape.as_ref());
    let written = |name: &&String| name.eq_ignore_ascii_case(column);
    let Some(name) = shapes().flat_map(|shape| &shape.columns).find(written) else {
        let near = nearest(column, shapes().flat_map(|shape| &shape.columns).map(String::as_str));
        let table = as_made(timeline, Kind::Table, &spec.name);
        return Err(Why::Unknown { near: near.map(|near| format!("column {table}.{near}")), is: None });
    };
    let table = as_made(timeline, Kind::Table, &spec.name);
    Ok(Look::Column { table: Cow::Owned(table), column: Cow::Owned(name.clone()), present: !spec.negated })
}

const KINDS: [Kind; 4] = [Kind::Table, Kind::View, Kind::Index, Kind::Trigger];

fn definition_look(name: &str, timeline: &Timeline) -> Result<Look, Why> {
    let current = KINDS.into_iter().find_map(|kind| Some((kind, timeline.last(kind, name)?)));
    let once = || {
        KINDS.into_iter().find_map(|kind| {
            Some((kind, timeline.events(kind, name).iter().rev().find_map(|event| event.shape.as_ref())?))
        })
    };
    match current.or_else(once) {
        Some((kind, shape)) => {
            Ok(Look::Definition { kind, name: Cow::Owned(shape.name.clone()), definition: shape.definition })
        }
        None => Err(unknown(name, "definition", timeline, KINDS.into_iter().flat_map(|kind| timeline.names(kind)))),
    }
}

fn unknown<'a>(name: &str, word: &str, timeline: &Timeline, names: impl Iterator<Item = &'a str>) -> Why {
    let near = nearest(name, names).map(|near| format!("{word} {near}"));
    Why::Unknown { near, is: other_kind(name, timeline) }
}

/// What an object of this name is, if it is something else than what was declared: `view notes_by_tag`.
fn other_kind(name: &str, timeline: &Timeline) -> Option<String> {
    let kind = KINDS.into_iter().find(|kind| !timeline.events(*kind, name).is_empty())?;
    Some(format!("{} {}", kind.word(), as_made(timeline, kind, name)))
}

/// A name as its `CREATE` writes it.
fn as_made(timeline: &Timeline, kind: Kind, name: &str) -> String {
    let shape = timeline.events(kind, name).iter().find_map(|event| event.shape.as_ref());
    shape.map_or_else(|| name.to_owned(), |shape| shape.name.clone())
}

fn object_kind(kind: MarkerKind) -> Kind {
    match kind {
        MarkerKind::View => Kind::View,
        MarkerKind::Index => Kind::Index,
        MarkerKind::Trigger => Kind::Trigger,
        MarkerKind::Table | MarkerKind::Column | MarkerKind::Definition => Kind::Table,
    }
}

fn word(kind: Kind) -> &'static str {
    kind.word()
}
