//! A migration alters a table that no migration makes, and there is no `base.sql`.
//!
//! An application that began without migrations has tables that are older than all of them. What they looked like before the
//! first migration goes into `base.sql`: from there the proof starts, and by it `run` knows a database from that time.
//!
//! ```sql
//! -- migrations/base.sql
//! CREATE TABLE auth_state (state TEXT PRIMARY KEY, created_at TIMESTAMP NOT NULL);
//! ```
//!
//! The program `sqlite3` prints it from such a database with `.schema`.

use migrate_source::{Finding, nearest};

use super::explain::named_by;
use crate::facts::Facts;
use crate::place;
use crate::replay::Incident;
use crate::scratch::Trouble;
use crate::scripts::Which;
use crate::words::{altered, created};

pub(super) const ID: &str = "base-missing";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for (which, script, incident) in facts.incidents() {
        let Trouble::Failed { message, offset } = &incident.trouble else { continue };
        let Some(table) = is_older(facts, which, incident, message) else { continue };
        let span = place::of_error(script, &incident.statement, *offset, message);
        let skeleton: String =
            missing_tables(facts).iter().map(|table| format!("\n    CREATE TABLE {table} (…);")).collect();
        let base = format!("{}/base.sql", facts.source.shown);
        // It lists all of them.
        return findings.push(
            Finding::error(ID, format!("`{table}` is altered here, and no migration makes it"), place::subject(script, span))
                .help(format!("add `{base}` with the schema from before the first migration:{skeleton}")),
        );
    }
}

/// The table that a statement failed for, if it must be older than all migrations.
pub(super) fn is_older<'a>(facts: &Facts<'_>, which: Which, incident: &Incident, message: &'a str) -> Option<&'a str> {
    let table = named_by(message, "no such table: ")?;
    let table = table.rsplit('.').next().unwrap_or(table);
    let known = incident.known.as_ref()?;
    let misspelt = nearest(table, known.of_kind(&["table", "view"])).is_some();
    let is_up = matches!(which, Which::Up(_));
    let missing = is_up && !misspelt && facts.source.base.is_none() && missing_tables(facts).iter().any(|t| t.eq_ignore_ascii_case(table));
    missing.then_some(table)
}

/// Every table that a migration alters or writes to, and none makes.
fn missing_tables(facts: &Facts<'_>) -> Vec<String> {
    let texts = || facts.scripts.up.iter().flat_map(|script| script.statements.iter().map(|s| script.text(s)));
    let made: Vec<String> = texts().filter_map(created).map(|(_, name)| name).collect();
    let mut missing: Vec<String> = Vec::new();
    for table in texts().filter_map(altered) {
        let is = |name: &String| name.eq_ignore_ascii_case(&table);
        if !made.iter().any(is) && !missing.iter().any(is) {
            missing.push(table);
        }
    }
    missing
}
