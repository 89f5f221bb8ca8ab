//! The finished data that the runtime works from: what `migrations!` expands to, and what a run-time loader makes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use migrate_sql::{Definition, Digest};

/// A version of the schema: the enum that `migrations!` generates, one variant a migration, oldest first.
pub trait Version: Copy + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Its place in the list, counted from 0.
    fn index(self) -> usize;

    /// The version at a place; `None` past the end of the list.
    fn from_index(index: usize) -> Option<Self>;
}

/// The version type of a list that was loaded at run time: a place in the list, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyVersion(pub usize);

impl Version for AnyVersion {
    fn index(self) -> usize {
        self.0
    }

    fn from_index(index: usize) -> Option<AnyVersion> {
        Some(AnyVersion(index))
    }
}

impl fmt::Display for AnyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "migration {}", self.0 + 1)
    }
}

/// Where a run is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target<V> {
    /// Before the first migration: `base.sql`, or an empty schema.
    Base,
    /// After this migration.
    At(V),
    /// After the newest migration.
    #[default]
    Latest,
}

impl<V: Version> From<V> for Target<V> {
    fn from(version: V) -> Target<V> {
        Target::At(version)
    }
}

/// A Rust step: it runs after its migration's statements, in the same transaction.
pub type StepFn = fn(&rusqlite::Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The typed list of an application's migrations, oldest first.
///
/// `migrations!` expands to a `static` of this type.
pub struct Migrations<V> {
    pub(crate) set: Set,
    /// Index of a migration, and the step that runs after it; sorted by index.
    pub(crate) steps: Cow<'static, [(usize, StepFn)]>,
    version: PhantomData<fn() -> V>,
}

impl<V> Migrations<V> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(set: Set, steps: Cow<'static, [(usize, StepFn)]>) -> Migrations<V> {
        Migrations { set, steps, version: PhantomData }
    }
}

/// Everything but the Rust functions. Reached through `__private`: its fields may change with any release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Oldest first; never empty.
    pub migrations: Cow<'static, [Migration]>,
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
    /// What `is_schema_current` looks for, with the versions at which it holds.
    pub markers: Cow<'static, [Marker]>,
    /// The one statement of `is_schema_current`: made by `migrate_core::__private::marker_sql`.
    pub marker_sql: Cow<'static, str>,
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
    pub name: Cow<'static, str>,
    /// The number of arguments; -1 for any.
    pub arguments: i32,
}

/// Where the migrations were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The directory, absolute.
    pub dir: Cow<'static, str>,
    /// The names in it that were taken into account: files and directories, sorted.
    pub entries: Cow<'static, [Cow<'static, str>]>,
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

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What the history records: `002_add_tags.sql`.
    pub name: Cow<'static, str>,
    pub up: Script,
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
    Run,
    Skip,
}

/// What becomes of a Rust step on a fresh database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh {
    Run,
    Skip,
}

/// A schema object, after a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub object: Object,
    /// `None`: it is gone.
    pub after: Option<Definition>,
}

/// A schema object's identity. Names compare as SQLite's do: without ASCII case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub kind: Kind,
    pub name: Cow<'static, str>,
    /// The table that an index or trigger hangs on; its own name for a table or view.
    pub table: Cow<'static, str>,
}

/// What kind of schema object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Table,
    View,
    Index,
    Trigger,
}

/// Something to look for in the schema of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub look: Look,
    /// The positions at which it begins or ceases to hold, ascending; position 0 is `base.sql`, position k is after
    /// the k-th migration. Before the first of them it does not hold.
    pub flips: Cow<'static, [u32]>,
}
