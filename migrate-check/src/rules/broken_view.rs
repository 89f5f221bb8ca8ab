//! A view of the current schema does not compile.
//!
//! SQLite reads a view when it is used. A table or column that a migration takes away is missed by the next query that the
//! application makes, not by the migration. The finding is at the migration that broke the view, also where others follow.
//!
//! Drop the view before the change, and make it again in terms of what is there then.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::broken::broken;
use crate::facts::Facts;

pub(super) const ID: &str = "broken-view";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(broken(facts, ID, Kind::View));
}
