//! A marker looks for an object or a column that no version of the schema has.
//!
//! Markers are what `is_schema_current` looks for. The proof runs all migrations, so it knows every object that ever was; this
//! one is not among them. Most likely it is misspelt, or its kind is wrong: `view` for `table`.

use migrate_source::{Finding, MarkerKind, MarkerSpec};

use crate::facts::Facts;
use crate::markers::{Why, spec_text};

pub(super) const ID: &str = "marker-unknown";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for wrong in &facts.markers.wrong {
        let Why::Unknown { near, is } = &wrong.why else { continue };
        let spec = &wrong.spec;
        let what = match &spec.column {
            Some(column) => format!("column `{column}` of table `{}`", spec.name),
            None if spec.kind == MarkerKind::Definition => format!("anything called `{}`", spec.name),
            None => spec_text(&MarkerSpec { negated: false, ..spec.clone() }).replacen(' ', " `", 1) + "`",
        };
        let message = format!("no version of the schema has {what}");
        let finding = Finding::error(ID, message, wrong.subject.clone());
        let no = if spec.negated { "no " } else { "" };
        findings.push(match (is, near) {
            (Some(is), _) => finding.help(format!("write `{no}{is}`")),
            (None, Some(near)) => finding.help(format!("write `{no}{near}`")),
            (None, None) => finding.help("name something that a migration makes, or remove the marker"),
        });
    }
}
