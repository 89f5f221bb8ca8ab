//! The verbs of a directory, and the whole program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::{EXIT_CODES, OnDatabase, Shown, examples};

/// SQLite migrations that the compiler proves.
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The directory of migrations [default: `dir` in [package.metadata.migrate] of Cargo.toml, or `migrations`]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Begin: the directory, a first migration, the line for build.rs
    ///
    /// Prints the macro call that goes into the application. Writes over nothing.
    #[command(after_help = examples::INIT)]
    Init(Init),
    /// Write the next migration's file, numbered and named as the others are
    #[command(after_help = examples::NEW)]
    New(New),
    /// Write the next migration from an edited schema.sql
    ///
    /// The difference between what the migrations make and what the schema says, as SQL: ALTER TABLE where SQLite can, a
    /// rebuild that keeps every row where it cannot. The file is proved like any other.
    #[command(after_help = examples::DIFF)]
    Diff(Diff),
    /// Prove the migrations, as the compiler does
    #[command(after_help = examples::CHECK)]
    Check(Check),
    /// Write schema.sql: the complete current schema, as the migrations make it
    #[command(after_help = examples::DUMP)]
    Dump(Dump),
    /// Record the migrations as released, in migrations.lock
    ///
    /// From then on the compiler refuses when one of them is edited, renamed or removed.
    #[command(after_help = examples::LOCK)]
    Lock(Lock),
    /// Make old migrations part of base.sql
    ///
    /// Proved equal to what they made. Databases that have run all of them go on as before; older ones are refused, and told
    /// which release to pass through.
    #[command(after_help = examples::SQUASH)]
    Squash(Squash),
    /// Show the schema that the migrations make, at any version
    #[command(after_help = examples::SCHEMA)]
    Schema(Schema),
    /// Show what each migration makes of the schema
    #[command(after_help = examples::TIMELINE)]
    Timeline(Timeline),
    #[command(flatten)]
    Database(OnDatabase),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page, or that of a verb
    #[command(after_help = examples::MAN)]
    Man(Man),
}

impl Verb {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Verb::Init(_) => "init",
            Verb::New(_) => "new",
            Verb::Diff(_) => "diff",
            Verb::Check(_) => "check",
            Verb::Dump(_) => "dump",
            Verb::Lock(_) => "lock",
            Verb::Squash(_) => "squash",
            Verb::Schema(_) => "schema",
            Verb::Timeline(_) => "timeline",
            Verb::Database(verb) => verb.word(),
            Verb::Completions(_) => "completions",
            Verb::Man(_) => "man",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The name of the first migration, in words
    #[arg(default_value = "create tables")]
    pub(crate) name: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// What the migration does, in words: `add tags`
    #[arg(required = true)]
    pub(crate) name: Vec<String>,
    /// Write a down script too
    #[arg(long)]
    pub(crate) down: bool,
    /// Write the complete rebuild of a table, to be changed where ALTER TABLE cannot
    #[arg(long, value_name = "TABLE")]
    pub(crate) rebuild: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// What the migration does, in words: `add tags`
    #[arg(required = true)]
    pub(crate) name: Vec<String>,
    /// The schema to come to [default: schema.sql in the directory of migrations]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// A table or a column that has another name in the schema: `notes=entries`, `notes.body=text`; may be repeated
    ///
    /// `OLD=NEW` renames a table, `TABLE.OLD=NEW` a column. Where both are renamed, the column's table is named as it is from
    /// now on: `--rename notes=entries --rename entries.body=text`.
    #[arg(long, value_name = "[TABLE.]OLD=NEW")]
    pub(crate) rename: Vec<String>,
    /// What is not in the schema any longer is dropped
    #[arg(long)]
    pub(crate) drop: bool,
    /// The value of a column in rows that exist, as SQL over the old row: `"notes.kind='plain'"`; may be repeated
    ///
    /// Table and column by the names that they have in the schema. The expression is SQL and may name columns of the row,
    /// renamed ones by their new names: `"notes.title=substr(text, 1, 20)"`. A text is in single quotes, and the whole in
    /// double quotes for the shell. For a column that is there already it stands for NULL; or, if it names the column itself,
    /// it says what becomes of each value: `"notes.code=ltrim(code, '0')"`.
    #[arg(long, value_name = "TABLE.COLUMN=EXPRESSION")]
    pub(crate) fill: Vec<String>,
    /// A column whose values become what its new type makes of them (`7` of `'007'`): `notes.code`; may be repeated
    #[arg(long, value_name = "TABLE.COLUMN")]
    pub(crate) convert: Vec<String>,
    /// Write to standard output
    #[arg(long, conflicts_with = "json")]
    pub(crate) stdout: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Squash {
    /// The newest migration that becomes part of base.sql: a number or a name
    #[arg(long, value_name = "VERSION")]
    pub(crate) upto: String,
    /// The last release of the application that has these migrations, for users of older databases
    #[arg(long, value_name = "NAME")]
    pub(crate) release: Option<String>,
    /// Do not write; show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Every finding that there is, each with a line
    #[arg(long, conflicts_with_all = ["explain", "write", "deny_warnings"])]
    pub(crate) list: bool,
    /// The manual page of a finding
    #[arg(long, value_name = "ID", conflicts_with_all = ["write", "deny_warnings"])]
    pub(crate) explain: Option<String>,
    /// Write proof.lock, for builds without the feature `verify`
    #[arg(long)]
    pub(crate) write: bool,
    /// Warnings count as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Do not write; the exit code is 1 if schema.sql says something else
    #[arg(long)]
    pub(crate) check: bool,
    /// Write to standard output
    #[arg(long, conflicts_with_all = ["check", "json"])]
    pub(crate) stdout: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// Do not write; the exit code is 1 if a migration is not recorded
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The version: a number, a name, `base` or `latest`
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(crate) at: String,
    /// How it is written [default: sql, or json with --json]
    #[arg(long)]
    pub(crate) format: Option<SchemaFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    Sql,
    Json,
    Mermaid,
    Svg,
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct Timeline {
    /// How it is written [default: text, or json with --json]
    #[arg(long)]
    pub(crate) format: Option<TimelineFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimelineFormat {
    Text,
    Json,
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The verb
    pub(crate) verb: Option<String>,
}
