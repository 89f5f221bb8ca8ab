//! A down script does not bring back the schema from before its migration.
//!
//! The proof runs each down script directly after its migration and compares the schema with the one before. Rows are not
//! compared: what a migration deletes, no script brings back.
//!
//! What a down script leaves as the migration made it is reported as `down-missing-part`.
//!
//! Down scripts of migrations that run outside a transaction are not run by the proof.

use migrate_source::Finding;

use super::down_missing_part::is_left;
use super::explain::object;
use crate::difference::lines;
use crate::facts::Facts;
use crate::place;
use crate::replay::Difference;

pub(super) const ID: &str = "down-does-not-restore";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for down in &facts.replay.downs {
        let others = down.differences.iter().filter(|difference| !is_left(facts, down, difference));
        let others: Vec<&Difference> = others.collect();
        if others.is_empty() {
            continue;
        }
        let Some(Some(script)) = facts.scripts.down.get(down.index) else { continue };
        let name = &facts.source.migrations[down.index].name;
        let message = format!("the schema after this is not the one from before `{name}`");
        let finding = Finding::error(ID, message, place::file(script))
            .help("undo in it everything that the migration does to the schema");
        findings.push(others.into_iter().map(note).fold(finding, Finding::note));
    }
}

fn note(difference: &Difference) -> String {
    let object = object(&difference.object);
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => {
            format!("{object} is not as it was, `-` after this and `+` before:\n{}", lines(after, before))
        }
        (None, _) => format!("{object} is still there"),
        (Some(_), None) => format!("{object} is gone"),
    }
}
