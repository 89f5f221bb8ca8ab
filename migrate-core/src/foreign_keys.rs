//! Foreign key violations, before and after a run.

use std::collections::BTreeMap;

use migrate_sql::quote;
use rusqlite::{Connection, OptionalExtension};

use crate::engine::{code, describe as describe_error};

/// How often each violation occurs. A row is known by its values, not by its rowid: a rebuild may renumber those.
pub(crate) type Violations = BTreeMap<String, usize>;

/// All violations in `main`, keys to missing tables included.
pub(crate) fn violations(conn: &Connection) -> rusqlite::Result<Violations> {
    let mut found = Violations::new();
    let sql = "SELECT DISTINCT m.name FROM main.sqlite_master AS m \
               JOIN pragma_foreign_key_list(m.name, 'main') WHERE m.type = 'table'";
    let tables: Vec<String> = conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables {
        match of_table(conn, &table, &mut found) {
            Ok(()) => {}
            // A key that does not match its parent's makes the check itself fail; that is a violation too.
            Err(error) if code(&error) == Some(rusqlite::ffi::SQLITE_ERROR) => {
                let (message, _) = describe_error(&error);
                *found.entry(format!("`{table}`: {message}")).or_default() += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Those that there are more of than before.
pub(crate) fn new_ones(before: &Violations, after: &Violations) -> Vec<String> {
    let more = |(violation, count): (&String, &usize)| {
        let more = count.saturating_sub(before.get(violation).copied().unwrap_or_default());
        (more > 0).then(|| if more == 1 { violation.clone() } else { format!("{violation} ({more} times)") })
    };
    after.iter().filter_map(more).collect()
}

struct Key {
    parent: String,
    columns: Vec<String>,
}

fn of_table(conn: &Connection, table: &str, found: &mut Violations) -> rusqlite::Result<()> {
    let mut check = conn.prepare("SELECT rowid, fkid FROM pragma_foreign_key_check(?1, 'main')")?;
    let mut rows = check.query([table])?;
    let mut keys = None;
    while let Some(row) = rows.next()? {
        let keys = match &mut keys {
            Some(keys) => keys,
            none => none.insert(keys_of(conn, table)?),
        };
        let (rowid, id): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
        let Some(key) = keys.get(&id) else { continue };
        *found.entry(describe(conn, table, key, rowid)?).or_default() += 1;
    }
    Ok(())
}

fn keys_of(conn: &Connection, table: &str) -> rusqlite::Result<BTreeMap<i64, Key>> {
    let sql = "SELECT id, \"table\", \"from\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([table])?;
    let mut keys: BTreeMap<i64, Key> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let parent: String = row.get(1)?;
        let key = keys.entry(row.get(0)?).or_insert_with(|| Key { parent, columns: Vec::new() });
        key.columns.push(row.get(2)?);
    }
    Ok(keys)
}

fn describe(conn: &Connection, table: &str, key: &Key, rowid: Option<i64>) -> rusqlite::Result<String> {
    let columns: Vec<String> = key.columns.iter().map(|column| format!("`{table}.{column}`")).collect();
    let values = match rowid {
        // A table WITHOUT ROWID: its violations are counted, not told apart.
        None => None,
        Some(rowid) => {
            let quoted: Vec<String> = key.columns.iter().map(|c| format!("quote({})", quote(c))).collect();
            let sql = format!("SELECT {} FROM main.{} WHERE rowid = ?1", quoted.join(" || ', ' || "), quote(table));
            conn.prepare_cached(&sql)?.query_row([rowid], |row| row.get::<_, String>(0)).optional()?
        }
    };
    let values = values.map(|values| format!(" = {values}")).unwrap_or_default();
    Ok(format!("{}{values} has no row in `{}`", columns.join(", "), key.parent))
}
