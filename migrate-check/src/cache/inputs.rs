//! Everything that a proof is made from, as bytes.
//!
//! What the proof of a migration depends on stands before that of the next, so that the inputs of every prefix of the
//! migrations are a prefix of the inputs of all.

use std::any::TypeId;
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use migrate_source::{Directives, Migration, Script, Source, SourceFile};
use rusqlite::Connection;

use super::bytes::{Bytes, write_slice};
use super::store::{Name, digest};
use crate::check::Declared;

/// The inputs of a proof.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    bytes: Vec<u8>,
    name: Name,
    /// Where each position's end, and their name: 0 is `base.sql`, k is the k-th migration.
    positions: Vec<(usize, Name)>,
}

impl Inputs {
    pub(super) fn of(source: &Source, declared: &Declared, limit: Duration) -> rusqlite::Result<Inputs> {
        // The directory is the same wherever it lies, and the variants are the macro's business.
        let Source { dir: _, shown, config, base, schema, lock, squashed, migrations, files, entries } = source;
        let mut bytes = Vec::with_capacity(4096 + 2 * files.iter().map(size).sum::<usize>());
        code(&mut bytes)?;
        limit.as_nanos().to_string().write(&mut bytes);
        debug(config, &mut bytes);
        optional(base.as_ref(), &mut bytes);
        let mut last = (bytes.len(), digest(&bytes));
        let mut positions = vec![last];
        for migration in migrations {
            migration_bytes(migration, &mut bytes);
            last = (bytes.len(), chain(last, &bytes));
            positions.push(last);
        }
        let Declared { markers, steps } = declared;
        debug(&(shown, lock, squashed, entries, markers), &mut bytes);
        steps.write(&mut bytes);
        optional(schema.as_ref(), &mut bytes);
        let scripts: HashMap<&str, &str> = scripts(source).map(|one| (one.shown.as_str(), one.text.as_str())).collect();
        for SourceFile { path: _, shown, text } in files {
            shown.write(&mut bytes);
            // The text of a script is there already, under the same name.
            let known = text.as_deref().is_some_and(|text| scripts.get(shown.as_str()) == Some(&text));
            known.write(&mut bytes);
            if !known {
                text.write(&mut bytes);
            }
        }
        let name = chain(last, &bytes);
        Ok(Inputs { bytes, name, positions })
    }

    pub(super) fn all(&self) -> (Name, &[u8]) {
        (self.name, &self.bytes)
    }

    /// How many migrations there are.
    pub(super) fn count(&self) -> usize {
        self.positions.len().saturating_sub(1)
    }

    /// Those of the migrations up to a position.
    pub(super) fn up_to(&self, position: usize) -> Option<(Name, &[u8])> {
        let &(end, name) = self.positions.get(position)?;
        Some((name, self.bytes.get(..end)?))
    }

    /// The same, known as a whole only.
    pub(super) fn without_positions(&self) -> Inputs {
        Inputs { positions: Vec::new(), ..self.clone() }
    }
}

/// The name of inputs that begin with those of another name.
fn chain((start, name): (usize, Name), bytes: &[u8]) -> Name {
    digest(&[&name, &bytes[start..]].concat())
}

fn size(file: &SourceFile) -> usize {
    file.text.as_ref().map_or(0, String::len)
}

/// The code that proves: this crate as it was compiled, and SQLite.
///
/// The identity of a type covers the version, the features and the compiler of its crate and of every crate that it
/// depends on. What it does not cover is an edit of these crates; that `build.rs` looks after.
fn code(bytes: &mut Vec<u8>) -> rusqlite::Result<()> {
    let conn = Connection::open_in_memory()?;
    let sql = "SELECT sqlite_source_id() || group_concat(compile_options) FROM pragma_compile_options";
    let sqlite: String = conn.query_row(sql, [], |row| row.get(0))?;
    debug(&(TypeId::of::<Inputs>(), env!("MIGRATE_CHECK_SOURCES"), sqlite), bytes);
    Ok(())
}

fn migration_bytes(migration: &Migration, bytes: &mut Vec<u8>) {
    // The number is in the name.
    let Migration { name, number: _, variant: _, up, down, witness, directives, checksum } = migration;
    name.write(bytes);
    let any = *directives != Directives::default();
    any.write(bytes);
    if any {
        debug(directives, bytes);
    }
    checksum.write(bytes);
    script(up, bytes);
    optional(down.as_ref(), bytes);
    optional(witness.as_ref(), bytes);
}

fn script(script: &Script, bytes: &mut Vec<u8>) {
    let Script { shown, text, statements } = script;
    shown.write(bytes);
    text.write(bytes);
    statements.write(bytes);
}

fn optional(found: Option<&Script>, bytes: &mut Vec<u8>) {
    found.is_some().write(bytes);
    if let Some(found) = found {
        script(found, bytes);
    }
}

/// A value as it is shown to programmers, which no derived implementation leaves a field out of.
fn debug(value: &impl std::fmt::Debug, bytes: &mut Vec<u8>) {
    let mut shown = Vec::new();
    // Writing to memory cannot fail.
    let _ = write!(shown, "{value:?}");
    write_slice(&shown, bytes);
}

fn scripts(source: &Source) -> impl Iterator<Item = &Script> {
    let ups = source.migrations.iter().flat_map(|one| [Some(&one.up), one.down.as_ref(), one.witness.as_ref()]);
    ups.chain([source.base.as_ref(), source.schema.as_ref()]).flatten()
}
