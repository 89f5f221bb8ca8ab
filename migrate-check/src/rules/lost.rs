//! What the rules about losses say alike.

use migrate_core::__private::Kind;
use migrate_source::{Finding, Subject};

use crate::acts::Act;
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::replay::Shape;

/// The line that acknowledges a finding: with what else can be done, if anything, in front.
pub(super) fn allow(otherwise: &str, id: &str, why: &str) -> String {
    format!("{otherwise}write `--! allow({id}): {why}` at the head of the file")
}

/// A name as the author would write it: bare where SQLite takes it so.
pub(super) fn plain(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() {
        name.to_owned()
    } else {
        migrate_sql::quote(name)
    }
}

/// An index, trigger or view that was there before a migration and hung on a table that it rebuilds.
pub(super) struct Lost<'a> {
    pub(super) lineage: &'a Lineage<'a>,
    pub(super) fate: &'a Fate,
    pub(super) kind: Kind,
    pub(super) shape: &'a Shape,
}

/// Every index or trigger that went with the old table and is not made again, unless a statement drops it.
pub(super) fn lost<'a>(facts: &Facts<'a>, kind: Kind) -> Vec<Lost<'a>> {
    let mut found = Vec::new();
    for lineage in facts.lineages {
        let timeline = &facts.replay.timeline;
        let rebuilt: Vec<&Fate> = lineage.rebuilt().map(|(fate, _)| fate).collect();
        let changes = facts.replay.positions.get(lineage.position()).map_or(&[][..], |position| &position.changes);
        for change in changes.iter().filter(|change| change.after.is_none() && change.object.kind == kind) {
            let Some(shape) = timeline.at(kind, &change.object.name, lineage.index) else { continue };
            let by_hand =
                lineage.dropped.iter().any(|(k, name, _)| *k == kind && name.eq_ignore_ascii_case(&shape.name));
            let fate = rebuilt.iter().find(|fate| fate.name.eq_ignore_ascii_case(&shape.table));
            if let Some(fate) = fate
                && !by_hand
            {
                found.push(Lost { lineage, fate, kind, shape });
            }
        }
    }
    found
}

impl Lost<'_> {
    /// What is lost, at the statement that drops the table.
    pub(super) fn finding(&self, id: &'static str) -> Finding {
        let (word, name, table) = (self.kind.word(), &self.shape.name, &self.fate.name);
        let message = format!("{word} `{name}` goes with the old `{table}`, and is not made again");
        self.at_drop(id, message).note(format!("it was\n{};", self.shape.sql)).help(format!(
            "make it again at the end, or write `DROP {} {}` first",
            word.to_ascii_uppercase(),
            plain(name)
        ))
    }

    fn at_drop(&self, id: &'static str, message: String) -> Finding {
        let said = self.fate.dropped.and_then(|at| self.lineage.said.get(at));
        let subject = said.map_or(Subject::Directory, |said| {
            let span = match &said.act {
                Act::Drop { name, .. } => said.span_of(name),
                _ => place::first_line(said.script, said.statement),
            };
            place::subject(said.script, span)
        });
        Finding::error(id, message, subject)
    }
}
