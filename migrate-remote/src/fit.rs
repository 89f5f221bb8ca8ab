//! What cannot be done on a server, said before anything is changed.

use migrate_core::__private::Set;
use migrate_core::{PlanStep, Version};

use crate::error::Error;

/// Words that would end the transaction in which a migration runs; the proof refuses them too.
const TRANSACTION_CONTROL: [&str; 6] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];

pub(crate) fn check<V: Version>(set: &Set, steps: &[PlanStep<V>], sqlite_version: &str) -> Result<(), Error> {
    let apply = |step: &PlanStep<V>| match step {
        PlanStep::Apply { version, step, .. } => Some((version.index(), *step)),
        PlanStep::Revert { version, .. } => Some((version.index(), false)),
        _ => None,
    };
    let named = |wanted: &dyn Fn(usize, bool) -> bool| -> Vec<String> {
        let chosen = steps.iter().filter_map(apply).filter(|&(index, step)| wanted(index, step));
        chosen.map(|(index, _)| format!("`{}`", set.migrations[index].name)).collect()
    };
    let refuse =
        |what: Vec<String>, why, help| if what.is_empty() { Ok(()) } else { Err(Error::Unfit { what, why, help }) };
    refuse(
        named(&|_, step| step),
        "its Rust step needs a connection to SQLite",
        "write it as SQL; or make a migration of its own without one, and let a program do the rest",
    )?;
    refuse(
        named(&|index, _| !set.migrations[index].transaction),
        "`--! transaction: none` runs outside a transaction, where what a lost connection leaves behind is not known",
        "leave out what needs to run without: a server looks after its files itself",
    )?;
    let functions = set.options.functions.iter().map(|function| format!("the function `{}`", function.name));
    let collations = set.options.collations.iter().map(|collation| format!("the collation `{collation}`"));
    refuse(
        if steps.is_empty() { Vec::new() } else { functions.chain(collations).collect() },
        "the application registers it on its own connection, and the server does not have it",
        "write the migrations with what SQLite has",
    )?;
    let mut controls = Vec::new();
    for (index, _) in steps.iter().filter_map(apply) {
        let up = &set.migrations[index].up;
        let first =
            |sql: &str| sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_uppercase();
        let ends = |word: &String| TRANSACTION_CONTROL.contains(&word.as_str());
        let words = up.statements.iter().map(|statement| first(up.text(statement))).filter(ends);
        controls.extend(words.map(|word| format!("`{word}` in `{}`", set.migrations[index].name)));
    }
    refuse(controls, "the run decides what is committed", "take it out")?;
    let needed = set.options.min_sqlite;
    match number(sqlite_version) {
        Some(found) if found < needed => Err(Error::SqliteTooOld {
            found: sqlite_version.to_owned(),
            needed: format!("{}.{}.{}", needed / 1_000_000, needed / 1000 % 1000, needed % 1000),
        }),
        _ => Ok(()),
    }
}

/// `3.45.1` as SQLite numbers it.
fn number(version: &str) -> Option<i32> {
    let mut parts = version.split('.').map(|part| part.parse::<i32>().ok());
    let (major, minor) = (parts.next()??, parts.next()??);
    Some(major * 1_000_000 + minor * 1000 + parts.next().flatten().unwrap_or_default())
}
