//! The values of a column that stays are gone: NULL, a default, or the values of another column are in their place.
//!
//! The proof puts a value of its own into every column of every table and looks for it after each migration. It is lost
//!
//! - where a rebuild's copy forgets a column, so that it is NULL or has its default;
//! - where a copy lists the columns in one order and selects them in another, so that two are swapped;
//! - where `--! foreign_keys: on` is given and `ON DELETE SET NULL` or `SET DEFAULT` acts on the children of a table that
//!   is dropped;
//! - where a trigger overwrites them.
//!
//! What is worked out (`upper(name)`, `coalesce(a, b)`) and what an `UPDATE` of that column writes is meant, and is not
//! reported.

use migrate_source::Finding;

use crate::acts::Verb;
use crate::facts::Facts;
use crate::place;
use crate::witness::{Became, Cause, Loss, Lost};

pub(super) const ID: &str = "value-loss";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for loss in &facts.witness.losses {
        let Lost::Column { column, became, row } = &loss.what else { continue };
        let script = &facts.scripts.up[loss.index];
        let span = match loss.cause {
            Cause::Copy => place::of_name(script, &loss.statement, column),
            Cause::Spread(..) => place::first_line(script, &loss.statement),
        };
        let finding = Finding::error(ID, message(loss, column, became), place::subject(script, span));
        findings.push(finding.note(format!("a row before it: {row}")).help(help(facts, loss, column, became)));
    }
}

fn message(loss: &Loss, column: &str, became: &Became) -> String {
    let column = format!("`{}.{column}`", loss.table);
    match (&loss.cause, became) {
        (Cause::Copy, Became::Null) => format!("this copy loses the values of {column}: they become NULL"),
        (Cause::Copy, Became::Constant(value)) => {
            format!("this copy loses the values of {column}: they become {value}")
        }
        (Cause::Copy, Became::Column(other)) => format!("this copy puts the values of `{other}` into {column}"),
        (Cause::Spread(Verb::Drop, other), _) if !other.eq_ignore_ascii_case(&loss.table) => {
            format!("dropping `{other}` overwrites the values of {column}")
        }
        (Cause::Spread(Verb::Delete, other), _) if !other.eq_ignore_ascii_case(&loss.table) => {
            format!("deleting from `{other}` overwrites the values of {column}")
        }
        (_, Became::Null) => format!("this loses the values of {column}: they become NULL"),
        (_, Became::Constant(value)) => format!("this loses the values of {column}: they become {value}"),
        (_, Became::Column(other)) => format!("this puts the values of `{other}` into {column}"),
    }
}

fn help(facts: &Facts<'_>, loss: &Loss, column: &str, became: &Became) -> String {
    let keys = facts.source.migrations[loss.index].directives.foreign_keys_on.is_some();
    match (&loss.cause, became) {
        (Cause::Copy, Became::Column(_)) => "select the columns in the order in which they are listed".to_owned(),
        (Cause::Copy, _) => format!("copy `{column}` too"),
        (Cause::Spread(Verb::Drop, _), _) if keys => {
            "leave out `--! foreign_keys: on`, so that no key acts while this runs".to_owned()
        }
        _ => format!("if they are to go, write `UPDATE {} SET {column} = …` in this migration", loss.table),
    }
}
