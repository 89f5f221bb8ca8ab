//! A trigger of the current schema does not compile.
//!
//! SQLite reads the body of a trigger when it fires. A table or column that it needs and that is not there makes every
//! statement fail that fires it: from then on nobody can write to its table. The finding is at the migration that broke the
//! trigger, also where others follow.
//!
//! Drop the trigger before the change, and make it again in terms of what is there then.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::broken::broken;
use crate::facts::Facts;

pub(super) const ID: &str = "broken-trigger";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(broken(facts, ID, Kind::Trigger));
}
