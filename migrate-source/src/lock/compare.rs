//! A source against what has been released of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lock, Locked, released};
use crate::finding::{Finding, Severity, Subject};
use crate::ids;
use crate::layout;
use crate::source::{Script, Source};

/// Reports what was edited, removed, inserted or renamed after it was released.
pub(crate) fn compare(lock: &Lock, source: &Source, findings: &mut Vec<Finding>) {
    let locked: BTreeMap<&str, &Locked> = lock.entries.iter().map(|locked| (locked.name.as_str(), locked)).collect();
    let files: Vec<_> = released(source).collect();
    let present: BTreeSet<&str> = files.iter().map(|(name, ..)| *name).collect();
    let mut missing: Vec<&Locked> = lock.entries.iter().filter(|locked| !present.contains(&*locked.name)).collect();
    // What could not be read has no checksum to compare.
    let unread: BTreeSet<String> = findings.iter().filter(|f| f.severity == Severity::Error).filter_map(path).collect();
    let newest = files.iter().rposition(|(name, ..)| locked.contains_key(name));

    for (at, (name, checksum, script)) in files.iter().enumerate() {
        if let Some(locked) = locked.get(name) {
            if locked.checksum != *checksum && !unread.contains(&script.shown) {
                findings.push(edited(lock, locked, script));
            }
        } else if let Some(old) = missing.iter().position(|locked| locked.checksum == *checksum) {
            findings.push(renamed(lock, missing.remove(old), name, script));
        } else if newest.is_some_and(|newest| at < newest)
            && let Some(after) = files[at..].iter().find_map(|(name, ..)| locked.get(name))
        {
            findings.push(inserted(lock, after, name, script, source));
        }
    }
    findings.extend(missing.into_iter().map(|locked| removed(lock, locked)));
}

fn path(finding: &Finding) -> Option<String> {
    match &finding.subject {
        Subject::File(path) => Some(path.clone()),
        Subject::Place(place) => Some(place.path.clone()),
        Subject::Directory | Subject::Marker(_) | Subject::Step(_) => None,
    }
}

fn edited(lock: &Lock, locked: &Locked, script: &Script) -> Finding {
    let what = described(&locked.name);
    Finding::error(ids::EDITED_MIGRATION, format!("{what} was edited after it was released"), of(script))
        .label(lock.place(locked), "released with this checksum")
        .help("restore it, or put the change in a new migration")
}

fn removed(lock: &Lock, locked: &Locked) -> Finding {
    let what = described(&locked.name);
    Finding::error(
        ids::REMOVED_MIGRATION,
        format!("{what} was removed after it was released"),
        lock.place(locked).into(),
    )
    .help("restore it, and undo what it does in a new migration")
}

fn inserted(lock: &Lock, after: &Locked, name: &str, script: &Script, source: &Source) -> Finding {
    let message = format!("{} would run before {}, which is released already", described(name), described(&after.name));
    let finding = Finding::error(ids::INSERTED_MIGRATION, message, of(script)).label(lock.place(after), "released");
    let numbers = source.migrations.iter().rev().find(|migration| migration.name != name);
    match numbers.and_then(|newest| layout::next(newest.stem())) {
        Some(next) if name != "base.sql" => finding.help(format!("give it the number `{next}`, after the newest")),
        _ if name == "base.sql" => finding.help("put what it makes in a new migration"),
        _ => finding.help("give it a name that sorts after the newest"),
    }
}

fn renamed(lock: &Lock, locked: &Locked, name: &str, script: &Script) -> Finding {
    let message = format!("{} was renamed to `{name}` after it was released", described(&locked.name));
    Finding::error(ids::RENAMED_MIGRATION, message, of(script))
        .label(lock.place(locked), "the same checksum")
        .help(format!("rename it back to `{}`", locked.name))
}

fn described(name: &str) -> String {
    if name == "base.sql" { "`base.sql`".to_owned() } else { format!("migration `{name}`") }
}

fn of(script: &Script) -> Subject {
    Subject::File(script.shown.clone())
}
