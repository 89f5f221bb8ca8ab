//! A statement loads an extension.
//!
//! The proof runs no code but SQLite's, and a library that is loaded in a migration is there on the connection that ran it
//! and on no other.
//!
//! Load the extension in the application, on each connection, before `run`, and declare its functions in `migrate.toml`:
//!
//! ```toml
//! functions = [{ name = "slug", arguments = 1, deterministic = true }]
//! ```

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "extension";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::Extension) {
        findings.push(
            found
                .at_name(ID, "`load_extension` runs code that cannot be proved", "load_extension")
                .help("load it in the application before `run`, and declare its functions in `migrate.toml`"),
        );
    }
}
