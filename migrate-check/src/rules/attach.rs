//! A statement reaches outside the database that is migrated: `ATTACH`, `DETACH` or `VACUUM INTO`.
//!
//! A migration is proved on one database and runs in one transaction on one database. Another file is not there when the
//! compiler looks, may not be there on a user's machine, and is not rolled back with the rest; and a proof that opened
//! files would change them.
//!
//! Move data between files in the application, before or after `run`.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "attach";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let help = "remove it, and move data between files in the application, before or after `run`";
    for found in refused(facts, Refusal::Attach) {
        let message = format!("`{}` reaches outside the database that is migrated", found.words(1));
        findings.push(found.at_words(ID, message, 1).help(help));
    }
    for found in refused(facts, Refusal::VacuumInto) {
        let help = "remove it, and make a backup in the application, before or after `run`";
        findings.push(found.at_words(ID, "`VACUUM INTO` writes another database file", 1).help(help));
    }
}
