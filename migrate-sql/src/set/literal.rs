//! A list as the macro writes it: plain values in few tokens, from which the compiler makes the list while it compiles.
//!
//! A thousand migrations as struct expressions are half a million tokens, and every value that owns something costs the
//! compiler a path of its own on which it is dropped. Tuples of literals cost it little, and in [`CHUNK`]s it looks at those
//! only that have changed.

use std::borrow::Cow;
use std::mem::{forget, replace};

use super::{Adopt, Change, Fresh, Kind, Look, Marker, Migration, Object, Script, Statement};
use crate::definition::Definition;
use crate::digest::Digest;

/// The bytes of a [`Digest`], as a byte string is.
pub type Bytes = &'static [u8; 32];

/// Path, text, statements; a path that is empty is no script.
pub type ScriptLiteral = (&'static str, &'static str, &'static [Statement]);

/// Kind (with [`GONE`]), name, table, and the two digests of its definition.
pub type ChangeLiteral = (u8, &'static str, &'static str, [Bytes; 2]);

/// Name, up, down; checksum, chain and fingerprint; how many of the changes are its own; [`flags`].
pub type MigrationLiteral = (&'static str, ScriptLiteral, ScriptLiteral, [Bytes; 3], usize, u8);

/// Kind ([`COLUMN`], or with [`DEFINITION`]), name or table, column, present, definition, flips.
pub type MarkerLiteral = (u8, &'static str, &'static str, bool, [Bytes; 2], &'static [u32]);

/// The kind of a marker that looks for a column.
pub const COLUMN: u8 = 4;

/// Added to the kind of an object that is gone.
pub const GONE: u8 = 8;

/// Added to the kind of an object whose definition is looked for.
pub const DEFINITION: u8 = 8;

/// How many literals are in a list of their own.
pub const CHUNK: usize = 32;

/// A list in chunks.
pub type Chunks<'a, T> = &'a [&'a [T]];

/// A number for a kind.
#[must_use]
pub const fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Table => 0,
        Kind::View => 1,
        Kind::Index => 2,
        Kind::Trigger => 3,
    }
}

const fn kind(number: u8) -> Kind {
    match number & 3 {
        0 => Kind::Table,
        1 => Kind::View,
        2 => Kind::Index,
        _ => Kind::Trigger,
    }
}

/// What a migration's directives say, as bits.
#[must_use]
pub const fn flags(transaction: bool, foreign_keys: bool, adopt: Option<Adopt>, step: Option<Fresh>) -> u8 {
    let adopt = match adopt {
        None => 0,
        Some(Adopt::Run) => 1,
        Some(Adopt::Skip) => 2,
    };
    let step = match step {
        None => 0,
        Some(Fresh::Run) => 1,
        Some(Fresh::Skip) => 2,
    };
    transaction as u8 | (foreign_keys as u8) << 1 | adopt << 2 | step << 4
}

/// Fills a list that owns what is in it, which a constant function must not drop.
macro_rules! filled {
    ($empty:expr, $chunks:expr, $literal:ident => $value:expr) => {{
        let mut list = [const { $empty }; N];
        let (mut index, mut chunk) = (0, 0);
        while chunk < $chunks.len() {
            let mut at = 0;
            while at < $chunks[chunk].len() {
                let $literal = $chunks[chunk][at];
                forget(replace(&mut list[index], $value));
                (index, at) = (index + 1, at + 1);
            }
            chunk += 1;
        }
        list
    }};
}

/// A script.
#[must_use]
pub const fn script((path, sql, statements): ScriptLiteral) -> Script {
    Script { path: Cow::Borrowed(path), sql: Cow::Borrowed(sql), statements: Cow::Borrowed(statements) }
}

/// The changes of all migrations, one after another.
#[must_use]
pub const fn changes<const N: usize>(chunks: Chunks<'_, ChangeLiteral>) -> [Change; N] {
    filled!(change((0, "", "", NO_BYTES)), chunks, literal => change(literal))
}

const fn change((number, name, table, meaning): ChangeLiteral) -> Change {
    let object = Object { kind: kind(number), name: Cow::Borrowed(name), table: Cow::Borrowed(table) };
    Change { object, after: if number & GONE == 0 { Some(definition(meaning)) } else { None } }
}

const fn definition([strict, loose]: [Bytes; 2]) -> Definition {
    Definition { strict: Digest(*strict), loose: Digest(*loose) }
}

const NO_BYTES: [Bytes; 2] = [&[0; 32]; 2];

/// The migrations, oldest first; the changes are those of all of them, one after another.
#[must_use]
pub const fn migrations<const N: usize>(
    chunks: Chunks<'_, MigrationLiteral>,
    changes: &'static [Change],
) -> [Migration; N] {
    const EMPTY: ScriptLiteral = ("", "", &[]);
    const NONE: MigrationLiteral = ("", EMPTY, EMPTY, [&[0; 32]; 3], 0, 0);
    let mut left = changes;
    filled!(migration(NONE, &[]), chunks, literal => {
        let (own, rest) = left.split_at(literal.4);
        left = rest;
        migration(literal, own)
    })
}

const fn migration(
    (name, up, down, [checksum, chain, fingerprint], _, flags): MigrationLiteral,
    changes: &'static [Change],
) -> Migration {
    Migration {
        name: Cow::Borrowed(name),
        up: script(up),
        down: if down.0.is_empty() { None } else { Some(script(down)) },
        checksum: Digest(*checksum),
        chain: Digest(*chain),
        fingerprint: Digest(*fingerprint),
        changes: Cow::Borrowed(changes),
        transaction: flags & 1 != 0,
        foreign_keys: flags & 2 != 0,
        adopt: match flags >> 2 & 3 {
            0 => None,
            1 => Some(Adopt::Run),
            _ => Some(Adopt::Skip),
        },
        step: match flags >> 4 & 3 {
            0 => None,
            1 => Some(Fresh::Run),
            _ => Some(Fresh::Skip),
        },
    }
}

const NO_MARKER: MarkerLiteral = (0, "", "", false, NO_BYTES, &[]);

/// The markers.
#[must_use]
pub const fn markers<const N: usize>(chunks: Chunks<'_, MarkerLiteral>) -> [Marker; N] {
    filled!(marker(NO_MARKER), chunks, literal => marker(literal))
}

/// What is looked for, of markers without flips.
#[must_use]
pub const fn looks<const N: usize>(chunks: Chunks<'_, MarkerLiteral>) -> [Look; N] {
    filled!(look(NO_MARKER), chunks, literal => look(literal))
}

const fn marker(literal: MarkerLiteral) -> Marker {
    Marker { look: look(literal), flips: Cow::Borrowed(literal.5) }
}

const fn look((number, name, column, present, meaning, _): MarkerLiteral) -> Look {
    let name = Cow::Borrowed(name);
    if number == COLUMN {
        Look::Column { table: name, column: Cow::Borrowed(column), present }
    } else if number & DEFINITION != 0 {
        Look::Definition { kind: kind(number), name, definition: definition(meaning) }
    } else {
        Look::Object { kind: kind(number), name, present }
    }
}
