//! Values that the CHECKs of a table let pass.

use migrate_sql::quote;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};

use super::table::{Check, Table};
use super::value::{Numbers, candidates, fits};

/// Changes the cells until every CHECK lets them pass, as far as values for that are found.
pub(super) fn satisfy(conn: &Connection, table: &Table, cells: &mut [Option<Value>], numbers: &mut Numbers) {
    // What suits one CHECK may break one that was fine before.
    for _ in 0..3 {
        let mut sound = true;
        for check in &table.checks {
            sound &= satisfy_one(conn, table, check, cells, numbers).unwrap_or(true);
        }
        if sound {
            return;
        }
    }
}

/// Whether the cells were fine as they are.
fn satisfy_one(
    conn: &Connection,
    table: &Table,
    check: &Check,
    cells: &mut [Option<Value>],
    numbers: &mut Numbers,
) -> rusqlite::Result<bool> {
    let names: Vec<String> = (check.columns.iter().enumerate())
        .map(|(nth, &at)| format!("?{} AS {}", nth + 1, quote(&table.columns[at].name)))
        .collect();
    if names.is_empty() || check.columns.iter().any(|&at| table.columns[at].generated) {
        return Ok(true);
    }
    let sql = format!("SELECT ({}) FROM (SELECT {}) AS {}", check.expression, names.join(", "), quote(&table.name));
    let mut statement = conn.prepare_cached(&sql)?;
    let mut values: Vec<Value> = Vec::new();
    for &at in &check.columns {
        values.push(match (&cells[at], &table.columns[at].default) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => conn.query_row(&format!("SELECT {default}"), [], |row| row.get(0))?,
            (None, None) => Value::Null,
        });
    }
    if passes(&mut statement, &values) {
        return Ok(true);
    }
    let number = numbers.next();
    let options: Vec<Vec<Value>> = (check.columns.iter().enumerate())
        .map(|(nth, &at)| {
            let column = &table.columns[at];
            if table.key_of(at).is_some() {
                return vec![values[nth].clone()];
            }
            let mut found = candidates(&check.expression, number);
            found.retain(|value| {
                (!matches!(value, Value::Null) || (!column.not_null && !column.primary))
                    && (!table.strict || fits(column, value))
                    && (!table.is_rowid(at) || matches!(value, Value::Integer(_)))
            });
            found
        })
        .collect();
    let mut take = |values: &[Value]| {
        for (&at, value) in check.columns.iter().zip(values) {
            cells[at] = Some(value.clone());
        }
    };
    for (nth, candidates) in options.iter().enumerate() {
        for candidate in candidates {
            let mut changed = values.clone();
            changed[nth] = candidate.clone();
            if passes(&mut statement, &changed) {
                take(&changed);
                return Ok(false);
            }
        }
    }
    // One column alone does not help: two, in step or not.
    for (nth, candidates) in options.iter().enumerate() {
        for (other, others) in options.iter().enumerate().skip(nth + 1) {
            for candidate in candidates.iter().take(40) {
                for second in others.iter().take(40) {
                    let mut changed = values.clone();
                    (changed[nth], changed[other]) = (candidate.clone(), second.clone());
                    if passes(&mut statement, &changed) {
                        take(&changed);
                        return Ok(false);
                    }
                }
            }
        }
    }
    Ok(false)
}

/// As SQLite has it: NULL passes. So does what cannot be evaluated here, but not what fails.
fn passes(statement: &mut Statement<'_>, values: &[Value]) -> bool {
    let result: rusqlite::Result<Value> = statement.query_row(params_from_iter(values), |row| row.get(0));
    match result {
        Ok(Value::Integer(number)) => number != 0,
        Ok(Value::Real(number)) => number != 0.0,
        Ok(Value::Null) => true,
        Ok(_) | Err(_) => false,
    }
}
