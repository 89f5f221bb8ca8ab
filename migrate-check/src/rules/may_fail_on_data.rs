//! A statement passes on an empty table and fails on some that hold rows.
//!
//! Whether it fails on a user's machine depends on what is there: duplicates under a new UNIQUE index, NULL in a column
//! that a rebuild makes NOT NULL, text in what becomes an INTEGER of a STRICT table, text that is not JSON, a value that a
//! new CHECK does not let pass, a key that points nowhere. The proof has run the statement on rows of its own and shows
//! the one that it fails over, and the query that finds such rows in a real database.
//!
//! For each constraint that a migration adds to a table from before, rows that break it are made, as far as the table lets
//! them in until now. A migration that bears them (it fills, converts or deletes them first) is right, and nothing is
//! said. Where no such row could be made, or none can be tried since the migration runs outside a transaction, the
//! constraint itself is reported.
//!
//! Put the rows in order before: remove the duplicates, or fill with `coalesce(column, …)` what is NULL. Where no database
//! can hold such rows, say so: `--! allow(may-fail-on-data): the application has always checked this`.

use migrate_source::Finding;

use super::lost::allow;
use super::{dangling_foreign_key, rename_aside};
use crate::acts::Said;
use crate::facts::Facts;
use crate::place;
use crate::witness::Tightened;

pub(super) const ID: &str = "may-fail-on-data";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for failure in facts.witness.failures.iter().filter(|failure| !failure.sure && failure.late.is_none()) {
        let script = &facts.scripts.up[failure.index];
        let span = place::of_error(script, &failure.statement, failure.offset, &failure.message);
        let message = format!("this fails on some rows: {}", failure.message);
        let mut finding = Finding::warning(ID, message, place::subject(script, span));
        if let Some((table, row)) = &failure.row {
            finding = finding.note(format!("it fails over this row of `{table}`: {row}"));
        }
        if let Some(query) = &failure.query {
            finding = finding.note(format!("such rows are found by: {query}"));
        }
        findings.push(finding.help(help(&failure.message)));
    }
    for orphans in &facts.witness.orphans {
        let script = &facts.scripts.up[orphans.index];
        let (child, parent) = (&orphans.child, &orphans.parent);
        // A key that has followed a table which was renamed away is another rule's business.
        if rename_aside::explains(facts, &format!("no such table: {parent}")) {
            continue;
        }
        // That the parent is gone for good is said once, with its consequence.
        if dangling_foreign_key::says(facts, orphans.index, parent) {
            continue;
        }
        let demanded = orphans.at.as_ref().map(|(statement, word)| Said::of(script, statement).span(*word..word + 1));
        let subject = demanded.map(|span| place::subject(script, span));
        let subject = subject.or_else(|| place::about(script, &[child, parent])).unwrap_or_else(|| place::file(script));
        let message = format!("after this rows of `{child}` may refer to rows of `{parent}` that are not there");
        let mut finding = Finding::warning(ID, message, subject).note("the run checks foreign keys, and then fails");
        if let Some(query) = &orphans.query {
            finding = finding.note(format!("such rows are found by: {query}"));
        }
        findings.push(finding.help(format!("delete or change those rows of `{child}` in this migration too")));
    }
    for tightened in &facts.witness.tightened {
        let Tightened { index, statement, word, table, what, refusal, query } = tightened;
        let script = &facts.scripts.up[*index];
        let span = Said::of(script, statement).span(*word..word + 1);
        let message = format!("rows of `{table}` may break the new `{what}`");
        let mut finding = Finding::warning(ID, message, place::subject(script, span))
            .note("the migration then fails on a database that holds such rows");
        if let Some(query) = query {
            finding = finding.note(format!("such rows are found by: {query}"));
        }
        let help = if refusal.contains("FOREIGN KEY") { "delete or change them first" } else { help(refusal) };
        findings.push(finding.help(allow(&format!("{help}, or "), ID, "why there are none")));
    }
}

fn help(message: &str) -> &'static str {
    let is = |text: &str| message.contains(text);
    match () {
        () if is("UNIQUE") => "remove the duplicates first, in this migration",
        () if is("NOT NULL") => "fill what is NULL first, with `coalesce(…)` in the copy or with an `UPDATE`",
        () if is("CHECK") => "bring the values in order first, in this migration",
        () if is("cannot store") || is("datatype mismatch") => "convert the values in the copy, with `CAST(… AS …)`",
        () if is("JSON") => "leave out or convert what is not JSON, with `json_valid(…)`",
        () if is("FOREIGN KEY") => "leave out `--! foreign_keys: on`: keys are checked before the commit all the same",
        () => "make the statement bear such rows",
    }
}
