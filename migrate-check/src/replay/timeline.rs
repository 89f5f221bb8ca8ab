//! The life of every schema object over the versions, so that a marker is looked up without a database.

use std::collections::BTreeMap;

use migrate_core::__private::{Change, Definition, Entry, Kind, Look};

use crate::cache::bytes;

/// Every object that some version has, with each change of it.
#[derive(Default)]
pub(crate) struct Timeline {
    objects: BTreeMap<(Kind, String), Vec<Event>>,
}

/// A change of one object.
pub(crate) struct Event {
    pub(crate) position: usize,
    /// `None`: it is gone.
    pub(crate) shape: Option<Shape>,
}

/// What a marker can ask of an object.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) definition: Definition,
    /// Of a table or view.
    pub(crate) columns: Vec<String>,
    /// The table that it belongs to: its own name, for a table or view.
    pub(crate) table: String,
    /// The `CREATE` statement as SQLite keeps it.
    pub(crate) sql: String,
}

bytes!(struct Timeline { objects });
bytes!(struct Event { position, shape });
bytes!(struct Shape { name, definition, columns, table, sql });

impl Shape {
    pub(crate) fn has_column(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

impl Timeline {
    /// Positions come in ascending order.
    pub(crate) fn record(
        &mut self,
        position: usize,
        change: &Change,
        entry: Option<&Entry>,
        columns: impl FnOnce() -> Vec<String>,
    ) {
        let kind = change.object.kind;
        let name = change.object.name.clone().into_owned();
        let shape = change.after.map(|definition| {
            let columns = if matches!(kind, Kind::Table | Kind::View) { columns() } else { Vec::new() };
            let sql = entry.map_or_else(String::new, |entry| entry.sql.clone());
            let table = change.object.table.clone().into_owned();
            Shape { name: name.clone(), definition, columns, table, sql }
        });
        self.objects.entry((kind, name.to_ascii_lowercase())).or_default().push(Event { position, shape });
    }

    /// The changes of one object, oldest first.
    pub(crate) fn events(&self, kind: Kind, name: &str) -> &[Event] {
        self.objects.get(&(kind, name.to_ascii_lowercase())).map_or(&[], Vec::as_slice)
    }

    /// An object at a position.
    pub(crate) fn at(&self, kind: Kind, name: &str, position: usize) -> Option<&Shape> {
        let events = self.events(kind, name);
        let count = events.partition_point(|event| event.position <= position);
        events[..count].last()?.shape.as_ref()
    }

    /// An object in the current schema.
    pub(crate) fn last(&self, kind: Kind, name: &str) -> Option<&Shape> {
        self.at(kind, name, usize::MAX)
    }

    /// Every name of a kind that some version has.
    pub(crate) fn names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let of_kind = self.objects.iter().filter(move |((k, _), _)| *k == kind);
        of_kind
            .filter_map(|(_, events)| events.iter().find_map(|event| event.shape.as_ref()))
            .map(|shape| shape.name.as_str())
    }

    /// Whether what is looked for is there at a position.
    pub(crate) fn holds(&self, look: &Look, position: usize) -> bool {
        match look {
            Look::Object { kind, name, present } => self.at(*kind, name, position).is_some() == *present,
            Look::Column { table, column, present } => {
                let has = |kind| self.at(kind, table, position).is_some_and(|shape| shape.has_column(column));
                (has(Kind::Table) || has(Kind::View)) == *present
            }
            Look::Definition { kind, name, definition } => {
                self.at(*kind, name, position).is_some_and(|shape| shape.definition.loose == definition.loose)
            }
        }
    }

    /// The positions at which a marker begins or ceases to hold; before the first of them it does not.
    pub(crate) fn flips(&self, look: &Look) -> Vec<usize> {
        let mut positions = vec![0];
        let mut watch = |kind, name: &str| positions.extend(self.events(kind, name).iter().map(|event| event.position));
        match look {
            Look::Object { kind, name, .. } | Look::Definition { kind, name, .. } => watch(*kind, name),
            Look::Column { table, .. } => {
                watch(Kind::Table, table);
                watch(Kind::View, table);
            }
        }
        positions.sort_unstable();
        positions.dedup();
        let mut held = false;
        positions.retain(|&position| {
            let flip = self.holds(look, position) != held;
            held ^= flip;
            flip
        });
        positions
    }
}
