//! The newest migration that changes the schema is noticed by no marker.
//!
//! Once markers are declared, `is_schema_current` looks for nothing else. A migration that none of them notices could be
//! missing, and the answer would still be yes; that is how an application starts on the schema before.
//!
//! Declare the marker that the message proposes, in the macro or at the head of the migration:
//!
//! ```sql
//! --! marker: column notes.tag_count
//! ```

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "marker-missing";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let Some(missing) = &facts.markers.missing else { return };
    let Some((migration, script)) = facts.migration(missing.position) else { return };
    let proposal = missing.proposal();
    let message = format!("`{}` changes the schema, and no marker notices it", migration.name);
    findings.push(
        Finding::error(ID, message, place::about(script, &missing.names()).unwrap_or_else(|| place::file(script)))
            .help(format!("add `{proposal}` to `markers` in `migrations!`"))
            .help(format!("or write `--! marker: {proposal}` at the head of `{}`", script.path)),
    );
}
