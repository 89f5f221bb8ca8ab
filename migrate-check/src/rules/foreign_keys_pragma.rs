//! A migration sets `PRAGMA foreign_keys`.
//!
//! Inside a transaction SQLite ignores it without a word, and outside of one it outlives the migration. It is not needed:
//! foreign keys are not enforced while a migration runs, so that a table can be rebuilt without firing `ON DELETE` of its
//! children, and they are checked before the commit.
//!
//! A migration that relies on the enforcement, on `ON DELETE CASCADE` for one, says so in its first lines:
//!
//! ```sql
//! --! foreign_keys: on -- deleting a note deletes its tags
//! ```

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "foreign-keys-pragma";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::ForeignKeys) {
        let message = if found.in_transaction(facts) {
            "`PRAGMA foreign_keys` does nothing inside a transaction"
        } else {
            "`PRAGMA foreign_keys` outlives the migration"
        };
        let finding = found.at_words(ID, message, 2);
        findings.push(
            finding
                .note("foreign keys are not enforced while a migration runs, and are checked before the commit")
                .help("remove it, or write `--! foreign_keys: on` at the head of a migration that relies on them"),
        );
    }
}
