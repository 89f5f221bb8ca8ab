//! A migration asks for no transaction, and nothing in it needs that.
//!
//! Outside a transaction a migration that fails half-way leaves half of itself behind, and everything that is pending before it
//! has to be committed first. `VACUUM`, `PRAGMA journal_mode` and other pragmas are reasons; nothing else is known to be one.
//!
//! Remove the directive. If there is a reason that SQLite cannot see, say it:
//!
//! ```sql
//! --! allow(needless-no-transaction): two million rows, and others wait for the lock
//! ```

use migrate_source::{Finding, Subject};

use crate::facts::Facts;
use crate::scripts::Which;

pub(super) const ID: &str = "needless-no-transaction";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        let directives = &facts.source.migrations[lineage.index].directives;
        let Some(place) = &directives.no_transaction else { continue };
        let needs = ["VACUUM", "PRAGMA", "ATTACH", "DETACH"];
        let is_reason = |first: &migrate_sql::Token<'_>| needs.iter().any(|word| first.is_word(word));
        let has_reason = lineage.said.iter().any(|said| said.words.first().is_some_and(is_reason));
        // What went wrong may be about this very directive.
        let which = Which::Up(lineage.index);
        let in_trouble = facts.replay.runs.iter().any(|run| run.which == which && !run.incidents.is_empty());
        if !has_reason && !in_trouble && directives.unproved.is_none() {
            let message = "nothing in this migration needs to run outside a transaction";
            findings.push(Finding::warning(ID, message, Subject::Place(place.clone())).help("remove this line"));
        }
    }
}
