//! The runtime of `migrate`: inspect a database, plan, apply, report.
//!
//! Applications depend on the crate `migrate`, which re-exports this one together with the macro that makes a
//! [`Migrations`] value. This crate receives that value finished: statements already split, checksums and schema
//! fingerprints already computed. It prints nothing, has no global state, and touches a database through the
//! application's own connection only.

mod migrations;
mod version;

mod catalog;
mod clock;
mod details;
mod expected;
mod history;
mod look;
mod other;

mod decide;
mod down;
mod inspect;
mod out_of_order;
mod recorded;
mod requirements;
mod squashed;

mod act;
mod alone;
mod backup;
mod destructive;
mod drift;
mod engine;
mod file;
mod foreign_keys;
mod repair;
mod run;
mod session;
mod wal;
mod write;

mod error;
mod helpers;
mod migrator;
mod observer;
mod plan;
mod policy;
mod progress;
mod report;
mod status;

use migrate_sql::set;

pub use backup::BackupPolicy;
pub use decide::Evidence;
pub use error::{Ambiguity, Divergence, Error, FailedStatement, State};
pub use expected::Comparison;
pub use helpers::{column_exists, index_exists, table_exists, trigger_exists, view_exists};
pub use history::Origin;
pub use migrate_sql::Digest;
pub use migrations::{MigrationRef, Migrations, StepFn};
pub use migrator::Migrator;
pub use observer::{Event, Observer};
pub use other::OtherTool;
pub use plan::{Plan, PlanStep};
pub use policy::{Atomicity, DriftPolicy};
pub use progress::Progress;
pub use report::{Entry, EntryKind, Outcome, Report};
pub use rusqlite;
pub use status::{RowState, Status, StatusRow};
pub use version::{AnyVersion, Target, Version};

#[doc(hidden)]
pub mod __private;
#[doc(hidden)]
pub mod elsewhere;

/// The target of all log records.
const LOG: &str = "migrate";
