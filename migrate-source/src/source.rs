//! A migration directory, read.

use std::ops::Range;
use std::path::{Path, PathBuf};

use migrate_sql::Digest;

use crate::config::Config;
use crate::directive::Directives;
use crate::finding::{Files, Place};
use crate::listing;
use crate::lock::{Lock, Locked};
use crate::number::Number;

/// A migration directory: the one value that the macro, the command line and a run-time loader work from.
///
/// ```
/// use migrate_source::{Listing, Migration, Script, Source, SourceFile, Squashed, parse};
///
/// let files = [
///     ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
///     ("002_body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;"),
/// ];
/// let (Source { migrations, files, squashed, .. }, findings) = parse(&Listing::from_files(files));
/// assert!(findings.is_empty());
/// for Migration { name, variant, up: Script { text, .. }, .. } in &migrations {
///     println!("{variant}: {name}, {} bytes", text.len());
/// }
/// assert!(files.iter().all(|SourceFile { text, .. }| text.is_some()));
/// assert_eq!(squashed.map(|Squashed { entries, .. }| entries.len()), None);
/// ```
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
    /// `migrations.lock`.
    pub lock: Option<Lock>,
    /// `squashed.lock`.
    pub squashed: Option<Squashed>,
    /// The migrations, oldest first.
    pub migrations: Vec<Migration>,
    /// Every file that was read, to be tracked by the build.
    pub files: Vec<SourceFile>,
    /// The names in the directory that were taken into account, sorted: whatever ends in `.sql` (in any case), every
    /// directory, `migrate.toml` and the lock files, without dot files and editors' left-overs.
    pub entries: Vec<String>,
}

/// What was before the first migration, and is part of `base.sql` now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squashed {
    /// The file as messages show it.
    pub shown: String,
    /// Oldest first.
    pub entries: Vec<Locked>,
    /// The last release of the application that has them, as its author names it.
    pub release: Option<String>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As opened; joined to the directory.
    pub path: PathBuf,
    /// As messages show it: `migrations/002_add_tags.sql`.
    pub shown: String,
    /// The text: BOM dropped, line ends LF. Where some bytes are not UTF-8, which is an error, they are `U+FFFD` here;
    /// `None` where the bytes are no text at all.
    pub text: Option<String>,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What the history records: `002_add_tags.sql`, whatever the layout.
    pub name: String,
    /// The number in front of the name; `None` where no file has one.
    pub number: Option<Number>,
    /// The variant of the `Version` enum: `AddTags`. No two migrations have the same, also where there are errors.
    pub variant: String,
    /// What it does.
    pub up: Script,
    /// What takes it back.
    pub down: Option<Script>,
    /// Rows that the proof inserts before this migration runs.
    pub witness: Option<Script>,
    /// What the head of the up script says.
    pub directives: Directives,
    /// Over the tokens of the up script and the directives that change what happens.
    pub checksum: Digest,
}

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

impl Source {
    /// The source of a directory in which nothing was found.
    ///
    /// ```
    /// use migrate_source::Source;
    /// assert_eq!(Source::empty("migrations", "migrations").config.history_table, "schema_migrations");
    /// ```
    #[must_use]
    pub fn empty(dir: impl AsRef<Path>, shown: &str) -> Source {
        Source {
            dir: dir.as_ref().to_path_buf(),
            shown: shown.to_owned(),
            config: Config::default(),
            base: None,
            schema: None,
            lock: None,
            squashed: None,
            migrations: Vec::new(),
            files: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// The position of a migration by its name, with or without `.sql`.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let (source, _) = parse(&Listing::from_files([("001_a.sql", "SELECT 1")]));
    /// assert_eq!(source.position("001_a"), Some(0));
    /// assert_eq!(source.position("001_a.sql"), Some(0));
    /// assert_eq!(source.position("001"), None);
    /// ```
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.migrations.iter().position(|migration| migration.name == name || migration.stem() == name)
    }

    /// The path of a file of the directory as messages show it, also of one that is not there.
    ///
    /// ```
    /// use migrate_source::Source;
    /// assert_eq!(Source::empty("/srv/app/db/migrations", "db/migrations").shown_path("a.sql"), "db/migrations/a.sql");
    /// ```
    #[must_use]
    pub fn shown_path(&self, name: &str) -> String {
        listing::shown(&self.shown, name)
    }

    /// What is said of the Rust step of a migration that `migrate.toml` does not list: the message, and the help.
    #[doc(hidden)]
    #[must_use]
    pub fn unlisted_step(&self, migration: &Migration) -> (String, String) {
        let (stem, file) = (migration.stem(), self.shown_path("migrate.toml"));
        let message = format!("the Rust step of `{stem}` is not in `{file}`, where tools would see it");
        let help = format!(
            "add to `{file}`, or make this file:\n    [steps.\"{stem}\"]\n    fresh = \"run\"\n\
             or `fresh = \"skip\"`, if the step has nothing to do on a fresh database"
        );
        (message, help)
    }
}

impl Files for Source {
    fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.shown == path)?.text.as_deref()
    }

    fn directory(&self) -> Option<&str> {
        Some(&self.shown)
    }
}

impl Migration {
    /// Its name without `.sql`.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let (source, _) = parse(&Listing::from_files([("001_a.up.sql", "SELECT 1")]));
    /// assert_eq!(source.migrations[0].stem(), "001_a");
    /// ```
    #[must_use]
    pub fn stem(&self) -> &str {
        self.name.strip_suffix(".sql").unwrap_or(&self.name)
    }
}

impl Script {
    /// The texts of its statements.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let (source, _) = parse(&Listing::from_files([("001_a.sql", "SELECT 1; SELECT 2;")]));
    /// assert_eq!(source.migrations[0].up.sql().collect::<Vec<_>>(), ["SELECT 1", "SELECT 2"]);
    /// ```
    pub fn sql(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().map(|statement| &self.text[statement.clone()])
    }

    /// A place in its file.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let (source, _) = parse(&Listing::from_files([("001_a.sql", "SELECT 1")]));
    /// assert_eq!(source.migrations[0].up.place(0..6).path, "migrations/001_a.sql");
    /// ```
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        Place::new(&self.shown, span)
    }
}
