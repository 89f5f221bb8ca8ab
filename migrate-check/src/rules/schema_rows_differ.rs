//! `schema.sql` and the migrations leave different rows.
//!
//! What a migration inserts, a fresh database needs too: it is made by `schema.sql`, and the migrations are marked as applied.
//! The rows are shown, `-` those that only `schema.sql` makes, `+` those that only the migrations make. The table
//! `sqlite_sequence` holds the marks of `AUTOINCREMENT`.
//!
//! Times that are the time of the proof itself are taken to be equal, and tables that `random()` has a hand in are compared
//! by the number of their rows.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "schema-rows-differ";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let (Some(fresh), Some(script)) = (facts.fresh, &facts.scripts.schema) else { return };
    for difference in &fresh.rows.differences {
        let message = format!("`{}` does not hold the rows that the migrations leave in it", difference.table);
        let help = match (difference.schema_only.is_empty(), difference.migrations_only.is_empty()) {
            (true, false) => "insert these rows here too",
            (false, true) => "remove these rows here, or insert them in a new migration too",
            _ => "make the rows equal, here or in a new migration",
        };
        let subject = place::about(script, &[&difference.table]).unwrap_or_else(|| place::file(script));
        findings.push(Finding::error(ID, message, subject).note(difference.lines()).help(help));
    }
}
