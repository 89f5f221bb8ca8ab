//! The script that makes a database's content again.

use migrate_source::Script;
use migrate_sql::quote;
use rusqlite::types::Value;

use super::PATH;
use super::content::{Content, Table};

/// Tables first, then their rows, then what would react to rows or be slowed down by them: indexes, views, triggers.
///
/// What a virtual table holds is left out, since only its module knows how to derive it; where it holds anything, the
/// comparison that follows finds its own tables to differ.
pub(super) fn script(content: &Content) -> Option<Script> {
    let made = || content.objects.iter().filter(|object| !object.is_shadow);
    let mut statements: Vec<String> = Vec::new();
    statements.extend(made().filter(|object| object.kind == "table").map(|object| object.sql.clone()));
    statements.extend(content.tables.iter().filter(|table| !table.is_shadow).map(insert).collect::<Option<Vec<_>>>()?);
    for (table, mark) in &content.marks {
        let (table, mark) = (literal(&Value::Text(table.clone()))?, literal(mark)?);
        statements.push(format!("DELETE FROM main.sqlite_sequence WHERE name = {table}"));
        statements.push(format!("INSERT INTO main.sqlite_sequence(name, seq) VALUES ({table}, {mark})"));
    }
    statements.extend(made().filter(|object| object.kind != "table").map(|object| object.sql.clone()));
    let changed = content.header.iter().filter(|(_, value)| *value != 0);
    statements.extend(changed.map(|(pragma, value)| format!("PRAGMA main.{pragma} = {value}")));
    Some(joined(&statements))
}

fn insert(table: &Table) -> Option<String> {
    let columns: Vec<String> = table.columns.iter().map(|name| quote(name)).collect();
    let row = |row: &Vec<Value>| {
        let values: Option<Vec<String>> = row.iter().map(literal).collect();
        Some(format!("({})", values?.join(", ")))
    };
    let rows: Option<Vec<String>> = table.rows.iter().map(row).collect();
    Some(format!("INSERT INTO main.{}({}) VALUES\n  {}", quote(&table.name), columns.join(", "), rows?.join(",\n  ")))
}

/// A value that SQLite reads back; `None` for an infinite number.
fn literal(value: &Value) -> Option<String> {
    let hex = |bytes: &[u8]| format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    Some(match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(i64::MIN) => "(-9223372036854775807 - 1)".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if !number.is_finite() => return None,
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) if text.contains('\0') => format!("CAST({} AS TEXT)", hex(text.as_bytes())),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => hex(bytes),
    })
}

/// Statements as a script: where each begins and ends is known, whatever is in it.
fn joined(statements: &[String]) -> Script {
    let mut text = String::new();
    let mut spans = Vec::new();
    for statement in statements {
        let start = text.len();
        text.push_str(statement);
        spans.push(start..text.len());
        text.push_str(";\n");
    }
    Script { shown: PATH.to_owned(), text, statements: spans }
}
