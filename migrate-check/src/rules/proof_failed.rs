//! SQLite did not do what the proof asked of it, before it came to a migration.
//!
//! Most likely `migrate.toml` declares a function or a collation by a name that SQLite does not accept: the name of a
//! function has at most 255 bytes, and takes at most 127 arguments.

use migrate_source::Finding;

use crate::facts::Facts;

pub(crate) const ID: &str = "proof-failed";

/// Reported by the caller: where this is to be said, there are no facts.
pub(super) fn check(_facts: &Facts<'_>, _findings: &mut Vec<Finding>) {}
