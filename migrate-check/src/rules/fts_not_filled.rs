//! A full-text index does not hold the rows of the table that it is over.
//!
//! An index with external content (`content='notes'`) begins empty, whatever the table holds. On a fresh database that is
//! right; on one that is upgraded the index lacks every row from before: a search does not find them, and a trigger that
//! takes a row out of the index again fails with `database disk image is malformed`. The same comes of a migration that changes
//! the texts of such a table, or makes it anew with other rowids, while no trigger tells the index.
//!
//! The proof asks the index itself, by its `integrity-check`, after every migration, on tables with rows.
//!
//! Fill the index in the migration that makes it, after the rows are as they are to be:
//!
//! ```sql
//! CREATE VIRTUAL TABLE notes_fts USING fts5(body, content='notes', content_rowid='id');
//! INSERT INTO notes_fts(notes_fts) VALUES ('rebuild');
//! ```
//!
//! It is an error, since every database with rows is broken by it. If the application fills the index itself, say so:
//! `--! allow(fts-not-filled): the application rebuilds it at its first start`.

use migrate_source::Finding;

use super::lost::{allow, plain};
use super::rowids_change;
use crate::facts::Facts;
use crate::place;
use crate::witness::{Lost, Stale};

pub(super) const ID: &str = "fts-not-filled";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for stale in &facts.witness.stale {
        let Stale { index, statement, table, content, made } = stale;
        let emptied = facts.witness.losses.iter().any(|loss| {
            loss.index == *index && loss.table.eq_ignore_ascii_case(table) && matches!(loss.what, Lost::Emptied { .. })
        });
        // What else is said of it names the cause.
        if emptied || rowids_change::says(facts, *index, content) {
            continue;
        }
        let script = &facts.scripts.up[*index];
        let (span, message) = if *made {
            let message = format!("`{table}` is made over `{content}`, and does not hold the rows that are in it");
            (place::of_name(script, statement, table), message)
        } else {
            let message = format!("after this `{table}` does not hold what `{content}` holds");
            (place::of_name(script, statement, content), message)
        };
        let name = plain(table);
        let here = if *made { "after it" } else { "at the end" };
        let otherwise = format!("write `INSERT INTO {name}({name}) VALUES ('rebuild');` {here}, or ");
        findings.push(
            Finding::error(ID, message, place::subject(script, span))
                .note("on an upgraded database a search misses rows, and a trigger that deletes them from the index fails")
                .help(allow(&otherwise, ID, "who fills it")),
        );
    }
}
