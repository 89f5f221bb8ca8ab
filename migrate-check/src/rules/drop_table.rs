//! A migration drops a table, and the rows that users have in it go with it.
//!
//! A rebuild is no drop: the table is made anew, its rows are copied, and it ends up under the same name. A table that is
//! dropped and made again without a copy is one, and so is a table that is renamed and then dropped.
//!
//! If the rows are not needed any longer, say why in the first lines of the migration:
//!
//! ```sql
//! --! allow(drop-table): sessions are kept in memory since 0.9
//! ```
//!
//! Virtual tables that only index the rows of another table are not asked about.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::allow;
use crate::acts::Act;
use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "drop-table";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for fate in lineage.fates.iter().filter(|fate| !fate.is_rebuilt()) {
            let Some(said) = fate.dropped.and_then(|at| lineage.said.get(at)) else { continue };
            let Act::Drop { name, .. } = &said.act else { continue };
            let shape = facts.replay.timeline.at(Kind::Table, &fate.name, lineage.index);
            if shape.is_some_and(|shape| holds_no_rows(&shape.sql)) {
                continue;
            }
            let made_again = fate.made_again.and_then(|at| lineage.said.get(at));
            if made_again.is_some() && shape.is_some_and(|shape| is_virtual(&shape.sql)) {
                continue;
            }
            let message = match made_again {
                Some(_) => format!("`{}` is dropped and made again, and none of its rows are copied", fate.name),
                None => format!("the rows of `{}` go with the table", fate.name),
            };
            let finding = Finding::error(ID, message, place::subject(said.script, said.span_of(name)));
            let finding = match made_again.map(|said| (said, &said.act)) {
                Some((said, Act::Create { name, .. })) => {
                    finding.label(place::place(said.script, said.span_of(name)), "made again here")
                }
                _ => finding,
            };
            let copy = made_again.map(|_| "make the new table first and copy the rows, or ");
            findings.push(finding.help(allow(copy.unwrap_or_default(), ID, "why nobody needs the rows")));
        }
    }
}

fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

/// A full-text index over another table, or over nothing.
fn holds_no_rows(sql: &str) -> bool {
    let words = crate::words::words(sql);
    is_virtual(sql) && words.windows(2).any(|pair| pair[0].is_word("content") && pair[1].text == "=")
}
