//! A migration sets `PRAGMA writable_schema`.
//!
//! It makes the schema table an ordinary one. A mistake there leaves a database that SQLite cannot open, and what SQLite
//! cannot parse, nothing can prove.
//!
//! Use `ALTER TABLE`, or rebuild the table: make the new one, copy the rows, drop the old one, rename the new one.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "writable-schema";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::WritableSchema) {
        findings.push(
            found
                .at_words(ID, "`PRAGMA writable_schema` lets a mistake ruin the database", 2)
                .help("use ALTER TABLE, or rebuild the table: make the new one, copy, drop the old one, rename"),
        );
    }
}
