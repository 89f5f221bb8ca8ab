//! A migration says `IF EXISTS` or `IF NOT EXISTS`.
//!
//! A migration runs once, on a schema that is known: there is nothing to be careful about. What the clause does is hide that a
//! database is not as it should be. `CREATE TABLE IF NOT EXISTS` on a database that has a table of this name, with other
//! columns, is recorded as applied and has done nothing.
//!
//! Leave the clause out. What is older than the migrations goes into `base.sql`.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "if-exists";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for said in facts.statements() {
        if !said.words.first().is_some_and(|word| word.is_word("CREATE") || word.is_word("DROP")) {
            continue;
        }
        let Some(at) = said.words.iter().take(5).position(|word| word.is_word("IF")) else { continue };
        let not = said.words.get(at + 1).is_some_and(|word| word.is_word("NOT"));
        let end = at + if not { 3 } else { 2 };
        if !said.words.get(end - 1).is_some_and(|word| word.is_word("EXISTS")) {
            continue;
        }
        let clause = if not { "IF NOT EXISTS" } else { "IF EXISTS" };
        let message = format!("`{clause}` hides that a database is not as it should be");
        let help = format!("leave out `{clause}`");
        findings.push(Finding::warning(ID, message, place::subject(said.script, said.span(at..end))).help(help));
    }
}
