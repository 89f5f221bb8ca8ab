//! What SQLite says of a database's schema.

use migrate_core::__private::{Catalog, Kind};
use migrate_core::rusqlite::{Connection, OptionalExtension, Result};
use serde::Serialize;

/// A schema, without SQLite's own objects and the history table. Everything is sorted by name, columns are in their order.
///
/// It serializes as the JSON of `cargo migrate schema --format json`.
///
/// ```
/// use migrate_core::rusqlite::Connection;
/// use migrate_schema::{Column, ForeignKey, Generated, Index, Schema, Table, Trigger, View};
///
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch(
///     "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT, size AS (length(body)));
///      CREATE TABLE tags(note_id INTEGER REFERENCES notes ON DELETE CASCADE, name TEXT);
///      CREATE INDEX by_name ON tags(name);
///      CREATE VIEW names AS SELECT name FROM tags;
///      CREATE TRIGGER gone AFTER DELETE ON tags BEGIN SELECT 1; END",
/// )?;
/// let Schema { tables, views, triggers, .. } = Schema::read(&conn, "schema_migrations")?;
/// let [Table { columns, .. }, Table { foreign_keys, indexes, .. }] = &tables[..] else { panic!() };
/// assert!(matches!(&columns[2], Column { generated: Some(Generated::Virtual), .. }));
/// let ForeignKey { parent, on_delete, .. } = &foreign_keys[0];
/// assert_eq!((parent.as_str(), on_delete.as_str()), ("notes", "CASCADE"));
/// assert!(matches!(&indexes[0], Index { name, unique: false, .. } if name == "by_name"));
/// assert!(matches!((&views[0], &triggers[0]), (View { .. }, Trigger { .. })));
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// Tables, virtual ones included.
    pub tables: Vec<Table>,
    /// Views.
    pub views: Vec<View>,
    /// Triggers, of tables and of views.
    pub triggers: Vec<Trigger>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether a module provides it: `CREATE VIRTUAL TABLE`.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// `STRICT`.
    pub strict: bool,
    /// `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// In their order, generated ones included, hidden ones of virtual tables not.
    pub columns: Vec<Column>,
    /// Its foreign keys, in the order of the `CREATE` statement.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its indexes, but for those that SQLite makes for `UNIQUE` and `PRIMARY KEY`.
    pub indexes: Vec<Index>,
    /// The `CREATE` statement, as SQLite keeps it.
    pub sql: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its declared type, as written; empty where there is none.
    #[serde(rename = "type")]
    pub kind: String,
    /// `NOT NULL`.
    pub not_null: bool,
    /// `DEFAULT`, as written.
    pub default: Option<String>,
    /// Its place in the primary key, from 1; 0 if it is not part of it.
    pub primary_key: u32,
    /// Whether a `UNIQUE` constraint or index is about this column alone.
    pub unique: bool,
    /// Whether it is `GENERATED ALWAYS`.
    pub generated: Option<Generated>,
}

/// How a generated column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Generated {
    /// Computed when it is read.
    Virtual,
    /// Computed when it is written.
    Stored,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// The columns of the child, in order.
    pub columns: Vec<String>,
    /// The table that they refer to, as written.
    pub parent: String,
    /// The columns there; empty where the primary key is meant.
    pub parent_columns: Vec<String>,
    /// `CASCADE`, `SET NULL`, …; `NO ACTION` where nothing is said.
    pub on_delete: String,
    /// As `on_delete`.
    pub on_update: String,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `UNIQUE`.
    pub unique: bool,
    /// Whether it has a `WHERE`.
    pub partial: bool,
    /// Its columns; `None` for an expression.
    pub columns: Vec<Option<String>>,
    /// The `CREATE` statement, as SQLite keeps it.
    pub sql: String,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its name.
    pub name: String,
    /// Its columns; none where it does not compile.
    pub columns: Vec<String>,
    /// The `CREATE` statement, as SQLite keeps it.
    pub sql: String,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The table or view that it is on.
    pub table: String,
    /// The `CREATE` statement, as SQLite keeps it.
    pub sql: String,
}

impl Schema {
    /// Reads the schema of `main`.
    ///
    /// ```
    /// use migrate_core::rusqlite::Connection;
    /// use migrate_schema::Schema;
    ///
    /// let conn = Connection::open_in_memory()?;
    /// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL)")?;
    /// let schema = Schema::read(&conn, "schema_migrations")?;
    /// assert_eq!(schema.table("Notes").unwrap().columns[1].name, "body");
    /// # Ok::<(), migrate_core::rusqlite::Error>(())
    /// ```
    pub fn read(conn: &Connection, history_table: &str) -> Result<Schema> {
        let catalog = Catalog::read(conn, history_table)?;
        let mut schema = Schema::default();
        for entry in catalog.iter() {
            let (name, sql) = (entry.object.name.to_string(), entry.sql.clone());
            match entry.object.kind {
                Kind::Table => schema.tables.push(table(conn, name, sql)?),
                Kind::View => {
                    // A view that does not compile has no columns.
                    let columns = columns(conn, &name).unwrap_or_default();
                    let columns = columns.into_iter().map(|column| column.name).collect();
                    schema.views.push(View { name, columns, sql });
                }
                Kind::Trigger => {
                    schema.triggers.push(Trigger { name, table: entry.object.table.to_string(), sql });
                }
                Kind::Index => {}
            }
        }
        for entry in catalog.iter().filter(|entry| entry.object.kind == Kind::Index) {
            let of = schema.tables.iter_mut().find(|table| table.name.eq_ignore_ascii_case(&entry.object.table));
            if let Some(table) = of {
                table.indexes.push(index(conn, &table.name, entry.object.name.to_string(), entry.sql.clone())?);
            }
        }
        Ok(schema)
    }

    /// A table, by its name in any ASCII case.
    ///
    /// ```
    /// assert!(migrate_schema::Schema::default().table("notes").is_none());
    /// ```
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// Whether there is nothing.
    ///
    /// ```
    /// assert!(migrate_schema::Schema::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.views.is_empty() && self.triggers.is_empty()
    }
}

impl Table {
    /// A column, by its name in any ASCII case.
    ///
    /// ```
    /// use migrate_core::rusqlite::Connection;
    /// use migrate_schema::Schema;
    ///
    /// let conn = Connection::open_in_memory()?;
    /// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY)")?;
    /// let schema = Schema::read(&conn, "schema_migrations")?;
    /// assert_eq!(schema.tables[0].column("ID").unwrap().primary_key, 1);
    /// # Ok::<(), migrate_core::rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

fn table(conn: &Connection, name: String, sql: String) -> Result<Table> {
    let facts = "SELECT type = 'virtual', strict, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
    let facts = conn.query_row(facts, [&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let (is_virtual, strict, without_rowid) = facts.unwrap_or_default();
    // A virtual table whose module is absent has no columns.
    let mut columns = if is_virtual { columns(conn, &name).unwrap_or_default() } else { columns(conn, &name)? };
    for column in alone_unique(conn, &name)? {
        if let Some(column) = columns.iter_mut().find(|found| found.name == column) {
            column.unique = true;
        }
    }
    let foreign_keys = foreign_keys(conn, &name)?;
    Ok(Table { is_virtual, strict, without_rowid, columns, foreign_keys, indexes: Vec::new(), name, sql })
}

fn columns(conn: &Connection, table: &str) -> Result<Vec<Column>> {
    let sql = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main') \
               WHERE hidden <> 1 ORDER BY cid";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([table], |row| {
        let generated = match row.get(5)? {
            2 => Some(Generated::Virtual),
            3 => Some(Generated::Stored),
            _ => None,
        };
        let mut kind: String = row.get(1)?;
        if generated.is_some() {
            // SQLite counts these words to the type.
            let end = kind.to_ascii_uppercase().find("GENERATED ALWAYS").unwrap_or(kind.len());
            kind.truncate(kind[..end].trim_end().len());
        }
        Ok(Column {
            name: row.get(0)?,
            kind,
            not_null: row.get(2)?,
            default: row.get(3)?,
            primary_key: row.get(4)?,
            unique: false,
            generated,
        })
    })?;
    rows.collect()
}

/// The columns that are unique by themselves, but for the primary key.
fn alone_unique(conn: &Connection, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT min(info.name) FROM pragma_index_list(?1, 'main') AS list, \
               pragma_index_info(list.name, 'main') AS info WHERE list.\"unique\" AND NOT list.partial \
               AND list.origin <> 'pk' GROUP BY list.name HAVING count(*) = 1 AND count(info.name) = 1";
    conn.prepare_cached(sql)?.query_map([table], |row| row.get(0))?.collect()
}

fn foreign_keys(conn: &Connection, table: &str) -> Result<Vec<ForeignKey>> {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1, 'main') \
               ORDER BY id DESC, seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([table])?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let key = ForeignKey {
                columns: Vec::new(),
                parent: row.get(1)?,
                parent_columns: Vec::new(),
                on_delete: row.get(5)?,
                on_update: row.get(4)?,
            };
            keys.push((id, key));
        }
        let Some((_, key)) = keys.last_mut() else { continue };
        key.columns.push(row.get(2)?);
        key.parent_columns.extend(row.get::<_, Option<String>>(3)?);
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

fn index(conn: &Connection, table: &str, name: String, sql: String) -> Result<Index> {
    let facts = "SELECT \"unique\", partial FROM pragma_index_list(?1, 'main') WHERE name = ?2";
    let facts = conn.query_row(facts, [table, &name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (unique, partial) = facts.unwrap_or_default();
    let columns = "SELECT name FROM pragma_index_info(?1, 'main') ORDER BY seqno";
    let columns = conn.prepare_cached(columns)?.query_map([&name], |row| row.get(0))?.collect::<Result<_>>()?;
    Ok(Index { name, unique, partial, columns, sql })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_schema_says() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE people(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
             CREATE TABLE notes(id INT, part VARCHAR(9) DEFAULT 'x', owner REFERENCES people ON DELETE CASCADE,
               a, b, n INT GENERATED ALWAYS AS (id + 1) STORED, v AS (id + 2), PRIMARY KEY(part, id),
               FOREIGN KEY(a, b) REFERENCES notes(part, id) ON UPDATE SET NULL) WITHOUT ROWID;
             CREATE UNIQUE INDEX one ON notes(a); CREATE INDEX two ON notes(lower(b), a) WHERE a > 1;
             CREATE VIEW v AS SELECT a AS x, b FROM notes;
             CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN SELECT 1; END;
             CREATE VIRTUAL TABLE f USING fts5(body);
             CREATE TABLE schema_migrations(id)",
        )
        .unwrap();
        let schema = Schema::read(&conn, "schema_migrations").unwrap();
        let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["f", "notes", "people"]);
        insta::assert_snapshot!(serde_json::to_string_pretty(&schema).unwrap());
    }
}
