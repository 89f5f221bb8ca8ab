//! What the rules about broken objects say alike.

use migrate_core::__private::{Kind, Script, Statement};
use migrate_source::{Finding, Severity};

use super::rename_aside;
use crate::facts::Facts;
use crate::place;
use crate::probes::Broken;
use crate::words::created;

/// A finding for everything of one kind that does not compile.
pub(super) fn broken(facts: &Facts<'_>, id: &'static str, kind: Kind) -> Vec<Finding> {
    let of_kind = facts.probes.broken.iter().filter(|broken| broken.target.kind() == kind);
    of_kind
        .filter(|broken| !rename_aside::explains(facts, &broken.message))
        .map(|one| finding(facts, id, one))
        .collect()
}

fn finding(facts: &Facts<'_>, id: &'static str, broken: &Broken) -> Finding {
    let (kind, name) = (broken.target.kind(), broken.target.name());
    let message = match kind {
        Kind::Table => format!("a foreign key of `{name}` does not fit: {}", plain_message(&broken.message)),
        _ => format!("{} `{name}` does not work any longer: {}", kind.word(), broken.message),
    };
    let made = made(facts, kind, name, broken.position);
    let here = facts.script_at(broken.position);
    let Some(script) = here else { return Finding::error(id, message, migrate_source::Subject::Directory) };
    let made_here = made.filter(|(maker, _)| std::ptr::eq(*maker, script));
    let message = if made_here.is_some() { message.replace(" any longer", "") } else { message };
    let names = place::names(&broken.message);
    let names: Vec<&str> = names.iter().map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
    let missing: Vec<&str> = names.iter().copied().filter(|missing| !missing.eq_ignore_ascii_case(name)).collect();
    let subject = match made_here {
        Some((script, statement)) => {
            let text = script.text(statement);
            let parent = broken.message.split('"').nth(3).filter(|_| kind == Kind::Table);
            // The last name is the smallest: the column of a table.
            let tokens = parent.into_iter().chain(missing.iter().rev().copied());
            let token = tokens.into_iter().find_map(|missing| crate::words::find_name(text, missing));
            let start = statement.start as usize;
            let span = token.map(|token| start + token.start..start + token.end());
            place::subject(script, span.unwrap_or_else(|| place::of_name(script, statement, name)))
        }
        None => {
            let all: Vec<&str> = missing.iter().copied().chain(changed(facts, broken.position)).collect();
            place::about(script, &all).unwrap_or_else(|| place::file(script))
        }
    };
    let mut finding = Finding::error(id, message, subject);
    if let Some((maker, statement)) = made.filter(|_| made_here.is_none()) {
        finding = finding.label(place::place(maker, place::of_name(maker, statement, name)), "made here");
    }
    // A function that the application registers and does not declare; and what nobody has touched since `base.sql`.
    if broken.message.starts_with("no such function") || broken.position == 0 {
        finding.severity = Severity::Warning;
    }
    finding.help(help(broken, kind, name, made_here.is_some()))
}

fn help(broken: &Broken, kind: Kind, name: &str, made_here: bool) -> String {
    if let Some(near) = &broken.near {
        return format!("write `{near}`");
    }
    if let Some(function) = broken.message.strip_prefix("no such function: ") {
        return format!("declare it in `migrate.toml`: functions = [{{ name = \"{function}\" }}]");
    }
    match kind {
        Kind::Table => {
            "let the key name the primary key of its parent, or columns with a UNIQUE index over exactly them"
                .to_owned()
        }
        _ if made_here => format!("write {} `{name}` over what is there", kind.word()),
        _ => format!("drop {} `{name}` first, and make it again without what is gone", kind.word()),
    }
}

/// `foreign key mismatch - "child" referencing "parent"`, as prose.
fn plain_message(message: &str) -> String {
    match message.split('"').collect::<Vec<_>>()[..] {
        [_, _, _, parent, ..] => format!("`{parent}` has no unique key over the columns that it names"),
        _ => message.to_owned(),
    }
}

/// The statement that made an object last, up to a position.
pub(super) fn made<'a>(
    facts: &Facts<'a>,
    kind: Kind,
    name: &str,
    position: usize,
) -> Option<(&'a Script, &'a Statement)> {
    let scripts: Vec<&Script> = (0..=position).rev().filter_map(|position| facts.script_at(position)).collect();
    let makes = |script: &&'a Script| {
        let is_it = |statement: &&'a Statement| {
            created(script.text(statement)).is_some_and(|(k, made)| k == kind && made.eq_ignore_ascii_case(name))
        };
        script.statements.iter().rev().find(is_it).map(|statement| (*script, statement))
    };
    scripts.iter().find_map(makes)
}

/// The objects that a migration changed.
fn changed<'a>(facts: &Facts<'a>, position: usize) -> impl Iterator<Item = &'a str> {
    let changes = facts.replay.positions.get(position).map_or(&[][..], |position| &position.changes);
    changes.iter().map(|change| change.object.name.as_ref())
}
