//! Limits that bite: no memory, no room, no time, hooks that refuse. Each is swept over every point of a run at which it can
//! bite, on real files.
//!
//! Each test prints how many points there were. `LIMITS_EVERY` is the distance between two points of a sweep; 1 tries all of
//! them.
#![cfg(unix)]

mod allocator;
mod child;
mod lists;
mod scene;
mod sweep;
mod trial;

mod authorizer;
mod hooks;
mod interrupts;
mod memory;
mod room;
mod sizes;
