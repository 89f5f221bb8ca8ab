//! The variants of the `Version` enum.

use std::collections::{BTreeMap, BTreeSet};

use unicode_ident::{is_xid_continue, is_xid_start};

use crate::finding::{Finding, Subject};
use crate::ids;
use crate::layout::Draft;
use crate::source::Migration;

/// Names that a variant cannot have: a keyword, and what every `Version` has beside its variants.
const TAKEN: [&str; 3] = ["ALL", "LATEST", "Self"];

/// Gives every migration its variant, and reports those that would have the same.
pub(crate) fn assign(drafts: &[Draft], migrations: &mut [Migration], findings: &mut Vec<Finding>) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for index in 0..migrations.len() {
        let migration = &migrations[index];
        let words = drafts.get(index).map_or("", |draft| draft.words.as_str());
        let named = migration.directives.name.clone();
        let variant = named.as_ref().map_or_else(|| of(words), |(name, _)| name.clone());
        let first = *known.entry(variant.clone()).or_insert(index);
        // A well-typed fallback needs distinct variants also where this is an error.
        let mut distinct = variant.clone();
        for count in 2.. {
            if taken.insert(distinct.clone()) {
                break;
            }
            distinct = format!("{variant}{count}");
        }
        if first != index {
            let message =
                format!("`{}` and `{}` would both be `Version::{variant}`", migrations[first].name, migration.name);
            let subject = match &named {
                Some((_, place)) => Subject::Place(place.clone()),
                None => Subject::File(migration.up.shown.clone()),
            };
            findings.push(Finding::error(ids::VARIANT_COLLISION, message, subject).help(format!(
                "write `--! name: {distinct}` at the head of one of them, or rename the one that is not released yet"
            )));
        }
        migrations[index].variant = distinct;
    }
}

/// The variant for some words: `add tags`, `add_tags` and `add-tags` are `AddTags`.
pub(crate) fn of(words: &str) -> String {
    let shouted = !words.chars().any(char::is_lowercase);
    let mut variant = String::new();
    for word in words.split(|c: char| c == '_' || !is_xid_continue(c)).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        variant.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        if shouted {
            variant.extend(letters.flat_map(char::to_lowercase));
        } else {
            variant.extend(letters);
        }
    }
    // Changing the case of a letter can make something that no name may hold.
    variant.retain(|c| is_xid_continue(c) && c != '_');
    if !variant.starts_with(is_xid_start) || TAKEN.contains(&variant.as_str()) {
        variant.insert(0, 'V');
    }
    variant
}

/// Whether a name can be a variant; if not, why.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    if TAKEN.contains(&name) {
        return Err("that name is taken");
    }
    if !name.starts_with(is_xid_start) {
        return Err("it does not begin with a letter");
    }
    if !name.chars().all(is_xid_continue) {
        return Err("it is not an identifier");
    }
    if name.starts_with(char::is_lowercase) || name.contains('_') {
        return Err("it is not in upper camel case");
    }
    Ok(())
}
