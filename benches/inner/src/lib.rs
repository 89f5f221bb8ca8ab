//! What the measurements of the runtime share: lists of migrations that are made at run time, the databases that they bring
//! about, and the scenarios whose instructions are counted.
//!
//! `cargo bench -p inner` measures time; `benches/counts` counts instructions.

mod project;
mod scenario;
mod sql;

pub use project::{HISTORY, Project};
pub use scenario::{Scenario, measured};
pub use sql::{file_name, migration};
