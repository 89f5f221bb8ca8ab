//! What a migration loses, and whether its words say that it is meant to.

use std::collections::BTreeMap;

use migrate_core::__private::Statement;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::modules::{self, Filled};
use super::rows::{Changed, Rows, compare};
use super::value::{is_alike, is_distinct, shown};
use crate::acts::{Copy, Filling, Verb};
use crate::cache::bytes;
use crate::lineage::{End, Lineage};
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
    /// Everything in a table of a module, which is made again.
    Emptied { kind: modules::Kind },
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

bytes!(struct Loss { index, statement, table, what, cause });
bytes!(enum Lost { 0 => Rows { lost, of, row }, 1 => Emptied { kind }, 2 => Column { column, became, row } });
bytes!(enum Became { 0 => Null, 1 => Constant(value), 2 => Column(column) });
bytes!(enum Cause { 0 => Copy, 1 => Spread(verb, table) });

/// A loss whose statement is known, or is still to be found.
pub(super) struct Pending {
    pub(super) table: String,
    /// Its name afterwards.
    pub(super) now: String,
    pub(super) what: Lost,
    pub(super) rebuilt: bool,
    /// The columns that hold what they held.
    pub(super) carried: Vec<usize>,
    pub(super) at: Option<usize>,
}

/// The tables that were looked at, by their names before.
pub(super) struct Snapshot {
    pub(super) tables: BTreeMap<String, Rows>,
    /// The tables of modules that the migration makes again.
    pub(super) modules: Vec<Filled>,
    /// The full-text indexes that did not agree with their texts.
    pub(super) unsound: Vec<String>,
}

/// Whether anything is missing or other than it was, at first sight.
pub(super) fn differs(conn: &Connection, before: &Snapshot) -> bool {
    before.tables.iter().any(|(table, rows)| match Rows::read(conn, table) {
        Some(after) => {
            let outcome = compare(rows, &after, true, &[]);
            !outcome.lost.is_empty() || !outcome.changed.is_empty()
        }
        None => true,
    }) || before.modules.iter().any(|module| module.is_empty(conn))
}

/// What is lost, and not by the migration's own words.
pub(super) fn judge(conn: &Connection, before: &Snapshot, lineage: &Lineage<'_>, touched: &[Touched]) -> Vec<Pending> {
    let mut found = Vec::new();
    for (table, rows) in before.tables.iter().filter(|(_, rows)| !rows.rows.is_empty()) {
        let module = before.modules.iter().find(|module| module.name.eq_ignore_ascii_case(table));
        if module.is_some_and(|module| module.is_empty(conn)) {
            continue;
        }
        let (now, rebuilt) = match lineage.end_of(table) {
            End::There(name) => (name, false),
            End::Rebuilt => (table.clone(), true),
            End::Gone => continue,
        };
        let Some(after) = Rows::read(conn, &now) else { continue };
        let carried = carried(lineage, touched, rows, &now, rebuilt);
        let outcome = compare(rows, &after, !rebuilt, &carried);
        let named = lineage.says(Verb::Delete, &[table, &now]);
        let copied = lineage.copies_into(&now).last().map(|(at, _)| at);
        let pending = |what| Pending {
            table: table.clone(),
            now: now.clone(),
            what,
            rebuilt,
            carried: carried.clone(),
            at: copied.filter(|_| rebuilt),
        };
        if let Some(&first) = outcome.lost.first()
            && !named
        {
            let what = Lost::Rows { lost: outcome.lost.len(), of: rows.rows.len(), row: rows.shown(first) };
            found.push(pending(what));
        }
        if !rebuilt && updates(lineage, touched, &[table, &now]) {
            continue;
        }
        let mut columns: BTreeMap<usize, Vec<&Changed>> = BTreeMap::new();
        for changed in &outcome.changed {
            columns.entry(changed.column).or_default().push(changed);
        }
        for (column, changes) in columns {
            let name = &rows.columns[column];
            if lineage.renames_column(&now, name) || is_generated(conn, &now, name) {
                continue;
            }
            let meaning = match rebuilt {
                false => Meaning::Untold,
                true if updated(lineage, touched, &now, name) => continue,
                true => meaning(lineage, &now, name, &after),
            };
            if let Some((became, row)) = became(rows, column, &changes, &meaning) {
                found.push(pending(Lost::Column { column: name.clone(), became, row: rows.shown(row) }));
            }
        }
    }
    found.extend(before.modules.iter().filter(|module| module.is_empty(conn)).filter_map(|module| {
        let fate = lineage.fates.iter().find(|fate| fate.name.eq_ignore_ascii_case(&module.name))?;
        let what = Lost::Emptied { kind: module.kind };
        let (table, now, carried) = (module.name.clone(), module.name.clone(), Vec::new());
        Some(Pending { table, now, what, rebuilt: true, carried, at: fate.made_again })
    }));
    found
}

/// The columns whose values are not worked on: every copy takes them as they are, and nothing updates them.
fn carried(lineage: &Lineage<'_>, touched: &[Touched], rows: &Rows, now: &str, rebuilt: bool) -> Vec<usize> {
    let copies: Vec<_> = lineage.copies_into(now).filter(|_| rebuilt).collect();
    let takes = |copy: &Copy, column: &str| {
        copy.fillings.iter().flatten().any(|f| matches!(f, Filling::Column(name) if name.eq_ignore_ascii_case(column)))
    };
    let is_carried =
        |column: &String| copies.iter().all(|(_, copy)| takes(copy, column)) && !updated(lineage, touched, now, column);
    (0..rows.columns.len()).filter(|&at| is_carried(&rows.columns[at])).collect()
}

/// Whether the migration updates one of these tables by an `UPDATE` or an upsert of its own. What its triggers then do
/// to other columns of the same row is how the application works.
fn updates(lineage: &Lineage<'_>, touched: &[Touched], names: &[&str]) -> bool {
    (lineage.said.iter().zip(touched).enumerate()).any(|(at, (said, touched))| {
        let Some(table) = said.table().filter(|_| matches!(said.verb(), Verb::Update | Verb::Insert)) else {
            return false;
        };
        let last = lineage.finally(&table.text, at);
        names.iter().any(|name| table.is(name) || name.eq_ignore_ascii_case(&last))
            && touched.updates.iter().any(|(updated, _)| table.is(updated))
    })
}

/// Whether the migration updates a column of what is called so in the end.
fn updated(lineage: &Lineage<'_>, touched: &[Touched], table: &str, column: &str) -> bool {
    (lineage.said.iter().zip(touched).enumerate()).any(|(at, (said, touched))| {
        let Some(name) = said.table().filter(|_| matches!(said.verb(), Verb::Update | Verb::Insert)) else {
            return false;
        };
        let here = name.is(table) || lineage.finally(&name.text, at).eq_ignore_ascii_case(table);
        here && touched.updates.iter().any(|(updated, of)| name.is(updated) && of.eq_ignore_ascii_case(column))
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

fn meaning(lineage: &Lineage<'_>, table: &str, column: &str, after: &Rows) -> Meaning {
    let mut found = Meaning::Untold;
    for (_, copy) in lineage.copies_into(table) {
        let columns = copy.columns.as_ref().unwrap_or(&after.columns);
        let at = columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        found = match (at, &copy.fillings) {
            (None, _) => Meaning::Forgotten,
            (Some(_), None) => Meaning::Untold,
            (Some(at), Some(fillings)) => match fillings.get(at) {
                Some(Filling::Expression) => return Meaning::Worked,
                Some(Filling::Column(name)) => Meaning::Column(name.clone()),
                Some(Filling::Null) => Meaning::Null,
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
        let Some(rows) = before.tables.get(&loss.table) else { continue };
        let now = Rows::read(conn, &loss.table).or_else(|| Rows::read(conn, &loss.now));
        let Some(after) = now else { continue };
        let outcome = compare(rows, &after, true, &loss.carried);
        let there = match &loss.what {
            Lost::Rows { .. } | Lost::Emptied { .. } => !outcome.lost.is_empty(),
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
    pub(super) fn finish(self, lineage: &Lineage<'_>) -> Option<Loss> {
        let at = self.at.unwrap_or(lineage.said.len().checked_sub(1)?);
        let said = lineage.said.get(at)?;
        let other = said.table().map_or_else(String::new, |table| table.text.to_string());
        let cause = if self.rebuilt { Cause::Copy } else { Cause::Spread(said.verb(), other) };
        Some(Loss { index: lineage.index, statement: *said.statement, table: self.table, what: self.what, cause })
    }
}
