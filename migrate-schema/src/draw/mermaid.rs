//! A schema as Mermaid's `erDiagram`.

use std::collections::{HashMap, HashSet};

use crate::schema::{Column, ForeignKey, Schema, Table};

/// A schema as a Mermaid `erDiagram`: tables with their columns, types and keys, and what refers to what.
///
/// Names that Mermaid cannot take get an alias, of a column a comment. Views have no relations, and no place here.
///
/// ```
/// use migrate_core::rusqlite::Connection;
/// use migrate_schema::{Schema, mermaid};
///
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES notes)")?;
/// let text = mermaid(&Schema::read(&conn, "schema_migrations")?);
/// assert_eq!(text, "erDiagram\n  notes {\n    INTEGER id PK\n    INTEGER parent FK\n  }\n  notes |o--o{ notes : \"parent\"\n");
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
#[must_use]
pub fn mermaid(schema: &Schema) -> String {
    let ids = ids(schema);
    let mut text = String::from("erDiagram\n");
    for table in &schema.tables {
        text.push_str("  ");
        text.push_str(&ids[&table.name]);
        if ids[&table.name] != table.name || is_emphasis(&table.name) {
            text.push_str(&format!("[\"{}\"]", encoded(&table.name)));
        }
        text.push_str(" {\n");
        let mut taken = HashSet::new();
        for column in &table.columns {
            text.push_str(&line(table, column, &mut taken));
        }
        text.push_str("  }\n");
    }
    for table in &schema.tables {
        for key in &table.foreign_keys {
            // A key to a table that is not there would draw an empty one.
            let Some(parent) = schema.table(&key.parent) else { continue };
            let (at_parent, at_child) = ends(table, key);
            let label = encoded(&key.columns.join(", "));
            let line = format!("  {} {at_parent}--{at_child} {} : \"{label}\"\n", ids[&parent.name], ids[&table.name]);
            text.push_str(&line);
        }
    }
    text
}

/// A column's line: type, name, keys, and the real name where it had to be altered.
fn line(table: &Table, column: &Column, taken: &mut HashSet<String>) -> String {
    let kind = if column.kind.is_empty() { "any".to_owned() } else { word(&column.kind.replace(", ", ","), "(),.") };
    let name = unique(word(&column.name, ""), taken);
    let mut keys = Vec::new();
    if column.primary_key > 0 {
        keys.push("PK");
    }
    if is_foreign(table, column) {
        keys.push("FK");
    }
    if column.unique {
        keys.push("UK");
    }
    let mut line = format!("    {kind} {name}");
    if !keys.is_empty() {
        line.push(' ');
        line.push_str(&keys.join(", "));
    }
    if name != column.name {
        line.push_str(&format!(" \"{}\"", encoded(&column.name)));
    }
    line.push('\n');
    line
}

fn is_foreign(table: &Table, column: &Column) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name)))
}

/// How many there may be at the parent's end, and at the child's.
fn ends(table: &Table, key: &ForeignKey) -> (&'static str, &'static str) {
    let columns: Vec<&Column> = key.columns.iter().filter_map(|name| table.column(name)).collect();
    let may_be_null = columns.iter().any(|column| !column.not_null && column.primary_key == 0);
    let whole_key = table.columns.iter().filter(|column| column.primary_key > 0).count() == 1;
    let single = matches!(&columns[..], [column] if column.unique || (column.primary_key > 0 && whole_key));
    (if may_be_null { "|o" } else { "||" }, if single { "o|" } else { "o{" })
}

/// The tables' names as Mermaid's identifiers, each for itself.
fn ids(schema: &Schema) -> HashMap<String, String> {
    let mut taken = HashSet::new();
    // Names that can stay as they are come first, so that no other takes them.
    let mut tables: Vec<&Table> = schema.tables.iter().collect();
    tables.sort_by_key(|table| word(&table.name, "") != table.name);
    tables.into_iter().map(|table| (table.name.clone(), unique(word(&table.name, ""), &mut taken))).collect()
}

fn unique(word: String, taken: &mut HashSet<String>) -> String {
    let mut name = word.clone();
    let mut count = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{word}_{count}");
        count += 1;
    }
    name
}

/// Words that Mermaid's lexer takes for its own.
const RESERVED: [&str; 22] = [
    "accdescr",
    "acctitle",
    "class",
    "classdef",
    "direction",
    "end",
    "erdiagram",
    "fk",
    "many",
    "o",
    "one",
    "only",
    "optionally",
    "pk",
    "style",
    "subgraph",
    "title",
    "to",
    "u",
    "uk",
    "zero",
    "default",
];

/// A text as one of Mermaid's words; `also` are characters that may stay.
fn word(text: &str, also: &str) -> String {
    let stays = |c: char| c.is_ascii_alphanumeric() || c == '_' || also.contains(c);
    let mut word: String = text.chars().map(|c| if stays(c) { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    if RESERVED.contains(&word.to_ascii_lowercase().as_str()) {
        word.push('_');
    }
    word
}

/// Whether Mermaid would read a name as Markdown, and drop what it takes for marks.
fn is_emphasis(name: &str) -> bool {
    name.starts_with('_') || name.ends_with('_')
}

/// A text between Mermaid's quotes: everything that could mean something there as `#code;`.
fn encoded(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-,().".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
    let encode = |c: char| if plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) };
    let emphasis = is_emphasis(text);
    let text: String = text.chars().map(encode).collect();
    let text = if emphasis { text.replace('_', "#95;") } else { text };
    // `direction LR` counts even between quotes.
    if text.is_empty() {
        // Mermaid knows no empty names.
        return "#32;".to_owned();
    }
    if text.to_ascii_lowercase().contains("direction") { text.replace(' ', "#32;") } else { text }
}

#[cfg(test)]
mod tests;
