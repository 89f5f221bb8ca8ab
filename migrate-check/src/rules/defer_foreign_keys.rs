//! A migration sets `PRAGMA defer_foreign_keys`.
//!
//! It puts off the check of foreign keys until the commit, but `ON DELETE` and `ON UPDATE` actions run at once all the same:
//! dropping a table that has children with `ON DELETE CASCADE` still deletes the children's rows.
//!
//! It is not needed: foreign keys are not enforced while a migration runs, and they are checked before the commit.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "defer-foreign-keys";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::DeferForeignKeys) {
        findings.push(
            found
                .at_words(ID, "`PRAGMA defer_foreign_keys` does not stop ON DELETE actions", 2)
                .note("foreign keys are not enforced while a migration runs, and are checked before the commit")
                .help("remove it"),
        );
    }
}
