//! The schema of a live database: every object with the digest of its definition.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use migrate_sql::{Definition, Digest, Names};
use rusqlite::Connection;

use crate::set::{Change, Key, Kind, Object, fingerprint};

/// The schema objects of `main`, without SQLite's own, the history table, and the tables that a virtual table keeps
/// its data in.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    entries: BTreeMap<Key, Entry>,
}

/// One object of a [`Catalog`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub object: Object,
    /// The `CREATE` statement as SQLite stores it.
    pub sql: String,
    /// What it means.
    pub definition: Definition,
}

impl Catalog {
    /// Reads the schema of `main`.
    pub fn read(conn: &Connection, history_table: &str) -> rusqlite::Result<Catalog> {
        Catalog::default().read_again(conn, history_table)
    }

    /// Reads the schema of `main`, taking over from `self` whatever did not change.
    pub fn read_again(&self, conn: &Connection, history_table: &str) -> rusqlite::Result<Catalog> {
        let rows = rows(conn, history_table)?;
        let names = if rows.iter().any(|row| row.sql.contains('"')) { names(conn, &rows)? } else { Names::default() };
        let mut entries = BTreeMap::new();
        for Row { object, sql } in rows {
            let before = self.entries.get(&object.key());
            let definition = match before {
                Some(before) if before.sql == sql && !sql.contains('"') => before.definition,
                _ => Definition::of(&sql, &names),
            };
            entries.insert(object.key(), Entry { object, sql, definition });
        }
        Ok(Catalog { entries })
    }

    /// The objects, tables first, then by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// An object, by its name in any case.
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Entry> {
        self.entries.get(&(kind, name.to_ascii_lowercase()))
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was made, changed or removed between two states, sorted by object.
    #[must_use]
    pub fn changes_to(&self, after: &Catalog) -> Vec<Change> {
        let keys: std::collections::BTreeSet<&Key> = self.entries.keys().chain(after.entries.keys()).collect();
        let change = |key: &Key| match (self.entries.get(key), after.entries.get(key)) {
            (Some(before), None) => Some(Change { object: before.object.clone(), after: None }),
            (before, Some(now)) if before.map(|b| b.definition) != Some(now.definition) => {
                Some(Change { object: now.object.clone(), after: Some(now.definition) })
            }
            _ => None,
        };
        keys.into_iter().filter_map(change).collect()
    }

    /// The digest of the whole schema.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        fingerprint(self.entries.iter().map(|(key, entry)| (key, &entry.definition)))
    }

    pub(crate) fn entries(&self) -> &BTreeMap<Key, Entry> {
        &self.entries
    }
}

struct Row {
    object: Object,
    sql: String,
}

fn rows(conn: &Connection, history_table: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement =
        conn.prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL")?;
    let mut found = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        let Some(kind) = Kind::from_word(&kind) else { continue };
        let (name, table): (String, String) = (row.get(1)?, row.get(2)?);
        if is_internal(&name) || table.eq_ignore_ascii_case(history_table) {
            continue;
        }
        let object = Object { kind, name: Cow::Owned(name), table: Cow::Owned(table) };
        found.push(Row { object, sql: row.get(3)? });
    }
    if found.iter().any(|row| is_virtual(&row.sql)) {
        let shadows = shadow_tables(conn)?;
        found.retain(|row| !shadows.contains(&row.object.table.to_ascii_lowercase()));
    }
    Ok(found)
}

fn is_internal(name: &str) -> bool {
    name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

fn shadow_tables(conn: &Connection) -> rusqlite::Result<HashSet<String>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";
    // SQLite before 3.37 has no such pragma; shadow tables then count as what they look like, ordinary tables.
    let Ok(mut statement) = conn.prepare(sql) else { return Ok(HashSet::new()) };
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| Ok(name?.to_ascii_lowercase())).collect()
}

/// Every name that a double-quoted token may stand for.
fn names(conn: &Connection, rows: &[Row]) -> rusqlite::Result<Names> {
    let mut names: Names = rows.iter().map(|row| row.object.name.as_ref()).collect();
    let mut columns = conn.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main')")?;
    for row in rows.iter().filter(|row| matches!(row.object.kind, Kind::Table | Kind::View)) {
        // A view that does not compile, or a virtual table whose module is absent, has no columns to name.
        let found: rusqlite::Result<Vec<String>> =
            columns.query_map([row.object.name.as_ref()], |row| row.get(0)).and_then(Iterator::collect);
        names.extend(found.unwrap_or_default());
    }
    Ok(names)
}
