//! A migration removes a column, and what users have in it goes with it.
//!
//! By `ALTER TABLE … DROP COLUMN`, or by a rebuild whose new table does not have the column. A column that is renamed is
//! not removed, nor is one that the copy of a rebuild reads, since its values then end up under another name. Generated
//! columns hold nothing of their own.
//!
//! If the values are not needed any longer, say why in the first lines of the migration:
//!
//! ```sql
//! --! allow(drop-column): unused since 0.8
//! ```

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::allow;
use crate::acts::Act;
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::tables::Table;

pub(super) const ID: &str = "drop-column";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for fate in &lineage.fates {
            if fate.dropped.is_none() {
                altered(facts, lineage, fate, findings);
            } else if fate.is_rebuilt() {
                rebuilt(facts, lineage, fate, findings);
            }
        }
    }
}

/// `ALTER TABLE … DROP COLUMN`, unless the column is there again in the end.
fn altered(facts: &Facts<'_>, lineage: &Lineage<'_>, fate: &Fate, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    let before = timeline.at(Kind::Table, &fate.name, lineage.index);
    let after = timeline.at(Kind::Table, &fate.last_name, lineage.position());
    let (Some(before), Some(after)) = (before, after) else { return };
    for (column, at) in &fate.dropped_columns {
        let Some(said) = lineage.said.get(*at) else { continue };
        let Act::DropColumn { column: token, .. } = &said.act else { continue };
        if before.has_column(column) && !after.has_column(column) && !is_generated(&before.sql, column) {
            let message = format!("the values of `{}.{column}` go with the column", fate.name);
            let subject = place::subject(said.script, said.span_of(token));
            findings.push(Finding::error(ID, message, subject).help(allow("", ID, "why nobody needs them")));
        }
    }
}

/// A new table without the column, whose values the copy does not read either.
fn rebuilt(facts: &Facts<'_>, lineage: &Lineage<'_>, fate: &Fate, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    let before = timeline.at(Kind::Table, &fate.name, lineage.index);
    let after = timeline.at(Kind::Table, &fate.name, lineage.position());
    let made = fate.made_again.and_then(|at| lineage.said.get(at));
    let (Some(before), Some(after), Some(made)) = (before, after, made) else { return };
    let Act::Create { name, .. } = &made.act else { return };
    for column in &before.columns {
        let gone = !after.has_column(fate.column_name(column)) && !after.has_column(column);
        let explicit = fate.dropped_columns.iter().any(|(dropped, _)| dropped.eq_ignore_ascii_case(column));
        if gone && (explicit || !fate.carries(column, &lineage.said)) && !is_generated(&before.sql, column) {
            let message = format!("`{}` is rebuilt without its column `{column}`", fate.name);
            let finding = Finding::error(ID, message, place::subject(made.script, made.span_of(name)));
            findings.push(finding.help(allow("add the column here and copy it, or ", ID, "why nobody needs it")));
        }
    }
}

fn is_generated(sql: &str, column: &str) -> bool {
    Table::of(sql).column(column).is_some_and(|column| column.generated.is_some())
}
