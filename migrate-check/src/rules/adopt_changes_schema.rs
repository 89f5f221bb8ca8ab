//! A migration that changes the schema says `--! adopt:`.
//!
//! The directive is for migrations that leave no mark in the schema, where it cannot be told whether a database without
//! history has them. This one does leave a mark, which is looked for, so the directive would never be asked.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::unproved::fingerprints;

pub(super) const ID: &str = "adopt-changes-schema";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let fingerprints = fingerprints(facts.source, facts.replay);
    for (at, fingerprint) in fingerprints.iter().enumerate().skip(1) {
        let Some((migration, _)) = facts.migration(at) else { continue };
        let Some((_, place)) = &migration.directives.adopt else { continue };
        // One that brings back an earlier version's schema cannot be told from it.
        if !fingerprints[..at].contains(fingerprint) {
            let message = format!("`{}` changes the schema, so `adopt` is never asked", migration.name);
            findings.push(Finding::error(ID, message, place.clone().into()).help("remove the directive"));
        }
    }
}
