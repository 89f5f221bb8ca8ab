//! What a database holds at the moment at which a statement fails.

use rusqlite::Connection;

use crate::words::mentions;

/// Names to suggest from.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Type (`table`, `index`, …) and name of every object.
    pub(crate) objects: Vec<(String, String)>,
    /// Table and column, of each table that the statement mentions.
    pub(crate) columns: Vec<(String, String)>,
    /// The functions that SQLite has.
    pub(crate) functions: Vec<String>,
}

impl Known {
    /// Suggestions are a courtesy: where they cannot be read, there are none.
    pub(crate) fn at(conn: &Connection, sql: &str) -> Known {
        Known {
            objects: objects(conn).unwrap_or_default(),
            columns: columns(conn, sql).unwrap_or_default(),
            functions: functions(conn).unwrap_or_default(),
        }
    }

    pub(crate) fn of_kind<'a>(&'a self, kinds: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.objects.iter().filter(|(kind, _)| kinds.contains(&kind.as_str())).map(|(_, name)| name.as_str())
    }
}

fn objects(conn: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT type, name FROM main.sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    conn.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn columns(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let tables = objects(conn)?
        .into_iter()
        .filter(|(kind, name)| matches!(kind.as_str(), "table" | "view") && mentions(sql, name));
    let mut found = Vec::new();
    let mut statement = conn.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main')")?;
    for (_, table) in tables {
        let names: rusqlite::Result<Vec<String>> = statement.query_map([&table], |row| row.get(0))?.collect();
        found.extend(names.unwrap_or_default().into_iter().map(|column| (table.clone(), column)));
    }
    Ok(found)
}

fn functions(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare("SELECT DISTINCT name FROM pragma_function_list")?.query_map([], |row| row.get(0))?.collect()
}
