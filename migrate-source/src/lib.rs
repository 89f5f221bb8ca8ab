//! Migration directories for `migrate`: layouts, directives, statements, checksums, findings. Text only, no SQLite.
//!
//! [`load`] is the whole of it: a directory becomes a [`Source`], and everything that is wrong with it a list of
//! [`Finding`]s, all at once. It is two phases, which tests and fuzzers call one by one: [`read`] makes a [`Listing`]
//! of names and bytes, and [`parse`] makes a `Source` of any listing, without touching a file.
//!
//! ```
//! use migrate_source::{Listing, parse, render};
//!
//! let (source, findings) = parse(&Listing::from_files([
//!     ("001_create_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
//!     ("002-add-body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;"),
//! ]));
//! assert_eq!(source.migrations[0].variant, "CreateNotes");
//! assert_eq!(
//!     render(&findings[0], &source).lines().next(),
//!     Some("`002-add-body.sql` has no underscore after its number [near-miss-name]"),
//! );
//! ```

mod finding;
mod ids;
mod source;

mod listing;
mod read;

mod parse;

mod directory;
mod layout;
mod name;
mod number;
mod stem;

pub mod lock;
pub mod proof;

mod config;
mod directive;
mod marker;
mod migration;
mod script;
mod section;
mod text;

mod checksum;
mod variant;

#[cfg(feature = "json")]
mod json;
mod nearest;
mod render;

use std::path::Path;

pub use config::{Config, Fresh, Function, StepConfig, Target};
pub use directive::{Adopt, Directives, Unproved};
pub use finding::{Files, Finding, Label, Place, Severity, Subject};
pub use ids::IDS;
#[cfg(feature = "json")]
pub use json::json;
pub use listing::Listing;
pub use lock::{Lock, Locked};
pub use marker::{MarkerError, MarkerKind, MarkerSpec, parse_marker};
pub use nearest::nearest;
pub use number::Number;
pub use parse::parse;
pub use read::read;
pub use render::{Style, render, render_styled};
pub use source::{Migration, Script, Source, SourceFile, Squashed};

/// Reads a directory and everything that is wrong with it.
///
/// `shown` is the directory as messages show it: what the user wrote. The source is as complete as can be, also where
/// there are errors: every migration whose name was understood is in it, with the text that could be read.
///
/// ```
/// let (source, findings) = migrate_source::load(std::path::Path::new("/no/such/migrations"), "migrations");
/// assert!(source.migrations.is_empty());
/// assert_eq!(findings[0].id, "directory-missing");
/// ```
#[must_use]
pub fn load(dir: &Path, shown: &str) -> (Source, Vec<Finding>) {
    parsed(read(dir, shown), dir, shown)
}

/// As [`load`], for a list that is not compiled into an application: files of SQL may be a good deal larger.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let sql = format!("CREATE TABLE notes(body TEXT); INSERT INTO notes VALUES ('{}');", "x".repeat(5 << 20));
/// std::fs::write(dir.path().join("001_create_notes.sql"), sql)?;
/// assert_eq!(migrate_source::load(dir.path(), "migrations").1[0].id, "file-too-large");
/// assert!(migrate_source::load_at_run_time(dir.path(), "migrations").1.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn load_at_run_time(dir: &Path, shown: &str) -> (Source, Vec<Finding>) {
    let listing = read(dir, shown).map(|listing| Listing { limit: listing::RUN_TIME_LIMIT, ..listing });
    parsed(listing, dir, shown)
}

fn parsed(listing: Result<Listing, Box<Finding>>, dir: &Path, shown: &str) -> (Source, Vec<Finding>) {
    match listing {
        Ok(listing) => parse(&listing),
        Err(finding) => (Source::empty(dir, shown), vec![*finding]),
    }
}
