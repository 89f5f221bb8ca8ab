//! What there is in a database: read once, judged afterwards.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::history::History;
use crate::look::Looking;
use crate::other::OtherHistory;
use crate::set::{Key, Set};
use crate::squashed::Squashed;

/// The state of a database, as far as decisions need it.
#[derive(Debug)]
pub(crate) struct Found {
    /// Without what was squashed.
    pub(crate) history: History,
    pub(crate) squashed: Squashed,
    pub(crate) live: Catalog,
    /// Every object that some version makes.
    pub(crate) known: BTreeSet<Key>,
    /// Which markers hold; read only where something of ours is there.
    pub(crate) markers: Vec<bool>,
    /// Whether everything that `base.sql` makes is there; read only where there is no history.
    pub(crate) base_holds: bool,
    /// What other tools say; read only where there is no history.
    pub(crate) others: Vec<OtherHistory>,
    /// TEMP objects that would be taken for ours, or act on ours.
    pub(crate) shadowed: Vec<String>,
}

impl Found {
    /// Reads everything; the caller holds a transaction, so that it is one moment. What is as it was when the schema was last
    /// seen is not worked out again.
    pub(crate) fn read(conn: &Connection, set: &Set, seen: &Catalog) -> rusqlite::Result<Found> {
        let table = &set.options.history_table;
        let mut history = History::read(conn, table)?;
        let squashed = history.take_squashed(set);
        let live = seen.read_again(conn, table)?;
        let known = set.known();
        let (mut markers, mut base_holds, mut others) = (Vec::new(), false, Vec::new());
        if history.rows().is_empty() && !live.is_empty() {
            others = OtherHistory::read(conn, &live, table)?;
        }
        if live.entries().keys().any(|key| known.contains(key)) {
            let looking = Looking::new(conn, &live);
            markers = set.markers.iter().map(|marker| looking.holds(&marker.look)).collect::<rusqlite::Result<_>>()?;
            base_holds = set.base.is_some();
            for look in set.base_markers.iter() {
                base_holds = base_holds && looking.holds(look)?;
            }
        }
        let shadowed = shadowed(conn, set, &known)?;
        Ok(Found { history, squashed, live, known, markers, base_holds, others, shadowed })
    }

    /// Whether any object is one that some version makes.
    pub(crate) fn has_ours(&self) -> bool {
        self.live.entries().keys().any(|key| self.known.contains(key))
    }
}

/// TEMP tables, views and indexes of a name that a script mentions, and TEMP triggers on our tables: all of them would
/// take the place of ours, or act on it, while the scripts run.
fn shadowed(conn: &Connection, set: &Set, known: &BTreeSet<Key>) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT type, name, tbl_name FROM sqlite_temp_master")?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows: Vec<(String, String, String)> = statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut names: BTreeSet<String> = known.iter().map(|(_, name)| name.clone()).collect();
    names.insert(set.options.history_table.to_ascii_lowercase());
    let scripts = set.base.iter().chain(&set.schema).chain(set.migrations.iter().map(|migration| &migration.up));
    for script in scripts {
        let mentioned = migrate_sql::tokens(&script.sql).filter_map(|token| Some(token.name()?.to_ascii_lowercase()));
        names.extend(mentioned);
    }
    let ours = |(kind, name, table): &(String, String, String)| {
        names.contains(&name.to_ascii_lowercase()) || (kind == "trigger" && names.contains(&table.to_ascii_lowercase()))
    };
    Ok(rows.iter().filter(|row| ours(row)).map(|(kind, name, _)| format!("{kind} `{name}`")).collect())
}
