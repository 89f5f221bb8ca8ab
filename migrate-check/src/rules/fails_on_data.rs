//! A statement passes on an empty table and fails on any that has a row.
//!
//! SQLite takes these for an empty table and refuses them for a populated one:
//!
//! - `ADD COLUMN … NOT NULL` without a default;
//! - `ADD COLUMN` with a default that is not constant, such as `CURRENT_TIMESTAMP`;
//! - `ADD COLUMN … REFERENCES` with a default, while foreign keys are on;
//! - `ADD COLUMN … STORED`;
//! - `ADD COLUMN` with a CHECK that the default breaks;
//! - a copy that leaves out a column which is NOT NULL and has no default.
//!
//! On the machine of the author, with an empty database, it works; on that of a user the run fails. Give the column a
//! constant default and fill it with an `UPDATE`, or rebuild the table: make a new one, copy the rows, drop the old one,
//! rename the new one.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "fails-on-data";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for failure in facts.witness.failures.iter().filter(|failure| failure.sure && failure.late.is_none()) {
        let script = &facts.scripts.up[failure.index];
        let span = place::of_error(script, &failure.statement, failure.offset, &failure.message);
        let message = format!("this fails on a table with rows: {}", failure.message);
        let finding = Finding::error(ID, message, place::subject(script, span));
        findings.push(finding.help(help(&failure.message)));
    }
}

fn help(message: &str) -> &'static str {
    let message = message.to_ascii_lowercase();
    let is = |text: &str| message.contains(text);
    match () {
        () if is("not null column with default value null") => {
            "add `DEFAULT` with a value that suits the rows that are there, or rebuild the table"
        }
        () if is("non-constant default") => "add it with a constant default, and fill it with an `UPDATE`",
        () if is("references column") => "add it without a default, and fill it with an `UPDATE`",
        () if is("stored column") => "make it `VIRTUAL`, or rebuild the table",
        () if is("check constraint") => "give it a default that the CHECK lets pass",
        () => "give the column a default, or fill it in the copy",
    }
}
