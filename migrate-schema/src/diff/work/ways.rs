//! How each table is brought to its new form.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::__private::{Entry, Kind};
use migrate_sql::tokens;

use super::Work;
use crate::create::CreateTable;
use crate::diff::questions::shown_type;
use crate::diff::target::Target;
use crate::diff::{Change, affinity};
use crate::rebuild::{is_constant, is_null, must_have_value, speaks_of};
use crate::schema::{Column, Generated, Table};

/// How a table is brought to its new form.
pub(super) enum Way {
    Alter(Alter),
    Rebuild(String),
}

/// Statements of `ALTER TABLE`, and what they do.
#[derive(Default)]
pub(super) struct Alter {
    /// What adds columns and fills them.
    pub(super) adds: Vec<String>,
    /// What drops columns: when nothing reads them any longer.
    pub(super) drops: Vec<String>,
    pub(super) changes: Vec<Change>,
}

impl Work<'_> {
    /// The tables that change, and how.
    pub(super) fn ways<'t>(&self, from: &'t Target) -> Vec<(&'t Table, Way)> {
        let mut ways = Vec::new();
        for table in from.tables() {
            let Some(to) = self.to.table(&table.name) else { continue };
            if self.forced.contains(&table.name.to_ascii_lowercase()) {
                ways.push((table, Way::Rebuild("change the new table here, and what is copied".to_owned())));
            } else if table.columns.iter().any(|column| self.fill(table, column).is_some())
                || affinity::conversions(table, to).next().is_some()
            {
                ways.push((table, Way::Rebuild(self.why(from, table, to))));
            } else if !from.agrees(self.to, Kind::Table, &table.name) {
                ways.push((table, self.way(from, table, to)));
            }
        }
        ways
    }

    fn fill(&self, table: &Table, column: &Column) -> Option<&String> {
        self.fills.get(&table.name.to_ascii_lowercase())?.get(&column.name.to_ascii_lowercase())
    }

    /// Whether a fill of one table speaks of another.
    pub(super) fn reads(&self, one: &Table, other: &Table) -> bool {
        let fills = self.fills.get(&one.name.to_ascii_lowercase());
        fills.into_iter().flat_map(BTreeMap::values).any(|fill| speaks_of(fill, &other.name))
    }

    /// `ALTER TABLE` where it comes to the same table, else a rebuild.
    fn way(&self, from: &Target, table: &Table, to: &Table) -> Way {
        let name = self.word(&table.name);
        let mut alter = Alter::default();
        for column in to.columns.iter().filter(|column| table.column(&column.name).is_none()) {
            let text = CreateTable::of(&to.sql).and_then(|create| create.column(&column.name)).unwrap_or_default();
            let fill = self.fill(to, column);
            let why = needs_rebuild(column, to).or_else(|| {
                let fires = from.has_triggers(&table.name);
                fill.and(why_not_filled(&column.name, text, fires))
            });
            if let Some(why) = why {
                return Way::Rebuild(why);
            }
            alter.adds.push(format!("ALTER TABLE {name} ADD COLUMN {text}"));
            alter.changes.push(Change::new("+", format!("column {}.{}", table.name, column.name)));
            alter.adds.extend(fill.map(|fill| format!("UPDATE {name} SET {} = {fill}", self.word(&column.name))));
        }
        for column in table.columns.iter().filter(|column| to.column(&column.name).is_none()) {
            alter.drops.push(format!("ALTER TABLE {name} DROP COLUMN {}", self.word(&column.name)));
            alter.changes.push(Change::new("-", format!("column {}.{}", table.name, column.name)));
        }
        if alter.changes.is_empty() {
            return Way::Rebuild(self.why(from, table, to));
        }
        // What speaks of a column that goes is in the way, and is made again afterwards.
        let mut sql: Vec<String> = Vec::new();
        if !alter.drops.is_empty() {
            let tables = BTreeSet::from([table.name.to_ascii_lowercase()]);
            let indexes = table.indexes.iter().filter(|index| !from.agrees(self.to, Kind::Index, &index.name));
            let indexes = indexes.map(|index| (Kind::Index, index.name.clone()));
            // A view's triggers go with it.
            let drop = |(kind, name): (Kind, String)| {
                format!("DROP {} IF EXISTS {}", kind.word().to_ascii_uppercase(), self.word(&name))
            };
            sql.extend(from.dependants(&tables).into_iter().chain(indexes).map(drop));
        }
        sql.extend(alter.adds.iter().chain(&alter.drops).cloned());
        let made = self.stage.what_if(&format!("{};", sql.join(";\n")));
        let wanted = self.to.get(Kind::Table, &table.name).map(Entry::definition);
        let made = made.ok().and_then(|catalog| Some(catalog.get(Kind::Table, &table.name)?.definition()));
        match (made, wanted) {
            (Some(made), Some(wanted)) if made.strict == wanted.strict => Way::Alter(alter),
            (Some(made), Some(wanted)) if made.loose == wanted.loose => {
                Way::Rebuild("a new column is not the last one".to_owned())
            }
            _ => Way::Rebuild(self.why(from, table, to)),
        }
    }

    /// Why a table is rebuilt that no `ALTER TABLE` brings to its new form.
    fn why(&self, from: &Target, table: &Table, to: &Table) -> String {
        let mut reasons: Vec<String> = Vec::new();
        let converted: Vec<(&Column, &Column)> =
            affinity::conversions(table, to).map(|(was, column, _)| (was, column)).collect();
        for column in to.columns.iter().filter(|column| column.generated.is_none()) {
            let Some(was) = table.column(&column.name) else { continue };
            let name = &column.name;
            let fill = self.fill(to, column);
            let speaks = fill.is_some_and(|fill| speaks_of(fill, name));
            let converts = converted.iter().find(|(_, now)| now.name == column.name);
            if let Some((was, now)) = converts {
                let by = if speaks { "by its fill" } else { "as SQLite does it" };
                let (is, was) = (shown_type(&now.kind), shown_type(&was.kind));
                reasons.push(format!("column {name} is {is} and was {was}, its values are converted {by}"));
            }
            if must_have_value(column, to) && !must_have_value(was, table) {
                reasons.push(format!("column {name} becomes NOT NULL"));
            } else if speaks && converts.is_none() {
                reasons.push(format!("the values of column {name} change"));
            } else if fill.is_some() && !speaks {
                reasons.push(format!("column {name} is filled where it is NULL"));
            }
        }
        if !reasons.is_empty() {
            return reasons.join("; ");
        }
        let loose = |target: &Target| target.get(Kind::Table, &table.name).map(Entry::loose);
        let order = loose(from) == loose(self.to);
        let why = if order { "its columns have another order" } else { "SQLite cannot alter this in place" };
        why.to_owned()
    }
}

/// Why SQLite cannot add a column to a table that has rows, if it cannot.
fn needs_rebuild(column: &Column, table: &Table) -> Option<String> {
    let name = &column.name;
    if column.generated == Some(Generated::Stored) {
        return Some(format!("column {name} is STORED"));
    }
    if column.generated.is_none() && must_have_value(column, table) && is_null(column) {
        return Some(format!("column {name} is NOT NULL without a default"));
    }
    let moves = column.default.as_deref().is_some_and(|default| !is_constant(default));
    moves.then(|| format!("the default of column {name} is an expression"))
}

/// Why an `UPDATE` behind it would not do to fill a column.
fn why_not_filled(column: &str, text: &str, fires: bool) -> Option<String> {
    if fires {
        return Some(format!("column {column} is filled, and its table has triggers"));
    }
    let checked = tokens(text).any(|token| token.is_word("CHECK"));
    checked.then(|| format!("column {column} is filled, and has a CHECK"))
}
