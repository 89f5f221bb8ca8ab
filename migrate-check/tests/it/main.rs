//! The tests of the proof: what it finds, what it makes, and what it leaves alone.

mod beyond;
mod cache;
mod fixtures;
mod hints;
mod markers;
mod memory;
mod pages;
mod property;
mod rows;
mod runtime;
mod set;
mod snapshot;
mod speed;
mod unproved;
