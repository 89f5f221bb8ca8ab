//! A statement cannot run in a transaction, and the migration runs in one: `VACUUM`, or `PRAGMA journal_mode`.
//!
//! Put it in a migration of its own that begins with
//!
//! ```sql
//! --! transaction: none -- VACUUM cannot run in one
//! ```
//!
//! Such a migration is fenced by commits: what was pending before it is committed first, and if it is interrupted it runs
//! again. `base.sql` and `schema.sql` always run in a transaction; leave it out of them.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;
use crate::scripts::Which;

pub(super) const ID: &str = "needs-no-transaction";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::NeedsNoTransaction) {
        let words = if found.words(1) == "PRAGMA" { 2 } else { 1 };
        let name = if words == 2 { "PRAGMA journal_mode" } else { "VACUUM" };
        let help = match found.which {
            Which::Up(_) => format!("put it in a migration that begins with `--! transaction: none -- {name} cannot run in one`"),
            _ if words == 2 => "remove it, and set it in the application, before `run`".to_owned(),
            Which::Base | Which::Schema | Which::Down(_) | Which::Witness(_) => "remove it".to_owned(),
        };
        findings.push(found.at_words(ID, format!("`{name}` cannot run in a transaction"), words).help(help));
    }
}
