//! Schemas, for the tools of `migrate`: described, drawn, written as `schema.sql`, and turned into the next migration.
//!
//! A [`Schema`] is what SQLite says of a database; a [`Timeline`] is that after every migration.
//!
//! ```
//! use migrate_schema::Timeline;
//! use migrate_source::{Listing, parse};
//!
//! let (source, _) = parse(&Listing::from_files([
//!     ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
//!     ("002_body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;"),
//! ]));
//! let timeline = Timeline::of(&source).unwrap();
//! let columns: Vec<usize> =
//!     timeline.versions.iter().map(|version| version.schema.tables.iter().map(|table| table.columns.len()).sum()).collect();
//! assert_eq!(columns, [0, 1, 2]);
//! ```

mod schema;
mod timeline;

mod diff;
mod draw;
mod dump;
mod rebuild;
mod squash;

mod create;
mod names;
mod rows;

pub use diff::{Change, Diff, DiffError, Fill, Options, Question, Rename, diff, rebuild};
pub use draw::{Difference, How, What, changes, html, mermaid, svg};
pub use dump::{Dump, dump};
pub use schema::{Column, ForeignKey, Generated, Index, Schema, Table, Trigger, View};
pub use squash::{Squash, SquashError, squash};
pub use timeline::{Timeline, Version, changes_between};
