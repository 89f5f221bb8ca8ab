//! What there is in a database, as text: by plain SQLite, without anything of the runtime.

use rusqlite::Connection;

/// The name of the history table.
const HISTORY: &str = "schema_migrations";

/// Every object with its SQL and every row of every table, but for the history.
///
/// ```
/// let conn = rusqlite::Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(body); INSERT INTO notes VALUES ('kept')")?;
/// assert_eq!(faults::dump(&conn)?, "table notes CREATE TABLE notes(body)\nnotes: 1|'kept'");
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub fn dump(conn: &Connection) -> rusqlite::Result<String> {
    dump_but(conn, HISTORY)
}

/// As [`dump`], with the history, times and all.
///
/// ```
/// assert_eq!(faults::dump_all(&rusqlite::Connection::open_in_memory()?)?, "");
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub fn dump_all(conn: &Connection) -> rusqlite::Result<String> {
    dump_but(conn, "")
}

fn dump_but(conn: &Connection, but: &str) -> rusqlite::Result<String> {
    let objects = format!(
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master \
         WHERE tbl_name <> '{but}' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
    );
    let mut lines = strings(conn, &objects)?;
    let tables = format!(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '{but}' AND rootpage > 0 ORDER BY name"
    );
    for table in strings(conn, &tables)? {
        let columns =
            format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}') WHERE hidden <> 1");
        let columns = strings(conn, &columns)?.join(" || '|' || ");
        let own = if table == "sqlite_sequence" { format!(" WHERE name <> '{but}'") } else { String::new() };
        // Rowids count where there are any. The history has a row of its own among the sequences.
        let rowids = if own.is_empty() { "rowid || '|' || " } else { "" };
        let rows = |rowids| strings(conn, &format!("SELECT {rowids}{columns} FROM \"{table}\"{own}"));
        let mut rows = rows(rowids).or_else(|_| rows(""))?;
        rows.sort();
        lines.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    Ok(lines.join("\n"))
}

/// `name origin` of every row of the history, in order; without an origin where the table has three columns. `None` where
/// there is no history.
///
/// ```
/// let conn = rusqlite::Connection::open_in_memory()?;
/// assert_eq!(faults::history(&conn)?, None);
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub fn history(conn: &Connection) -> rusqlite::Result<Option<Vec<String>>> {
    let columns = strings(conn, &format!("SELECT name FROM pragma_table_info('{HISTORY}')"))?;
    if columns.is_empty() {
        return Ok(None);
    }
    let origin = if columns.iter().any(|name| name == "origin") { " || ' ' || coalesce(origin, '?')" } else { "" };
    strings(conn, &format!("SELECT migration_name{origin} FROM {HISTORY} ORDER BY id")).map(Some)
}

/// What `PRAGMA integrity_check` says: `ok`, or what is wrong.
///
/// ```
/// assert_eq!(faults::integrity(&rusqlite::Connection::open_in_memory()?)?, "ok");
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub fn integrity(conn: &Connection) -> rusqlite::Result<String> {
    Ok(strings(conn, "PRAGMA integrity_check")?.join("; "))
}

fn strings(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}
