//! Two Rust steps are declared for one migration.
//!
//! Only one can run after it. Let one function call the other.

use migrate_source::{Finding, Subject};

use crate::facts::Facts;

pub(super) const ID: &str = "step-duplicate";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let indexes = &facts.steps.indexes;
    for (at, index) in indexes.iter().enumerate() {
        if index.is_some() && indexes[..at].contains(index) {
            let name = &facts.declared.steps[at];
            findings.push(
                Finding::error(ID, format!("`{name}` has a Rust step already"), Subject::Step(at))
                    .help("remove one of the two, or let one function call the other"),
            );
        }
    }
}
