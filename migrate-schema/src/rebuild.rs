//! The rebuild of a table: a new one beside it, the rows copied, the old one dropped, the new one renamed.

use std::collections::BTreeMap;

use migrate_core::rusqlite::Connection;
use migrate_sql::{TokenKind, tokens};

use crate::create::CreateTable;
use crate::names::{fresh_name, ident};
use crate::rows::rowid;
use crate::schema::{Column, Table};

/// A table as it is, and as it is to be.
pub(crate) struct Rebuild<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) from: &'a Table,
    pub(crate) to: &'a Table,
    /// Expressions over a row of the old table, by the new column in lower case.
    pub(crate) fills: &'a BTreeMap<String, String>,
}

impl Rebuild<'_> {
    /// The statements, without semicolons. Indexes, triggers and views are for the caller.
    pub(crate) fn statements(&self, is_taken: impl Fn(&str) -> bool) -> Vec<String> {
        let name = &self.from.name;
        let new = fresh_name(name, is_taken);
        let (old_word, new_word) = (ident(self.conn, name), ident(self.conn, &new));
        let made = CreateTable::of(&self.to.sql).map(|table| table.renamed(&new_word)).unwrap_or_default();
        let made = CreateTable::of(&made).map(|table| table.pretty(&new_word)).unwrap_or(made);
        let mut statements = vec![made];
        if self.keeps_marks() {
            let (old, new) = (string(name), string(&new));
            statements.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        let copied = self.copied();
        if !copied.is_empty() {
            let list = |each: fn(&(String, String)) -> &str| copied.iter().map(each).collect::<Vec<_>>().join(", ");
            let (columns, values) = (list(|(column, _)| column), list(|(_, value)| value));
            // A row that does not fit is to fail, whatever the new table does with such rows later.
            let or = if is_lenient(&self.to.sql) { " OR ABORT" } else { "" };
            statements.push(format!("INSERT{or} INTO {new_word} ({columns})\nSELECT {values}\nFROM {old_word}"));
        }
        statements.push(format!("DROP TABLE {old_word}"));
        statements.push(format!("ALTER TABLE {new_word} RENAME TO {old_word}"));
        statements
    }

    /// Each column that the copy fills, and what with.
    fn copied(&self) -> Vec<(String, String)> {
        let mut copied: Vec<(String, String)> = Vec::new();
        let key = key(self.to);
        // Without a key of their own, the rows are known by their rowid to whatever has stored it.
        if !self.to.without_rowid
            && key.is_none()
            && let (Some(old), Some(new)) = (self.old_rowid(), rowid(self.to))
        {
            copied.push((new.to_owned(), old));
        }
        for column in self.to.columns.iter().filter(|column| column.generated.is_none()) {
            let fill = self.fills.get(&column.name.to_ascii_lowercase());
            let value = match (self.from.column(&column.name), fill) {
                (Some(before), fill) => self.kept(before, column, fill),
                (None, Some(fill)) => fill.clone(),
                // The rowid becomes a column.
                (None, None) if key.is_some_and(|key| key.name == column.name) => match self.old_rowid() {
                    Some(value) => value,
                    None => continue,
                },
                // The new column's default does it.
                (None, None) => continue,
            };
            copied.push((ident(self.conn, &column.name), value));
        }
        // Where no column stays, the rows do.
        if copied.is_empty() {
            let first = self.to.columns.iter().find(|column| column.generated.is_none());
            copied.extend(first.map(|column| (ident(self.conn, &column.name), default(column))));
        }
        copied
    }

    /// What has the rowid of a row of the old table.
    fn old_rowid(&self) -> Option<String> {
        if self.from.without_rowid {
            return None;
        }
        let named = key(self.from).map(|key| ident(self.conn, &key.name));
        named.or_else(|| rowid(self.from).map(str::to_owned))
    }

    /// A column that stays. A fill that speaks of it says what becomes of its values; any other stands for NULL, as the
    /// default does where NULL may not stay.
    fn kept(&self, before: &Column, now: &Column, fill: Option<&String>) -> String {
        let name = ident(self.conn, &before.name);
        let tightened = must_have_value(now, self.to) && !must_have_value(before, self.from);
        match fill {
            Some(fill) if speaks_of(fill, &before.name) => fill.clone(),
            Some(fill) => format!("coalesce({name}, {fill})"),
            None if tightened && !is_null(now) => format!("coalesce({name}, {})", default(now)),
            None => name,
        }
    }

    fn keeps_marks(&self) -> bool {
        is_autoincrement(self.from) && is_autoincrement(self.to)
    }
}

/// Whether `NULL` is refused: `NOT NULL`, or part of the key of a table that keeps to it. For the rowid's own column `NULL`
/// stands for the next number.
pub(crate) fn must_have_value(column: &Column, table: &Table) -> bool {
    let is_key = key(table).is_some_and(|key| key.name == column.name);
    (column.not_null || (column.primary_key > 0 && (table.strict || table.without_rowid))) && !is_key
}

/// Whether an expression names a column.
pub(crate) fn speaks_of(expression: &str, column: &str) -> bool {
    let names = tokens(expression).filter(|token| token.kind != TokenKind::String).filter_map(|token| token.name());
    names.into_iter().any(|name| name.eq_ignore_ascii_case(column))
}

/// Whether a row that says nothing of a column has NULL there.
pub(crate) fn is_null(column: &Column) -> bool {
    column.default.as_deref().is_none_or(|default| default.trim().eq_ignore_ascii_case("NULL"))
}

/// Whether a default is the same at any time, so that SQLite can give it to rows that exist.
pub(crate) fn is_constant(default: &str) -> bool {
    let words: Vec<_> = tokens(default).filter(|token| token.is_significant()).collect();
    match words.as_slice() {
        [word] => !["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"].iter().any(|time| word.is_word(time)),
        [sign, number] => ["-", "+"].contains(&sign.text) && number.kind == TokenKind::Number,
        words => words.is_empty(),
    }
}

/// The default as an expression: a lone name stands for its text there, and nowhere else.
fn default(column: &Column) -> String {
    const VALUES: [&str; 6] = ["TRUE", "FALSE", "NULL", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];
    let text = column.default.as_deref().unwrap_or("NULL");
    let words: Vec<_> = tokens(text).filter(|token| token.is_significant()).collect();
    match words.as_slice() {
        [word] if word.kind != TokenKind::String && !VALUES.iter().any(|value| word.is_word(value)) => {
            word.name().map_or_else(|| text.to_owned(), |name| string(&name))
        }
        _ => text.to_owned(),
    }
}

/// Whether a table leaves out rows that do not fit, or puts others in their place.
fn is_lenient(sql: &str) -> bool {
    let words: Vec<_> = tokens(sql).filter(|token| token.is_significant()).collect();
    let lenient = ["IGNORE", "REPLACE", "ROLLBACK"];
    words.windows(2).any(|pair| pair[0].is_word("CONFLICT") && lenient.iter().any(|word| pair[1].is_word(word)))
}

/// The column that is the rowid: `INTEGER PRIMARY KEY`.
pub(crate) fn key(table: &Table) -> Option<&Column> {
    let mut keys = table.columns.iter().filter(|column| column.primary_key > 0);
    let key = keys.next().filter(|key| key.kind.eq_ignore_ascii_case("INTEGER"))?;
    let descends = || {
        // `INTEGER PRIMARY KEY DESC` on the column is no rowid.
        let item = CreateTable::of(&table.sql).and_then(|create| create.column(&key.name));
        let words: Vec<_> = tokens(item.unwrap_or_default()).filter(|token| token.is_significant()).collect();
        words.windows(3).any(|w| w[0].is_word("PRIMARY") && w[1].is_word("KEY") && w[2].is_word("DESC"))
    };
    (keys.next().is_none() && !table.without_rowid && !descends()).then_some(key)
}

fn is_autoincrement(table: &Table) -> bool {
    tokens(&table.sql).any(|token| token.is_word("AUTOINCREMENT"))
}

/// A string as SQL.
fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
