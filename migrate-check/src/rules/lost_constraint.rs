//! A rebuild loses what a table promised: a `CHECK`, `COLLATE`, `UNIQUE`, `DEFAULT`, a foreign key or its action, the expression
//! of a generated column, `STRICT`, or `WITHOUT ROWID`.
//!
//! The new table is written out by hand, and what is forgotten there is gone without a word. Only what disappears is
//! reported: a `CHECK` that is another one now, a `UNIQUE` that has become an index, and what was said of a column that is
//! not there any longer are all meant as they are written. `NOT NULL` may go, since rebuilding a table is the way to be rid of it.
//!
//! If it is to go, say why in the first lines of the migration:
//!
//! ```sql
//! --! allow(lost-constraint): a note may have no title since 0.8
//! ```

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::{allow, plain};
use crate::acts::{Act, Said};
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::replay::{Shape, Timeline};
use crate::tables::{Check, Constraint, Reference, Table, column_names};

pub(super) const ID: &str = "lost-constraint";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    for lineage in facts.lineages {
        for (fate, made) in lineage.rebuilt() {
            let before = timeline.at(Kind::Table, &fate.name, lineage.index);
            let after = timeline.at(Kind::Table, &fate.name, lineage.position());
            let (Some(before), Some(after)) = (before, after) else { continue };
            if before.definition.loose == after.definition.loose {
                continue;
            }
            let rebuild = Rebuild {
                timeline,
                lineage,
                fate,
                before_columns: before,
                before: Table::of(&before.sql),
                after: Table::of(&after.sql),
            };
            findings.extend(rebuild.losses().into_iter().map(|loss| finding(fate, made, &loss)));
        }
    }
}

/// Something that is not there any longer.
struct Loss {
    /// As SQL has it.
    what: String,
    /// The column that it was said of.
    column: Option<String>,
}

struct Rebuild<'a> {
    timeline: &'a Timeline,
    lineage: &'a Lineage<'a>,
    fate: &'a Fate,
    before_columns: &'a Shape,
    before: Table,
    after: Table,
}

impl Rebuild<'_> {
    fn losses(&self) -> Vec<Loss> {
        if self.before.is_virtual || self.after.is_virtual {
            return Vec::new();
        }
        let mut losses = Vec::new();
        let mut lost = |what: String, column: Option<&str>| {
            losses.push(Loss { what, column: column.map(str::to_owned) });
        };
        for column in &self.before.columns {
            let Some(after) = self.after.column(&column.name) else { continue };
            let name = Some(column.name.as_str());
            match (&column.generated, &after.generated) {
                (Some(expression), None) => lost(format!("GENERATED ALWAYS AS ({expression})"), name),
                (None, None) => {
                    let default = column.default.as_ref().filter(|default| !default.eq_ignore_ascii_case("NULL"));
                    if let (Some(default), None) = (default, &after.default) {
                        lost(format!("DEFAULT {default}"), name);
                    }
                }
                _ => {}
            }
            if let (Some(collation), None) = (column.collate.as_ref().filter(|name| *name != "BINARY"), &after.collate)
            {
                lost(format!("COLLATE {collation}"), name);
            }
        }
        for constraint in &self.before.constraints {
            match constraint {
                Constraint::Unique(columns) if !self.is_unique(columns) => match &columns[..] {
                    [column] => lost("UNIQUE".to_owned(), Some(column)),
                    _ => lost(format!("UNIQUE ({})", columns.join(", ")), None),
                },
                Constraint::Check(check) if self.is_unchecked(check) => lost(format!("CHECK ({})", check.text), None),
                Constraint::Reference(reference) => {
                    if let Some(what) = self.is_unrelated(reference) {
                        lost(what, (reference.columns.len() == 1).then(|| reference.columns[0].as_str()));
                    }
                }
                _ => {}
            }
        }
        if self.before.strict && !self.after.strict {
            lost("STRICT".to_owned(), None);
        }
        if self.before.without_rowid && !self.after.without_rowid {
            lost("WITHOUT ROWID".to_owned(), None);
        }
        losses
    }

    fn survives(&self, column: &str) -> bool {
        self.after.column(column).is_some()
    }

    /// Whether something else keeps these columns unique, or they are not all there; fewer columns are stricter, and one
    /// constraint that took the place of another is meant.
    fn is_unique(&self, columns: &[String]) -> bool {
        let within = |other: &[String]| {
            !other.is_empty() && other.iter().any(|a| columns.iter().any(|b| a.eq_ignore_ascii_case(b)))
        };
        let was = |other: &[String]| self.before.unique().any(|before| same(before, other));
        !columns.iter().all(|column| self.survives(column))
            || self.after.unique().any(|other| same(other, columns) || (within(other) && !was(other)))
            || self.unique_indexes().any(|other| within(&other))
    }

    /// What the unique indexes are over that this migration makes for the new table.
    fn unique_indexes(&self) -> impl Iterator<Item = Vec<String>> {
        self.lineage.said.iter().filter_map(|said| {
            let Act::Create { kind: Kind::Index, name, .. } = &said.act else { return None };
            let made = self.timeline.at(Kind::Index, &name.text, self.lineage.position())?;
            let is_unique = said.words.get(1).is_some_and(|word| word.is_word("UNIQUE"));
            if !is_unique || !made.table.eq_ignore_ascii_case(&self.fate.name) {
                return None;
            }
            let open = said.words.iter().position(|word| word.text == "(")?;
            Some(column_names(&said.words[open + 1..]))
        })
    }

    /// Whether the columns of a `CHECK` are all there, and no `CHECK` of the new table took its place.
    fn is_unchecked(&self, check: &Check) -> bool {
        let columns: Vec<&String> =
            self.before_columns.columns.iter().filter(|column| check.mentions(column)).collect();
        if columns.iter().any(|column| !self.survives(column)) {
            return false;
        }
        // STRICT sees to the types.
        if self.after.strict && !self.before.strict && check.mentions("typeof") {
            return false;
        }
        let was = |other: &Check| self.before.checks().any(|before| before.meaning == other.meaning);
        let about = |other: &Check| columns.iter().any(|column| other.mentions(column));
        !self.after.checks().any(|other| other.meaning == check.meaning || (!was(other) && about(other)))
    }

    /// What is gone of a foreign key whose columns and parent are all there.
    fn is_unrelated(&self, reference: &Reference) -> Option<String> {
        let parent = self.timeline.at(Kind::Table, &reference.parent, self.lineage.position());
        if parent.is_none() || !reference.columns.iter().all(|column| self.survives(column)) {
            return None;
        }
        let shares = |other: &&Reference| {
            other.columns.iter().any(|a| reference.columns.iter().any(|b| a.eq_ignore_ascii_case(b)))
        };
        let same_parent = |other: &&Reference| other.parent.eq_ignore_ascii_case(&reference.parent);
        let after: Vec<&Reference> = self.after.references().filter(shares).collect();
        let Some(after) = after.iter().find(|other| same_parent(other)).or(after.first()) else {
            return Some(format!("REFERENCES {}", plain(&reference.parent)));
        };
        [(&reference.on_delete, &after.on_delete), (&reference.on_update, &after.on_update)]
            .into_iter()
            .find(|(before, after)| !before.is_empty() && after.is_empty())
            .map(|(before, _)| before.clone())
    }
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| a.eq_ignore_ascii_case(b)))
}

fn finding(fate: &Fate, made: &Said<'_>, loss: &Loss) -> Finding {
    let of = loss.column.as_ref().map_or_else(|| fate.name.clone(), |column| format!("{}.{column}", fate.name));
    let table = match &made.act {
        Act::Create { name, .. } => name.at,
        _ => 0,
    };
    let column = loss.column.as_ref().and_then(|column| {
        let at = made.words.iter().skip(table + 1).position(|word| crate::acts::is_name(word, column))?;
        Some(table + 1 + at)
    });
    let at = column.unwrap_or(table);
    let message = format!("`{of}` is rebuilt without its `{}`", loss.what);
    let help = allow(&format!("add `{}`, or ", loss.what), ID, "why it is to go");
    Finding::error(ID, message, place::subject(made.script, made.span(at..at + 1))).help(help)
}
