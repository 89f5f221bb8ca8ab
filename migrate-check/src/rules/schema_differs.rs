//! `schema.sql` and the migrations make different schemas.
//!
//! A fresh database is made by `schema.sql`, all others by the migrations, and from then on they have to be equal. The
//! difference is shown object by object: `-` is what `schema.sql` has, `+` what the migrations make.
//!
//! Comparison is by meaning: white space, comments, quoting and the case of keywords and names do not count. The order of
//! columns does: with two orders in the field, an `INSERT INTO … SELECT *` would swap columns without a word.

use migrate_core::__private::{Change, Entry};
use migrate_source::{Finding, Subject};

use super::explain::object;
use crate::difference;
use crate::facts::Facts;
use crate::fresh::Fresh;
use crate::place;
use crate::words::created;

pub(super) const ID: &str = "schema-differs";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let Some(fresh) = facts.fresh else { return };
    for change in &fresh.changes {
        findings.push(finding(facts, fresh, change));
    }
}

fn finding(facts: &Facts<'_>, fresh: &Fresh, change: &Change) -> Finding {
    let (kind, name) = (change.object.kind, change.object.name.as_ref());
    let object = object(&change.object);
    let ours = fresh.catalog.get(kind, name);
    let theirs = facts.replay.catalog.get(kind, name);
    let subject = place(facts, ours);
    let last = facts.replay.timeline.events(kind, name).last();
    let by = last.map_or_else(|| "the migrations".to_owned(), |event| facts.position_name(event.position));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.loose() == theirs.loose() => {
            let message = format!("the columns of {object} are in another order than the migrations make them");
            Finding::error(ID, message, subject)
                .note(difference::lines(&ours.sql, &theirs.sql))
                .help("put them in the order in which the migrations add them")
        }
        (Some(ours), Some(theirs)) => {
            let message = format!("{object} is not as the migrations make it");
            Finding::error(ID, message, subject)
                .note(difference::lines(&ours.sql, &theirs.sql))
                .help(format!("make it here as {by} leaves it"))
        }
        (None, Some(theirs)) => {
            let message = format!("{object} is missing here, and {by} makes it");
            Finding::error(ID, message, subject)
                .note(difference::lines("", &theirs.sql) + ";")
                .help(format!("add {object}"))
        }
        (Some(ours), None) => {
            let (message, help) = match last {
                Some(_) => (format!("{object} is made here, and {by} removes it"), "remove it".to_owned()),
                None => (
                    format!("{object} is made here, and by no migration"),
                    "remove it, or make it in a new migration too".to_owned(),
                ),
            };
            Finding::error(ID, message, subject).note(difference::lines(&ours.sql, "")).help(help)
        }
        (None, None) => Finding::error(ID, format!("{object} differs"), subject),
    }
}

/// The statement of `schema.sql` that makes an object, or the file.
fn place(facts: &Facts<'_>, entry: Option<&Entry>) -> Subject {
    let Some(script) = &facts.scripts.schema else { return Subject::Directory };
    let statement = entry.and_then(|entry| {
        script.statements.iter().find(|statement| {
            created(script.text(statement)).is_some_and(|(kind, name)| {
                kind == entry.object.kind && name.eq_ignore_ascii_case(&entry.object.name)
            })
        })
    });
    match (statement, entry) {
        (Some(statement), Some(entry)) => {
            place::subject(script, place::of_name(script, statement, &entry.object.name))
        }
        _ => place::file(script),
    }
}
