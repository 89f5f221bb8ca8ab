//! What has to be known of a table to put rows into it.

use migrate_sql::{Token, TokenKind, quote};
use rusqlite::Connection;

use crate::cache::bytes;
use crate::words::{closing, words};

/// An ordinary table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of each key that no two rows may share; an index over expressions covers every column.
    pub(crate) uniques: Vec<Vec<usize>>,
    pub(crate) keys: Vec<ForeignKey>,
    pub(crate) checks: Vec<Check>,
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The declared type, in capitals.
    pub(crate) declared: String,
    pub(crate) not_null: bool,
    pub(crate) default: Option<String>,
    pub(crate) primary: bool,
    pub(crate) generated: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ForeignKey {
    pub(crate) parent: String,
    pub(crate) columns: Vec<usize>,
    /// The parent's columns; empty for its primary key.
    pub(crate) to: Vec<String>,
}

/// A CHECK, and the columns that it names.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) expression: String,
    pub(crate) columns: Vec<usize>,
}

bytes!(struct Table { name, columns, uniques, keys, checks, strict, without_rowid });
bytes!(struct Column { name, declared, not_null, default, primary, generated });
bytes!(struct ForeignKey { parent, columns, to });
bytes!(struct Check { expression, columns });

impl Table {
    /// `None` for what is no ordinary table.
    pub(crate) fn read(conn: &Connection, name: &str) -> rusqlite::Result<Option<Table>> {
        let mut master = conn.prepare_cached(
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        )?;
        let mut rows = master.query([name])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (name, sql): (String, String) = (row.get(0)?, row.get(1)?);
        let tokens = words(&sql);
        if tokens.get(1).is_some_and(|word| word.is_word("VIRTUAL")) {
            return Ok(None);
        }
        let columns = columns(conn, &name)?;
        let position = |column: &str| columns.iter().position(|c| c.name.eq_ignore_ascii_case(column));
        let has = |word: &str| tokens.iter().any(|token| token.is_word(word));
        let uniques = uniques(conn, &name, &columns)?;
        let keys = if has("REFERENCES") { keys(conn, &name, &position)? } else { Vec::new() };
        let checks = if has("CHECK") { checks(&sql, &tokens, &position) } else { Vec::new() };
        // Options follow the parenthesis that closes the columns.
        let close = tokens.iter().rposition(|token| token.text == ")").unwrap_or(tokens.len());
        let option = |word: &str| tokens.iter().skip(close).any(|token| token.is_word(word));
        let (strict, without_rowid) = (option("STRICT"), option("WITHOUT"));
        Ok(Some(Table { name, uniques, keys, checks, strict, without_rowid, columns }))
    }

    pub(crate) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name.eq_ignore_ascii_case(column))
    }

    /// The foreign key that a column belongs to.
    pub(crate) fn key_of(&self, column: usize) -> Option<&ForeignKey> {
        self.keys.iter().find(|key| key.columns.contains(&column))
    }

    pub(crate) fn quoted(&self) -> String {
        format!("main.{}", quote(&self.name))
    }

    /// Whether a column's values are the table's rowids.
    pub(crate) fn is_rowid(&self, column: usize) -> bool {
        let mut primary = self.columns.iter().filter(|column| column.primary);
        let only = primary.next().is_some() && primary.next().is_none();
        only && !self.without_rowid && self.columns[column].primary && self.columns[column].declared == "INTEGER"
    }
}

fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let sql = format!("PRAGMA main.table_xinfo({})", quote(table));
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut columns = Vec::new();
    while let Some(row) = rows.next()? {
        let hidden: i64 = row.get(6)?;
        columns.push(Column {
            name: row.get(1)?,
            declared: row.get::<_, Option<String>>(2)?.unwrap_or_default().to_ascii_uppercase(),
            not_null: row.get(3)?,
            default: row.get(4)?,
            primary: row.get::<_, i64>(5)? > 0,
            generated: hidden != 0,
        });
    }
    Ok(columns)
}

fn uniques(conn: &Connection, table: &str, columns: &[Column]) -> rusqlite::Result<Vec<Vec<usize>>> {
    let mut found = Vec::new();
    let primary: Vec<usize> = (0..columns.len()).filter(|&at| columns[at].primary).collect();
    if !primary.is_empty() {
        found.push(primary);
    }
    let mut statement = conn.prepare(&format!("PRAGMA main.index_list({})", quote(table)))?;
    let list: Vec<(String, bool, String)> =
        statement.query_map([], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?)))?.collect::<rusqlite::Result<_>>()?;
    for (index, _, _) in list.into_iter().filter(|(_, unique, origin)| *unique && origin != "pk") {
        let mut statement = conn.prepare(&format!("PRAGMA main.index_info({})", quote(&index)))?;
        let parts: Vec<i64> = statement.query_map([], |row| row.get(1))?.collect::<rusqlite::Result<_>>()?;
        let covered: Vec<usize> = parts.iter().filter_map(|&part| usize::try_from(part).ok()).collect();
        found.push(if covered.len() == parts.len() { covered } else { (0..columns.len()).collect() });
    }
    Ok(found)
}

fn keys(
    conn: &Connection,
    table: &str,
    position: &impl Fn(&str) -> Option<usize>,
) -> rusqlite::Result<Vec<ForeignKey>> {
    let mut statement = conn.prepare(&format!("PRAGMA main.foreign_key_list({})", quote(table)))?;
    let mut rows = statement.query([])?;
    let mut keys: Vec<ForeignKey> = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, parent): (i64, String) = (row.get(1)?, row.get(2)?);
        let (from, to): (String, Option<String>) = (row.get(3)?, row.get(4)?);
        if seq == 0 {
            keys.push(ForeignKey { parent, columns: Vec::new(), to: Vec::new() });
        }
        if let (Some(key), Some(column)) = (keys.last_mut(), position(&from)) {
            key.columns.push(column);
            key.to.extend(to);
        }
    }
    Ok(keys)
}

fn checks(sql: &str, tokens: &[Token<'_>], position: &impl Fn(&str) -> Option<usize>) -> Vec<Check> {
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.is_word("CHECK")) {
        let Some(close) = closing(tokens, at + 1) else { continue };
        let inner = &tokens[at + 2..close];
        let names = inner.iter().filter(|token| token.kind != TokenKind::String).filter_map(Token::name);
        let mut columns: Vec<usize> = names.filter_map(|name| position(&name)).collect();
        columns.sort_unstable();
        columns.dedup();
        found.push(Check { expression: sql[tokens[at + 1].end()..tokens[close].start].to_owned(), columns });
    }
    found
}
