//! A schema to come from, or to go to.

use std::collections::BTreeSet;

use migrate_check::Stage;
use migrate_core::__private::{Catalog, Entry, Kind, Object};
use migrate_core::rusqlite::Result;
use migrate_source::Source;
use migrate_sql::tokens;

use crate::schema::{Schema, Table};

/// A schema, as SQLite describes it and as text.
pub(crate) struct Target {
    pub(crate) schema: Schema,
    catalog: Catalog,
    /// The names of everything that has SQL, in the order in which it was made.
    order: Vec<(Kind, String)>,
    /// Every name in use, in lower case: also those of SQLite's own objects, and of the history table.
    names: BTreeSet<String>,
    /// What other files make that are not run here.
    unproved: BTreeSet<(Kind, String)>,
}

impl Target {
    pub(crate) fn of(stage: &Stage, source: &Source) -> Result<Target> {
        let catalog = stage.catalog()?;
        let schema = Schema::read(stage.conn(), &source.config.history_table)?;
        let sql = "SELECT type, name FROM main.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
        let mut statement = stage.conn().prepare(sql)?;
        let mut order = Vec::new();
        for row in statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
            let (kind, name) = row?;
            order.extend(Kind::from_word(&kind).map(|kind| (kind, name.to_ascii_lowercase())));
        }
        let mut statement = stage.conn().prepare("SELECT name FROM main.sqlite_master")?;
        let names = statement.query_map([], |row| Ok(row.get::<_, String>(0)?.to_ascii_lowercase()))?;
        let names = names.collect::<Result<_>>()?;
        let unproved = catalog.iter().filter(|entry| Stage::is_unproved(source, &entry.object));
        let unproved = unproved.map(|entry| entry.object.key()).collect();
        Ok(Target { schema, catalog, order, names, unproved })
    }

    /// The objects of a kind, in the order in which they were made.
    pub(crate) fn objects(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        let of_kind = self.order.iter().filter(move |(found, _)| *found == kind);
        let known = of_kind.filter(|key| !self.unproved.contains(*key));
        known.filter_map(|(kind, name)| self.catalog.get(*kind, name))
    }

    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&Entry> {
        self.catalog.get(kind, name).filter(|entry| !self.unproved.contains(&entry.object.key()))
    }

    /// Whether both have this object, and it means the same.
    pub(crate) fn agrees(&self, other: &Target, kind: Kind, name: &str) -> bool {
        match (self.get(kind, name), other.get(kind, name)) {
            (Some(one), Some(two)) => one.strict() == two.strict(),
            (None, None) => true,
            _ => false,
        }
    }

    pub(crate) fn has(&self, kind: Kind, name: &str) -> bool {
        self.get(kind, name).is_some()
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.schema.table(name).filter(|table| self.has(Kind::Table, &table.name))
    }

    /// The ordinary tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.schema.tables.iter().filter(|table| self.has(Kind::Table, &table.name))
    }

    /// Whether a name is in use.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.names.contains(&name.to_ascii_lowercase())
    }

    /// Whether a write to a table may do more than it says.
    pub(crate) fn has_triggers(&self, table: &str) -> bool {
        self.objects(Kind::Trigger).any(|entry| entry.object.table.eq_ignore_ascii_case(table))
    }

    /// Something on a table that a file makes which is not run here.
    pub(crate) fn unproved_on(&self, table: &str) -> Option<&Object> {
        let hangs = |object: &&Object| object.kind != Kind::Table && object.table.eq_ignore_ascii_case(table);
        self.catalog
            .iter()
            .map(|entry| &entry.object)
            .filter(hangs)
            .find(|object| self.unproved.contains(&object.key()))
    }

    /// Something that is not the same in both.
    pub(crate) fn differs_from(&self, other: &Target) -> Option<String> {
        let change = self.catalog.changes_to(&other.catalog).into_iter();
        let mut known = change.filter(|change| !self.unproved.contains(&change.object.key()));
        known.next().map(|change| format!("{} `{}`", change.object.kind.word(), change.object.name))
    }

    /// The views and triggers that stop working while these tables are away: those that name one, and whatever names those.
    pub(crate) fn dependants(&self, tables: &BTreeSet<String>) -> BTreeSet<(Kind, String)> {
        let mut names = tables.clone();
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for entry in [Kind::View, Kind::Trigger].into_iter().flat_map(|kind| self.objects(kind)) {
                if mentions(&entry.sql, &names) && found.insert(entry.object.key()) && entry.object.kind == Kind::View {
                    names.insert(entry.object.name.to_ascii_lowercase());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

/// Whether a definition has one of these names, in lower case, anywhere.
pub(crate) fn mentions(sql: &str, names: &BTreeSet<String>) -> bool {
    let words = tokens(sql).filter(|token| token.start > 0);
    words.filter_map(|token| token.name()).any(|name| names.contains(&name.to_ascii_lowercase()))
}
