//! Schemas at random, edited at random; and databases before and after a squash.

mod edit;
mod make;
mod model;
mod property;
mod rows;
mod squash;
mod tape;
mod text;
