//! What the header of a database file keeps.

use crate::scratch::Scratch;

/// A number in the header that differs.
pub(crate) struct HeaderDifference {
    pub(crate) pragma: &'static str,
    pub(crate) schema: i64,
    pub(crate) migrations: i64,
}

// The journal mode is in the header too, but a database in memory has none.
const PRAGMAS: [&str; 3] = ["user_version", "application_id", "auto_vacuum"];

pub(super) fn differences(schema: &Scratch, migrations: &Scratch) -> rusqlite::Result<Vec<HeaderDifference>> {
    let mut found = Vec::new();
    for pragma in PRAGMAS {
        let read = |scratch: &Scratch| scratch.conn().pragma_query_value(Some("main"), pragma, |row| row.get(0));
        let (schema, migrations): (i64, i64) = (read(schema)?, read(migrations)?);
        if schema != migrations {
            found.push(HeaderDifference { pragma, schema, migrations });
        }
    }
    Ok(found)
}
