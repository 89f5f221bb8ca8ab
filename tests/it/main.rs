//! The facade, end to end, and what must be true of the repository.

mod cache;
mod examples;
mod expand;
mod package;
mod readme;
mod same_value;
mod testing;
mod tidy;
