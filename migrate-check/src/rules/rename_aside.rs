//! A table is renamed out of the way of its new version, and what refers to it follows the old one.
//!
//! `ALTER TABLE notes RENAME TO notes_old` also changes the views, the triggers and the foreign keys of other tables that
//! name `notes`: they name `notes_old` from then on. The new `notes` that is made next is nobody's, and when `notes_old` is
//! dropped, everything refers to a table that is not there.
//!
//! Make the new table under another name, copy the rows, drop the old table, and rename the new one. References to a table
//! that is dropped stay as they are, and fit the new one.

use std::collections::BTreeSet;

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::explain::object;
use super::lost::plain;
use crate::acts::Act;
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::words::mentions;

pub(super) const ID: &str = "rename-aside";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for (lineage, fate, followers) in aside(facts) {
        let Some(said) = fate.moved_aside.and_then(|at| lineage.said.get(at)) else { continue };
        let Act::RenameTable { to, .. } = &said.act else { continue };
        let (old, aside) = (&fate.name, &fate.last_name);
        let message =
            format!("what refers to `{old}` refers to `{aside}` from here on, also when there is a new `{old}`");
        let finding = Finding::error(ID, message, place::subject(said.script, said.span_of(to)));
        let shown: Vec<&str> = followers.iter().map(String::as_str).collect();
        let new = plain(&format!("{old}_new"));
        findings.push(finding.note(format!("this concerns {}", shown.join(", "))).help(format!(
            "make the new table as `{new}`, copy the rows, drop `{old}`, then rename `{new}` to `{old}`"
        )));
    }
}

/// Whether the message that something does not compile with is a consequence of this.
pub(super) fn explains(facts: &Facts<'_>, message: &str) -> bool {
    let Some(missing) = message.strip_prefix("no such table: ") else { return false };
    aside(facts).iter().any(|(_, fate, _)| fate.last_name.eq_ignore_ascii_case(missing))
}

/// The tables that were renamed, with a new one under the old name and with objects that followed the old one.
fn aside<'a>(facts: &Facts<'a>) -> Vec<(&'a Lineage<'a>, &'a Fate, BTreeSet<String>)> {
    let mut found = Vec::new();
    for lineage in facts.lineages {
        for fate in lineage.fates.iter().filter(|fate| fate.moved_aside.is_some() && fate.made_again.is_some()) {
            let followers = followers(facts, lineage, fate);
            if !followers.is_empty() {
                found.push((lineage, fate, followers));
            }
        }
    }
    found
}

fn followers(facts: &Facts<'_>, lineage: &Lineage<'_>, fate: &Fate) -> BTreeSet<String> {
    let timeline = &facts.replay.timeline;
    let changes = facts.replay.positions.get(lineage.position()).map_or(&[][..], |position| &position.changes);
    let follows = |kind, name: &str| {
        let before = timeline.at(kind, name, lineage.index)?;
        let after = timeline.at(kind, name, lineage.position())?;
        let own = kind == Kind::Table && name.eq_ignore_ascii_case(&fate.name);
        let hangs = after.table.eq_ignore_ascii_case(&fate.last_name) && kind != Kind::View;
        let moved = mentions(&after.sql, &fate.last_name) && !mentions(&before.sql, &fate.last_name);
        (moved && !own && !hangs && mentions(&before.sql, &fate.name)).then_some(())
    };
    let following = changes.iter().filter(|change| follows(change.object.kind, &change.object.name).is_some());
    following.map(|change| object(&change.object)).collect()
}
