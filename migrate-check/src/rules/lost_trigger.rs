//! A rebuild loses a trigger: it went with the old table, and is not made again.
//!
//! `DROP TABLE` drops the triggers of a table, and the new table that takes its name has none. Make the trigger again at the
//! end of the migration. If it is not wanted any longer, say so with `DROP TRIGGER` before the table goes.
//!
//! The same goes for a view that is dropped and made again, and for its `INSTEAD OF` triggers.

use std::collections::BTreeSet;

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::{allow, lost, plain};
use crate::acts::Act;
use crate::facts::Facts;
use crate::lineage::Lineage;
use crate::place;

pub(super) const ID: &str = "lost-trigger";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(lost(facts, Kind::Trigger).iter().map(|lost| lost.finding(ID)));
    for lineage in facts.lineages {
        of_views(facts, lineage, findings);
    }
}

/// The triggers of a view go with it, and a new one has none.
fn of_views(facts: &Facts<'_>, lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    let views = lineage.dropped.iter().filter(|(kind, ..)| *kind == Kind::View);
    let views: BTreeSet<(String, usize)> = views.map(|(_, name, at)| (name.to_ascii_lowercase(), *at)).collect();
    if views.is_empty() {
        return;
    }
    let changes = facts.replay.positions.get(lineage.position()).map_or(&[][..], |position| &position.changes);
    for change in changes.iter().filter(|change| change.after.is_none() && change.object.kind == Kind::Trigger) {
        let Some(shape) = timeline.at(Kind::Trigger, &change.object.name, lineage.index) else { continue };
        let view = views.iter().find(|(view, _)| shape.table.eq_ignore_ascii_case(view));
        let Some((said, view)) = view.and_then(|(view, at)| Some((lineage.said.get(*at)?, view))) else { continue };
        let by_hand =
            |(kind, name, _): &(Kind, String, usize)| *kind == Kind::Trigger && name.eq_ignore_ascii_case(&shape.name);
        if lineage.dropped.iter().any(by_hand) || timeline.at(Kind::View, view, lineage.position()).is_none() {
            continue;
        }
        let Act::Drop { name, .. } = &said.act else { continue };
        let message = format!("trigger `{}` goes with the old view `{}`, and is not made again", shape.name, name.text);
        let finding = Finding::error(ID, message, place::subject(said.script, said.span_of(name)));
        let drop = format!("make it again at the end, write `DROP TRIGGER {}` first, or ", plain(&shape.name));
        findings.push(finding.note(format!("it was\n{};", shape.sql)).help(allow(&drop, ID, "why nobody needs it")));
    }
}
