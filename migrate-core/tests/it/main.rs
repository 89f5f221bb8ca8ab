//! The runtime on real files, with lists made by hand.

mod adoption;
mod backup;
mod backup_errors;
mod backup_names;
mod by_hand;
mod down;
mod errors;
mod failures;
mod fresh;
mod hostile;
mod hygiene;
mod hygiene_connection;
mod kit;
mod observe;
mod other;
mod out_of_order;
mod outside;
mod reading;
mod refusals;
mod repair;
mod splits;
mod steps;
mod wal;
