//! A marker does not hold in the current schema: a later migration undoes it.
//!
//! `is_schema_current` asks for all markers, so with this one it would never say yes. Where a migration drops a table, a column
//! or an index, the marker that noticed its making goes, and `no table …` or `no column …` may take its place.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::markers::{Why, spec_text};
use crate::place;

pub(super) const ID: &str = "marker-dropped";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for wrong in &facts.markers.wrong {
        let Why::Dropped { undone } = wrong.why else { continue };
        let spec = spec_text(&wrong.spec);
        let culprit = facts.position_name(undone);
        let (does, here) = if wrong.spec.negated { ("makes it", "made here") } else { ("undoes it", "undone here") };
        let message = format!("marker `{spec}` does not hold in the current schema: {culprit} {does}");
        let mut finding = Finding::error(ID, message, wrong.subject.clone());
        let name = wrong.spec.column.as_ref().unwrap_or(&wrong.spec.name);
        let script = facts.migration(undone).map(|(_, script)| script).or(facts.scripts.base.as_ref());
        if let Some(place) = script.and_then(|script| place::find(script, &[name])) {
            finding = finding.label(place, here);
        }
        findings.push(finding.help(match (wrong.spec.negated, wrong.spec.kind) {
            _ if undone == 0 => "remove it".to_owned(),
            (true, _) => format!("remove it, or write `{}`", spec.trim_start_matches("no ")),
            (false, migrate_source::MarkerKind::Definition) => format!("remove it, or write `no table {}`", wrong.spec.name),
            (false, _) => format!("remove it, or write `no {spec}`"),
        }));
    }
}
