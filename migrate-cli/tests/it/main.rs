//! The command line, through the real binary.

mod kit;

mod config;
mod database;
mod diff;
mod directory;
mod docs;
mod embedded;
mod help;
mod json;
mod reading;
mod refusals;
mod schema;
mod several;
mod streams;
mod terminal;
mod trouble;
mod walk;
