//! A down script leaves something of its migration as it is.
//!
//! The proof runs each down script directly after its migration and compares the schema with the one before. What is named here
//! is exactly as the migration left it: the script does not undo it at all. Where it undoes it in another way than it was done,
//! the finding is `down-does-not-restore`.

use migrate_source::Finding;

use super::explain::object;
use crate::difference::lines;
use crate::facts::Facts;
use crate::place;
use crate::replay::{Difference, Down};

pub(super) const ID: &str = "down-missing-part";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for down in &facts.replay.downs {
        let Some(Some(script)) = facts.scripts.down.get(down.index) else { continue };
        let name = &facts.source.migrations[down.index].name;
        for difference in down.differences.iter().filter(|difference| is_left(facts, down, difference)) {
            let object = object(&difference.object);
            let (message, note) = match (&difference.before, &difference.after) {
                (None, _) => (format!("{object}, which `{name}` makes, is still there after this"), None),
                (Some(before), Some(after)) => {
                    let note = format!("`-` after this and `+` before:\n{}", lines(after, before));
                    (format!("what `{name}` does to {object} is not undone by this"), Some(note))
                }
                (Some(before), None) => {
                    let note = format!("it was\n{before};");
                    (format!("{object}, which `{name}` removes, is not made again by this"), Some(note))
                }
            };
            let finding = Finding::error(ID, message, place::file(script)).help("undo it here as well");
            findings.push(note.into_iter().fold(finding, Finding::note));
        }
    }
}

/// Whether an object is as the migration left it.
pub(super) fn is_left(facts: &Facts<'_>, down: &Down, difference: &Difference) -> bool {
    let object = &difference.object;
    let up = facts.replay.timeline.at(object.kind, &object.name, down.index + 1);
    up.map(|shape| shape.sql.as_str()) == difference.after.as_deref()
}
