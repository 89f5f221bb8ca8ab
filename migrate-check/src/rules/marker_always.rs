//! A marker holds before the first migration, and ever after.
//!
//! It looks for something that `base.sql` makes and no migration changes. A database that lacks every migration has it too,
//! so it tells nothing about being current.
//!
//! Name something that a migration makes or removes; `definition …` notices any change of an object.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::markers::{Why, spec_text};

pub(super) const ID: &str = "marker-always";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for wrong in &facts.markers.wrong {
        if !matches!(wrong.why, Why::Always) {
            continue;
        }
        let message = format!("marker `{}` holds before the first migration already", spec_text(&wrong.spec));
        findings.push(
            Finding::error(ID, message, wrong.subject.clone())
                .help("name something that a migration makes or removes, or remove the marker"),
        );
    }
}
