//! The runtime on real files, with lists made by hand.

mod adoption;
mod backup;
mod down;
mod errors;
mod failures;
mod fresh;
mod hostile;
mod hygiene;
mod hygiene_connection;
mod kit;
mod observe;
mod outside;
mod reading;
mod refusals;
mod splits;
mod steps;
