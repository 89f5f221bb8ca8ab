//! What D1 refuses, as workerd 1.20260426 did when it was asked.

use super::{Refused, called, pragma};
use crate::acts::Said;

/// Pragmas that it takes with a value, or that do something.
const PRAGMAS: [&str; 7] = [
    "case_sensitive_like",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "optimize",
    "recursive_triggers",
    "reverse_unordered_selects",
];

/// Functions that SQLite has and D1 has not, whatever its version.
const FUNCTIONS: [&str; 10] = [
    "json_error_position",
    "json_pretty",
    "load_extension",
    "soundex",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_log",
    "sqlite_source_id",
    "sqlite_version",
    "subtype",
];

/// Bytes of a statement.
const LONGEST: usize = 100_000;

/// The first thing in a statement that it would refuse.
pub(super) fn refused(said: &Said<'_>) -> Option<Refused> {
    let first = said.words.first()?;
    let refused = |at: usize, message: String, help: &str| Some(Refused { at, message, help: help.to_owned() });
    if first.is_word("VACUUM") {
        return refused(0, "d1 refuses `VACUUM`".to_owned(), "leave it out: the server looks after its files itself");
    }
    if let Some(at) = pragma(said, &PRAGMAS) {
        let message = format!("d1 refuses `PRAGMA {}`", said.words[at].text);
        return refused(at, message, "leave it out: a server has its own settings");
    }
    if first.is_word("CREATE") && said.words.get(1).is_some_and(|word| word.is_word("VIRTUAL")) {
        let using = said.words.iter().position(|word| word.is_word("USING"));
        if let Some((at, module)) = using.and_then(|at| Some((at + 1, said.words.get(at + 1)?)))
            && !["fts5", "fts5vocab"].iter().any(|name| module.is_word(name))
        {
            return refused(at, format!("d1 does not have the module `{}`", module.text), "d1 has `fts5` alone");
        }
    }
    if let Some(at) = called(said, &FUNCTIONS) {
        let message = format!("d1 does not have the function `{}`", said.words[at].text);
        return refused(at, message, "write the value out, or let the application give it");
    }
    let length = said.script.text(said.statement).len();
    if length > LONGEST {
        let message = format!("d1 takes statements of up to {LONGEST} bytes, and this one has {length}");
        return refused(0, message, "write several statements");
    }
    None
}
