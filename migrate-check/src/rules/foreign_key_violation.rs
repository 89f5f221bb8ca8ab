//! After a script a row refers to a row that is not there.
//!
//! Foreign keys are not enforced while a script runs. They are checked before the commit, and a new violation fails the
//! run. This one is among the rows that the scripts themselves insert, so it would happen on every machine.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "foreign-key-violation";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for violation in &facts.replay.violations {
        let Some(script) = facts.scripts.get(violation.which) else { continue };
        let (child, parent) = (&violation.child, &violation.parent);
        let subject = place::about(script, &[child, parent]).unwrap_or_else(|| place::file(script));
        let message = format!("after this a row of `{child}` refers to a row of `{parent}` that is not there");
        findings.push(Finding::error(ID, message, subject).help(format!(
            "insert the row of `{parent}` too, or do away with the row of `{child}`"
        )));
    }
}
