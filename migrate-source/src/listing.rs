//! The names and bytes of a directory's entries: all that parsing needs to know of a file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A directory's entries, and the bytes of those that matter.
///
/// Names are relative to the directory, with `/` between their parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub(crate) dir: PathBuf,
    pub(crate) shown: String,
    pub(crate) entries: BTreeMap<String, Content>,
    /// How large a file of SQL may be, in bytes.
    pub(crate) limit: usize,
}

/// What is compiled into an application is read, proved and linked at every build.
const LIMIT: usize = 4 << 20;

/// SQLite does not take a statement that is larger, and the places of statements are numbers of 32 bits.
pub(crate) const RUN_TIME_LIMIT: usize = 1 << 30;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file, and its bytes.
    File(Vec<u8>),
    /// Something that was not opened, because no name like this is ever read.
    NotRead,
    /// A directory; its own entries are entries of the listing.
    Directory,
    /// A file that could not be read, and why.
    Unreadable(String),
    /// A directory that could not be listed, and why.
    Closed(String),
    /// An entry whose name is not UTF-8; its key is that name with replacement characters.
    NameNotUtf8,
}

impl Listing {
    /// A listing of files in memory, in a directory called `migrations`. A `/` in a name makes a subdirectory.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let listing = Listing::from_files([("001_a/up.sql", "SELECT 1"), ("001_a/down.sql", "SELECT 2")]);
    /// assert!(parse(&listing).0.migrations[0].down.is_some());
    /// ```
    #[must_use]
    pub fn from_files<N: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (N, B)>) -> Listing {
        let mut listing = Listing::new(Path::new("migrations"), "migrations");
        for (name, bytes) in files {
            let name = name.into();
            for (at, _) in name.match_indices('/') {
                listing.entries.insert(name[..at].to_owned(), Content::Directory);
            }
            listing.entries.insert(name, Content::File(bytes.into()));
        }
        listing
    }

    /// The same with one file more, or with another text of it: what would be if it were written.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let listing = Listing::from_files([("001_a.sql", "SELECT 1")]).with("002_b.sql", "SELECT 2");
    /// assert_eq!(parse(&listing).0.migrations.len(), 2);
    /// ```
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Listing {
        self.entries.insert(name.into(), Content::File(bytes.into()));
        self
    }

    /// The same without a file: what would be if it were removed.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let listing = Listing::from_files([("001_a.sql", "SELECT 1"), ("002_b.sql", "SELECT 2")]).without("001_a.sql");
    /// assert_eq!(parse(&listing).0.migrations.len(), 1);
    /// ```
    #[must_use]
    pub fn without(mut self, name: &str) -> Listing {
        self.entries.remove(name);
        let parent = name.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        if let Some(parent) = parent
            && self.children(&parent).next().is_none()
        {
            self.entries.remove(&parent);
        }
        self
    }

    pub(crate) fn new(dir: &Path, shown: &str) -> Listing {
        Listing { dir: dir.to_path_buf(), shown: shown.to_owned(), entries: BTreeMap::new(), limit: LIMIT }
    }

    /// An entry's path as messages show it.
    pub(crate) fn shown(&self, name: &str) -> String {
        shown(&self.shown, name)
    }

    /// The entries directly in a subdirectory, or (with an empty name) in the directory itself, by their last part.
    pub(crate) fn children<'a>(&'a self, parent: &str) -> impl Iterator<Item = (&'a str, &'a Content)> {
        let prefix = if parent.is_empty() { String::new() } else { format!("{parent}/") };
        self.entries.iter().filter_map(move |(name, content)| {
            let rest = name.strip_prefix(&prefix)?;
            (!rest.contains('/') && !rest.is_empty()).then_some((rest, content))
        })
    }
}

/// The path of an entry of a directory that messages show so.
pub(crate) fn shown(directory: &str, name: &str) -> String {
    match directory.trim_end_matches('/') {
        "" if directory.is_empty() => name.to_owned(),
        "." => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}
