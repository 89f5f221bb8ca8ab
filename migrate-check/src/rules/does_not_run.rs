//! A statement does not run, even on empty tables.
//!
//! The proof runs every migration from `base.sql` (or from nothing) in order, as the runtime would. SQLite refused this
//! statement, with the message that is shown. What comes after it is run without it; of that, only what fails for a reason of
//! its own is reported, and nothing else is proved of it until this one runs.
//!
//! If it needs a function or a collation that the application registers, declare it in `migrate.toml`:
//!
//! ```toml
//! functions = [{ name = "slug", arguments = 1, deterministic = true }]
//! collations = ["german"]
//! ```

use migrate_source::Finding;

use super::base_missing::is_older;
use super::explain::explain;
use crate::facts::Facts;
use crate::place;
use crate::scratch::Trouble;
use crate::scripts::Which;

pub(super) const ID: &str = "does-not-run";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for (which, script, incident) in facts.incidents() {
        let Trouble::Failed { message, offset } = &incident.trouble else { continue };
        if is_older(facts, which, incident, message).is_some() {
            continue;
        }
        let span = place::of_error(script, &incident.statement, *offset, message);
        let finding = Finding::error(ID, message.clone(), place::subject(script, span));
        findings.push(explain(unproved(finding, facts, which), facts, which, incident, message));
    }
}

/// What was run is a stub, made from the markers.
fn unproved(finding: Finding, facts: &Facts<'_>, which: Which) -> Finding {
    let Which::Up(index) = which else { return finding };
    match &facts.source.migrations[index].directives.unproved {
        Some(unproved) => finding.label(unproved.place.clone(), "the proof makes what the markers below declare, and that fails"),
        None => finding,
    }
}
