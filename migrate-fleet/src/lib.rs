//! Many SQLite files with one list of migrations: a database a tenant.
//!
//! Each file carries its own history, so nothing has to be remembered outside: a sweep that was interrupted is run again, and finds what is
//! left to do. The migrations are those of the application, `db::MIGRATIONS`.
//!
//! ```
//! # mod db { migrate::migrations!("tests/fixtures/tenant"); }
//! use migrate_fleet::Fleet;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let files: Vec<_> = (0..20).map(|n| directory.path().join(format!("{n}.db"))).collect();
//! # for file in &files { drop(std::fs::File::create(file)?); }
//! let fleet = Fleet::new(&db::MIGRATIONS).canary(5).max_failures(10);
//!
//! // Every pending migration on every file, in a transaction that is rolled back: whose data refuses it?
//! let tried = fleet.dry_run(&files)?;
//! assert!(tried.is_success(), "{tried}");
//!
//! // Five files first, and only if all of these succeed the others, on all cores; at most ten may fail.
//! let swept = fleet.sweep(&files)?;
//! assert_eq!(swept.migrated(), 20);
//!
//! // Again: nothing is left to do.
//! assert_eq!(fleet.sweep(&files)?.current(), 20);
//! # Ok(())
//! # }
//! ```
//!
//! A server that opens thousands of them need not wait for a sweep: [`Tenants`] migrates a file when it is opened first.

mod fleet;
mod outcome;
mod quarantine;
mod report;
mod sweep;
mod tenants;

pub use fleet::{Fleet, FleetError, FleetEvent};
pub use outcome::{FileError, FileOutcome, FileState};
pub use report::{FleetReport, Stopped};
pub use tenants::{TenantConnection, TenantError, Tenants};
