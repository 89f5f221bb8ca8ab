//! A foreign key does not fit the table that it refers to.
//!
//! The columns that it names in its parent must be the primary key, or have a `UNIQUE` index over exactly them. Where they have
//! not, SQLite lets the table be made and refuses every statement that would have to check the key: `foreign key mismatch`.
//!
//! Let the key name the primary key of its parent, or give the columns that it names a `UNIQUE` index.

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::broken::broken;
use crate::facts::Facts;

pub(super) const ID: &str = "broken-foreign-key";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(broken(facts, ID, Kind::Table));
}
