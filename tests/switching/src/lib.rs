//! One application per migration tool, before and after it switches to migrate; and the tool itself, which brings a file
//! to any of its versions.
//!
//! The migrations are the same six everywhere, in the layout of each tool: two tables with a foreign key, a column, a
//! fill that leaves no mark in the schema, a rebuild of the parent, an index, a view with a trigger.

pub mod by_hand;
pub mod dbmate;
pub mod diesel;
pub mod golang_migrate;
pub mod goose;
mod list;
mod peer;
pub mod python;
pub mod refinery;
pub mod rusqlite_migration;
pub mod seaorm;
pub mod sqlx;

pub use list::{List, Ran};
pub use peer::{COUNT, PEERS, Peer, lines};

/// What the applications' functions answer.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
