//! What the code that `migrations!` generates refers to.

use std::error::Error as StdError;

pub use migrate_core::__private::{
    Adopt, Change, Cow, Definition, Digest, Fresh, Function, Kind, Look, Marker, Migration, Object, Options, Origin,
    Script, Set, Squashed, Statement, literal,
};
pub use migrate_core::rusqlite::Connection;
pub use migrate_core::{Error, Migrations, Migrator, Version};
pub use migrate_macros::migrations;
pub use std::clone::Clone;
pub use std::cmp::{Eq, Ord, PartialEq, PartialOrd};
pub use std::fmt::{self, Debug, Display, Formatter};
pub use std::hash::Hash;
pub use std::marker::Copy;
pub use std::option::Option;
pub use std::prelude::v1::derive;
pub use std::primitive::{bool, str, u8, usize};
pub use std::result::Result;
pub use std::str::FromStr;
pub use std::{cfg, include_bytes, include_str};

pub use crate::unknown_version::{UnknownVersion, find_version};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Calls a Rust step, whatever its error is.
pub fn step<E: StepError>(conn: &Connection, function: fn(&Connection) -> Result<(), E>) -> Result<(), BoxError> {
    function(conn).map_err(StepError::into_box)
}

/// The error of a Rust step.
#[diagnostic::on_unimplemented(
    message = "a Rust step cannot fail with `{Self}`",
    label = "the error of this step does not become a `Box<dyn Error + Send + Sync>`",
    note = "a step is a `fn(&Connection) -> Result<(), E>` where `E: Into<Box<dyn Error + Send + Sync>>`"
)]
pub trait StepError {
    /// The error in a box.
    fn into_box(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> StepError for E {
    fn into_box(self) -> BoxError {
        self.into()
    }
}

/// What stands in for the list where the macro reported an error.
#[must_use]
pub const fn nothing<V>() -> Migrations<V> {
    const NOTHING: Set = Set {
        migrations: Cow::Borrowed(&[]),
        squashed: Cow::Borrowed(&[]),
        squashed_release: None,
        base: None,
        base_changes: Cow::Borrowed(&[]),
        base_fingerprint: Digest([0; 32]),
        base_markers: Cow::Borrowed(&[]),
        schema: None,
        snapshot: None,
        markers: Cow::Borrowed(&[]),
        marker_sql: Cow::Borrowed(""),
        options: Options {
            history_table: Cow::Borrowed(""),
            shared: false,
            functions: Cow::Borrowed(&[]),
            collations: Cow::Borrowed(&[]),
            min_sqlite: 0,
        },
        origin: None,
    };
    Migrations::new(NOTHING, Cow::Borrowed(&[]))
}
