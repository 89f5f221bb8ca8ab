//! Rows as `INSERT` statements.

use migrate_core::rusqlite::types::Value;
use migrate_core::rusqlite::{Connection, Result};
use migrate_sql::quote;

use crate::names::ident;
use crate::schema::Table;

/// The rows of a table: the columns that an `INSERT` names, and the values of each row as SQL.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) values: Vec<Vec<String>>,
}

impl Rows {
    /// Every row, in the order of its key, rowids left out; nothing for a virtual table, whose rows are its module's.
    pub(crate) fn of(conn: &Connection, table: &Table) -> Result<Rows> {
        if table.is_virtual {
            return Ok(Rows::default());
        }
        let columns: Vec<String> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| column.name.clone())
            .collect();
        let list: Vec<String> = columns.iter().map(|name| quote(name)).collect();
        let order = if table.without_rowid {
            String::new()
        } else {
            rowid(table).map_or_else(String::new, |rowid| format!(" ORDER BY {rowid}"))
        };
        let sql = format!("SELECT {} FROM main.{} NOT INDEXED{order}", list.join(", "), quote(&table.name));
        let mut statement = conn.prepare(&sql)?;
        let count = columns.len();
        let mut rows = statement.query([])?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            values.push((0..count).map(|at| Ok(literal(&row.get(at)?))).collect::<Result<_>>()?);
        }
        Ok(Rows { columns, values })
    }

    /// One statement, without its semicolon; `None` where there is no row.
    pub(crate) fn insert(&self, conn: &Connection, table: &str) -> Option<String> {
        if self.values.is_empty() {
            return None;
        }
        let columns: Vec<String> = self.columns.iter().map(|name| ident(conn, name)).collect();
        let rows: Vec<String> = self.values.iter().map(|row| format!("    ({})", row.join(", "))).collect();
        let (columns, rows) = (columns.join(", "), rows.join(",\n"));
        Some(format!("INSERT INTO {} ({columns}) VALUES\n{rows}", ident(conn, table)))
    }
}

/// The word for the rowid that is no column of this table.
pub(crate) fn rowid(table: &Table) -> Option<&'static str> {
    ["rowid", "_rowid_", "oid"].into_iter().find(|word| table.column(word).is_none())
}

/// A value that SQLite reads back.
pub(crate) fn literal(value: &Value) -> String {
    let hex = |bytes: &[u8]| format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(i64::MIN) => "(-9223372036854775807 - 1)".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.is_infinite() => if *number > 0.0 { "9e999" } else { "-9e999" }.to_owned(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) if text.contains('\0') => format!("CAST({} AS TEXT)", hex(text.as_bytes())),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => hex(bytes),
    }
}
