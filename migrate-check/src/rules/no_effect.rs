//! A migration changes nothing: neither the schema nor a row, whatever is in the tables.
//!
//! It only reads, or makes what is there already (`IF NOT EXISTS`), or drops what is not, or makes an object and drops it
//! again. Most likely something else was meant. It is recorded in the history all the same, and cannot be told from its
//! predecessor in a database that has no history.
//!
//! A migration that only carries a Rust step is fine.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "no-effect";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for &index in &facts.witness.idle {
        let directives = &facts.source.migrations[index].directives;
        let meant = directives.no_transaction.is_some() || directives.unproved.is_some();
        if meant || facts.steps.indexes.contains(&Some(index)) {
            continue;
        }
        let script = &facts.scripts.up[index];
        let Some(statement) = script.statements.first() else { continue };
        let subject = place::subject(script, place::first_line(script, statement));
        findings.push(
            Finding::warning(ID, "this migration changes neither the schema nor a row", subject)
                .help("write what it is to change, or remove the file if it was never released"),
        );
    }
}
