//! What `is_schema_current` looks for.

mod derive;
mod resolve;
mod text;

use migrate_core::__private::Look;
use migrate_source::{MarkerSpec, Source, Subject};

pub(crate) use text::spec_text;

use crate::check::Declared;
use crate::replay::Replay;
use crate::unproved::is_declared;

/// The markers of a source: declared ones, or else derived ones.
#[derive(Default)]
pub(crate) struct Markers {
    /// What can be looked for, and the positions at which it begins or ceases to hold.
    pub(crate) looks: Vec<(Look, Vec<usize>)>,
    /// Declared markers that cannot be used.
    pub(crate) wrong: Vec<Wrong>,
    /// A marker that would notice the newest change of the schema, where none of the declared ones does.
    pub(crate) missing: Option<Missing>,
}

/// A declared marker that cannot be used.
pub(crate) struct Wrong {
    pub(crate) subject: Subject,
    pub(crate) spec: MarkerSpec,
    pub(crate) why: Why,
}

/// Why a declared marker cannot be used.
pub(crate) enum Why {
    /// No version has such an object or column; `near` is what there is, as a marker.
    Unknown { near: Option<String>, is: Option<String> },
    /// It does not hold in the current schema. `undone` is the position that sees to that.
    Dropped { undone: usize },
    /// It holds before the first migration, and ever after.
    Always,
}

/// A position that no declared marker notices.
pub(crate) struct Missing {
    pub(crate) position: usize,
    pub(crate) look: Look,
}

impl Missing {
    /// The marker to write.
    pub(crate) fn proposal(&self) -> String {
        text::look_text(&self.look)
    }

    /// What it names, the smallest first.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.look {
            Look::Object { name, .. } | Look::Definition { name, .. } => vec![name],
            Look::Column { table, column, .. } => vec![column, table],
        }
    }
}

impl Markers {
    /// Needs a complete replay: of a schema that is not known nothing can be said.
    pub(crate) fn of(source: &Source, declared: &Declared, replay: &Replay) -> Markers {
        let mut markers = Markers::default();
        if !replay.complete {
            return markers;
        }
        let from_macro = declared.markers.iter().enumerate().map(|(index, spec)| (spec, Subject::Marker(index)));
        let from_files = source.migrations.iter().flat_map(|migration| &migration.directives.markers);
        let from_files = from_files.map(|(spec, place)| (spec, Subject::Place(place.clone())));
        let mut any = false;
        for (spec, subject) in from_macro.chain(from_files) {
            any = true;
            match resolve::resolve(spec, &replay.timeline) {
                Ok((Look::Definition { kind, name, .. }, _)) if is_declared(source, kind, &name) => {
                    let why = Why::Unknown { near: None, is: None };
                    markers.wrong.push(Wrong { subject, spec: spec.clone(), why });
                }
                Ok((look, flips)) => markers.push(look, flips),
                Err(why) => markers.wrong.push(Wrong { subject, spec: spec.clone(), why }),
            }
        }
        if !any {
            derive::all(replay).for_each(|(look, flips)| markers.push(look, flips));
        } else if markers.wrong.is_empty() {
            markers.missing = markers.unnoticed(replay);
        }
        markers
    }

    /// The macro and a file may declare the same.
    fn push(&mut self, look: Look, flips: Vec<usize>) {
        if !self.looks.iter().any(|(known, _)| *known == look) {
            self.looks.push((look, flips));
        }
    }

    fn unnoticed(&self, replay: &Replay) -> Option<Missing> {
        let position = replay.newest_change()?;
        if self.looks.iter().any(|(_, flips)| flips.contains(&position)) {
            return None;
        }
        let (look, _) = derive::at(replay, position)?;
        Some(Missing { position, look })
    }
}
