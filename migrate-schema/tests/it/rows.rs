//! Rows for a database, and what is to become of them.

use migrate_core::rusqlite::types::Value;
use migrate_core::rusqlite::{Connection, params_from_iter};
use migrate_sql::quote;

use crate::edit::Fills;
use crate::model::{Column, Db, Id, Table};
use crate::tape::Tape;

/// Puts rows into every table, as far as it takes them, and takes some out again.
pub(crate) fn put(conn: &Connection, db: &Db, tape: &mut Tape) {
    for _ in 0..2 {
        for table in &db.tables {
            for _ in 0..tape.below(5) {
                row(conn, db, table, tape);
            }
        }
    }
    for table in db.tables.iter().filter(|_| tape.chance(50)).collect::<Vec<_>>() {
        let first = quote(&table.columns[0].name);
        let name = quote(&table.name);
        let which = if table.is_auto() { "max" } else { "min" };
        // A trigger or a key may object.
        conn.execute(&format!("DELETE FROM {name} WHERE {first} = (SELECT {which}({first}) FROM {name})"), []).ok();
    }
}

fn row(conn: &Connection, db: &Db, table: &Table, tape: &mut Tape) {
    let mut names: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for column in table.plain() {
        names.push(quote(&column.name));
        values.push(value(tape, table, column));
    }
    for (columns, parent, parents, _) in &table.foreign {
        let Some(parent) = db.table(*parent) else { continue };
        let list: Vec<String> = parents.iter().filter_map(|id| Some(quote(&parent.column(*id)?.name))).collect();
        let sql = format!("SELECT {} FROM {} LIMIT 1 OFFSET {}", list.join(", "), quote(&parent.name), tape.below(3));
        let found =
            conn.query_row(&sql, [], |row| (0..list.len()).map(|at| row.get(at)).collect::<Result<Vec<Value>, _>>());
        let found = found.unwrap_or_else(|_| vec![Value::Null; list.len()]);
        for (id, value) in columns.iter().zip(found) {
            let at = table.plain().position(|column| column.id == *id);
            if let Some(at) = at {
                values[at] = value;
            }
        }
    }
    let marks = vec!["?"; names.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", quote(&table.name), names.join(", "));
    // What is not right is not taken.
    conn.execute(&sql, params_from_iter(values)).ok();
}

fn value(tape: &mut Tape, table: &Table, column: &Column) -> Value {
    let may_be_null = table.rowid() == Some(column.id) || !column.not_null;
    if may_be_null && tape.chance(25) {
        return Value::Null;
    }
    let kinds = ["INTEGER", "TEXT", "REAL", "BLOB"];
    let kind = match column.kind {
        "INTEGER" | "TEXT" | "REAL" | "BLOB" if table.tidy || tape.chance(60) => column.kind,
        _ => tape.pick(&kinds),
    };
    if table.rowid() == Some(column.id) {
        return Value::Integer(tape.pick(&[1, 2, -3, 5, 40, 41, 900]));
    }
    match kind {
        "INTEGER" => Value::Integer(tape.pick(&[0, 1, 2, -1, 3, 4, 5, i64::MAX, i64::MIN, 1 << 53])),
        "REAL" => Value::Real(tape.pick(&[0.5, -1.25, 1e300, 3.0, 9.0e15])),
        "BLOB" => Value::Blob(tape.pick(&[&[0u8, 255][..], b"a", b"", b"42"]).to_vec()),
        _ => Value::Text(tape.pick(&["a", "A", "", "it's", "1", "a ", "ü\n;", "-7.0", "b", "c"]).to_owned()),
    }
}

/// What a table holds: every column asked for, the rowid before them where it is asked for, sorted.
pub(crate) fn read(conn: &Connection, table: &Table, columns: &[Id], rowid: Option<&str>) -> Vec<Vec<Value>> {
    let mut list: Vec<String> = rowid.into_iter().map(str::to_owned).collect();
    list.extend(columns.iter().filter_map(|id| Some(quote(&table.column(*id)?.name))));
    let list = if list.is_empty() { vec!["1".to_owned()] } else { list };
    let sql = format!("SELECT {} FROM {}", list.join(", "), quote(&table.name));
    let mut statement = conn.prepare(&sql).expect("a query");
    let rows = statement.query_map([], |row| (0..list.len()).map(|at| row.get(at)).collect());
    rows.expect("rows").collect::<Result<Vec<Vec<Value>>, _>>().expect("values")
}

/// A word for the rowid that is no column.
fn rowid(table: &Table) -> Option<&'static str> {
    let is_free = |word: &&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(word));
    if table.without_rowid { None } else { ["rowid", "oid", "_rowid_"].into_iter().find(is_free) }
}

/// The rows of a table before, as they should be after; and how to read them then.
pub(crate) struct Expected {
    columns: Vec<Id>,
    rowid: bool,
    rows: Vec<String>,
}

impl Expected {
    pub(crate) fn of(conn: &Connection, before: &Table, after: &Table, fills: &Fills) -> Expected {
        let moves_in = |id: Id| {
            after.is_key(id) && (!before.is_key(id) || (after.rowid() == Some(id) && before.rowid() != Some(id)))
        };
        let columns: Vec<Id> = before
            .plain()
            .filter(|column| after.plain().any(|now| now.id == column.id) && !moves_in(column.id))
            .map(|column| column.id)
            .collect();
        let now_key = after.rowid().filter(|_| !after.without_rowid);
        let same_key = now_key.is_none()
            || now_key == before.rowid()
            || now_key.is_some_and(|id| before.column(id).is_none() && !fills.iter().any(|fill| fill.1 == id));
        let (old, new) = (rowid(before), rowid(after));
        let by_rowid = old.is_some() && new.is_some() && same_key;
        let rows = read(conn, before, &columns, old.filter(|_| by_rowid));
        let scratch = Connection::open_in_memory().expect("memory");
        let convert = |(at, value): (usize, Value)| {
            let at = if by_rowid { at.checked_sub(1) } else { Some(at) };
            match at.and_then(|at| columns.get(at)).and_then(|id| after.column(*id)) {
                Some(column) => converted(&scratch, before, after, column, fills, value),
                None => value,
            }
        };
        let rows = rows.into_iter().map(|row| shown(row.into_iter().enumerate().map(convert).collect()));
        let mut rows: Vec<String> = rows.collect();
        rows.sort();
        Expected { columns, rowid: by_rowid, rows }
    }

    /// What is not as expected.
    pub(crate) fn differs(&self, conn: &Connection, after: &Table) -> Option<String> {
        let mut rows: Vec<String> =
            read(conn, after, &self.columns, rowid(after).filter(|_| self.rowid)).into_iter().map(shown).collect();
        rows.sort();
        (rows != self.rows).then(|| format!("{}: {:#?} became {rows:#?}", after.name, self.rows))
    }
}

/// A value as the column takes it, and what stands for NULL where it may not be.
fn converted(
    scratch: &Connection,
    before: &Table,
    after: &Table,
    column: &Column,
    fills: &Fills,
    value: Value,
) -> Value {
    let must = column.must(Some(after)) && !before.column(column.id).is_some_and(|was| was.must(Some(before)));
    let fill = fills.iter().find(|(_, id, _)| *id == column.id).map(|(_, _, fill)| fill.as_str());
    let strict = if after.strict { " STRICT" } else { "" };
    let default = column.default.map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
    let kind = column.kind;
    scratch
        .execute_batch(&format!("DROP TABLE IF EXISTS x; CREATE TABLE x(c {kind}{default}){strict}"))
        .expect("a table");
    let done = match (&value, fill) {
        (Value::Null, Some(fill)) if must => scratch.execute(&format!("INSERT INTO x VALUES ({fill})"), []),
        (Value::Null, None) if must => scratch.execute("INSERT INTO x DEFAULT VALUES", []),
        _ => scratch.execute("INSERT INTO x VALUES (?1)", [&value]),
    };
    // What does not fit a STRICT table fails the migration too.
    if done.is_err() { value } else { scratch.query_row("SELECT c FROM x", [], |row| row.get(0)).expect("a value") }
}

fn shown(row: Vec<Value>) -> String {
    row.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

/// The marks of `AUTOINCREMENT`, by table.
pub(crate) fn mark(conn: &Connection, table: &Table) -> Option<i64> {
    conn.query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [&table.name], |row| row.get(0)).ok()
}
