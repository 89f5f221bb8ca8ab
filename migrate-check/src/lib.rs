//! The proof of `migrate`: the migrations of a directory, run on SQLite in memory, and what is wrong with them.
//!
//! [`check`] takes a [`Source`](migrate_source::Source) and gives back the finished [`Set`] that the runtime works from, or the
//! findings that speak against it, all of them at once. The macro calls it while an application compiles; [`load`]
//! calls it at run time, for tools and tests, and gives the same list.
//!
//! Nothing is parsed here. SQLite runs the statements as the runtime does, on a connection that refuses whatever would
//! reach outside its memory; the catalog before and after says what changed; and rules, one file each, read what was
//! found out and report. Each rule has a page in `docs/findings`, and its name is in [`IDS`].
//!
//! ```
//! use migrate_check::{Declared, check};
//! use migrate_source::{Listing, parse};
//!
//! let (source, _) = parse(&Listing::from_files([
//!     ("001_create_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
//!     ("002_add_body.sql", "ALTER TABLE notse ADD COLUMN body TEXT;"),
//! ]));
//! let checked = check(&source, &Declared::default());
//! assert!(checked.set.is_none());
//! assert_eq!(checked.findings[0].id, "does-not-run");
//! assert_eq!(checked.findings[0].help, ["write `notes`"]);
//! ```
//!
//! [`Set`]: migrate_core::__private::Set

mod check;
mod load;
mod renamed;
mod stage;

mod cache;

mod acts;
mod fresh;
mod lineage;
mod markers;
mod probes;
mod replay;
mod scratch;
mod scripts;
mod snapshot;
mod steps;
mod tables;
mod tightened;
mod witness;

mod allow;
mod difference;
mod facts;
mod findings;
mod rules;
mod set;
mod unproved;

mod place;
mod words;

#[doc(hidden)]
pub use cache::Reused;
pub use check::{Checked, Declared, check, check_cached, proof_lock};
#[doc(hidden)]
pub use check::{check_cached_within, check_within};
pub use load::{LoadError, Loaded, load, load_with_steps};
#[doc(hidden)]
pub use renamed::{Renamed, renamed};
pub use rules::IDS;
pub use stage::{Stage, StageError};
