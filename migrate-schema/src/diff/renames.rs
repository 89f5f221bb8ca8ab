//! Renames, in an order that SQLite takes.

use std::collections::{BTreeMap, BTreeSet};

use super::target::Target;
use super::work::Work;
use super::{Change, DiffError, Options, Rename, questions};
use crate::names::{fresh_name, ident};

/// Tables first, since columns are named by the new names of theirs.
pub(super) fn all(work: &mut Work<'_>, to: &Target, options: &Options) -> Result<(), DiffError> {
    let (tables, columns): (Vec<&Rename>, Vec<&Rename>) =
        options.renames.iter().partition(|rename| rename.table.is_none());
    let now = work.now()?;
    tables.iter().try_for_each(|rename| questions::known(rename, &now, to))?;
    for (old, new) in steps(&tables, |name| now.is_taken(name), false)? {
        work.run(&format!("ALTER TABLE {} RENAME TO {}", ident(work.conn(), &old), ident(work.conn(), &new)))?;
    }
    for Rename { old, new, .. } in tables {
        work.changes.push(Change::new(">", format!("table {old} to {new}")));
    }

    let now = work.now()?;
    columns.iter().try_for_each(|rename| questions::known(rename, &now, to))?;
    let mut by_table: BTreeMap<String, Vec<&Rename>> = BTreeMap::new();
    for rename in columns {
        let table = rename.table.as_deref().unwrap_or_default();
        by_table.entry(table.to_ascii_lowercase()).or_default().push(rename);
    }
    for (name, renames) in by_table {
        let Some(table) = now.table(&name) else { continue };
        for (old, new) in steps(&renames, |name| table.column(name).is_some(), true)? {
            let word = |name: &str| ident(work.conn(), name);
            let sql = format!("ALTER TABLE {} RENAME COLUMN {} TO {}", word(&table.name), word(&old), word(&new));
            work.run(&sql)?;
        }
        for Rename { old, new, .. } in renames {
            work.changes.push(Change::new(">", format!("column {}.{old} to {new}", table.name)));
        }
    }
    Ok(())
}

/// From name to name, each one free when its turn comes: what makes room goes first, and in a circle one steps aside.
fn steps(
    renames: &[&Rename],
    is_taken: impl Fn(&str) -> bool,
    may_change_case: bool,
) -> Result<Vec<(String, String)>, DiffError> {
    let lower = str::to_ascii_lowercase;
    let mut pending: Vec<(String, String)> =
        renames.iter().filter(|Rename { old, new, .. }| old != new).map(|r| (r.old.clone(), r.new.clone())).collect();
    for (at, (old, new)) in pending.iter().enumerate() {
        let again = |other: &(String, String)| other.0.eq_ignore_ascii_case(old) || other.1.eq_ignore_ascii_case(new);
        if pending[..at].iter().any(again) {
            return Err(DiffError::Unknown(format!("`{old}` to `{new}` contradicts another rename")));
        }
    }
    let (mut left, mut come) = (BTreeSet::new(), BTreeSet::new());
    let mut steps = Vec::new();
    while !pending.is_empty() {
        let is_free = |name: &str| !come.contains(&lower(name)) && (left.contains(&lower(name)) || !is_taken(name));
        let goes = |(old, new): &(String, String)| is_free(new) || (may_change_case && old.eq_ignore_ascii_case(new));
        let (old, new) = match pending.iter().position(goes) {
            Some(at) => pending.remove(at),
            None => {
                let at = circle(&pending)?;
                let aside = fresh_name(&pending[at].0, |name| !is_free(name));
                (std::mem::replace(&mut pending[at].0, aside.clone()), aside)
            }
        };
        left.insert(lower(&old));
        come.remove(&lower(&old));
        come.insert(lower(&new));
        steps.push((old, new));
    }
    Ok(steps)
}

/// One that waits for itself in the end.
fn circle(pending: &[(String, String)]) -> Result<usize, DiffError> {
    let mut at = 0;
    for _ in 0..pending.len() {
        let (old, new) = &pending[at];
        let next = pending.iter().position(|(old, _)| old.eq_ignore_ascii_case(new));
        at = next.ok_or_else(|| {
            DiffError::Unknown(format!(
                "`{old}` cannot become `{new}`, which is there already\nhelp: drop or rename `{new}` in a migration before \
                 this one"
            ))
        })?;
    }
    Ok(at)
}
