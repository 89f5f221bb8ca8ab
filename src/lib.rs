//! SQLite migrations that the compiler proves. **If it compiles, it migrates.**
//!
//! Migrations are SQL files in a directory. While the application compiles, [`migrations!`] runs them on a real SQLite
//! in memory; what would fail is a compile error with file, line and column. When the application starts, one call
//! brings any database that it has ever shipped to the current schema, or leaves it exactly as it was.
//!
//! ```
//! mod db {
//!     # /*
//!     migrate::migrations!("migrations"); // relative to Cargo.toml
//!     # */
//!     # migrate::migrations!("tests/fixtures/tour");
//! }
//!
//! # /*
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut conn = migrate::rusqlite::Connection::open("app.db")?;
//! # */
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let mut conn = migrate::rusqlite::Connection::open_in_memory()?;
//!     let report = db::MIGRATIONS.run(&mut conn)?;
//!     assert!(db::is_schema_current(&conn)?);
//!     println!("{report}");
//!     Ok(())
//! }
//! ```
//!
//! # The directory
//!
//! ```text
//! migrations/
//!   001_create_notes.sql        number, underscore, words; ordered by number
//!   002_add_tags.sql
//!   002_add_tags.down.sql       optional
//!   base.sql                    optional: the schema from before the first migration
//!   schema.sql                  optional: the complete current schema, kept equal by the compiler
//!   migrate.toml                optional: the name of the history table, functions, collations
//!   migrations.lock             optional: what has been released, which the compiler keeps from being edited
//!   proof.lock                  optional: what was proved, for builds without the feature `verify`
//! ```
//!
//! Other layouts are read as they are: `NNN_name.up.sql`, `V1__name.sql`, a directory a migration with `up.sql` in it,
//! and files with `-- +goose Up` or `-- migrate:up` sections. No `.sql` file is ever ignored silently.
//!
//! # What the macro makes
//!
//! * `enum Version`, one variant a migration: code that names one that was renamed or removed does not compile.
//! * `static MIGRATIONS`, the list: a [`Migrations`]`<Version>`.
//! * `fn is_schema_current(&Connection)`, one statement that looks for the markers.
//! * `fn migrator()`, a [`Migrator`] for a run with options.
//!
//! ```
//! # mod db { migrate::migrations!("tests/fixtures/tour"); }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut conn = migrate::rusqlite::Connection::open_in_memory()?;
//! use db::Version;
//!
//! assert_eq!(Version::LATEST, Version::AddSlugs);
//! assert_eq!(Version::AddTags.to_string(), "002_add_tags.sql");
//! assert_eq!("002_add_tags".parse(), Ok(Version::AddTags));
//!
//! // In tests: a database as the last release left it.
//! db::migrator().target(Version::AddTags).run(&mut conn)?;
//! assert!(!db::is_schema_current(&conn)?);
//! # Ok(())
//! # }
//! ```
//!
//! # Markers and Rust steps
//!
//! The macro takes two options. [`migrations!`] has the details.
//!
//! ```
//! mod db {
//!     # /*
//!     migrate::migrations! {
//!         "migrations",
//!     # */
//!     # migrate::migrations! { "tests/fixtures/tour_steps",
//!         markers = [table tags, column notes.slug],
//!         after = { "003_add_slugs" => super::fill_slugs },
//!     }
//! }
//!
//! use migrate::rusqlite::{Connection, Result};
//!
//! /// Runs after the migration's statements, in the same transaction.
//! fn fill_slugs(conn: &Connection) -> Result<()> {
//!     conn.execute("UPDATE notes SET slug = lower(replace(title, ' ', '-'))", []).map(drop)
//! }
//! # fn main() { db::MIGRATIONS.run(&mut Connection::open_in_memory().unwrap()).unwrap(); }
//! ```
//!
//! # The guide
//!
//! This is the reference of the types. How to begin, recipes, every directive and option, and every finding are pages in the
//! repository's directory `docs`, beginning with `docs/README.md`; `docs/build` makes a book of them.
//!
//! # Features
//!
//! * `bundled` (default): compile SQLite into the application, instead of linking the system's.
//! * `verify` (default): run the migrations on SQLite while the macro expands. Without it no SQLite is compiled for the
//!   macro; what the proof found out then comes from `proof.lock`, and where that is missing or older than the
//!   migrations, the application does not compile.
//! * `testing`: what an application's tests use: databases as old releases left them, and every upgrade of them.

#[cfg(feature = "testing")]
pub mod testing;
mod unknown_version;

/// What generated code refers to: with the version in its name, so that nothing else does.
#[doc(hidden)]
#[path = "support.rs"]
pub mod __private_v0_1_0;

#[doc(inline)]
pub use migrate_core::*;
pub use unknown_version::UnknownVersion;

/// The migrations of a directory, proved, as `Version`, `MIGRATIONS`, `is_schema_current` and `migrator`.
///
/// The directory is a string literal, relative to the package's Cargo.toml, or else to the file that it is written in.
/// Options follow:
///
/// * `markers = […]`: what `is_schema_current` looks for. Each must hold in the current schema and be made true by a
///   migration, and one of them must notice the newest change, or it is a compile error. Without any they are derived.
///   Names that are no Rust identifiers are written as strings.
/// * `after = { "migration" => function }`: Rust steps. A step is a `fn(&Connection) -> Result<(), E>`, where `E` is
///   any error that turns into a `Box<dyn Error + Send + Sync>`. It runs after the migration's statements, in the same
///   transaction, and may change rows but not the schema.
///
/// ```
/// mod db {
///     # /*
///     migrate::migrations! {
///         "migrations",
///     # */
///     # migrate::migrations! { "tests/fixtures/tour_steps",
///         markers = [
///             table tags,
///             column notes.slug,
///             column "notes"."slug",
///             index tags_name,
///             definition notes,       // any change of it
///             no index notes_title,   // also `no table`, `no column`, `no view`, `no trigger`
///         ],
///         after = { "003_add_slugs" => super::fill_slugs },
///     }
/// }
///
/// fn fill_slugs(conn: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
///     conn.execute("UPDATE notes SET slug = lower(title)", []).map(drop)
/// }
/// # fn main() {}
/// ```
///
/// # Rebuilds
///
/// Cargo compiles again when a file of the directory is edited or removed. A file that is *added* is not noticed by
/// itself; a `build.rs` with this line makes Cargo notice it:
///
/// ```
/// println!("cargo::rerun-if-changed=migrations");
/// ```
///
/// Without it, a debug build that does not know a file refuses to run, with an error that says so.
#[macro_export]
macro_rules! migrations {
    ($($input:tt)*) => {
        $crate::__private_v0_1_0::migrations! { ($crate::__private_v0_1_0) $($input)* }
    };
}
