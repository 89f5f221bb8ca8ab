//! The runtime of `migrate`: inspect a database, plan, apply, report.
//!
//! Applications depend on the crate `migrate`, which re-exports this one together with the macro that makes a
//! [`Migrations`] value. This crate receives that value finished: statements already split, checksums and schema
//! fingerprints already computed. It prints nothing, has no global state, and touches a database through the
//! application's own connection only.

mod set;

pub use rusqlite;
pub use set::{Migrations, Target, Version, AnyVersion, StepFn};
#[doc(hidden)]
pub mod __private;
