//! All that there is in a database, read with SQLite's own pragmas: an opinion independent of `migrate`.

use std::collections::BTreeMap;

use migrate::rusqlite::Connection;
use migrate::rusqlite::types::Value;

use crate::Result;

/// The rows of each table.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// Every table with its columns, indexes and foreign keys, and every trigger and view.
pub(crate) fn schema(conn: &Connection) -> Result<Vec<String>> {
    let queries = [
        "SELECT 'table', name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name",
        "SELECT 'column', t.name, c.* FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
            WHERE t.schema = 'main' ORDER BY t.name, c.cid",
        "SELECT 'index', t.name, i.name, i.\"unique\", i.origin, i.partial, c.*
            FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_xinfo(i.name) AS c
            WHERE t.schema = 'main' ORDER BY t.name, i.name, c.seqno",
        "SELECT 'foreign key', t.name, k.* FROM pragma_table_list AS t JOIN pragma_foreign_key_list(t.name) AS k
            WHERE t.schema = 'main' ORDER BY t.name, k.id, k.seq",
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name",
    ];
    let mut lines = Vec::new();
    for sql in queries {
        let found = query(conn, sql)?;
        lines
            .extend(found.iter().map(|line| line.replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    Ok(lines)
}

/// The rows of every table, and what the search index holds. Of the history only the names: how a migration came to be
/// there differs.
pub(crate) fn rows(conn: &Connection) -> Result<Rows> {
    let mut found = Rows::new();
    let tables =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> =
        conn.prepare(tables)?.query_map([], |row| row.get(0))?.collect::<std::result::Result<_, _>>()?;
    for table in tables {
        let sql = match table.as_str() {
            "schema_migrations" => "SELECT migration_name FROM schema_migrations ORDER BY id".to_owned(),
            table => format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"),
        };
        let rows = query(conn, &sql)?;
        found.insert(table, rows);
    }
    conn.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, notes_search, instance)",
    )?;
    found.insert("the search index".to_owned(), query(conn, "SELECT * FROM temp.vocabulary ORDER BY 1, 2, 3, 4")?);
    Ok(found)
}

/// SQLite finds nothing wrong: neither in the file, nor in the keys, nor between the search index and the notes.
pub(crate) fn assert_sound(conn: &Connection) -> Result {
    assert_eq!(query(conn, "PRAGMA integrity_check")?, ["Text(\"ok\")"]);
    assert_eq!(query(conn, "PRAGMA foreign_key_check")?, [""; 0]);
    conn.execute("INSERT INTO notes_search (notes_search, rank) VALUES ('integrity-check', 1)", [])?;
    Ok(())
}

fn query(conn: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| Ok(format!("{:?}", row.get::<_, Value>(column)?)));
        lines.push(values.collect::<Result<Vec<_>>>()?.join(", "));
    }
    Ok(lines)
}
