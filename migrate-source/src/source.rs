//! A migration directory, read.

use std::ops::Range;
use std::path::PathBuf;

use migrate_sql::Digest;

use crate::finding::Place;

/// A migration directory: the one value that the macro, the command line and a run-time loader work from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The directory, as it was opened.
    pub dir: PathBuf,
    /// The directory as messages show it: `migrations`.
    pub shown: String,
    /// `migrate.toml`, or its defaults.
    pub config: Config,
    /// `base.sql`.
    pub base: Option<Script>,
    /// `schema.sql`.
    pub schema: Option<Script>,
    /// The migrations, oldest first.
    pub migrations: Vec<Migration>,
    /// Every file that was read, to be tracked by the build.
    pub files: Vec<SourceFile>,
    /// The names in the directory (files and directories) that were taken into account, sorted.
    pub entries: Vec<String>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As opened; joined to the directory.
    pub path: PathBuf,
    /// As messages show it: `migrations/002_add_tags.sql`.
    pub shown: String,
    /// The text: BOM dropped, line ends LF. `None` where the bytes are not text.
    pub text: Option<String>,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What the history records: `002_add_tags.sql`, whatever the layout.
    pub name: String,
    /// The number in front of the name; `None` where no file has one.
    pub number: Option<Number>,
    /// The variant of the `Version` enum: `AddTags`.
    pub variant: String,
    pub up: Script,
    pub down: Option<Script>,
    /// Rows that the proof inserts before this migration runs.
    pub witness: Option<Script>,
    pub directives: Directives,
    /// Over the tokens of the up script and the directives that change what happens.
    pub checksum: Digest,
}

/// A number of any length, leading zeroes dropped; compares as a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(pub String);

/// A script: a file, or a section of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file as messages show it.
    pub shown: String,
    /// The file's whole text, also where the script is a section of it, so that offsets are offsets in the file.
    pub text: String,
    /// The byte range of each statement in `text`, semicolon not included.
    pub statements: Vec<Range<usize>>,
}

/// The `--!` lines at the head of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// `--! marker: column notes.tag_count`
    pub markers: Vec<(MarkerSpec, Place)>,
    /// `--! transaction: none`
    pub no_transaction: Option<Place>,
    /// `--! foreign_keys: on`
    pub foreign_keys_on: Option<Place>,
    /// `--! adopt: run` or `skip`
    pub adopt: Option<(Adopt, Place)>,
    /// `--! name: AddTags`
    pub name: Option<(String, Place)>,
    /// `--! allow(drop-column): reason`
    pub allow: Vec<(String, String, Place)>,
    /// `--! unproved: reason`
    pub unproved: Option<Unproved>,
}

/// `--! unproved: needs the vec0 module -- …`; the objects it makes follow as `--! marker:` lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    pub reason: String,
    pub place: Place,
}

/// What `--! adopt:` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    Run,
    Skip,
}

/// A marker as declared: `column notes.tag_count`, `no table drafts`, `definition notes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerSpec {
    /// `no …`
    pub negated: bool,
    pub kind: MarkerKind,
    /// The object; for a column, its table.
    pub name: String,
    /// For a column.
    pub column: Option<String>,
}

/// What a marker looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    Table,
    Column,
    Index,
    View,
    Trigger,
    Definition,
}

/// `migrate.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `history_table`, default `schema_migrations`.
    pub history_table: String,
    /// `shared`, default `false`.
    pub shared: bool,
    /// `functions = [{ name = "slug", arguments = 1, deterministic = true }]`
    pub functions: Vec<Function>,
    /// `collations = ["german"]`
    pub collations: Vec<String>,
    /// `min_sqlite = "3.45.1"` as 3045001; 0 where it is not given.
    pub min_sqlite: i32,
    /// `target = "sqlite"`, the only one so far.
    pub target: Option<String>,
    /// `[steps."004_split_names"]`, each with `fresh = "run" | "skip"`.
    pub steps: Vec<StepConfig>,
}

/// A function that the application registers on its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// `None`: any number (`arguments = "any"`, or not given).
    pub arguments: Option<u8>,
    pub deterministic: bool,
}

/// What `migrate.toml` says of a Rust step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepConfig {
    /// The migration's name with or without `.sql`, as written.
    pub migration: String,
    pub fresh: Fresh,
    pub place: Place,
}

/// What becomes of a Rust step on a fresh database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fresh {
    #[default]
    Run,
    Skip,
}
