//! Changes to the rows of a table after which a constraint that it does not have yet would be broken.

use migrate_sql::{TokenKind, quote};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::satisfy::satisfy;
use super::table::{Check, Column, Table};
use super::value::{Numbers, candidates, sentinel, shown};
use crate::tightened::{Demand, Unique};
use crate::words::{mentions, words};

/// Some changes of rows.
#[derive(Debug)]
pub(super) struct Attempt(Vec<(String, Vec<Value>)>);

impl Attempt {
    /// Makes the changes, as long as the table lets them pass.
    pub(super) fn make(&self, conn: &Connection) -> rusqlite::Result<()> {
        self.0.iter().try_for_each(|(sql, values)| conn.execute(sql, params_from_iter(values)).map(drop))
    }
}

/// What is tried, the likeliest first: none where the table has too few rows.
pub(super) fn attempts(conn: &Connection, table: &Table, demand: &Demand) -> Vec<Attempt> {
    let mut rows = rows(conn, table).unwrap_or_default().into_iter();
    let Some(first) = rows.next() else { return Vec::new() };
    let maker = Maker { conn, table, first };
    match demand {
        Demand::NotNull { column, .. } => vec![maker.one(&[(column.clone(), Value::Null)])],
        Demand::Unique { parts, condition, .. } => {
            rows.next().map_or_else(Vec::new, |second| maker.unique(parts, condition.as_deref(), &second))
        }
        Demand::Check { columns, expression, .. } => maker.check(columns, expression),
        Demand::Types { columns } => columns.iter().map(|(column, kind, _)| maker.type_(column, kind)).collect(),
        Demand::Reference { columns, .. } => {
            let nowhere = |(at, name): (usize, &String)| (name.clone(), maker.made_up(name, at));
            vec![maker.one(&columns.iter().enumerate().map(nowhere).collect::<Vec<_>>())]
        }
    }
}

/// A number that no witness row has.
const NOWHERE: i64 = 1_900_001;

/// So many values are tried for a CHECK.
const TRIED: usize = 60;

/// A row, by the condition that finds it, and its values.
struct Row {
    condition: String,
    values: Vec<Value>,
}

/// The rows of a table, the fullest first.
fn rows(conn: &Connection, table: &Table) -> rusqlite::Result<Vec<Row>> {
    let primary: Vec<String> = if table.without_rowid {
        table.columns.iter().filter(|column| column.primary).map(|column| quote(&column.name)).collect()
    } else {
        vec!["rowid".to_owned()]
    };
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let nulls: Vec<String> = names.iter().map(|name| format!("({name} IS NULL)")).collect();
    let sql = format!(
        "SELECT {}, {} FROM {} ORDER BY {}, {} LIMIT 2",
        primary.join(", "),
        names.join(", "),
        table.quoted(),
        nulls.join(" + "),
        primary.join(", "),
    );
    let mut statement = conn.prepare(&sql)?;
    let row = |row: &rusqlite::Row<'_>| {
        let keys = primary.iter().enumerate().map(|(at, name)| Ok(format!("{name} IS {}", shown(&row.get(at)?))));
        let keys: Vec<String> = keys.collect::<rusqlite::Result<_>>()?;
        let values = (0..names.len()).map(|at| row.get(primary.len() + at));
        Ok(Row { condition: keys.join(" AND "), values: values.collect::<rusqlite::Result<_>>()? })
    };
    statement.query_map([], row)?.collect()
}

struct Maker<'a> {
    conn: &'a Connection,
    table: &'a Table,
    first: Row,
}

impl Maker<'_> {
    fn update(&self, row: &Row, changes: &[(String, Value)]) -> (String, Vec<Value>) {
        let set: Vec<String> =
            changes.iter().enumerate().map(|(at, (name, _))| format!("{} = ?{}", quote(name), at + 1)).collect();
        let sql = format!("UPDATE {} SET {} WHERE {}", self.table.quoted(), set.join(", "), row.condition);
        (sql, changes.iter().map(|(_, value)| value.clone()).collect())
    }

    fn one(&self, changes: &[(String, Value)]) -> Attempt {
        Attempt(vec![self.update(&self.first, changes)])
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.table.columns.get(self.table.position(name)?)
    }

    fn made_up(&self, name: &str, at: usize) -> Value {
        let number = NOWHERE + i64::try_from(at).unwrap_or(0);
        self.column(name).map_or(Value::Integer(number), |column| sentinel(column, number))
    }

    fn value(&self, name: &str) -> Value {
        self.table.position(name).and_then(|at| self.first.values.get(at)).cloned().unwrap_or(Value::Null)
    }

    /// A value of another type than the column is to have.
    fn type_(&self, column: &str, kind: &str) -> Attempt {
        let value = if kind == "TEXT" { Value::Blob(vec![0, 255]) } else { Value::Text("witness".to_owned()) };
        self.one(&[(column.to_owned(), value)])
    }

    /// Two rows with one key: the same, or only for those who compare as the key does.
    fn unique(&self, parts: &[Unique], condition: Option<&str>, second: &Row) -> Vec<Attempt> {
        let mut base: Vec<(String, Value)> = Vec::new();
        for (at, column) in parts.iter().flat_map(|part| &part.columns).enumerate() {
            if !base.iter().any(|(name, _)| name.eq_ignore_ascii_case(column)) {
                let value = self.value(column);
                base.push((column.clone(), if value == Value::Null { self.made_up(column, at) } else { value }));
            }
        }
        if let Some(condition) = condition {
            self.suit(condition, &mut base);
        }
        let both = |first: &[(String, Value)], second_changes: &[(String, Value)]| {
            Attempt(vec![self.update(&self.first, first), self.update(second, second_changes)])
        };
        let mut found = vec![both(&base, &base)];
        // Where an older key of more columns would be broken too, the rows differ in the others.
        let others = self.others(&base);
        if !others.is_empty() {
            found.push(both(&base, &[base.clone(), others].concat()));
        }
        let loose = |collate: &str, name: &str| {
            parts.iter().any(|part| {
                (part.collate == collate || part.is_expression)
                    && part.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
            })
        };
        let changed = |which: &dyn Fn(&str) -> bool, to: &dyn Fn(usize) -> String| -> Vec<(String, Value)> {
            let change = |(at, (name, value)): (usize, &(String, Value))| {
                (name.clone(), if which(name) { Value::Text(to(at)) } else { value.clone() })
            };
            base.iter().enumerate().map(change).collect()
        };
        let text = |at: usize| match &base[at].1 {
            Value::Text(text) => text.clone(),
            _ => format!("w{NOWHERE}"),
        };
        let case = |name: &str| loose("NOCASE", name);
        if base.iter().any(|(name, _)| case(name)) {
            found.push(both(&changed(&case, &text), &changed(&case, &|at| text(at).to_uppercase())));
            found.push(both(&changed(&case, &|at| format!("w{at}")), &changed(&case, &|at| format!("W{at}"))));
        }
        let end = |name: &str| loose("RTRIM", name);
        if base.iter().any(|(name, _)| end(name)) {
            found.push(both(&changed(&end, &text), &changed(&end, &|at| text(at) + "  ")));
        }
        found
    }

    /// Other values for the columns that are in a key with some of these, and are none of them.
    fn others(&self, base: &[(String, Value)]) -> Vec<(String, Value)> {
        let is_base =
            |at: &usize| base.iter().any(|(name, _)| name.eq_ignore_ascii_case(&self.table.columns[*at].name));
        let wider = self.table.uniques.iter().filter(|unique| unique.iter().any(is_base));
        let others = wider.flatten().filter(|at| !is_base(at) && !self.table.columns[**at].generated);
        let others = others.map(|&at| self.table.columns[at].name.clone());
        others.map(|name| (name.clone(), self.made_up(&name, base.len() + 1))).collect()
    }

    /// Changes the values so that a condition holds, if that can be done.
    fn suit(&self, condition: &str, values: &mut Vec<(String, Value)>) {
        let columns: Vec<usize> =
            (0..self.table.columns.len()).filter(|&at| mentions(condition, &self.table.columns[at].name)).collect();
        let mut table = self.table.clone();
        table.checks.push(Check { expression: format!("({condition}) IS TRUE"), columns: columns.clone() });
        let mut cells: Vec<Option<Value>> = self.first.values.iter().cloned().map(Some).collect();
        for (name, value) in values.iter() {
            if let Some(at) = table.position(name) {
                cells[at] = Some(value.clone());
            }
        }
        satisfy(self.conn, &table, &mut cells, &mut Numbers::new());
        values.retain(|(name, _)| self.table.position(name).is_none_or(|at| !columns.contains(&at)));
        for at in columns {
            values.push((self.table.columns[at].name.clone(), cells[at].clone().unwrap_or(Value::Null)));
        }
    }

    /// Values that a CHECK does not let pass: in one column, or in two.
    fn check(&self, columns: &[String], expression: &str) -> Vec<Attempt> {
        let names: Vec<String> =
            columns.iter().enumerate().map(|(at, name)| format!("?{} AS {}", at + 1, quote(name))).collect();
        let from = quote(&self.table.name);
        let sql = format!("SELECT NOT ({expression}) FROM (SELECT {}) AS {from}", names.join(", "));
        let Ok(mut statement) = self.conn.prepare(&sql) else { return Vec::new() };
        let mut breaks = |values: &[Value]| {
            statement
                .query_row(params_from_iter(values), |row| row.get(0))
                .is_ok_and(|broken: Option<bool>| broken == Some(true))
        };
        // What an older CHECK names is what is let pass until now.
        let older = self.table.checks.iter().map(|check| check.expression.as_str());
        let mut options: Vec<Value> = Vec::new();
        for text in [expression].into_iter().chain(older) {
            options.extend(lengths(text));
            options.extend(candidates(text, NOWHERE));
        }
        options.dedup();
        let base: Vec<Value> = columns.iter().map(|name| self.value(name)).collect();
        let mut found: Vec<Vec<Value>> = Vec::new();
        for at in 0..base.len() {
            for option in &options {
                let mut values = base.clone();
                values[at] = option.clone();
                if found.len() < TRIED && !found.contains(&values) && breaks(&values) {
                    found.push(values);
                }
            }
        }
        if found.is_empty() && base.len() > 1 {
            for one in options.iter().take(40) {
                for other in options.iter().take(40) {
                    let mut values = base.clone();
                    (values[0], values[1]) = (one.clone(), other.clone());
                    if found.len() < TRIED && breaks(&values) {
                        found.push(values);
                    }
                }
            }
        }
        let changes = |values: Vec<Value>| columns.iter().cloned().zip(values).collect::<Vec<_>>();
        found.into_iter().map(|values| self.one(&changes(values))).collect()
    }
}

/// Texts a little longer than the numbers that a CHECK names.
fn lengths(expression: &str) -> Vec<Value> {
    let numbers = words(expression).into_iter().filter(|word| word.kind == TokenKind::Number);
    let numbers = numbers.filter_map(|word| word.text.parse::<usize>().ok()).filter(|number| *number < 10_000);
    numbers.map(|number| Value::Text("w".repeat(number + 1))).collect()
}
