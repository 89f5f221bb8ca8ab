//! The schema that each version is expected to have, rebuilt from the list's constant data.

use std::collections::{BTreeMap, BTreeSet};

use migrate_sql::{Definition, Digest};

use crate::catalog::{Catalog, Entry};
use crate::set::{Change, Key, Kind, Object, Set, fingerprint};

/// The objects of a schema, by kind and folded name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema<'a> {
    objects: BTreeMap<Key, (&'a Object, &'a Definition)>,
}

impl<'a> Schema<'a> {
    fn apply(&mut self, changes: &'a [Change]) {
        for change in changes {
            match &change.after {
                Some(definition) => self.objects.insert(change.object.key(), (&change.object, definition)),
                None => self.objects.remove(&change.object.key()),
            };
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&'a Definition> {
        self.objects.get(key).map(|(_, definition)| *definition)
    }

    /// An object that hangs on one of these tables or views.
    fn hangs_on(&self, entry: &Entry) -> Option<String> {
        let Object { kind, table, .. } = &entry.object;
        let on = |kind| self.objects.contains_key(&(kind, table.to_ascii_lowercase()));
        let hangs = matches!(kind, Kind::Index | Kind::Trigger) && (on(Kind::Table) || on(Kind::View));
        hangs.then(|| format!("{} on `{table}`", show(&entry.object)))
    }

    /// How a live schema differs from this one; objects that no version makes are left out by the caller.
    pub(crate) fn compare(&self, live: &Catalog, known: &BTreeSet<Key>) -> Comparison {
        let mut comparison = Comparison::default();
        for (key, (object, definition)) in &self.objects {
            match live.entries().get(key) {
                None => comparison.missing.push(show(object)),
                Some(entry) if entry.strict() == definition.strict => {}
                Some(entry) if entry.loose() == definition.loose => comparison.reordered.push(show(object)),
                Some(_) => comparison.different.push(show(object)),
            }
        }
        for (key, entry) in live.entries() {
            if !known.contains(key) {
                comparison.foreign.extend(self.hangs_on(entry));
            } else if !self.objects.contains_key(key) {
                comparison.unexpected.push(show(&entry.object));
            }
        }
        comparison
    }
}

/// An object as messages name it.
pub(crate) fn show(object: &Object) -> String {
    format!("{} `{}`", object.kind.word(), object.name)
}

/// How a live schema differs from an expected one. Each entry reads like ``index `idx_tags` ``.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// db::MIGRATIONS.run(&mut conn)?;
/// conn.execute_batch("DROP TABLE tags; CREATE INDEX by_hand ON notes (title)")?;
/// let status = db::MIGRATIONS.status(&conn)?;
/// let differs = status.difference();
/// assert!(!differs.is_same());
/// assert_eq!(differs.missing, ["table `tags`"]);
/// assert_eq!(differs.foreign, ["index `by_hand` on `notes`"]);
/// println!("{differs}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// Expected, and not there.
    pub missing: Vec<String>,
    /// There, though some other version makes it and this one does not.
    pub unexpected: Vec<String>,
    /// There, with another definition.
    pub different: Vec<String>,
    /// There, with its columns in another order; this alone is harmless.
    pub reordered: Vec<String>,
    /// Indexes and triggers on these tables that no version makes, like ``index `by_hand` on `notes` ``. They are not counted as a
    /// difference, but a migration that rebuilds their table removes them with it.
    pub foreign: Vec<String>,
    /// In what exactly those with another definition differ: ``table `notes`: column `title` is missing``. Filled in where
    /// it is about to be shown, in errors and warnings.
    pub details: Vec<String>,
}

impl Comparison {
    /// Whether nothing differs but the order of columns.
    ///
    /// ```
    /// assert!(migrate_core::Comparison::default().is_same());
    /// ```
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.size() == 0
    }

    /// Whether anything differs that did not before.
    pub(crate) fn has_more_than(&self, before: &Comparison) -> bool {
        let more = |now: &[String], then: &[String]| now.iter().any(|object| !then.contains(object));
        more(&self.missing, &before.missing)
            || more(&self.unexpected, &before.unexpected)
            || more(&self.different, &before.different)
    }

    pub(crate) fn lacks_a_table(&self) -> bool {
        self.missing.iter().any(|object| object.starts_with(Kind::Table.word()))
    }

    /// With a line for each of the details.
    pub(crate) fn in_full(&self) -> impl std::fmt::Display + '_ {
        struct InFull<'a>(&'a Comparison);
        impl std::fmt::Display for InFull<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)?;
                self.0.details.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
        }
        InFull(self)
    }

    pub(crate) fn size(&self) -> usize {
        self.missing.len() + self.unexpected.len() + self.different.len()
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("different", &self.different),
            ("in another column order", &self.reordered),
        ];
        let mut first = true;
        for (word, objects) in parts.into_iter().filter(|(_, objects)| !objects.is_empty()) {
            write!(f, "{}{word}: {}", if first { "" } else { "; " }, list(objects))?;
            first = false;
        }
        if first { f.write_str("no difference") } else { Ok(()) }
    }
}

/// A list that stays readable: the first eight, and how many more.
pub(crate) fn list(items: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl<'a> Schema<'a> {
    /// The schema at a position: 0 is `base.sql`, or nothing; k is after the k-th migration.
    pub(crate) fn at(set: &'a Set, position: usize) -> Schema<'a> {
        let mut schema = Schema::default();
        schema.apply(&set.base_changes);
        for migration in set.migrations.iter().take(position) {
            schema.apply(&migration.changes);
        }
        schema
    }

    /// Every position with its schema, oldest first.
    pub(crate) fn all(set: &'a Set) -> impl Iterator<Item = (usize, Schema<'a>)> {
        let mut schema = Schema::default();
        let all = std::iter::once(&set.base_changes).chain(set.migrations.iter().map(|migration| &migration.changes));
        all.enumerate().map(move |(position, changes)| {
            schema.apply(changes);
            (position, schema.clone())
        })
    }
}

/// The fingerprint of what is ours in a live database.
pub(crate) fn live_fingerprint(live: &Catalog, known: &BTreeSet<Key>) -> Digest {
    let ours = live.entries().iter().filter(|(key, _)| known.contains(*key));
    fingerprint(ours.map(|(_, entry)| entry.strict()))
}
