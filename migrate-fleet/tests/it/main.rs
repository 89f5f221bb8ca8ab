//! Many files, in real directories, and processes that are killed.

mod killed;
mod kit;
mod quarantine;
mod sweep;
mod tenants;
