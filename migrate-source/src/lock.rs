//! `migrations.lock`: what has been released, and may not change any more.
//!
//! One line a migration, `002_add_tags.sql 89d926…`, oldest first, so that two branches merge line by line. `base.sql` is
//! locked with them: it is what a database without history is known by.

mod compare;
mod lines;
mod squashed;

use std::fmt::Write;
use std::ops::Range;

use migrate_sql::Digest;

use crate::checksum;
use crate::directive::Directives;
use crate::finding::{Finding, Place, Severity};
use crate::ids;
use crate::source::{Script, Source};

pub(crate) use compare::compare;
pub(crate) use lines::parse;
pub use squashed::render_squashed;
pub(crate) use squashed::squashed;

/// The version of the file and of the checksums in it.
const VERSION: &str = "1";

/// What has been released.
///
/// ```
/// use migrate_source::lock::{self, Lock, Locked};
/// use migrate_source::{Listing, parse};
///
/// let files = [("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);".to_owned())];
/// let text = lock::render(&parse(&Listing::from_files(files.clone())).0);
/// let released = files.into_iter().chain([("migrations.lock", text)]);
/// let Some(Lock { entries, .. }) = parse(&Listing::from_files(released)).0.lock else { panic!("it is there") };
/// for Locked { name, checksum, .. } in &entries {
///     println!("{name} {checksum}");
/// }
/// assert_eq!(entries[0].name, "001_notes.sql");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The file as messages show it.
    pub shown: String,
    /// In the order of the file.
    pub entries: Vec<Locked>,
}

/// A released file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// What the history records, or `base.sql`.
    pub name: String,
    /// As [`Migration::checksum`](crate::Migration::checksum).
    pub checksum: Digest,
    /// The bytes of its line in the file.
    pub span: Range<usize>,
}

impl Lock {
    /// The line of an entry.
    pub(crate) fn place(&self, locked: &Locked) -> Place {
        Place::new(&self.shown, locked.span.clone())
    }
}

/// The lock of a source: everything that is in it now, as released.
///
/// ```
/// use migrate_source::{Listing, lock, parse};
/// let files = [("001_a.sql".to_owned(), "CREATE TABLE a(x)".to_owned())];
/// let (source, _) = parse(&Listing::from_files(files.clone()));
/// let text = lock::render(&source);
/// assert!(text.contains("\n001_a.sql "));
///
/// let (locked, findings) = parse(&Listing::from_files(files.into_iter().chain([("migrations.lock".to_owned(), text)])));
/// assert!(findings.is_empty());
/// assert_eq!(locked.lock.unwrap().entries[0].checksum, source.migrations[0].checksum);
/// ```
#[must_use]
pub fn render(source: &Source) -> String {
    let mut text = format!("# migrate lock {VERSION}: what has been released, and is not edited any more\n");
    for (name, checksum, _) in released(source) {
        // A line that begins with `#` is a comment.
        let mark = if name.starts_with(['#', '\\']) { "\\" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark}{name} {checksum}");
    }
    text
}

/// Whether these findings leave a source that can be proved: a migration that was edited after its release runs all the
/// same, and what else is wrong with it is said in the same build.
///
/// ```
/// use migrate_source::{Finding, Subject, lock};
/// assert!(!lock::is_provable(&[Finding::error("duplicate-number", "a fact", Subject::Directory)]));
/// assert!(lock::is_provable(&[Finding::error("edited-migration", "a fact", Subject::Directory)]));
/// ```
#[must_use]
pub fn is_provable(findings: &[Finding]) -> bool {
    let of_lock =
        [ids::BAD_LOCK, ids::EDITED_MIGRATION, ids::INSERTED_MIGRATION, ids::REMOVED_MIGRATION, ids::RENAMED_MIGRATION];
    findings.iter().all(|finding| finding.severity < Severity::Error || of_lock.contains(&finding.id))
}

/// What a lock names, oldest first: name, checksum, script.
fn released(source: &Source) -> impl Iterator<Item = (&str, Digest, &Script)> {
    let base = source.base.as_ref().map(|base| ("base.sql", checksum::of(base, &Directives::default()), base));
    let migrations = source.migrations.iter();
    base.into_iter().chain(migrations.map(|migration| (migration.name.as_str(), migration.checksum, &migration.up)))
}
