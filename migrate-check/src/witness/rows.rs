//! The rows of a table before and after, and which of them became what.

use std::collections::{BTreeMap, HashMap};

use migrate_sql::quote;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::value::{is_alike, is_distinct, shown};

/// What a table holds. Of a large one, the rows that the proof made, and the first of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// As many as rows, or none where the table has no rowids.
    rowids: Vec<i64>,
    /// Whether there are more.
    is_partial: bool,
}

/// More rows than this, which migrations have inserted, are not compared.
const LIMIT: usize = 500;

impl Rows {
    /// `None` where there is no such table.
    pub(crate) fn read(conn: &Connection, table: &str) -> Option<Rows> {
        let name = quote(table);
        let query = |end: &str, keep: Keep| {
            let with = Rows::kept(conn, &format!("SELECT rowid, * FROM main.{name}{end}"), true, keep);
            with.or_else(|_| Rows::kept(conn, &format!("SELECT * FROM main.{name}{end}"), false, keep)).ok()
        };
        let first = query(&format!(" LIMIT {LIMIT}"), |_| true)?;
        if first.rows.len() < LIMIT {
            return Some(first);
        }
        // Those of the proof may stand behind any number of others.
        let mut found = query("", is_witness)?;
        let others = first.rows.iter().enumerate().filter(|(_, row)| !is_witness(row));
        for (at, row) in others.take(LIMIT.saturating_sub(found.rows.len())) {
            found.rowids.extend(first.rowids.get(at));
            found.rows.push(row.clone());
        }
        Some(Rows { is_partial: true, ..found })
    }

    pub(super) fn query(conn: &Connection, sql: &str, with_rowid: bool) -> rusqlite::Result<Rows> {
        Rows::kept(conn, sql, with_rowid, |_| true)
    }

    fn kept(conn: &Connection, sql: &str, with_rowid: bool, keep: Keep) -> rusqlite::Result<Rows> {
        let mut statement = conn.prepare(sql)?;
        let skip = usize::from(with_rowid);
        let names = (skip..statement.column_count()).map(|at| statement.column_name(at).map(str::to_owned));
        let columns = names.collect::<rusqlite::Result<Vec<String>>>()?;
        let mut found = Rows { columns, ..Rows::default() };
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..found.columns.len()).map(|at| row.get(at + skip));
            let values = values.collect::<rusqlite::Result<Vec<Value>>>()?;
            if found.rows.len() == LIMIT || !keep(&values) {
                continue;
            }
            // A column named `rowid` need not be one.
            if with_rowid && let Ok(rowid) = row.get(0) {
                found.rowids.push(rowid);
            }
            found.rows.push(values);
        }
        if found.rowids.len() != found.rows.len() {
            found.rowids.clear();
        }
        Ok(found)
    }

    /// A row as it is shown: `(id = 1, name = 'witness 17')`.
    pub(crate) fn shown(&self, row: usize) -> String {
        let values = self.rows.get(row).map_or(&[] as &[Value], Vec::as_slice);
        let parts: Vec<String> = (self.columns.iter().zip(values))
            .map(|(column, value)| format!("{column} = {}", cut(shown(value))))
            .collect();
        format!("({})", parts.join(", "))
    }
}

/// Which rows are kept.
type Keep = fn(&[Value]) -> bool;

/// Whether it is most likely a row that the proof made.
fn is_witness(row: &[Value]) -> bool {
    row.iter().any(is_distinct)
}

fn cut(text: String) -> String {
    if text.chars().count() > 40 { text.chars().take(39).chain(['…']).collect() } else { text }
}

/// What became of the rows of a table.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Rows that are gone, by their index before.
    pub(crate) lost: Vec<usize>,
    /// Values that are no longer what they were.
    pub(crate) changed: Vec<Changed>,
}

/// A value that is no longer what it was.
#[derive(Debug)]
pub(crate) struct Changed {
    /// The row, by its index before.
    pub(crate) row: usize,
    /// The column, by its index before.
    pub(crate) column: usize,
    pub(crate) value: Value,
}

/// Compares a table with what it was. `same` says that its rows have kept their rowids, and `carried` which columns, by
/// their index before, hold what they held.
pub(crate) fn compare(before: &Rows, after: &Rows, same: bool, carried: &[usize]) -> Outcome {
    let place = |column: &String| after.columns.iter().position(|other| other.eq_ignore_ascii_case(column));
    let common: Vec<(usize, usize)> =
        before.columns.iter().enumerate().filter_map(|(at, column)| Some((at, place(column)?))).collect();
    let mut pairs: Vec<Option<usize>> = vec![None; before.rows.len()];
    let mut free: Vec<bool> = vec![true; after.rows.len()];

    // As it was.
    let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in after.rows.iter().enumerate().rev() {
        exact.entry(key(common.iter().map(|&(_, a)| &row[a]))).or_default().push(at);
    }
    for (at, row) in before.rows.iter().enumerate() {
        if let Some(found) = exact.get_mut(&key(common.iter().map(|&(b, _)| &row[b]))).and_then(Vec::pop) {
            pairs[at] = Some(found);
            free[found] = false;
        }
    }
    // The same row, changed.
    if same && !before.rowids.is_empty() {
        let ids: BTreeMap<i64, usize> = after.rowids.iter().enumerate().map(|(at, &id)| (id, at)).collect();
        for (at, id) in before.rowids.iter().enumerate().filter(|(at, _)| pairs[*at].is_none()).collect::<Vec<_>>() {
            if let Some(&found) = ids.get(id).filter(|&&found| free[found]) {
                pairs[at] = Some(found);
                free[found] = false;
            }
        }
    }
    // What still holds some of its values.
    let left = |pairs: &[Option<usize>]| (0..pairs.len()).filter(|&at| pairs[at].is_none()).collect::<Vec<_>>();
    for at in left(&pairs) {
        let score = |other: usize| {
            let (was, is) = (&before.rows[at], &after.rows[other]);
            let known = common.iter().filter(|&&(b, _)| is_distinct(&was[b]));
            known.map(|&(b, a)| if was[b] == is[a] { 3 } else { usize::from(is.contains(&was[b])) }).sum::<usize>()
        };
        let best = (0..after.rows.len()).filter(|&other| free[other]).map(|other| (score(other), other));
        if let Some((_, found)) =
            best.filter(|(score, _)| *score > 0).max_by_key(|(score, other)| (*score, usize::MAX - other))
        {
            pairs[at] = Some(found);
            free[found] = false;
        }
    }
    // What was worked into something else entirely: as long as there are as many, none is taken to be lost, unless a value of
    // its own would have to be somewhere.
    let is_missing = |at: &usize| {
        carried.iter().map(|&column| &before.rows[*at][column]).any(|value| {
            is_distinct(value) && !after.rows.iter().any(|row| row.iter().any(|other| is_alike(value, other)))
        })
    };
    let rest: Vec<usize> = left(&pairs).into_iter().filter(|at| !is_missing(at)).collect();
    let open: Vec<usize> = (0..free.len()).filter(|&at| free[at]).collect();
    if open.len() >= rest.len() {
        for (&at, &found) in rest.iter().zip(&open) {
            pairs[at] = Some(found);
        }
    }

    let mut outcome = Outcome { lost: left(&pairs), ..Outcome::default() };
    for (row, pair) in pairs.iter().enumerate() {
        let Some(pair) = pair else { continue };
        for &(b, a) in &common {
            let (was, is) = (&before.rows[row][b], &after.rows[*pair][a]);
            if was != is && *was != Value::Null {
                outcome.changed.push(Changed { row, column: b, value: is.clone() });
            }
        }
    }
    if before.is_partial || after.is_partial {
        // Another row may only not have been read.
        outcome.lost.retain(|&row| is_witness(&before.rows[row]));
        outcome.changed.retain(|changed| is_witness(&before.rows[changed.row]));
    }
    outcome
}

fn key<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(conn: &Connection, sql: &str) -> Rows {
        conn.execute_batch(sql).unwrap();
        Rows::read(conn, "t").unwrap()
    }

    /// The statements turn the table into what it is compared with.
    fn check(sql: &str, same: bool, expected: &str) {
        check_carried(sql, same, &[], expected);
    }

    fn check_carried(sql: &str, same: bool, carried: &[usize], expected: &str) {
        let conn = Connection::open_in_memory().unwrap();
        let before = rows(
            &conn,
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);
             INSERT INTO t VALUES (1000001, NULL, NULL), (1000002, 'witness 1', 'witness 2');",
        );
        let outcome = compare(&before, &rows(&conn, sql), same, carried);
        let lost: Vec<String> =
            outcome.lost.iter().map(|row| format!("lost {}", before.rows[*row][0].clone().number())).collect();
        let changed = outcome.changed.iter().map(|c| format!("{} = {}", before.columns[c.column], shown(&c.value)));
        assert_eq!(lost.into_iter().chain(changed).collect::<Vec<_>>().join(", "), expected, "{sql}");
    }

    trait Number {
        fn number(&self) -> String;
    }

    impl Number for Value {
        fn number(&self) -> String {
            shown(self)
        }
    }

    #[test]
    fn what_became_of_the_rows() {
        check("", true, "");
        check("ALTER TABLE t ADD COLUMN c DEFAULT 1", true, "");
        check("DELETE FROM t WHERE a IS NULL", true, "lost 1000001");
        check("UPDATE t SET a = b, b = a", false, "a = 'witness 2', b = 'witness 1'");
        check("UPDATE t SET a = NULL", true, "a = NULL");
        check("UPDATE t SET a = upper(a), id = id + 1000000", true, "id = 2000001, id = 2000002, a = 'WITNESS 1'");
        check("DELETE FROM t; INSERT INTO t VALUES (1, 'x', 'y')", false, "lost 1000001, lost 1000002");
        check("ALTER TABLE t DROP COLUMN b", false, "");
        let replaced = "DELETE FROM t WHERE a IS NULL; INSERT INTO t VALUES (1, 'x', 'y')";
        check(replaced, false, "id = 1");
        check_carried(replaced, false, &[0, 1], "lost 1000001");
        let text = "CREATE TABLE n(id TEXT, a TEXT, b TEXT); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t";
        check_carried(text, false, &[0, 1, 2], "id = '1000001', id = '1000002'");
    }

    #[test]
    fn rows_of_the_proof_are_found_among_many() {
        let many = "WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 900) INSERT INTO t SELECT n, 'x' || n, 'y' FROM n";
        check(many, true, "");
        check(&format!("{many}; UPDATE t SET a = 'z' WHERE id < 700"), true, "");
        check_carried(&format!("{many}; DELETE FROM t WHERE a IS NULL"), true, &[0], "lost 1000001");
        check(&format!("{many}; UPDATE t SET a = NULL"), true, "a = NULL");
        let rebuilt = "CREATE TABLE n(id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO n SELECT * FROM t WHERE b IS NOT NULL; DROP TABLE t; \
             ALTER TABLE n RENAME TO t";
        check_carried(&format!("{many}; {rebuilt}"), false, &[0], "lost 1000001");
        // The rows of the proof stand before them, or in no order.
        check(
            &format!("UPDATE t SET id = 1 WHERE b = 'witness 2'; {}", many.replace("SELECT n,", "SELECT n + 10,")),
            false,
            "id = 1",
        );
        let keyed = "CREATE TABLE n(id TEXT PRIMARY KEY, a, b) WITHOUT ROWID; INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t";
        check(&format!("{many}; {keyed}"), false, "id = '1000001', id = '1000002'");
    }
}
