//! A migration sets something on the connection that is still set when the migration has ended: `legacy_alter_table`,
//! `recursive_triggers`, `synchronous`, `cache_size` and the like.
//!
//! These settings belong to the connection and are not part of the database, nor of a transaction: they hold for whatever the
//! application does next, on the one connection that happened to run the migration, and on no other.
//!
//! Remove it, and set it where the application opens its connections. `user_version`, `application_id` and others that are kept
//! in the database file are not meant, nor is a setting that the same migration takes back.

use migrate_source::Finding;

use super::refused::refused;
use crate::facts::Facts;
use crate::place;
use crate::scratch::{Refusal, is_default};
use crate::words::words;

pub(super) const ID: &str = "leaking-pragma";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for found in refused(facts, Refusal::Leak) {
        let Some((pragma, at, _)) = setting(found.script.text(found.statement)) else { continue };
        let mut later = found.script.statements.iter().filter_map(|statement| setting(found.script.text(statement)));
        let last = later.rfind(|(name, ..)| *name == pragma);
        if last.is_some_and(|(_, _, value)| is_default(&pragma, &value)) {
            continue;
        }
        let start = found.statement.start as usize;
        let subject = place::subject(found.script, start + at.start..start + at.end);
        let message = format!("`PRAGMA {pragma}` outlives the migration, on this connection only");
        let help = "remove it, and set it where the application opens its connections";
        findings.push(Finding::error(ID, message, subject).help(help));
    }
}

/// The name in `PRAGMA name = value` or `PRAGMA name(value)`, its place, and the value.
fn setting(sql: &str) -> Option<(String, std::ops::Range<usize>, String)> {
    let words = words(sql);
    if !words.first()?.is_word("PRAGMA") {
        return None;
    }
    let at = if words.get(2)?.text == "." { 3 } else { 1 };
    let name = words.get(at)?;
    let value = words.iter().skip(at + 2).take_while(|word| word.text != ")");
    let value: String =
        value.map(|word| word.name().map_or_else(|| word.text.to_owned(), |n| n.into_owned())).collect();
    Some((name.name()?.to_ascii_lowercase(), name.start..name.end(), value.to_ascii_lowercase()))
}
