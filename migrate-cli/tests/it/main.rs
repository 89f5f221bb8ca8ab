//! The command line, through the real binary.

mod kit;
mod page;

mod config;
mod database;
mod deletes;
mod diff;
mod directory;
mod docs;
mod embedded;
mod fleet;
mod guide;
mod help;
mod json;
mod links;
mod reading;
mod recipes;
mod refusals;
mod schema;
mod server;
mod several;
mod streams;
mod terminal;
mod trouble;
mod walk;
mod walks;
