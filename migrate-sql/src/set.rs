//! The finished data that the runtime works from: what `migrations!` expands to, and what a run-time loader makes.
//!
//! All of it can be written as a constant; nothing in it is computed when a program starts. It is in this crate because
//! the macro makes it also where no SQLite is compiled for it.

pub mod literal;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::definition::Definition;
use crate::digest::{Digest, Hasher};
pub use crate::marker_sql::marker_sql;

/// Everything but the Rust functions. Reached through `__private`: its fields may change with any release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Oldest first; never empty.
    pub migrations: Cow<'static, [Migration]>,
    /// What was before the first one and is part of `base` now, oldest first; none where nothing was squashed.
    pub squashed: Cow<'static, [Squashed]>,
    /// The last release of the application that has what was squashed, as its author names it.
    pub squashed_release: Option<Cow<'static, str>>,
    /// The schema from before the first migration.
    pub base: Option<Script>,
    /// What `base.sql` makes: every object as created.
    pub base_changes: Cow<'static, [Change]>,
    /// The digest of the schema that `base.sql` makes (of the empty schema where there is none).
    pub base_fingerprint: Digest,
    /// What is looked for in a database without history that no fingerprint matches, to call it legacy:
    /// the tables, columns and other objects that `base.sql` makes.
    pub base_markers: Cow<'static, [Look]>,
    /// The complete current schema, proved equal to what all migrations make.
    pub schema: Option<Script>,
    /// What makes the current schema at once where there is no `schema.sql`: written by the proof, and proved equal to
    /// what all migrations make, rows included. `None` where that is not sure.
    pub snapshot: Option<Script>,
    /// What `is_schema_current` looks for, with the versions at which it holds.
    pub markers: Cow<'static, [Marker]>,
    /// The one statement of `is_schema_current`: made by [`marker_sql`].
    pub marker_sql: Cow<'static, str>,
    /// What `migrate.toml` says to the runtime.
    pub options: Options,
    /// Where the directory was when it was compiled, for the `StaleBuild` check; `None` in release builds.
    pub origin: Option<Origin>,
}

/// What `migrate.toml` says to the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The name of the history table.
    pub history_table: Cow<'static, str>,
    /// Whether the file holds other tables than ours.
    pub shared: bool,
    /// Functions that the migrations or the schema need.
    pub functions: Cow<'static, [Function]>,
    /// Collations that the migrations or the schema need.
    pub collations: Cow<'static, [Cow<'static, str>]>,
    /// The oldest SQLite that the migrations run on, as `sqlite3_libversion_number` gives it (3045001); 0 for any.
    pub min_sqlite: i32,
}

/// A function that an application registers on its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, in any case.
    pub name: Cow<'static, str>,
    /// The number of arguments; -1 for any.
    pub arguments: i32,
}

/// Where the migrations were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The directory, absolute.
    pub dir: Cow<'static, str>,
    /// The names in it that were taken into account: files and directories, sorted, each followed by `/`, which no name holds.
    pub entries: Cow<'static, str>,
}

/// A file of SQL, or a section of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The path as messages show it: `migrations/002_add_tags.sql`.
    pub path: Cow<'static, str>,
    /// The text; a BOM is dropped and line ends are LF.
    pub sql: Cow<'static, str>,
    /// Its statements, in order.
    pub statements: Cow<'static, [Statement]>,
}

/// The place of a statement in its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// First byte.
    pub start: u32,
    /// The byte after the last; the semicolon is not included.
    pub end: u32,
    /// Line in the file, counted from 1.
    pub line: u32,
    /// Column in the file, counted from 1, in characters.
    pub column: u32,
}

/// A migration that became part of `base.sql`. Databases in the field have it in their history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squashed {
    /// What the history records.
    pub name: Cow<'static, str>,
    /// As [`Migration::checksum`].
    pub checksum: Digest,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What the history records: `002_add_tags.sql`.
    pub name: Cow<'static, str>,
    /// What brings a database to this version.
    pub up: Script,
    /// What brings it back.
    pub down: Option<Script>,
    /// Over the tokens of the file and the directives that change what happens.
    pub checksum: Digest,
    /// Over the chain before, the name and the checksum.
    pub chain: Digest,
    /// Of the schema after it.
    pub fingerprint: Digest,
    /// The schema objects that it makes, changes or removes; sorted by object.
    pub changes: Cow<'static, [Change]>,
    /// Whether it runs in a transaction: `false` after `--! transaction: none`.
    pub transaction: bool,
    /// Whether foreign keys are enforced while it runs: `true` after `--! foreign_keys: on`.
    pub foreign_keys: bool,
    /// What `--! adopt:` says.
    pub adopt: Option<Adopt>,
    /// Whether a Rust step follows, and what becomes of it on a fresh database.
    pub step: Option<Fresh>,
}

/// What becomes of a migration that leaves no mark in the schema, on a database without history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    /// It runs.
    Run,
    /// It is marked, without running.
    Skip,
}

/// What becomes of a Rust step on a fresh database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh {
    /// It runs.
    Run,
    /// It does not.
    Skip,
}

/// A schema object, after a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub object: Object,
    /// What it means now; `None` if it is gone.
    pub after: Option<Definition>,
}

/// A schema object's identity. Names compare as SQLite's do: without ASCII case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name, as written.
    pub name: Cow<'static, str>,
    /// The table that an index or trigger hangs on; its own name for a table or view.
    pub table: Cow<'static, str>,
}

/// What kind of schema object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Virtual tables are tables too.
    Table,
    /// A view.
    View,
    /// An index that has SQL: not those of UNIQUE and PRIMARY KEY.
    Index,
    /// A trigger.
    Trigger,
}

/// Something to look for in the schema of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields say it")]
pub enum Look {
    /// `table t`, `no index i`, …
    Object { kind: Kind, name: Cow<'static, str>, present: bool },
    /// `column t.c`, `no column t.c`
    Column { table: Cow<'static, str>, column: Cow<'static, str>, present: bool },
    /// `definition t`: the object's definition is the current one.
    Definition { kind: Kind, name: Cow<'static, str>, definition: Definition },
}

/// A marker: what to look for, and at which versions it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What to look for.
    pub look: Look,
    /// The positions at which it begins or ceases to hold, ascending; position 0 is `base.sql`, position k is after
    /// the k-th migration. Before the first of them it does not hold.
    pub flips: Cow<'static, [u32]>,
}

/// An object's identity, its name folded as SQLite folds it.
pub type Key = (Kind, String);

impl Set {
    /// Every object that some version makes.
    #[must_use]
    pub fn known(&self) -> BTreeSet<Key> {
        let changes = self.base_changes.iter().chain(self.migrations.iter().flat_map(|m| m.changes.iter()));
        changes.map(|change| change.object.key()).collect()
    }

    /// The digest of the schema at a position.
    #[must_use]
    pub fn fingerprint_at(&self, position: usize) -> Digest {
        self.leading_to(position).map_or(self.base_fingerprint, |migration| migration.fingerprint)
    }

    /// The chain up to a position.
    #[must_use]
    pub fn chain_at(&self, position: usize) -> Digest {
        self.leading_to(position).map_or_else(|| self.squashed_chain(), |migration| migration.chain)
    }

    /// How messages name a position.
    #[must_use]
    pub fn position_name(&self, position: usize) -> String {
        match self.leading_to(position) {
            Some(migration) => format!("`{}`", migration.name),
            None if self.base.is_some() => "`base.sql`".to_owned(),
            None => "the state before the first migration".to_owned(),
        }
    }

    /// The chain of what was squashed, with which the first migration's goes on.
    #[must_use]
    pub fn squashed_chain(&self) -> Digest {
        self.squashed.iter().fold(Digest::ZERO, |last, squashed| chain(last, &squashed.name, squashed.checksum))
    }

    fn leading_to(&self, position: usize) -> Option<&Migration> {
        self.migrations.get(position.checked_sub(1)?)
    }
}

impl Script {
    /// The text of one statement.
    #[must_use]
    pub fn text(&self, statement: &Statement) -> &str {
        self.sql.get(statement.start as usize..statement.end as usize).unwrap_or_default()
    }
}

impl Object {
    /// Its identity.
    #[must_use]
    pub fn key(&self) -> Key {
        (self.kind, self.name.to_ascii_lowercase())
    }
}

impl Kind {
    /// As SQLite writes it: `table`, `view`, `index`, `trigger`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::View => "view",
            Kind::Index => "index",
            Kind::Trigger => "trigger",
        }
    }

    /// As SQLite writes it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Kind> {
        [Kind::Table, Kind::View, Kind::Index, Kind::Trigger].into_iter().find(|kind| kind.word() == word)
    }
}

impl Marker {
    /// Whether it holds at a position.
    #[must_use]
    pub fn holds_at(&self, position: usize) -> bool {
        self.flips.iter().filter(|&&flip| flip as usize <= position).count() % 2 == 1
    }
}

/// The digest that stands for a whole prefix of the list: over the chain before it, the name and the checksum.
#[must_use]
pub fn chain(before: Digest, name: &str, checksum: Digest) -> Digest {
    Hasher::new().part(b"chain 1").part(&before.0).part(name.as_bytes()).part(&checksum.0).finish()
}

/// The digest of a schema: the sum of its objects' digests, each of which covers the object's kind and name. A sum, so
/// that it costs little at every version of a long history.
#[must_use]
pub fn fingerprint(objects: impl Iterator<Item = Digest>) -> Digest {
    let mut sum = [0u64; 4];
    for strict in objects {
        for (word, bytes) in sum.iter_mut().zip(strict.0.chunks_exact(8)) {
            let bytes = bytes.try_into().unwrap_or_default();
            *word = word.wrapping_add(u64::from_le_bytes(bytes));
        }
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(8).zip(sum) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Digest(digest)
}
