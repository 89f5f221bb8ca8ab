//! Real processes on real files: killed, stopped, started all at once, and stepped through every order.
//!
//! Each test prints what it counted. `KILLS`, `STARTS` and `ORDERS` make them longer.
#![cfg(unix)]

mod database;
mod lists;
mod process;
mod random;

mod hot;
mod kills;
mod locked;
mod orders;
mod pool;
mod readers;
mod starts;
mod writers;
