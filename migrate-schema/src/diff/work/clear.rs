//! What is dropped before anything is changed.

use std::collections::BTreeSet;

use migrate_core::__private::{Entry, Kind};

use super::Work;
use crate::diff::target::{Target, mentions};
use crate::diff::{Change, DiffError};

/// The tables that do not stay as they are, in lower case.
#[derive(Default)]
pub(super) struct Away {
    /// Dropped, for good or for a rebuild.
    pub(super) gone: BTreeSet<String>,
    /// Something of them is dropped.
    pub(super) altered: BTreeSet<String>,
}

impl Away {
    fn all(&self) -> BTreeSet<String> {
        self.gone.union(&self.altered).cloned().collect()
    }

    /// Whether an object speaks of what goes, its own table aside.
    fn is_missed(&self, entry: &Entry, views: &BTreeSet<String>) -> bool {
        let mut names = self.all();
        names.extend(views.iter().cloned());
        names.remove(&entry.object.table.to_ascii_lowercase());
        mentions(&entry.sql, &names)
    }
}

impl Work<'_> {
    /// Drops what changes or goes, and what would be in the way.
    pub(super) fn clear(&mut self, from: &Target, away: &Away) -> Result<(), DiffError> {
        let mut absent = away.all();
        if !absent.is_empty() {
            let views = from.objects(Kind::View).filter(|view| !from.agrees(self.to, Kind::View, &view.object.name));
            absent.extend(views.map(|view| view.object.name.to_ascii_lowercase()));
        }
        let in_the_way = from.dependants(&absent);
        let mut views: BTreeSet<String> = BTreeSet::new();
        for kind in [Kind::View, Kind::Trigger, Kind::Index] {
            for entry in from.objects(kind) {
                let (name, table) = (&entry.object.name, entry.object.table.to_ascii_lowercase());
                let agrees = from.agrees(self.to, kind, name);
                if !agrees {
                    let sign = if self.to.has(kind, name) { "~" } else { "-" };
                    self.changes.push(Change::new(sign, format!("{} {name}", kind.word())));
                }
                // With its view, or with its table; but not after another has gone that it speaks of, since SQLite then
                // renames no table any longer.
                let goes_along = kind != Kind::View
                    && (views.contains(&table) || (away.gone.contains(&table) && !away.is_missed(entry, &views)));
                let must = !agrees || in_the_way.contains(&entry.object.key());
                // What is to go is said, unless its table goes as well; and a name that something else is to have is freed.
                let is_said = self.to.has(kind, name) || views.contains(&table) || !self.to.has(Kind::Table, &table);
                let is_free = self.to.has(kind, name) || !self.to.is_taken(name);
                if must && !(goes_along && is_said && is_free) {
                    let sql = self.drop(kind, name);
                    self.run(&sql)?;
                    views.extend((kind == Kind::View).then(|| name.to_ascii_lowercase()));
                }
            }
        }
        Ok(())
    }
}
