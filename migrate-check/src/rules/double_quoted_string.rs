//! A text in double quotes is taken for a string, because there is no column of that name.
//!
//! In SQL, `"x"` is a name and `'x'` is a string. SQLite reads a name that it does not know as a string, so that a column that is
//! misspelt in double quotes is not an error, but a constant, in views and triggers too. Connections can be told not to, and a migration that relies
//! on it fails there.
//!
//! Write a string in single quotes. If a column was meant, write its name.

use migrate_source::{Finding, Subject};

use super::broken::made;
use crate::facts::Facts;
use crate::place;
use crate::probes::{Quoted, is_quoted};
use crate::replay::DoubleQuoted;
use crate::scripts::Which;
use crate::words::words;

pub(super) const ID: &str = "double-quoted-string";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    // The statements of `schema.sql` are those of the migrations, and `base.sql` is how it was.
    let runs = facts.replay.runs.iter().filter(|run| matches!(run.which, Which::Up(_) | Which::Down(_)));
    for (which, string) in runs.flat_map(|run| run.strings.iter().map(|string| (run.which, string))) {
        let Some(script) = facts.scripts.get(which) else { continue };
        let DoubleQuoted { statement, message, offset } = string;
        let Some(name) = message.split('"').nth(1).or_else(|| message.rsplit(": ").next()) else { continue };
        let span = match offset {
            Some(_) => place::of_error(script, statement, *offset, message),
            None => place::of_name(script, statement, name),
        };
        findings.push(finding(name, place::subject(script, span)));
    }
    let last = facts.replay.positions.len().saturating_sub(1);
    for Quoted { target, name } in &facts.probes.strings {
        let Some((script, statement)) = made(facts, target.kind(), target.name(), last) else { continue };
        if facts.scripts.base.as_ref().is_some_and(|base| std::ptr::eq(base, script)) {
            continue;
        }
        let text = script.text(statement);
        // A name that was changed by a later `RENAME` is not there.
        let Some(word) = words(text).into_iter().find(|word| is_quoted(word, name)) else { continue };
        let start = statement.start as usize;
        findings.push(finding(name, place::subject(script, start + word.start..start + word.end())));
    }
}

fn finding(name: &str, subject: Subject) -> Finding {
    let message = format!("`\"{name}\"` is no column, and becomes a string");
    let help = format!("write `'{name}'`, or the name of the column that is meant");
    Finding::warning(ID, message, subject).help(help)
}
