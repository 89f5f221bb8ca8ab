//! A Rust step is declared for a migration that runs outside a transaction.
//!
//! A step runs in the transaction of its migration, so that both are there or neither is. After `--! transaction: none`
//! there is none.
//!
//! Declare the step for a migration of its own.

use migrate_source::{Finding, Subject};

use crate::facts::Facts;

pub(super) const ID: &str = "step-needs-transaction";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for (at, index) in facts.steps.indexes.iter().enumerate() {
        let migration = index.and_then(|index| facts.source.migrations.get(index));
        let directive = migration.and_then(|migration| migration.directives.no_transaction.clone());
        if let (Some(migration), Some(place)) = (migration, directive) {
            let message = format!("a Rust step needs a transaction, and `{}` runs in none", migration.name);
            findings.push(
                Finding::error(ID, message, Subject::Step(at))
                    .label(place, "said here")
                    .help("declare the step for a migration of its own"),
            );
        }
    }
}
