//! Versions and targets.

use std::fmt;

/// A version of the schema: the enum that `migrations!` generates, one variant a migration, oldest first.
pub trait Version: Copy + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Its place in the list, counted from 0.
    fn index(self) -> usize;

    /// The version at a place; `None` past the end of the list.
    fn from_index(index: usize) -> Option<Self>;
}

/// The version type of a list that was loaded at run time: a place in the list, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyVersion(pub usize);

impl Version for AnyVersion {
    fn index(self) -> usize {
        self.0
    }

    fn from_index(index: usize) -> Option<AnyVersion> {
        Some(AnyVersion(index))
    }
}

impl fmt::Display for AnyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "migration {}", self.0 + 1)
    }
}

/// Where a run is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target<V> {
    /// Before the first migration: `base.sql`, or an empty schema.
    Base,
    /// After this migration.
    At(V),
    /// After the newest migration.
    #[default]
    Latest,
}

impl<V: Version> From<V> for Target<V> {
    fn from(version: V) -> Target<V> {
        Target::At(version)
    }
}
