//! What a run did.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::decide::{Evidence, Start};
use crate::expected::Comparison;
use crate::history::Origin;
use crate::run::Done;
use crate::set::Set;
use crate::version::Version;

/// What a run did. Its `Display` is one line for people.
#[derive(Clone, Debug)]
pub struct Report<V> {
    outcome: Outcome,
    from: usize,
    to: usize,
    entries: Vec<Entry<V>>,
    drift: Comparison,
    elapsed: Duration,
    from_name: String,
    to_name: String,
    version: PhantomData<fn() -> V>,
}

/// What kind of database a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was at the target already; nothing was written.
    Current,
    /// It was empty, and was made with the schema of the target.
    Fresh,
    /// Its history was a prefix of the list, and the rest was applied.
    Applied,
    /// It had no history; its version was recognised by this evidence, and the rest was applied.
    Adopted(Evidence),
}

/// A migration that a run recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<V> {
    /// Which.
    pub version: V,
    /// Its name: `002_add_tags.sql`.
    pub name: String,
    /// Whether it ran, or was only marked.
    pub origin: Origin,
    /// How long it ran; zero if it was only marked.
    pub duration: Duration,
}

impl<V: Version> Report<V> {
    pub(crate) fn new(set: &Set, done: Done, target: usize) -> Report<V> {
        let Done { start, from, entries, drift, elapsed, .. } = done;
        let entry = |(index, origin, duration): (usize, Origin, Duration)| {
            let name = set.migrations.get(index)?.name.clone().into_owned();
            Some(Entry { version: V::from_index(index)?, name, origin, duration })
        };
        let to = if start.is_none() { from } else { target };
        let outcome = match start {
            None => Outcome::Current,
            Some(Start::Fresh) => Outcome::Fresh,
            Some(Start::History) => Outcome::Applied,
            Some(Start::Adopted(evidence)) => Outcome::Adopted(evidence),
        };
        Report {
            outcome,
            from,
            to,
            entries: entries.into_iter().filter_map(entry).collect(),
            drift,
            elapsed,
            from_name: set.position_name(from),
            to_name: set.position_name(to),
            version: PhantomData,
        }
    }

    /// What kind of database it was.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The version before the run; `None` before the first migration.
    #[must_use]
    pub fn from(&self) -> Option<V> {
        self.from.checked_sub(1).and_then(V::from_index)
    }

    /// The version after the run; `None` before the first migration.
    #[must_use]
    pub fn to(&self) -> Option<V> {
        self.to.checked_sub(1).and_then(V::from_index)
    }

    /// What was recorded, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry<V>] {
        &self.entries
    }

    /// The migrations that ran, in order; those that were only marked are not among them.
    pub fn applied(&self) -> impl Iterator<Item = &Entry<V>> {
        self.entries.iter().filter(|entry| !entry.was_marked())
    }

    /// How the schema differs from the one that the version is proved to have.
    #[must_use]
    pub fn drift(&self) -> &Comparison {
        &self.drift
    }

    /// How long the run took, waiting for the lock included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl<V> Entry<V> {
    fn was_marked(&self) -> bool {
        self.duration.is_zero() && matches!(self.origin, Origin::Fresh | Origin::Adopted)
    }
}

impl<V: Version> fmt::Display for Report<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marked = self.entries.iter().filter(|entry| entry.was_marked()).count();
        let applied: Vec<String> = self.applied().map(|entry| format!("`{}`", entry.name)).collect();
        let mut parts = Vec::new();
        if marked > 0 {
            parts.push(format!("{} marked as applied", count(marked)));
        }
        if !applied.is_empty() {
            let names = crate::expected::list(&applied);
            parts.push(format!(
                "{} applied in {:.1} ms: {names}",
                count(applied.len()),
                self.elapsed.as_secs_f64() * 1e3
            ));
        }
        let parts = if parts.is_empty() { "nothing to record".to_owned() } else { parts.join("; ") };
        match self.outcome {
            Outcome::Current => write!(f, "current: at {}, nothing to do", self.to_name),
            Outcome::Fresh => write!(f, "fresh database: {parts}; now at {}", self.to_name),
            Outcome::Applied => write!(f, "{parts}; was at {}, now at {}", self.from_name, self.to_name),
            Outcome::Adopted(Evidence::Declared) => write!(f, "declared to be at {}: {parts}", self.to_name),
            Outcome::Adopted(evidence) => {
                write!(f, "database without history, {evidence} {}: {parts}; now at {}", self.from_name, self.to_name)
            }
        }?;
        if self.drift.is_same() { Ok(()) } else { write!(f, " (the schema differs: {})", self.drift) }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Fingerprint => "its schema that of",
            Evidence::ColumnOrder => "its schema (but for the order of columns) that of",
            Evidence::Markers => "its markers those of",
            Evidence::Base => "everything there of",
            Evidence::Declared => "declared to be at",
        })
    }
}

fn count(migrations: usize) -> String {
    format!("{migrations} migration{}", if migrations == 1 { "" } else { "s" })
}
