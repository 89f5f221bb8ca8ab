//! What the lock file and the history compare.

use migrate_sql::{Digest, Hasher, Token, tokens};

use crate::directive::{Adopt, Directives};
use crate::source::Script;

/// The version of the algorithm.
const TAG: &[u8] = b"migrate-checksum-1";

/// The checksum of a migration: over parts, each hashed with its length.
///
/// The parts are the tag; each directive that changes what happens, in the order below and in the spelling below
/// (which no statement has, since SQLite reads it as a comment); and each statement: its significant tokens as written,
/// joined by NUL bytes, which no migration may hold. So comments, white space, line ends, empty statements, the last
/// semicolon, `allow` and `marker` never matter.
pub(crate) fn of(up: &Script, directives: &Directives) -> Digest {
    let Directives { no_transaction, foreign_keys_on, adopt, name, markers: _, allow: _, unproved: _ } = directives;
    let mut hasher = Hasher::new().part(TAG);
    if no_transaction.is_some() {
        hasher.push(b"--! transaction: none");
    }
    if foreign_keys_on.is_some() {
        hasher.push(b"--! foreign_keys: on");
    }
    match adopt {
        Some((Adopt::Run, _)) => hasher.push(b"--! adopt: run"),
        Some((Adopt::Skip, _)) => hasher.push(b"--! adopt: skip"),
        None => {}
    }
    if let Some((name, _)) = name {
        hasher.push(format!("--! name: {name}").as_bytes());
    }
    for statement in up.sql() {
        let words: Vec<&str> = tokens(statement).filter(Token::is_significant).map(|token| token.text).collect();
        hasher.push(words.join("\0").as_bytes());
    }
    hasher.finish()
}
