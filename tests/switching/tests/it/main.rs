//! Databases that other tools have made and filled, switched to migrate.

mod at_once;
mod differences;
mod every_version;
mod files;
mod pages;
mod python;
mod refusals;
mod story;

type Result<T = ()> = switching::Result<T>;
