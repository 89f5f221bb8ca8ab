//! In what exactly an object differs: for messages, so it may cost time.
//!
//! The list holds digests of definitions, not their text. The text is had again by running the migrations in memory, which
//! is done only once something is to be said about it.

use std::collections::BTreeMap;

use migrate_sql::{Token, tokens};
use rusqlite::Connection;

use crate::catalog::{Catalog, Entry};
use crate::engine::run_script;
use crate::expected::{Comparison, show};
use crate::set::{Kind, Set};

/// A line for each object that is there with another definition than a position has; nothing where that cannot be said,
/// because the migrations need functions that only the application's connection has.
pub(crate) fn details(set: &Set, position: usize, live: &Catalog, difference: &Comparison) -> Vec<String> {
    if difference.different.is_empty() {
        return Vec::new();
    }
    let Some((scratch, expected)) = replay(set, position) else { return Vec::new() };
    let differs = |entry: &&Entry| difference.different.contains(&show(&entry.object));
    let line = |entry: &Entry| {
        let wanted = expected.get(entry.object.kind, &entry.object.name)?;
        let columns = if entry.object.kind == Kind::Table { columns(&scratch, entry) } else { Vec::new() };
        let text = if columns.is_empty() { texts(&wanted.sql, &entry.sql) } else { columns.join(", ") };
        Some(format!("{}: {text}", show(&entry.object)))
    };
    live.iter().filter(differs).filter_map(line).collect()
}

fn replay(set: &Set, position: usize) -> Option<(Connection, Catalog)> {
    let scratch = Connection::open_in_memory().ok()?;
    scratch.execute_batch("PRAGMA foreign_keys = OFF").ok()?;
    let at_once = set.schema.as_ref().or(set.snapshot.as_ref()).filter(|_| position == set.migrations.len());
    match at_once {
        Some(script) => run_script(&scratch, script).ok()?,
        None => {
            let scripts = set.base.iter().chain(set.migrations.iter().take(position).map(|migration| &migration.up));
            for script in scripts {
                run_script(&scratch, script).ok()?;
            }
        }
    }
    let catalog = Catalog::read(&scratch, &set.options.history_table).ok()?;
    Some((scratch, catalog))
}

/// How the columns of a live table differ from those of the same table in the scratch database.
fn columns(scratch: &Connection, live: &Entry) -> Vec<String> {
    let name = live.object.name.as_ref();
    // Who wrote the file is not known, and this text comes from it.
    let mut words = tokens(&live.sql).filter(Token::is_significant);
    let is_table = words.next().is_some_and(|token| token.is_word("CREATE"))
        && words.next().is_some_and(|token| token.is_word("TABLE"));
    if !is_table {
        return Vec::new();
    }
    let here = Connection::open_in_memory().and_then(|conn| {
        // One statement and no more: SQLite itself reads no further in its schema.
        conn.prepare(&live.sql)?.raw_execute()?;
        read_columns(&conn, name)
    });
    let (Ok(here), Ok(wanted)) = (here, read_columns(scratch, name)) else { return Vec::new() };
    let mut lines = Vec::new();
    for (key, (column, declared)) in &wanted {
        match here.get(key) {
            None => lines.push(format!("column `{column}` is missing")),
            Some((_, found)) if found != declared => {
                lines.push(format!("column `{column}` is `{found}`, not `{declared}`"));
            }
            Some(_) => {}
        }
    }
    let extra = here.iter().filter(|(key, _)| !wanted.contains_key(*key));
    lines.extend(extra.map(|(_, (column, _))| format!("column `{column}` is too much")));
    lines
}

/// Name and declaration of each column, by its folded name.
fn read_columns(conn: &Connection, table: &str) -> rusqlite::Result<BTreeMap<String, (String, String)>> {
    let sql = "SELECT name, type || iif(\"notnull\", ' NOT NULL', '') || coalesce(' DEFAULT ' || dflt_value, '') \
               || iif(pk, ' PRIMARY KEY', '') || iif(hidden > 1, ' GENERATED', '') FROM pragma_table_xinfo(?1)";
    let mut statement = conn.prepare(sql)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let rows = statement.query_map([table], row)?;
    let rows =
        rows.map(|row| row.map(|(name, declared)| (name.to_ascii_lowercase(), (name, declared.trim().to_owned()))));
    rows.collect()
}

/// Two definitions around the first token in which they differ.
fn texts(wanted: &str, here: &str) -> String {
    let significant = |sql| tokens(sql).filter(Token::is_significant).collect();
    let (wanted, here): (Vec<Token<'_>>, Vec<Token<'_>>) = (significant(wanted), significant(here));
    let same = |(a, b): &(&Token<'_>, &Token<'_>)| a.text.eq_ignore_ascii_case(b.text);
    let at = wanted.iter().zip(&here).take_while(same).count();
    format!("`{}`, not `{}`", around(&here, at), around(&wanted, at))
}

fn around(tokens: &[Token<'_>], at: usize) -> String {
    const BEFORE: usize = 4;
    const AFTER: usize = 10;
    let start = at.saturating_sub(BEFORE);
    let words: Vec<&str> = tokens.iter().skip(start).take(BEFORE + AFTER).map(|token| token.text).collect();
    let before = if start > 0 { "… " } else { "" };
    let after = if start + BEFORE + AFTER < tokens.len() { " …" } else { "" };
    format!("{before}{}{after}", words.join(" "))
}
