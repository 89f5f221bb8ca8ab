//! A script makes, changes or writes to the history table.
//!
//! The history says what has been applied to a database. Only `run` writes it, in the transaction of the migrations that it
//! records; a script that does so too leaves a history that nobody can believe. This goes for `base.sql` and `schema.sql` as
//! well: leave the table out of them.
//!
//! If the table is one of the application's own, give the history another name in `migrate.toml`:
//!
//! ```toml
//! history_table = "migrate_history"
//! ```

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::scratch::Refusal;

pub(super) const ID: &str = "history-table-touched";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let table = &facts.source.config.history_table;
    for found in refused(facts, Refusal::History) {
        findings.push(
            found
                .at_name(ID, format!("`{table}` is the history, which only `run` writes"), table)
                .help("remove the statement, or name another `history_table` in `migrate.toml`"),
        );
    }
}
