//! The tests of the proof: what it finds, what it makes, and what it leaves alone.

mod fixtures;
mod markers;
mod memory;
mod pages;
mod property;
mod runtime;
mod set;
mod snapshot;
mod speed;
mod unproved;
