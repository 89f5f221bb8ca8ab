//! Versions and targets.

use std::fmt;

/// A version of the schema: the enum that `migrations!` generates, one variant a migration, oldest first.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() {
/// use migrate::Version as _;
///
/// assert_eq!(db::Version::AddTags.index(), 1);
/// assert_eq!(<db::Version as migrate::Version>::from_index(2), Some(db::Version::DropDrafts));
/// assert_eq!(<db::Version as migrate::Version>::from_index(3), None);
/// assert_eq!(db::Version::AddTags.to_string(), "002_add_tags.sql");
/// assert!(db::Version::CreateNotes < db::Version::LATEST);
/// # }
/// ```
pub trait Version: Copy + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Its place in the list, counted from 0.
    fn index(self) -> usize;

    /// The version at a place; `None` past the end of the list.
    fn from_index(index: usize) -> Option<Self>;
}

/// The version type of a list that was loaded at run time: a place in the list, counted from 0.
///
/// ```
/// use migrate_core::{AnyVersion, Version};
///
/// let third = AnyVersion::from_index(2).expect("any number will do");
/// assert_eq!((third, third.to_string().as_str()), (AnyVersion(2), "migration 3"));
/// ```
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
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use db::Version;
/// use migrate::Target;
///
/// db::migrator().target(Version::AddTags).run(&mut conn)?; // as `Target::At(Version::AddTags)`
/// db::migrator().target(Target::Latest).run(&mut conn)?;
/// db::migrator().target(Target::At(Version::CreateNotes)).allow_down(true).run(&mut conn)?;
/// # let refused = db::migrator().target(Target::Base).allow_down(true).run(&mut conn);
/// # assert!(matches!(refused, Err(migrate::Error::NoDown { .. })), "the first one has no down script");
/// # Ok(())
/// # }
/// ```
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
