//! A statement begins or ends a transaction, or may end one: `BEGIN`, `COMMIT`, `END`, `ROLLBACK`, `SAVEPOINT`, `RELEASE`, and
//! the conflict clause `OR ROLLBACK`.
//!
//! A migration runs in a transaction that `run` opens, together with the row that records it. A script that ends this
//! transaction leaves half of itself behind when its second half fails, and a history that does not say so.
//!
//! Remove the statement. What cannot run in a transaction, `VACUUM` for one, goes into a migration that begins with
//! `--! transaction: none`.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::place;
use crate::scratch::{Refusal, Trouble};
use crate::words::words;

pub(super) const ID: &str = "transaction-control";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::TransactionControl) {
        let message = if found.in_transaction(facts) {
            format!("`{}` in a script that runs in a transaction already", found.words(1))
        } else {
            format!("`{}` in a migration that asks for no transaction", found.words(1))
        };
        let help = if found.in_transaction(facts) { "remove it" } else { "remove it, or remove `--! transaction: none`" };
        findings.push(found.at_words(ID, message, 1).help(help));
    }
    for (_, script, incident) in facts.incidents() {
        if matches!(incident.trouble, Trouble::EndedTransaction) {
            let subject = place::subject(script, place::first_line(script, &incident.statement));
            let message = "this statement ended the transaction that it was in";
            findings.push(Finding::error(ID, message, subject).help("use ABORT in place of ROLLBACK"));
        }
    }
    or_rollback(facts, findings);
}

/// Ends the transaction only where rows conflict, which is on a user's machine.
fn or_rollback(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for script in facts.scripts.upwards().map(|(_, script)| script).chain(&facts.scripts.schema) {
        for statement in script.statements.iter() {
            let words = words(script.text(statement));
            let writes = |word: &str| words.first().is_some_and(|first| first.is_word(word));
            if !["INSERT", "UPDATE", "WITH"].into_iter().any(writes) {
                continue;
            }
            let pair = words.windows(2).find(|pair| pair[0].is_word("OR") && pair[1].is_word("ROLLBACK"));
            if let Some([or, rollback]) = pair {
                let start = statement.start as usize;
                let subject = place::subject(script, start + or.start..start + rollback.end());
                let message = "`OR ROLLBACK` ends the transaction that the script runs in where rows conflict";
                findings.push(Finding::error(ID, message, subject).help("remove it: a conflict fails the run, which is rolled back"));
            }
        }
    }
}
