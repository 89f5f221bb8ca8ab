//! `proof.lock`: what the proof found out, for builds that run no SQLite.
//!
//! What the runtime works from, the [`Set`], has two halves: what the files say, and what only SQLite knows, the
//! [`Proved`]. Whoever knows both puts them [together](assemble), and it does not matter whether the second half was
//! found out a moment ago or read from the file.
//!
//! The file names the digest of every file that it was made from: where one differs, it is stale, and says nothing.

mod assemble;
mod declared;
mod reader;
mod text;

use migrate_sql::set::{Change, Marker, Script};
use migrate_sql::{Digest, Hasher};

use crate::finding::{Finding, Place, Subject};
use crate::ids;
use crate::source::{Source, SourceFile};
use crate::text::File;

pub use assemble::assemble;
pub use declared::{Declarations, declare};
#[doc(no_inline)]
pub use migrate_sql::set::Set;
pub use text::render;

/// The version of the file.
const VERSION: &str = "1";

/// The name of the file.
const NAME: &str = "proof.lock";

/// What to do about any of this.
const AGAIN: &str = "run `cargo migrate check --write`, and commit the file";

/// What only SQLite knows of a source.
///
/// ```
/// use migrate_source::proof::{self, Proved, State};
/// use migrate_source::{Listing, parse};
///
/// fn states(listing: &Listing) -> Option<usize> {
///     let Proved { states, .. } = proof::read(&parse(listing).0).ok()?;
///     // Before the first migration, and after each.
///     states.iter().for_each(|State { fingerprint, .. }| println!("{fingerprint}"));
///     Some(states.len())
/// }
///
/// let without = Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]);
/// assert_eq!(states(&without), None, "there is no proof.lock");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proved {
    /// The schema at each position: 0 is `base.sql`, or nothing; k is after the k-th migration.
    pub states: Vec<State>,
    /// What `is_schema_current` looks for: what the files declare, or else what was derived.
    pub markers: Vec<Marker>,
    /// What makes the current schema at once.
    pub snapshot: Option<Script>,
}

/// The schema at a position, as the difference from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Of the whole schema.
    pub fingerprint: Digest,
    /// What was made, changed or removed; each table or view with the columns that it has now.
    pub changes: Vec<(Change, Vec<String>)>,
}

/// Reads `proof.lock`, where there is one that was made from these files.
///
/// # Errors
///
/// The finding `missing-proof` or `stale-proof`.
///
/// ```
/// use migrate_source::{Listing, parse, proof};
/// let (source, _) = parse(&Listing::from_files([("001_a.sql", "CREATE TABLE a(x)")]));
/// assert_eq!(proof::read(&source).unwrap_err().id, "missing-proof");
/// ```
pub fn read(source: &Source) -> Result<Proved, Box<Finding>> {
    let Some((file, text)) = file(source) else {
        let message = format!("`{}` holds no `{NAME}`, and the feature `verify` of `migrate` is off", source.shown);
        let finding = Finding::error(ids::MISSING_PROOF, message, Subject::Directory);
        return Err(Box::new(finding.help(AGAIN).help("or enable the feature `verify`, which proves in every build")));
    };
    let stale = |message: String, subject| Box::new(Finding::error(ids::STALE_PROOF, message, subject).help(AGAIN));
    let (inputs, proved) =
        reader::read(text).map_err(|wrong| stale(wrong.message, Place::new(&file.shown, wrong.span).into()))?;
    match difference(&inputs, source) {
        Some(message) => Err(stale(message, Subject::File(file.shown.clone()))),
        None if proved.states.len() != source.migrations.len() + 1 => {
            Err(stale(format!("`{NAME}` does not describe every migration"), Subject::File(file.shown.clone())))
        }
        None => Ok(proved),
    }
}

/// A conflict in the file is not to be resolved by hand.
pub(crate) fn advise(file: &File, findings: &mut [Finding]) {
    let is_here = |finding: &&mut Finding| match &finding.subject {
        Subject::Place(place) => finding.id == ids::CONFLICT_MARKS && place.path == file.shown,
        _ => false,
    };
    findings.iter_mut().filter(is_here).for_each(|finding| finding.help = vec![AGAIN.to_owned()]);
}

/// `proof.lock` and its text.
fn file(source: &Source) -> Option<(&SourceFile, &str)> {
    let file = source.files.iter().find(|file| relative(source, file) == NAME)?;
    Some((file, file.text.as_deref()?))
}

/// The files that a proof is made from, by their names in the directory.
fn inputs(source: &Source) -> impl Iterator<Item = (&str, Digest)> {
    let files = source.files.iter().map(|file| (relative(source, file), file));
    files.filter(|(name, _)| ![NAME, "migrations.lock"].contains(name)).map(|(name, file)| {
        let text = file.text.as_deref().unwrap_or_default();
        (name, Hasher::new().part(b"proof input 1").part(text.as_bytes()).finish())
    })
}

fn relative<'a>(source: &Source, file: &'a SourceFile) -> &'a str {
    let dir = source.shown.trim_end_matches('/');
    file.shown.strip_prefix(dir).and_then(|name| name.strip_prefix('/')).unwrap_or(&file.shown)
}

/// What has changed since the proof was made.
fn difference(proved: &[(String, Digest)], source: &Source) -> Option<String> {
    let now: Vec<(&str, Digest)> = inputs(source).collect();
    for (name, digest) in &now {
        match proved.iter().find(|(proved, _)| proved == name) {
            None => return Some(format!("`{name}` was added after `{NAME}` was written")),
            Some((_, proved)) if proved != digest => {
                return Some(format!("`{name}` was edited after `{NAME}` was written"));
            }
            Some(_) => {}
        }
    }
    let gone = proved.iter().find(|(name, _)| !now.iter().any(|(now, _)| now == name));
    gone.map(|(name, _)| format!("`{name}` was removed after `{NAME}` was written"))
}
