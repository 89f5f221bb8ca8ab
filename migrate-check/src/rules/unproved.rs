//! Something could not be proved, and is left out of the proof.
//!
//! Before each migration the proof puts rows of its own into every table, to see what the migration does to them. A table
//! into which no row goes, or for whose CHECKs no values are found, is proved as an empty one. That is no mistake, and it
//! is said on request only.
//!
//! Nor is a file whose head says `--! unproved: reason` run here. The objects that it makes are declared there, by
//! `--! marker:` lines: `table`, and `column` for each column that later migrations use. Stubs of them stand in, and what
//! follows is proved from there. They are no part of the schema's digest, since their definitions are not known; at run
//! time the file simply runs.
//!
//! To have it proved on rows, write some: a file `002_add_tags.witness.sql` is run before `002_add_tags.sql`, in the proof
//! alone.

use migrate_core::__private::Kind;
use migrate_source::{Finding, Severity};

use crate::facts::Facts;
use crate::place;
use crate::unproved::is_declared;
use crate::words::created;

pub(super) const ID: &str = "unproved";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for migration in &facts.source.migrations {
        let Some(unproved) = &migration.directives.unproved else { continue };
        let message = format!("`{}` is not run by the proof: {}", migration.name, unproved.reason);
        let subject = unproved.place.clone().into();
        let finding = Finding { severity: Severity::Information, ..Finding::warning(ID, message, subject) };
        let is_bare = migration.directives.markers.is_empty();
        findings.push(if is_bare {
            finding.help("declare what it makes, as in `--! marker: table notes`, if later migrations use it")
        } else {
            finding.note("stubs stand in for what its markers declare")
        });
    }
    for unseeded in &facts.witness.unseeded {
        if is_declared(facts.source, Kind::Table, &unseeded.table) {
            continue;
        }
        let Some(script) = facts.scripts.up.get(unseeded.index) else { continue };
        let table = &unseeded.table;
        let made = facts.scripts.upwards().find_map(|(_, script)| {
            let makes = |sql: &str| {
                created(sql).is_some_and(|(kind, name)| kind == Kind::Table && name.eq_ignore_ascii_case(table))
            };
            let statement = script.statements.iter().find(|statement| makes(script.text(statement)))?;
            Some(place::subject(script, place::of_name(script, statement, table)))
        });
        let subject = made.unwrap_or_else(|| place::file(script));
        let message = format!("no rows suit `{table}`, so it is proved as an empty table: {}", unseeded.reason);
        let migration = &facts.source.migrations[unseeded.index];
        let finding = Finding { severity: Severity::Information, ..Finding::warning(ID, message, subject) };
        findings.push(finding.help(format!("insert rows in `{}.witness.sql`", migration.stem())));
    }
}
