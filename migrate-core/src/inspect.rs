//! What there is in a database: read once, judged afterwards.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::history::History;
use crate::look::look_holds;
use crate::set::{Key, Set};

/// The state of a database, as far as decisions need it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) history: History,
    pub(crate) live: Catalog,
    /// Every object that some version makes.
    pub(crate) known: BTreeSet<Key>,
    /// Which markers hold; read only where there is no history.
    pub(crate) markers: Vec<bool>,
    /// Whether everything that `base.sql` makes is there; read only where there is no history.
    pub(crate) base_holds: bool,
    /// TEMP objects that would be taken for ours.
    pub(crate) shadowed: Vec<String>,
}

impl Found {
    /// Reads everything; the caller holds a transaction, so that it is one moment.
    pub(crate) fn read(conn: &Connection, set: &Set) -> rusqlite::Result<Found> {
        let table = &set.options.history_table;
        let history = History::read(conn, table)?;
        let live = Catalog::read(conn, table)?;
        let known = set.known();
        let (mut markers, mut base_holds) = (Vec::new(), false);
        if history.rows().is_empty() && live.entries().keys().any(|key| known.contains(key)) {
            markers = set
                .markers
                .iter()
                .map(|marker| look_holds(conn, &marker.look, table))
                .collect::<rusqlite::Result<_>>()?;
            base_holds = set.base.is_some();
            for look in set.base_markers.iter() {
                base_holds = base_holds && look_holds(conn, look, table)?;
            }
        }
        let shadowed = shadowed(conn, &known, table)?;
        Ok(Found { history, live, known, markers, base_holds, shadowed })
    }

    /// Whether any object is one that some version makes.
    pub(crate) fn has_ours(&self) -> bool {
        self.live.entries().keys().any(|key| self.known.contains(key))
    }
}

fn shadowed(conn: &Connection, known: &BTreeSet<Key>, history_table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM sqlite_temp_master")?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let ours = |name: &String| {
        let folded = name.to_ascii_lowercase();
        folded == history_table.to_ascii_lowercase() || known.iter().any(|(_, known)| *known == folded)
    };
    Ok(names.into_iter().filter(ours).collect())
}
