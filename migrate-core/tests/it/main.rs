//! The runtime on real files, with lists made by hand.

mod adoption;
mod errors;
mod failures;
mod fresh;
mod hygiene;
mod kit;
mod outside;
mod reading;
mod refusals;
mod steps;
