//! Real servers, real files, real processes: nothing is played here. Without `MIGRATE_SQLD` and `MIGRATE_RQLITED` the tests say that they are skipped.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "whoever runs the tests should know what was done, and what was not"
)]

mod kit;
mod line;
mod node;
mod server;

mod door;
mod edit;
mod failures;
mod fixtures;
mod namespaces;
mod network;
mod races;
mod replicas;
mod rqlite;
mod starts;
mod steps;
