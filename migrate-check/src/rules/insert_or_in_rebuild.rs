//! The copy of a rebuild is an `INSERT OR IGNORE` or `INSERT OR REPLACE`: a row that does not fit the new table vanishes.
//!
//! A rebuild that adds `UNIQUE` or `NOT NULL` meets rows that break it. With a conflict clause SQLite leaves them out, or lets
//! one row take the place of another, and the old table is dropped with the only copy of them.
//!
//! Leave the clause out, so that the run fails and changes nothing; or say in the `SELECT` which rows are to be kept.

use migrate_source::Finding;

use crate::acts::Act;
use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "insert-or-in-rebuild";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for (fate, _) in lineage.rebuilt() {
            for said in fate.copies.iter().filter_map(|&at| lineage.said.get(at)) {
                let Act::Insert(insert) = &said.act else { continue };
                let Some(or) = insert.or.clone() else { continue };
                let words: Vec<String> =
                    said.words[or.clone()].iter().map(|word| word.text.to_ascii_uppercase()).collect();
                let words = words.join(" ");
                if !["REPLACE", "OR REPLACE", "OR IGNORE"].contains(&words.as_str()) {
                    continue;
                }
                // That rows are lost has been seen, and is said as an error.
                let losses = &facts.witness.losses;
                if losses.iter().any(|loss| loss.index == lineage.index && loss.statement == *said.statement) {
                    continue;
                }
                let message = format!("`{words}` lets rows of `{}` vanish that do not fit the new table", fate.name);
                let help = "leave it out, or say in the SELECT which rows are to be kept";
                findings.push(Finding::warning(ID, message, place::subject(said.script, said.span(or))).help(help));
            }
        }
    }
}
