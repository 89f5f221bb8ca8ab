//! The rows that two databases hold.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use migrate_core::__private::{Catalog, Kind};
use migrate_source::Source;
use migrate_sql::quote;
use rusqlite::types::Value;

use super::normal;
use crate::replay::Replay;
use crate::scratch::Scratch;

/// Rows of one table that only one side has, as they are shown.
pub(crate) struct RowDifference {
    pub(crate) table: String,
    pub(crate) schema_only: Vec<String>,
    pub(crate) migrations_only: Vec<String>,
}

/// What the rows of both sides come to.
#[derive(Default)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<RowDifference>,
    /// Whether it will be another in a while, since a time that a script writes was taken for that of the proof.
    pub(crate) is_passing: bool,
}

/// Compares every table that both sides have with one definition.
pub(super) fn compare(
    schema: &Scratch,
    catalog: &Catalog,
    replay: &Replay,
    source: &Source,
) -> rusqlite::Result<Comparison> {
    let mut found = Comparison::default();
    if schema.total_changes() == 0 && replay.scratch.total_changes() == 0 {
        return Ok(found);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    for entry in catalog.iter().filter(|entry| entry.object.kind == Kind::Table) {
        let name = entry.object.name.as_ref();
        let same = replay.catalog.get(Kind::Table, name).is_some_and(|other| other.strict() == entry.strict());
        if !same || is_virtual(&entry.sql) {
            continue;
        }
        let sql = format!("SELECT * FROM main.{}", quote(name));
        let (ours, theirs) = (rows(schema, &sql, &[])?, rows(&replay.scratch, &sql, &[])?);
        let as_many = ours.len() == theirs.len();
        let mut values = ours.iter().chain(&theirs).flatten();
        found.is_passing |= values.any(|value| normal::is_passing(value, now, source));
        found
            .differences
            .extend(difference(name, ours, theirs, now).filter(|_| !(as_many && normal::is_random(name, source))));
    }
    let sql = "SELECT name, seq FROM main.sqlite_sequence WHERE name <> ?1 COLLATE NOCASE";
    let history = [source.config.history_table.as_str()];
    let (ours, theirs) = (rows(schema, sql, &history)?, rows(&replay.scratch, sql, &history)?);
    found.differences.extend(difference("sqlite_sequence", ours, theirs, now));
    Ok(found)
}

/// The content of a virtual table is kept in tables of its own form, and derived from what it was given.
fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

type Row = Vec<Value>;

fn rows(scratch: &Scratch, sql: &str, parameters: &[&str]) -> rusqlite::Result<Vec<Row>> {
    let mut statement = scratch.conn().prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Row>>()?);
    }
    Ok(found)
}

/// The rows of one side that the other lacks, as multisets.
fn difference(table: &str, ours: Vec<Row>, theirs: Vec<Row>, now: u64) -> Option<RowDifference> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for row in &ours {
        *counts.entry(shown(row, now)).or_default() += 1;
    }
    for row in &theirs {
        *counts.entry(shown(row, now)).or_default() -= 1;
    }
    let side = |sign: i64| -> Vec<String> {
        let of_side = counts.iter().filter(|(_, count)| **count * sign > 0);
        of_side.flat_map(|(row, count)| std::iter::repeat_n(row.clone(), count.unsigned_abs() as usize)).collect()
    };
    let found = RowDifference { table: table.to_owned(), schema_only: side(1), migrations_only: side(-1) };
    (!found.schema_only.is_empty() || !found.migrations_only.is_empty()).then_some(found)
}

/// A row as SQL writes it, but for the time of the proof itself, which is never the same twice.
fn shown(row: &Row, now: u64) -> String {
    let values: Vec<String> = row.iter().map(|value| normal::shown(value, now)).collect();
    format!("({})", values.join(", "))
}

impl RowDifference {
    /// Lines of a diff from `schema.sql` to the migrations, the first few of each side.
    pub(crate) fn lines(&self) -> String {
        const SHOWN: usize = 5;
        let mut lines = Vec::new();
        for (mark, rows) in [('-', &self.schema_only), ('+', &self.migrations_only)] {
            lines.extend(rows.iter().take(SHOWN).map(|row| format!("{mark} {row}")));
            if rows.len() > SHOWN {
                lines.push(format!("{mark} and {} more", rows.len() - SHOWN));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_compared_as_multisets() {
        let row = |text: &str| vec![Value::Text(text.to_owned())];
        let check = |ours: &[&str], theirs: &[&str], expected: &str| {
            let rows = |texts: &[&str]| texts.iter().map(|text| row(text)).collect::<Vec<Row>>();
            let found = difference("t", rows(ours), rows(theirs), 0).map_or_else(String::new, |d| d.lines());
            assert_eq!(found, expected);
        };
        check(&["a", "b"], &["b", "a"], "");
        check(&["a", "a"], &["a"], "- ('a')");
        check(&["a"], &["b"], "- ('a')\n+ ('b')");
        check(&[], &["a", "b", "c", "d", "e", "f"], "+ ('a')\n+ ('b')\n+ ('c')\n+ ('d')\n+ ('e')\n+ and 1 more");
    }
}
