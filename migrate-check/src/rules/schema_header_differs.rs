//! `schema.sql` and the migrations leave different numbers in the header of the database file: `user_version`,
//! `application_id` or `auto_vacuum`.
//!
//! These belong to the database as its tables do, so a fresh one has to have them as well.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "schema-header-differs";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let (Some(fresh), Some(script)) = (facts.fresh, &facts.scripts.schema) else { return };
    for difference in &fresh.header {
        let pragma = difference.pragma;
        let message = format!(
            "`{pragma}` is {} after this, and {} after all migrations",
            difference.schema, difference.migrations
        );
        let subject = place::about(script, &[pragma]).unwrap_or_else(|| place::file(script));
        let help = format!("write `PRAGMA {pragma} = {};` here", difference.migrations);
        findings.push(Finding::error(ID, message, subject).help(help));
    }
}
