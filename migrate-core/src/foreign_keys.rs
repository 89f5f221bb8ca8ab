//! Foreign key violations, before and after a run.

use std::collections::BTreeMap;

use migrate_sql::quote;
use rusqlite::{Connection, OptionalExtension};

use crate::engine::{answer, code, describe};
use crate::history::lossy;

/// Every foreign key of `main` with the values that have no parent, and how often each occurs; nothing where no row of any key
/// lacks one.
///
/// A violating row is known by its values, not by its rowid: a rebuild may renumber those. Values compare as texts: a
/// migration may change the type of a column.
#[derive(Debug, Default)]
pub(crate) struct Violations(BTreeMap<Key, BTreeMap<String, usize>>);

/// A foreign key, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    child: String,
    columns: Vec<String>,
    parent: String,
}

impl Violations {
    /// Reads them all, keys to missing tables and to columns that are no key included.
    pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Violations> {
        let mut found = Violations::default();
        // One question for all of them, which mostly is the last one.
        if is_sound(conn)? {
            return Ok(found);
        }
        let sql = "SELECT DISTINCT m.name FROM main.sqlite_master AS m \
                   JOIN pragma_foreign_key_list(m.name, 'main') WHERE m.type = 'table'";
        let tables: Vec<String> =
            conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for table in tables {
            found.of_table(conn, &table)?;
        }
        Ok(found)
    }

    fn of_table(&mut self, conn: &Connection, table: &str) -> rusqlite::Result<()> {
        let keys = keys(conn, table)?;
        let check = conn
            .prepare_cached("SELECT 1 FROM pragma_foreign_key_check(?1, 'main') LIMIT 1")?
            .query_row([table], |_| Ok(()))
            .optional();
        let rowid = match check {
            Ok(None) => {
                self.0.extend(keys.into_iter().map(|(_, key, _)| (key, BTreeMap::new())));
                return Ok(());
            }
            Ok(Some(())) => rowid_name(conn, table)?,
            // One key that does not match its parent's makes the check fail for all of the table's keys.
            Err(error) if code(&error) == Some(rusqlite::ffi::SQLITE_ERROR) => {
                let key = Key { child: table.to_owned(), columns: Vec::new(), parent: String::new() };
                self.0.insert(key, BTreeMap::from([(describe(&error).0, 1)]));
                None
            }
            Err(error) => return Err(error),
        };
        for (id, key, to) in keys {
            let values = match rowid {
                Some(rowid) => checked(conn, &key, id, rowid)?,
                None => unmatched(conn, &key, &to)?,
            };
            self.0.entry(key).or_default().extend(values);
        }
        Ok(())
    }

    /// Those that there are more of than before.
    pub(crate) fn since(&self, before: &Violations) -> Vec<String> {
        // Under a key that is gone, or renamed, there may have been violations that are now under another.
        let mut moved: BTreeMap<&String, usize> = BTreeMap::new();
        for (_, values) in before.0.iter().filter(|(key, _)| !self.0.contains_key(key)) {
            values.iter().for_each(|(value, count)| *moved.entry(value).or_default() += count);
        }
        let mut new = Vec::new();
        for (key, values) in &self.0 {
            for (value, &count) in values {
                let known = match before.0.get(key) {
                    Some(before) => before.get(value).copied().unwrap_or_default().min(count),
                    None => {
                        let left = moved.entry(value).or_default();
                        let taken = count.min(*left);
                        *left -= taken;
                        taken
                    }
                };
                match count - known {
                    0 => {}
                    1 => new.push(key.show(value)),
                    more => new.push(format!("{} ({more} times)", key.show(value))),
                }
            }
        }
        new
    }
}

impl Key {
    fn show(&self, value: &str) -> String {
        if self.columns.is_empty() {
            return format!("`{}`: {value}", self.child);
        }
        let columns: Vec<String> = self.columns.iter().map(|column| format!("`{}.{column}`", self.child)).collect();
        format!("{} = {value} has no row in `{}`", columns.join(", "), self.parent)
    }

    /// The values of a row as one text.
    fn values(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|c| format!("CAST(c.{} AS TEXT)", quote(c))).collect();
        columns.join(" || ', ' || ")
    }
}

/// Whether every row has its parents. The pragma itself: as a table it would have to be parsed each time.
fn is_sound(conn: &Connection) -> rusqlite::Result<bool> {
    match conn.query_row("PRAGMA main.foreign_key_check", [], |_| Ok(())).optional() {
        Ok(first) => Ok(first.is_none()),
        // A key that does not match its parent's.
        Err(error) if code(&error) == Some(rusqlite::ffi::SQLITE_ERROR) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The keys of a table: SQLite's number for each, the key, and the parent's columns where they are named.
fn keys(conn: &Connection, table: &str) -> rusqlite::Result<Vec<(i64, Key, Vec<String>)>> {
    let sql = "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([table])?;
    let mut keys: Vec<(i64, Key, Vec<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if keys.last().is_none_or(|(last, ..)| *last != id) {
            let key = Key { child: table.to_owned(), columns: Vec::new(), parent: row.get(1)? };
            keys.push((id, key, Vec::new()));
        }
        if let Some((_, key, to)) = keys.last_mut() {
            key.columns.push(row.get(2)?);
            to.extend(row.get::<_, Option<String>>(3)?);
        }
    }
    Ok(keys)
}

/// The name under which a table's rowid can be read; `None` for a table WITHOUT ROWID.
fn rowid_name(conn: &Connection, table: &str) -> rusqlite::Result<Option<&'static str>> {
    for name in ["_rowid_", "rowid", "oid"] {
        if !crate::helpers::column_exists(conn, table, name)? {
            let statement = answer(conn.prepare(&format!("SELECT {name} FROM main.{}", quote(table))))?;
            return Ok(statement.map(|_| name));
        }
    }
    Ok(None)
}

/// What SQLite's own check finds.
fn checked(conn: &Connection, key: &Key, id: i64, rowid: &str) -> rusqlite::Result<BTreeMap<String, usize>> {
    let sql = format!(
        "SELECT {}, count(*) FROM pragma_foreign_key_check(?1, 'main') AS k JOIN main.{} AS c ON c.{rowid} = k.rowid \
         WHERE k.fkid = ?2 GROUP BY 1",
        key.values(),
        quote(&key.child)
    );
    counted(conn, &sql, (&key.child, id))
}

/// The same by a query, where SQLite's check cannot name the row, or does not work.
fn unmatched(conn: &Connection, key: &Key, to: &[String]) -> rusqlite::Result<BTreeMap<String, usize>> {
    let mut to = to.to_vec();
    if to.is_empty() {
        let sql = "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 ORDER BY pk";
        to = conn.prepare(sql)?.query_map([&key.parent], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    }
    let given: Vec<String> = key.columns.iter().map(|c| format!("c.{} IS NOT NULL", quote(c))).collect();
    let same = |(column, to): (&String, &String)| format!("p.{} = c.{}", quote(to), quote(column));
    let same: Vec<String> = key.columns.iter().zip(&to).map(same).collect();
    let all =
        format!("SELECT {}, count(*) FROM main.{} AS c WHERE {}", key.values(), quote(&key.child), given.join(" AND "));
    let parent = format!("SELECT 1 FROM main.{} AS p WHERE {}", quote(&key.parent), same.join(" AND "));
    let with_parent = format!("{all} AND NOT EXISTS ({parent}) GROUP BY 1");
    // Without the parent, or its columns, no row has one.
    let possible = same.len() == key.columns.len() && answer(conn.prepare(&with_parent))?.is_some();
    let sql = if possible { with_parent } else { format!("{all} GROUP BY 1") };
    counted(conn, &sql, [])
}

fn counted(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<BTreeMap<String, usize>> {
    let mut statement = conn.prepare(sql)?;
    let count = |row: &rusqlite::Row<'_>| {
        let count: i64 = row.get(1)?;
        Ok((lossy(row, 0)?.unwrap_or_default(), usize::try_from(count).unwrap_or_default()))
    };
    statement.query_map(values, count)?.collect()
}
