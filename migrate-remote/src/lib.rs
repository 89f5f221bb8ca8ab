//! The migrations of an application on a libSQL server: the same list, the same history, the same reports.
//!
//! A database in a file and one on a server end with the same schema and the same history, so that a file that is copied from the
//! server is current for the application, and the other way round.
//!
//! ```no_run
//! # mod db { migrate::migrations!("tests/fixtures/notes"); }
//! use migrate_remote::Remote;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let remote = Remote::new("http://127.0.0.1:8080")?;
//! let report = remote.run(&db::MIGRATIONS)?;     // brings any known database to current, or changes nothing
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! How it works: the schema and the history are read and copied into memory, the runtime decides on that copy as it would on a file,
//! and what it decides is sent as one transaction that also writes the history, and that fails if anything has changed since. Whatever
//! comes back, or does not, the history is read again.
//!
//! What a server does not do is refused before anything is changed: Rust steps, `--! transaction: none`, functions that the
//! application registers, statements that the server does not read. There are no backups here: they are the server's own.

mod address;
mod copy;
mod edit;
mod engine;
mod error;
mod failure;
mod fit;
mod group;
mod hrana;
mod http;
mod look;
mod patience;
mod remote;
mod rqlite;
mod run;
mod sqld;
mod state;

pub use engine::{Answer, Engine, Failure, Recency, Refused, Rows, Transaction};
pub use error::{Error, FailedStatement};
pub use migrate_core::rusqlite::types::Value;
pub use remote::Remote;
pub use rqlite::Rqlite;
pub use sqld::Sqld;

/// The target of all log records.
const LOG: &str = "migrate";
