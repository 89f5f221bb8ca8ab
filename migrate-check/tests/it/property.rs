//! What the proof accepts without a word runs on rows of any kind, and loses none.

use migrate_check::{Declared, check};
use migrate_core::rusqlite::types::Value;
use migrate_core::rusqlite::{Connection, params_from_iter};
use migrate_core::{AnyVersion, Migrations, Migrator};
use migrate_source::{Listing, parse};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

#[derive(Clone, Debug)]
struct Column {
    kind: &'static str,
    not_null: bool,
    unique: bool,
    default: bool,
}

/// What the second migration does to the table of the first.
#[derive(Clone, Debug)]
enum Change {
    Add { column: Column, check: bool },
    Index { column: usize, unique: bool },
    Rebuild { columns: Vec<Column>, from: Vec<usize>, strict: bool, filter: bool, coalesce: bool, listed: bool },
    Update { column: usize },
    Delete,
}

#[derive(Clone, Debug)]
struct Case {
    columns: Vec<Column>,
    change: Change,
    rows: Vec<Vec<Option<u8>>>,
    children: bool,
    foreign_keys_on: bool,
}

fn column() -> impl Strategy<Value = Column> {
    let kind = prop_oneof![Just("INTEGER"), Just("TEXT"), Just("REAL"), Just("BLOB")];
    (kind, any::<bool>(), prop::bool::weighted(0.2), any::<bool>())
        .prop_map(|(kind, not_null, unique, default)| Column { kind, not_null, unique, default })
}

fn change(columns: usize) -> impl Strategy<Value = Change> {
    let rebuild = (
        prop::collection::vec(column(), columns),
        prop::collection::vec(0..columns, columns),
        any::<bool>(),
        prop::bool::weighted(0.2),
        any::<bool>(),
        prop::bool::weighted(0.8),
    );
    prop_oneof![
        1 => (column(), any::<bool>()).prop_map(|(column, check)| Change::Add { column, check }),
        1 => (0..columns, any::<bool>()).prop_map(|(column, unique)| Change::Index { column, unique }),
        4 => rebuild.prop_map(|(columns, from, strict, filter, coalesce, listed)| {
            // Mostly every column from itself, as an author would; sometimes not.
            let straight = (0..from.len()).collect();
            let from = if from.iter().sum::<usize>() % 3 == 0 { from } else { straight };
            Change::Rebuild { columns, from, strict, filter, coalesce, listed }
        }),
        1 => (0..columns).prop_map(|column| Change::Update { column }),
        1 => Just(Change::Delete),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (1usize..4).prop_flat_map(|columns| {
        let cell = prop::option::weighted(0.7, 0u8..4);
        let rows = prop::collection::vec(prop::collection::vec(cell, columns), 0..6);
        (prop::collection::vec(column(), columns), change(columns), rows, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(columns, change, rows, children, foreign_keys_on)| Case {
                columns,
                change,
                rows,
                children,
                foreign_keys_on,
            })
    })
}

fn literal(column: &Column) -> &'static str {
    match column.kind {
        "INTEGER" => "0",
        "REAL" => "0.5",
        "TEXT" => "''",
        _ => "x''",
    }
}

fn define(columns: &[Column]) -> String {
    let one = |(at, column): (usize, &Column)| {
        let mut text = format!(", c{at} {}", column.kind);
        if column.not_null {
            text.push_str(" NOT NULL");
        }
        if column.default {
            text.push_str(&format!(" DEFAULT {}", literal(column)));
        }
        if column.unique {
            text.push_str(" UNIQUE");
        }
        text
    };
    columns.iter().enumerate().map(one).collect()
}

fn migrations(case: &Case) -> (String, String) {
    let mut first = format!("CREATE TABLE t(id INTEGER PRIMARY KEY{});\n", define(&case.columns));
    if case.children {
        first.push_str("CREATE TABLE child(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t ON DELETE CASCADE);\n");
    }
    let head = if case.foreign_keys_on { "--! foreign_keys: on\n" } else { "" };
    let second = match &case.change {
        Change::Add { column, check } => {
            let check = if *check { " CHECK (extra <> 7)" } else { "" };
            let define = define(std::slice::from_ref(column));
            format!("ALTER TABLE t ADD COLUMN extra {}{check};\n", define.trim_start_matches(", c0 "))
        }
        Change::Index { column, unique } => {
            format!("CREATE {}INDEX i ON t(c{column});\n", if *unique { "UNIQUE " } else { "" })
        }
        Change::Rebuild { columns, from, strict, filter, coalesce, listed } => {
            let names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
            let value = |(at, from): (usize, &usize)| match *coalesce {
                true => format!("coalesce(c{from}, {})", literal(&columns[at])),
                false => format!("c{from}"),
            };
            let values: Vec<String> = from.iter().enumerate().map(value).collect();
            let list = if *listed { format!("(id, {})", names.join(", ")) } else { String::new() };
            format!(
                "CREATE TABLE n(id INTEGER PRIMARY KEY{}){};\nINSERT INTO n{list} SELECT id, {} FROM t{};\nDROP TABLE t;\nALTER TABLE n RENAME TO t;\n",
                define(columns),
                if *strict { " STRICT" } else { "" },
                values.join(", "),
                if *filter { " WHERE c0 IS NOT NULL" } else { "" },
            )
        }
        Change::Update { column } => format!("UPDATE t SET c{column} = c{column};\nCREATE TABLE z(x);\n"),
        Change::Delete => "DELETE FROM t WHERE id < 0;\nCREATE TABLE z(x);\n".to_owned(),
    };
    (first, format!("{head}{second}"))
}

/// The value of a cell: of the column's type, or, in a column that takes anything, sometimes of another.
fn value(column: &Column, cell: Option<u8>, row: usize) -> Value {
    let number = i64::from(cell.unwrap_or(9)) + if column.unique { 10 * i64::try_from(row).expect("few") } else { 0 };
    match (cell, column.kind) {
        (None, _) if !column.not_null => Value::Null,
        (_, "INTEGER") => Value::Integer(number),
        (_, "REAL") => Value::Real(number as f64 + 0.25),
        (_, "TEXT") => Value::Text(format!("text {number}")),
        _ => Value::Blob(vec![u8::try_from(number).expect("small"), 255]),
    }
}

fn rows(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("a query");
    statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts")
}

fn holds(case: &Case) -> Result<bool, TestCaseError> {
    let (first, second) = migrations(case);
    let files = [("001_first.sql".to_owned(), first), ("002_second.sql".to_owned(), second.clone())];
    let (source, findings) = parse(&Listing::from_files(files));
    prop_assert!(findings.is_empty(), "{:?}", findings);
    let checked = check(&source, &Declared::default());
    let (Some(set), true) = (checked.set, checked.findings.is_empty()) else { return Ok(false) };
    let all: Migrations<AnyVersion> = Migrations::new(set, Vec::new().into());

    let mut conn = Connection::open_in_memory().expect("memory");
    Migrator::new(&all).target(AnyVersion(0)).run(&mut conn).expect("the first runs");
    let marks = vec!["?"; case.columns.len() + 1].join(", ");
    for (at, cells) in case.rows.iter().enumerate() {
        let id = Value::Integer(i64::try_from(at).expect("few") + 1);
        let values = case.columns.iter().zip(cells).map(|(column, cell)| value(column, *cell, at));
        let values = std::iter::once(id).chain(values);
        conn.execute(&format!("INSERT INTO t VALUES ({marks})"), params_from_iter(values)).expect("a row");
        if case.children {
            conn.execute("INSERT INTO child (t) VALUES (?1)", [i64::try_from(at).expect("few") + 1]).expect("a child");
        }
    }
    let cells: Vec<String> = (0..case.columns.len()).map(|at| format!("quote(c{at})")).collect();
    let sql = format!("SELECT id || ': ' || {} FROM t ORDER BY id", cells.join(" || ', ' || "));
    let before = rows(&conn, &sql);
    let ids = rows(&conn, "SELECT CAST(id AS TEXT) FROM t ORDER BY id");

    let result = all.run(&mut conn);
    prop_assert!(result.is_ok(), "accepted, and fails: {}\n{second}\n{before:?}", result.expect_err("an error"));
    prop_assert_eq!(rows(&conn, "SELECT CAST(id AS TEXT) FROM t ORDER BY id"), ids.clone(), "{}", second);
    if case.children {
        prop_assert_eq!(rows(&conn, "SELECT CAST(t AS TEXT) FROM child ORDER BY t"), ids, "{}", second);
    }
    // A conversion may change how a value is written; where there is none, nothing changes.
    if !matches!(case.change, Change::Rebuild { .. }) {
        prop_assert_eq!(rows(&conn, &sql), before, "{}", second);
    }
    Ok(true)
}

#[test]
fn what_is_accepted_runs_and_loses_nothing() {
    let accepted = std::cell::Cell::new(0);
    // The same cases every time; `PROPERTY_CASES` asks for as many others.
    let asked = std::env::var("PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = ProptestConfig { cases: asked.unwrap_or(300), failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let result = runner.run(&case(), |case| {
        accepted.set(accepted.get() + u32::from(holds(&case)?));
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.expect_err("an error"));
    // A proof that accepts nothing would pass too.
    assert!(accepted.get() > 30, "only {} were accepted", accepted.get());
}
