//! Rows vanish that no `DELETE` of the migration names.
//!
//! The proof puts rows into every table and looks for them after each migration. They are lost
//!
//! - where a rebuild's copy leaves them out: a `WHERE`, a join that finds nothing, `INSERT OR IGNORE`;
//! - where `--! foreign_keys: on` is given and a table is dropped or rows of it are deleted: `ON DELETE CASCADE` then
//!   deletes the rows of its children, and no check finds anything wrong afterwards. (The proof sees this where a row of
//!   its own meets the `WHERE`; it does not make rows for it, but those of a `.witness.sql` count.)
//! - where a trigger deletes them;
//! - where a full-text index or an R-tree is dropped and made again, and nothing is put into it: an index of another
//!   table's texts finds nothing until `INSERT INTO search (search) VALUES ('rebuild')`.
//!
//! A `DELETE` of the migration's own, and a table that is dropped and not replaced, are meant, and are not reported here.
//!
//! To change a table that others refer to, leave foreign keys off, which is the default, and rebuild it: make the new
//! table, copy every row, drop the old one, rename the new one. If rows are to go, write a `DELETE`, or acknowledge it:
//! `--! allow(row-loss): expired sessions only`.

use migrate_source::Finding;

use super::lost::plain;
use crate::acts::Verb;
use crate::facts::Facts;
use crate::place;
use crate::witness::{Cause, Loss, Lost, ModuleKind};

pub(super) const ID: &str = "row-loss";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for loss in &facts.witness.losses {
        let script = &facts.scripts.up[loss.index];
        if let Lost::Emptied { kind } = &loss.what {
            let span = place::of_name(script, &loss.statement, &loss.table);
            let message = format!("`{}` is made again here, and left empty", loss.table);
            findings.push(Finding::error(ID, message, place::subject(script, span)).help(refill(*kind, &loss.table)));
        }
        let Lost::Rows { lost, of, row } = &loss.what else { continue };
        let span = place::first_line(script, &loss.statement);
        let finding = Finding::error(ID, message(loss, *lost, *of), place::subject(script, span));
        findings.push(finding.note(format!("a row that is lost: {row}")).help(help(facts, loss)));
    }
}

/// How a table of a module is filled.
fn refill(kind: ModuleKind, table: &str) -> String {
    let name = plain(table);
    match kind {
        ModuleKind::Index => format!("write `INSERT INTO {name} ({name}) VALUES ('rebuild');` after it"),
        ModuleKind::Contentless => format!("insert every text into `{table}` again in this migration"),
        ModuleKind::Texts | ModuleKind::Boxes => {
            "copy the rows before the old table is dropped, or insert them again from where they come".to_owned()
        }
    }
}

fn message(loss: &Loss, lost: usize, of: usize) -> String {
    let table = &loss.table;
    let rows = if lost == of { "the rows".to_owned() } else { "rows".to_owned() };
    match &loss.cause {
        Cause::Copy => format!("this copy of `{table}` leaves out {rows}"),
        Cause::Spread(Verb::Drop, other) => format!("dropping `{other}` deletes {rows} of `{table}`"),
        Cause::Spread(Verb::Delete, other) => format!("deleting from `{other}` deletes {rows} of `{table}`"),
        Cause::Spread(_, other) if !other.is_empty() && !other.eq_ignore_ascii_case(table) => {
            format!("writing to `{other}` deletes {rows} of `{table}`")
        }
        Cause::Spread(..) => format!("this deletes {rows} of `{table}`"),
    }
}

fn help(facts: &Facts<'_>, loss: &Loss) -> String {
    let keys = facts.source.migrations[loss.index].directives.foreign_keys_on.is_some();
    match &loss.cause {
        Cause::Copy => "copy every row, or acknowledge it: `--! allow(row-loss): …`".to_owned(),
        Cause::Spread(Verb::Drop, _) if keys => {
            "leave out `--! foreign_keys: on`, so that no key acts while this runs".to_owned()
        }
        Cause::Spread(..) => {
            format!("if they are to go, write `DELETE FROM {} WHERE …` before this", loss.table)
        }
    }
}
