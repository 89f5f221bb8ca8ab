//! A script makes a temporary table, index, view or trigger.
//!
//! Temporary objects belong to the connection, not to the database: this one is still there when the migration has ended,
//! on the connection that ran it and on no other, and it hides an object of the same name in the database.
//!
//! Make an ordinary table and drop it at the end of the migration.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "temp-object";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::Temp) {
        let message = format!("`{}` outlives the migration, on this connection only", found.words(3));
        findings.push(found.at_words(ID, message, 3).help("leave out TEMP, and drop it at the end of the migration"));
    }
}
