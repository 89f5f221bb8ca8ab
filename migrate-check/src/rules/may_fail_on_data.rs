//! A statement passes on an empty table and fails on some that hold rows.
//!
//! Whether it fails on a user's machine depends on what is there: duplicates under a new UNIQUE index, NULL in a column
//! that a rebuild makes NOT NULL, text in what becomes an INTEGER of a STRICT table, text that is not JSON, a value that a
//! new CHECK does not let pass, a key that points nowhere. The proof has run the statement on rows of its own and shows
//! the one that it fails over, and the query that finds such rows in a real database.
//!
//! Put the rows in order before: remove the duplicates, or fill with `coalesce(column, …)` what is NULL. Where no database
//! can hold such rows, say so: `--! allow(may-fail-on-data): the application has always checked this`.

use migrate_source::Finding;

use super::{dangling_foreign_key, rename_aside};
use crate::facts::Facts;
use crate::place;

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
        let subject = place::about(script, &[child, parent]).unwrap_or_else(|| place::file(script));
        let message = format!("after this rows of `{child}` may refer to rows of `{parent}` that are not there");
        let finding = Finding::warning(ID, message, subject).note("the run checks foreign keys, and then fails");
        findings.push(finding.help(format!("delete or change those rows of `{child}` in this migration too")));
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
