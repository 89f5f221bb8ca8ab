//! What a migration loses, and whether its words say that it is meant to.

use std::collections::BTreeMap;

use migrate_core::__private::Statement;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::rows::{Changed, Rows, compare};
use super::shape::{Fate, Shapes, Source, Verb};
use super::value::{is_alike, is_distinct, shown};
use crate::scratch::Touched;

/// Rows or values that a migration loses.
pub(crate) struct Loss {
    pub(crate) index: usize,
    pub(crate) statement: Statement,
    /// The table, by its name before.
    pub(crate) table: String,
    pub(crate) what: Lost,
    pub(crate) cause: Cause,
}

/// What is lost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lost {
    /// So many rows of so many, and one of them.
    Rows { lost: usize, of: usize, row: String },
    /// The values of a column; the row is one that had one.
    Column { column: String, became: Became, row: String },
}

/// What the values of a column became.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Became {
    Null,
    /// The same value for all.
    Constant(String),
    /// Those of another column.
    Column(String),
}

/// How it comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A rebuild's copy does it.
    Copy,
    /// It is done to another table, with this verb, and goes on to this one.
    Spread(Verb, String),
}

/// A loss whose statement is known, or is still to be found.
pub(super) struct Pending {
    pub(super) table: String,
    /// Its name afterwards.
    pub(super) now: String,
    pub(super) what: Lost,
    pub(super) rebuilt: bool,
    pub(super) at: Option<usize>,
}

/// The tables that were looked at, by their names before.
pub(super) type Snapshot = BTreeMap<String, Rows>;

/// Whether anything is missing or other than it was, at first sight.
pub(super) fn differs(conn: &Connection, before: &Snapshot) -> bool {
    before.iter().any(|(table, rows)| match Rows::read(conn, table) {
        Some(after) => {
            let outcome = compare(rows, &after, true);
            !outcome.lost.is_empty() || !outcome.changed.is_empty()
        }
        None => true,
    })
}

/// What is lost, and not by the migration's own words.
pub(super) fn judge(conn: &Connection, before: &Snapshot, shapes: &Shapes, touched: &[Touched]) -> Vec<Pending> {
    let deletes = shapes.targets(Verb::Delete);
    let mut found = Vec::new();
    for (table, rows) in before.iter().filter(|(_, rows)| !rows.rows.is_empty()) {
        let is = |other: &str| other.eq_ignore_ascii_case(table);
        let (now, rebuilt) = match shapes.fate(table, |name| Rows::read(conn, name).is_some()) {
            Fate::There(name) => (name, false),
            Fate::Rebuilt => (table.clone(), true),
            Fate::Gone => continue,
        };
        let Some(after) = Rows::read(conn, &now) else { continue };
        let outcome = compare(rows, &after, !rebuilt);
        let named = deletes.values().flatten().any(|name| is(name) || name.eq_ignore_ascii_case(&now));
        let copied = shapes.copies(&now).last().map(|(at, _)| *at);
        let pending =
            |what| Pending { table: table.clone(), now: now.clone(), what, rebuilt, at: copied.filter(|_| rebuilt) };
        if let Some(&first) = outcome.lost.first()
            && !named
        {
            let what = Lost::Rows { lost: outcome.lost.len(), of: rows.rows.len(), row: rows.shown(first) };
            found.push(pending(what));
        }
        if !rebuilt && updates(shapes, touched, &[table, &now]) {
            continue;
        }
        let mut columns: BTreeMap<usize, Vec<&Changed>> = BTreeMap::new();
        for changed in &outcome.changed {
            columns.entry(changed.column).or_default().push(changed);
        }
        let renamed = shapes.renamed_columns(&now);
        for (column, changes) in columns {
            let name = &rows.columns[column];
            if renamed.iter().any(|other| other.eq_ignore_ascii_case(name)) || is_generated(conn, &now, name) {
                continue;
            }
            let meaning = match rebuilt {
                false => Meaning::Untold,
                true if updated(shapes, touched, &now, name) => continue,
                true => meaning(shapes, &now, name, &after),
            };
            if let Some((became, row)) = became(rows, column, &changes, &meaning) {
                found.push(pending(Lost::Column { column: name.clone(), became, row: rows.shown(row) }));
            }
        }
    }
    found
}

/// Whether the migration updates one of these tables by an `UPDATE` or an upsert of its own. What its triggers then do
/// to other columns of the same row is how the application works.
fn updates(shapes: &Shapes, touched: &[Touched], names: &[&str]) -> bool {
    (shapes.0.iter().zip(touched).enumerate()).any(|(at, (shape, touched))| {
        let Some(table) = &shape.table else { return false };
        let last = shapes.finally(table, at);
        matches!(shape.verb, Verb::Update | Verb::Insert)
            && names.iter().any(|name| name.eq_ignore_ascii_case(table) || name.eq_ignore_ascii_case(&last))
            && touched.updates.iter().any(|(updated, _)| updated.eq_ignore_ascii_case(table))
    })
}

/// Whether the migration updates a column of what is called so in the end.
fn updated(shapes: &Shapes, touched: &[Touched], table: &str, column: &str) -> bool {
    (shapes.0.iter().zip(touched).enumerate()).any(|(at, (shape, touched))| {
        let Some(name) = &shape.table else { return false };
        let here = name.eq_ignore_ascii_case(table) || shapes.finally(name, at).eq_ignore_ascii_case(table);
        let is =
            |(updated, of): &(String, String)| updated.eq_ignore_ascii_case(name) && of.eq_ignore_ascii_case(column);
        here && matches!(shape.verb, Verb::Update | Verb::Insert) && touched.updates.iter().any(is)
    })
}

/// What the copies of a rebuild say of a column.
enum Meaning {
    /// It is worked out.
    Worked,
    /// It is filled with a column of this name.
    Column(String),
    Null,
    /// It is not filled at all.
    Forgotten,
    /// Nothing that can be told.
    Untold,
}

fn meaning(shapes: &Shapes, table: &str, column: &str, after: &Rows) -> Meaning {
    let mut found = Meaning::Untold;
    for (_, copy) in shapes.copies(table) {
        let columns = copy.columns.as_ref().unwrap_or(&after.columns);
        let at = columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        found = match (at, &copy.sources) {
            (None, _) => Meaning::Forgotten,
            (Some(_), None) => Meaning::Untold,
            (Some(at), Some(sources)) => match sources.get(at) {
                Some(Source::Expression) => return Meaning::Worked,
                Some(Source::Column(name)) => Meaning::Column(name.clone()),
                Some(Source::Null) => Meaning::Null,
                None => Meaning::Untold,
            },
        };
    }
    found
}

/// What the values of a column became, if that is a loss, and the row that shows it.
fn became(rows: &Rows, column: usize, changes: &[&Changed], meaning: &Meaning) -> Option<(Became, usize)> {
    let null = changes.iter().find(|changed| changed.value == Value::Null).map(|changed| (Became::Null, changed.row));
    match meaning {
        Meaning::Worked => None,
        Meaning::Null | Meaning::Forgotten if null.is_some() => null,
        Meaning::Null => None,
        Meaning::Forgotten => {
            let first = changes.first()?;
            Some((Became::Constant(shown(&first.value)), first.row))
        }
        // Filled with what is no column of this table: a join, which may well find nothing.
        Meaning::Column(name) => {
            let own = &rows.columns[column];
            let other = rows.columns.iter().position(|c| c.eq_ignore_ascii_case(name))?;
            let taken = changes.iter().find(|changed| is_alike(&changed.value, &rows.rows[changed.row][other]))?;
            (!own.eq_ignore_ascii_case(name)).then(|| (Became::Column(rows.columns[other].clone()), taken.row))
        }
        Meaning::Untold => null.or_else(|| {
            changes.iter().find_map(|changed| {
                let row = &rows.rows[changed.row];
                let other = (0..row.len()).find(|&at| at != column && is_alike(&row[at], &changed.value))?;
                is_distinct(&changed.value).then(|| (Became::Column(rows.columns[other].clone()), changed.row))
            })
        }),
    }
}

fn is_generated(conn: &Connection, table: &str, column: &str) -> bool {
    let sql = "SELECT hidden <> 0 FROM pragma_table_xinfo(?1, 'main') WHERE name = ?2 COLLATE NOCASE";
    conn.query_row(sql, [table, column], |row| row.get(0)).unwrap_or(false)
}

/// Which of the losses that are still without a statement have come about.
pub(super) fn arrived(conn: &Connection, before: &Snapshot, pending: &mut [Pending], at: usize) {
    for loss in pending.iter_mut().filter(|loss| loss.at.is_none()) {
        let Some(rows) = before.get(&loss.table) else { continue };
        let now = Rows::read(conn, &loss.table).or_else(|| Rows::read(conn, &loss.now));
        let Some(after) = now else { continue };
        let outcome = compare(rows, &after, true);
        let there = match &loss.what {
            Lost::Rows { .. } => !outcome.lost.is_empty(),
            Lost::Column { column, .. } => {
                outcome.changed.iter().any(|changed| rows.columns[changed.column].eq_ignore_ascii_case(column))
            }
        };
        if there {
            loss.at = Some(at);
        }
    }
}

impl Pending {
    /// The finished loss.
    pub(super) fn finish(self, index: usize, shapes: &Shapes, statements: &[Statement]) -> Option<Loss> {
        let at = self.at.unwrap_or(statements.len().checked_sub(1)?);
        let shape = shapes.0.get(at)?;
        let cause =
            if self.rebuilt { Cause::Copy } else { Cause::Spread(shape.verb, shape.table.clone().unwrap_or_default()) };
        Some(Loss { index, statement: *statements.get(at)?, table: self.table, what: self.what, cause })
    }
}
