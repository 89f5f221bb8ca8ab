//! What rqlite refuses, as version 8.26.8 did when it was asked, or would do on each node in another way.

use super::{Refused, called, pragma};
use crate::acts::Said;
use crate::rules::nondeterministic_seed::decided_by;

/// Pragmas that belong to the database, or to the transaction.
const PRAGMAS: [&str; 3] = ["user_version", "application_id", "defer_foreign_keys"];

/// The first thing in a statement that would not do there what it does here.
pub(super) fn refused(said: &Said<'_>) -> Option<Refused> {
    let refused = |at: usize, message: String, help: &str| Some(Refused { at, message, help: help.to_owned() });
    if let Some(at) = pragma(said, &PRAGMAS) {
        let message = format!("rqlite keeps `PRAGMA {}` for every later request of this node", said.words[at].text);
        return refused(at, message, "leave it out: a server has its own settings");
    }
    if let Some(at) = called(said, &["soundex"]) {
        return refused(at, "rqlite does not have the function `soundex`".to_owned(), "let the application do it");
    }
    let (at, by) = (0..said.words.len()).find_map(|at| Some((at, decided_by(&said.words, at)?)))?;
    let message = format!("{by} decides this on each node of rqlite anew");
    refused(at, message, "write the value out, or let the application give it")
}
