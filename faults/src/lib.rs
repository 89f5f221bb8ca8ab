//! Faults for the runtime: a disk that fails, tears and forgets, processes that die, limits that bite.
//!
//! Nothing here is part of a release. It is the one crate of the workspace with `unsafe` code.
//!
//! [`Disk`] is a disk in memory with SQLite on top of it, registered as a VFS. Every operation on it is numbered, and a
//! [`Fault`] says which of them fails, and how; [`Disk::reboot`] is the disk as it is found after the power was cut. The
//! crates that make writing a VFS easy (`sqlite-plugin`, `sqlite-vfs`) hand down neither whether a folder is to be synced
//! with a deletion nor, the latter, any shared memory, and both are what this is about.

mod disk;
mod fault;
mod random;
mod survival;
mod vfs;

mod course;
mod dump;

pub use course::{Course, Place, Text};
pub use disk::{Deletions, Disk};
pub use dump::{dump, dump_all, history, integrity};
pub use fault::{Fault, Flavour};
pub use random::Random;
pub use survival::Survival;
