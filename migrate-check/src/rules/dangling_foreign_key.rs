//! A foreign key refers to a table that does not exist after all migrations.
//!
//! SQLite accepts it when the table is made, and fails when a row is inserted that has a value in it: `no such table`. A key
//! to a table that a later migration makes is fine.
//!
//! Make the table that it refers to, or rebuild this one without the key.

use migrate_core::__private::Kind;
use migrate_source::{Finding, Subject};

use super::rename_aside;
use crate::facts::Facts;
use crate::place;
use crate::witness::Orphans;
use crate::words::words;

pub(super) const ID: &str = "dangling-foreign-key";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for dangling in &facts.probes.dangling {
        let (child, parent) = (&dangling.child, &dangling.parent);
        let gone = facts.replay.timeline.events(Kind::Table, parent).last().map(|event| event.position);
        if rename_aside::explains(facts, &format!("no such table: {parent}")) {
            continue;
        }
        let message = match gone {
            Some(_) => format!("`{child}` refers to `{parent}`, which is not there any longer"),
            None => format!("`{child}` refers to `{parent}`, and no migration makes it"),
        };
        let gone = gone.and_then(|position| place::about(facts.script_at(position)?, &[parent]));
        let subject = gone.or_else(|| reference(facts, parent)).unwrap_or(Subject::Directory);
        let help = match &dangling.near {
            Some(near) => format!("write `{near}`"),
            None => format!("make `{parent}`, or rebuild `{child}` without the key"),
        };
        let mut finding = Finding::warning(ID, message, subject);
        let orphaned = |orphans: &Orphans| orphans.child.eq_ignore_ascii_case(child) && is_parent(orphans, parent);
        if facts.witness.orphans.iter().any(orphaned) {
            finding = finding.note(format!("where rows of `{child}` have a value in it, the run fails"));
        }
        findings.push(finding.help(help));
    }
}

/// Whether this rule says of a migration that it leaves keys to a table that is not there any longer.
pub(super) fn says(facts: &Facts<'_>, index: usize, parent: &str) -> bool {
    let allowed = facts.source.migrations[index].directives.allow.iter().any(|(id, ..)| id == ID);
    let gone = facts.replay.timeline.events(Kind::Table, parent).last();
    let here = gone.is_some_and(|event| event.shape.is_none() && event.position == index + 1);
    here && !allowed && facts.probes.dangling.iter().any(|dangling| dangling.parent.eq_ignore_ascii_case(parent))
}

fn is_parent(orphans: &Orphans, parent: &str) -> bool {
    orphans.parent.eq_ignore_ascii_case(parent)
}

/// Where the last script that says so says `REFERENCES parent`.
fn reference(facts: &Facts<'_>, parent: &str) -> Option<Subject> {
    let all: Vec<_> = facts.scripts.upwards().map(|(_, script)| script).collect();
    all.into_iter().rev().find_map(|script| {
        script.statements.iter().rev().find_map(|statement| {
            let words = words(script.text(statement));
            let is =
                |name: Option<std::borrow::Cow<'_, str>>| name.is_some_and(|name| name.eq_ignore_ascii_case(parent));
            let pair = words.windows(2).find(|pair| pair[0].is_word("REFERENCES") && is(pair[1].name()))?;
            let start = statement.start as usize;
            Some(place::subject(script, start + pair[1].start..start + pair[1].end()))
        })
    })
}
