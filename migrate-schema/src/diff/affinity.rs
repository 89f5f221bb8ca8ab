//! What a column's new type makes of the values that are there.

use crate::schema::{Column, Table};

/// What SQLite makes of a value that is stored in a column: <https://sqlite.org/datatype3.html>, section 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Text,
    Numeric,
    Integer,
    Real,
    /// It is kept as it is.
    Blob,
    /// Nothing but blobs, in a STRICT table.
    Blobs,
}

impl Affinity {
    fn of(column: &Column, table: &Table) -> Affinity {
        let kind = column.kind.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        match () {
            () if table.strict && kind == "ANY" => Affinity::Blob,
            () if table.strict && kind == "BLOB" => Affinity::Blobs,
            () if has(&["INT"]) => Affinity::Integer,
            () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
            () if kind.is_empty() || has(&["BLOB"]) => Affinity::Blob,
            () if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
            () => Affinity::Numeric,
        }
    }

    /// A value that is another one after it was stored under the other affinity; `None` where each is equal to what it was.
    fn changes(self, to: Affinity) -> Option<(&'static str, &'static str)> {
        use Affinity::{Blob, Blobs, Integer, Numeric, Real, Text};
        match (self, to) {
            (Text | Blob, Integer | Numeric) => Some(("'007'", "7")),
            (Text | Blob, Real) => Some(("'007'", "7.0")),
            (Integer | Numeric | Blob, Text) => Some(("7", "'7'")),
            (Real, Text) => Some(("7.0", "'7.0'")),
            // Numbers that are equal are the same, but those that a REAL cannot hold.
            (Integer | Numeric, Real) => Some(("9007199254740993", "9007199254740992.0")),
            (Blobs, _)
            | (_, Blob | Blobs)
            | (Text, Text)
            | (Integer | Numeric | Real, Integer | Numeric)
            | (Real, Real) => None,
        }
    }
}

/// The columns that stay and whose new type changes values: as they were, as they are to be, and a value that changes.
pub(super) fn conversions<'t>(
    before: &'t Table,
    after: &'t Table,
) -> impl Iterator<Item = (&'t Column, &'t Column, (&'static str, &'static str))> {
    let pairs = after.columns.iter().filter_map(|now| Some((before.column(&now.name)?, now)));
    let holds_values = |(was, now): &(&Column, &Column)| was.generated.is_none() && now.generated.is_none();
    pairs.filter(holds_values).filter_map(move |(was, now)| {
        let example = Affinity::of(was, before).changes(Affinity::of(now, after))?;
        Some((was, now, example))
    })
}

#[cfg(test)]
mod tests {
    use migrate_core::rusqlite::Connection;
    use migrate_core::rusqlite::types::Value;

    use super::*;
    use crate::schema::Schema;

    /// What is said of a change of type is what SQLite does with values of every kind.
    #[test]
    fn sqlite_agrees() {
        const VALUES: [&str; 8] = ["'007'", "'x'", "7", "9007199254740993", "7.5", "7.0", "x'37'", "NULL"];
        let types = ["TEXT", "VARCHAR(9)", "INTEGER", "BIGINT", "REAL", "DOUBLE", "NUMERIC", "DATE", "BLOB", ""];
        for (from, to) in types.iter().flat_map(|from| types.iter().map(move |to| (from, to))) {
            let conn = Connection::open_in_memory().unwrap();
            let sql = format!("CREATE TABLE a(v {from}); CREATE TABLE b(v {to});");
            let values = VALUES.map(|value| format!("INSERT INTO a VALUES ({value});")).concat();
            conn.execute_batch(&format!("{sql}{values}INSERT INTO b SELECT v FROM a;")).unwrap();
            // Compared without an affinity, and as SQLite compares, so that 7 and 7.0 are equal.
            let sql = "SELECT a.v, b.v FROM a JOIN b ON a.rowid = b.rowid WHERE +a.v IS NOT +b.v";
            let mut statement = conn.prepare(sql).unwrap();
            let row = |row: &migrate_core::rusqlite::Row<'_>| Ok((row.get::<_, Value>(0)?, row.get::<_, Value>(1)?));
            let found = statement.query_map([], row).unwrap();
            let found: Vec<_> = found.map(|pair| pair.unwrap()).collect();
            let changed: Vec<(String, String)> =
                found.iter().map(|(was, now)| (crate::rows::literal(was), crate::rows::literal(now))).collect();
            let schema = Schema::read(&conn, "schema_migrations").unwrap();
            let (before, after) = (schema.table("a").unwrap(), schema.table("b").unwrap());
            let said = conversions(before, after).next().map(|(_, _, (was, now))| (was.to_owned(), now.to_owned()));
            assert_eq!(said.is_some(), !changed.is_empty(), "{from} to {to}: {changed:?}");
            if let Some(example) = said {
                assert!(changed.contains(&example), "{from} to {to}: {example:?} of {changed:?}");
            }
        }
    }
}
