//! A migration drops a view to make way for the rebuild of a table that the view reads, and does not make it again.
//!
//! Make the view again at the end of the migration. If it is not wanted any longer, say why in the first lines:
//!
//! ```sql
//! --! allow(lost-view): nothing has read it since 0.8
//! ```
//!
//! A view that is dropped in a migration that rebuilds none of its tables is not asked about, nor is one that reads a column
//! which the new table does not have.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::allow;
use crate::acts::Act;
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::words::mentions;

pub(super) const ID: &str = "lost-view";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    for lineage in facts.lineages {
        for (_, view, at) in lineage.dropped.iter().filter(|(kind, ..)| *kind == Kind::View) {
            let before = timeline.at(Kind::View, view, lineage.index);
            let again = |kind| timeline.at(kind, view, lineage.position()).is_some();
            let (Some(before), Some(said)) = (before, lineage.said.get(*at)) else { continue };
            let Act::Drop { name, .. } = &said.act else { continue };
            let in_the_way = |dropped: Option<usize>| dropped.is_some_and(|dropped| at < &dropped);
            let stays = |fate: &&Fate| {
                mentions(&before.sql, &fate.name) && !reads_what_is_gone(facts, lineage, fate, &before.sql)
            };
            let fate = lineage.rebuilt().map(|(fate, _)| fate).find(stays);
            if let Some(fate) = fate.filter(|fate| in_the_way(fate.dropped))
                && !again(Kind::View)
                && !again(Kind::Table)
            {
                let message =
                    format!("view `{}` makes way for the new `{}`, and is not made again", before.name, fate.name);
                let finding = Finding::error(ID, message, place::subject(said.script, said.span_of(name)));
                let help = allow("make it again at the end, or ", ID, "why nobody needs it");
                findings.push(finding.note(format!("it was\n{};", before.sql)).help(help));
            }
        }
    }
}

fn reads_what_is_gone(facts: &Facts<'_>, lineage: &Lineage<'_>, fate: &Fate, sql: &str) -> bool {
    let at = |position| facts.replay.timeline.at(Kind::Table, &fate.name, position);
    let (Some(before), Some(after)) = (at(lineage.index), at(lineage.position())) else { return true };
    before.columns.iter().any(|column| !after.has_column(column) && mentions(sql, column))
}
