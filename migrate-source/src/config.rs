//! `migrate.toml`: the options that concern the SQL.

mod options;
mod reader;

use toml::de::DeTable;

use crate::finding::{Finding, Place};
use crate::ids;
use crate::source::Source;
use crate::text::File;

use self::reader::Reader;

/// `migrate.toml`.
///
/// ```
/// use migrate_source::{Config, Fresh, Function, Listing, StepConfig, Target, parse};
///
/// let toml = r#"
///     functions = [{ name = "slug", arguments = 1, deterministic = true }]
///     target = "sqld"
///
///     [steps."001_notes"]
///     fresh = "skip"
/// "#;
/// let files = [("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"), ("migrate.toml", toml)];
/// let Config { history_table, functions, target, steps, .. } = parse(&Listing::from_files(files)).0.config;
/// assert_eq!((history_table.as_str(), target), ("schema_migrations", Target::Sqld));
/// let Function { name, arguments, deterministic } = &functions[0];
/// assert_eq!((name.as_str(), *arguments, *deterministic), ("slug", Some(1), true));
/// assert!(matches!(&steps[0], StepConfig { migration, fresh: Fresh::Skip, .. } if migration == "001_notes"));
/// ```
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
    /// `target = "sqld"`, default `sqlite`.
    pub target: Target,
    /// `[steps."004_split_names"]`, each with `fresh = "run" | "skip"`.
    pub steps: Vec<StepConfig>,
}

/// What runs the migrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// SQLite, in the application.
    #[default]
    Sqlite,
    /// sqld, the server of libSQL, which Turso runs.
    Sqld,
    /// rqlite.
    Rqlite,
    /// Cloudflare D1.
    D1,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 4] = [Target::Sqlite, Target::Sqld, Target::Rqlite, Target::D1];

    /// As `migrate.toml` writes it.
    ///
    /// ```
    /// assert_eq!(migrate_source::Target::Sqld.name(), "sqld");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Target::Sqlite => "sqlite",
            Target::Sqld => "sqld",
            Target::Rqlite => "rqlite",
            Target::D1 => "d1",
        }
    }
}

/// A function that the application registers on its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// `None`: any number (`arguments = "any"`, or not given).
    pub arguments: Option<u8>,
    /// Whether it is registered as deterministic.
    pub deterministic: bool,
}

/// What `migrate.toml` says of a Rust step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepConfig {
    /// The migration's name with or without `.sql`, as written.
    pub migration: String,
    /// What becomes of the step on a fresh database.
    pub fresh: Fresh,
    /// Where it says so.
    pub place: Place,
}

/// What becomes of a Rust step on a fresh database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fresh {
    /// It runs there too.
    #[default]
    Run,
    /// There is nothing for it to do.
    Skip,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            history_table: "schema_migrations".to_owned(),
            shared: false,
            functions: Vec::new(),
            collations: Vec::new(),
            min_sqlite: 0,
            target: Target::Sqlite,
            steps: Vec::new(),
        }
    }
}

/// Reads the options; what is wrong keeps its default.
pub(crate) fn parse(file: &File, source: &Source, findings: &mut Vec<Finding>) -> Config {
    if !file.sound {
        return Config::default();
    }
    match DeTable::parse(&file.text) {
        Ok(table) => {
            let mut reader = Reader::new(file, source);
            let config = reader.config(table.get_ref());
            findings.append(&mut reader.findings);
            config
        }
        // The first error only: the others are often its echo.
        Err(error) => {
            let place = file.place(error.span().unwrap_or(0..0));
            findings.push(Finding::error(ids::CONFIG_SYNTAX, error.message(), place.into()));
            Config::default()
        }
    }
}
