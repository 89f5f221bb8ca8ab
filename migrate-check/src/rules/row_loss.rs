//! Rows vanish that no `DELETE` of the migration names.
//!
//! The proof puts rows into every table and looks for them after each migration. They are lost
//!
//! - where a rebuild's copy leaves them out: a `WHERE`, a join that finds nothing, `INSERT OR IGNORE`;
//! - where `--! foreign_keys: on` is given and a table is dropped or rows of it are deleted: `ON DELETE CASCADE` then
//!   deletes the rows of its children, and no check finds anything wrong afterwards;
//! - where a trigger deletes them.
//!
//! A `DELETE` of the migration's own, and a table that is dropped and not replaced, are meant, and are not reported here.
//!
//! To change a table that others refer to, leave foreign keys off, which is the default, and rebuild it: make the new
//! table, copy every row, drop the old one, rename the new one. If rows are to go, write a `DELETE`, or acknowledge it:
//! `--! allow(row-loss): expired sessions only`.

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;
use crate::witness::{Cause, Loss, Lost, Verb};

pub(super) const ID: &str = "row-loss";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for loss in &facts.witness.losses {
        let Lost::Rows { lost, of, row } = &loss.what else { continue };
        let script = &facts.scripts.up[loss.index];
        let span = place::first_line(script, &loss.statement);
        let finding = Finding::error(ID, message(loss, *lost, *of), place::subject(script, span));
        findings.push(finding.note(format!("a row that is lost: {row}")).help(help(facts, loss)));
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
