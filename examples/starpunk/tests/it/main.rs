//! Databases of every kind that is in use, on real files, and what once broke in production.

mod adoption;
mod ancestor;
mod application;
mod files;
mod marker;
mod production;
mod scenarios;
mod starts;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
