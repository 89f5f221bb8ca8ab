//! A statement did not come to an end in the time that the proof gives it, which is ten seconds.
//!
//! The proof runs on the rows that the migrations themselves insert, and again on a few rows of its own in every table. A statement that is slow here is most likely a recursive
//! query without an end, or a join of a table with itself without a condition.
//!
//! Look for the condition that is to end the recursion.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;
use crate::scratch::Trouble;

pub(super) const ID: &str = "too-slow";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for (_, script, incident) in facts.incidents() {
        if let Trouble::TooSlow(limit) = incident.trouble {
            let subject = place::subject(script, place::first_line(script, &incident.statement));
            let message = format!("this statement did not end within {}", seconds(limit.as_millis()));
            findings.push(Finding::error(ID, message, subject).help("look for the condition that is to end it"));
        }
    }
    for failure in &facts.witness.failures {
        let Some(limit) = failure.late else { continue };
        let script = &facts.scripts.up[failure.index];
        let subject = place::subject(script, place::first_line(script, &failure.statement));
        let message = format!("on tables with a few rows this statement did not end within {}", seconds(limit.as_millis()));
        findings.push(Finding::error(ID, message, subject).help("look for the condition that is to end it"));
    }
}

fn seconds(millis: u128) -> String {
    if millis.is_multiple_of(1000) { format!("{} s", millis / 1000) } else { format!("{millis} ms") }
}
