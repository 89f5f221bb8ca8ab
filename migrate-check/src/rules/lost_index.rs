//! A rebuild loses an index: it went with the old table, and is not made again.
//!
//! `DROP TABLE` drops the indexes of a table, and the new table that takes its name has none but its own. Make the index
//! again at the end of the migration. If it is not wanted any longer, say so with `DROP INDEX` before the table goes.
//!
//! An index over a column that the new table does not have is not missed, nor is one that a new index or a `UNIQUE` of the new
//! table stands in for.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::{Lost, lost};
use crate::acts::Act;
use crate::facts::Facts;
use crate::tables::{Table, column_names};
use crate::words::words;

pub(super) const ID: &str = "lost-index";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lost in lost(facts, Kind::Index) {
        if !is_replaced(facts, &lost) {
            findings.push(lost.finding(ID));
        }
    }
}

/// Whether another index does the same, or the columns are not there any longer.
fn is_replaced(facts: &Facts<'_>, lost: &Lost<'_>) -> bool {
    let timeline = &facts.replay.timeline;
    let position = lost.lineage.position();
    let before = timeline.at(Kind::Table, &lost.fate.name, lost.lineage.index);
    let after = timeline.at(Kind::Table, &lost.fate.name, position);
    let (Some(before), Some(after)) = (before, after) else { return true };
    let is_gone = |column: &&String| before.has_column(column) && !after.has_column(column);
    if before.columns.iter().filter(is_gone).any(|column| crate::words::mentions(&lost.shape.sql, column)) {
        return true;
    }
    let ours = indexed(&lost.shape.sql);
    let constraints = Table::of(&after.sql);
    if constraints.unique().any(|columns| is_simple(&lost.shape.sql) && same(columns, &ours.1)) {
        return true;
    }
    lost.lineage.said.iter().any(|said| {
        let Act::Create { kind: Kind::Index, name, .. } = &said.act else { return false };
        timeline
            .at(Kind::Index, &name.text, position)
            .is_some_and(|made| made.table.eq_ignore_ascii_case(&lost.fate.name) && indexed(&made.sql) == ours)
    })
}

/// Whether it is unique, and the names of what it is over, folded.
fn indexed(sql: &str) -> (bool, Vec<String>) {
    let words = words(sql);
    let open = words.iter().position(|word| word.text == "(").unwrap_or(words.len());
    let inner = words.get(open + 1..).unwrap_or_default();
    let names = if is_simple(sql) {
        let inner: Vec<_> = inner.iter().copied().take_while(|word| word.text != ")").collect();
        column_names(&inner).iter().map(|name| name.to_ascii_lowercase()).collect()
    } else {
        inner.iter().map(|word| word.name().map_or_else(|| word.text.to_owned(), |n| n.to_ascii_lowercase())).collect()
    };
    (words.get(1).is_some_and(|word| word.is_word("UNIQUE")), names)
}

/// Over columns alone: no expression, no condition.
fn is_simple(sql: &str) -> bool {
    let words = words(sql);
    words.iter().filter(|word| word.text == "(").count() == 1 && !words.iter().any(|word| word.is_word("WHERE"))
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}
