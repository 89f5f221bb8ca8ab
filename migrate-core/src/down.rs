//! The way back from where a history ends: whether there is one, and what it is.

use crate::decide::{Action, Decision, Start, Wanted, prepare};
use crate::error::Error;
use crate::inspect::Found;
use crate::recorded::is_started;
use crate::set::{Migration, Set};

/// Back from where the history ends, newest first; all of it or nothing.
pub(crate) fn decide(set: &Set, found: &Found, decision: Decision, wanted: Wanted) -> Result<Decision, Error> {
    let (at, target) = (set.position_name(decision.at), set.position_name(wanted.target));
    if !wanted.down || decision.start != Start::History {
        return Err(Error::PastTarget { at, target, recognised: decision.start != Start::History });
    }
    // One that was interrupted outside a transaction has left nobody knows what.
    let end = decision.at + usize::from(is_started(found.history.rows()));
    let back = || set.migrations[wanted.target..end.min(set.migrations.len())].iter().rev();
    let refuse = |why, help, stands: &dyn Fn(&Migration) -> bool| {
        let name = |migration: &Migration| format!("`{}`", migration.name);
        let migrations: Vec<String> = back().filter(|migration| stands(migration)).map(name).collect();
        let (at, target) = (at.clone(), target.clone());
        if migrations.is_empty() { Ok(()) } else { Err(Error::NoDown { at, target, migrations, why, help }) }
    };
    refuse("no down script", "restore a backup, or add `NAME.down.sql`", &|migration| migration.down.is_none())?;
    let undo = "restore a backup, or write a migration that undoes it";
    refuse("outside a transaction", undo, &|migration| !migration.transaction)?;
    if !wanted.each && back().any(|migration| migration.foreign_keys) {
        let help = "go back one by one, with `Atomicity::Each`";
        refuse("not in one transaction, because of `foreign_keys: on`", help, &|migration| migration.foreign_keys)?;
    }
    let mut actions = prepare(found);
    actions.extend((wanted.target..decision.at).rev().map(Action::Revert));
    Ok(Decision { actions, ..decision })
}
