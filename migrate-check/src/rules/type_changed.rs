//! A rebuild gives a column another type, and the values that are copied change with it.
//!
//! SQLite converts what is stored in a column to the type of that column where it can, and says nothing: in an INTEGER
//! column the text `'007'` is the number 7, and `'1e3'` is 1000; in a TEXT column the number 7 is the text `'7'`, which sorts
//! behind `'10'`; in a REAL column large numbers lose their last digits. What was stored is gone.
//!
//! Nothing is said of a type that only has another name (`VARCHAR(20)` and `TEXT`, `INT` and `INTEGER`), of one that takes
//! every value as it is (`BLOB`, or `ANY` in a STRICT table), and of an INTEGER that was REAL, where 7.0 is 7 and 0.5 stays.
//!
//! If it is meant, say so where the values are copied:
//!
//! ```sql
//! INSERT INTO users_new(id, age) SELECT id, CAST(age AS INTEGER) FROM users;
//! ```

use migrate_source::Finding;

use super::lost::{allow, plain};
use crate::acts::{Act, is_name};
use crate::facts::Facts;
use crate::lineage::{Kept, Lineage};
use crate::place;

pub(super) const ID: &str = "type-changed";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        let changes = facts.replay.positions.get(lineage.position()).map_or(&[][..], |position| &position.changes);
        for kept in Kept::all(lineage, changes, &facts.replay.timeline) {
            if kept.copy.is_some() {
                table(lineage, &kept, findings);
            }
        }
    }
}

fn table(lineage: &Lineage<'_>, kept: &Kept<'_>, findings: &mut Vec<Finding>) {
    let (Some(made), Some(copy)) = (kept.made, kept.copy) else { return };
    let (made, copy) = (&lineage.said[made], &lineage.said[copy]);
    for column in kept.is.columns.iter().filter(|column| column.generated.is_none()) {
        let Some(source) = kept.column(&column.name) else { continue };
        let Some(was) = kept.was.column(source) else { continue };
        let (from, to) = (affinity(&was.kind, kept.was.strict), affinity(&column.kind, kept.is.strict));
        let Some((before, after)) = example(from, to) else { continue };
        if updates(lineage, kept, source) || updates(lineage, kept, &column.name) {
            continue;
        }
        let at = made.words.iter().skip(3).position(|word| is_name(word, &column.name)).map_or(0, |at| at + 3);
        let (table, name) = (&kept.after.name, &column.name);
        let (old, new) = (shown(&was.kind), shown(&column.kind));
        let message =
            format!("`{table}.{name}` was {old} and is {new}, which changes its values: {before} becomes {after}");
        let cast = format!("CAST({} AS {})", plain(source), to.name());
        // A cast is a decision about values that are no numbers, too.
        let zero = if matches!(from, Affinity::Text) && matches!(to, Affinity::Integer | Affinity::Real | Affinity::Numeric) {
            " (which makes 0 of what is no number)"
        } else {
            ""
        };
        let otherwise = format!("keep the type, write `{cast}` in the copy{zero}, or ");
        findings.push(
            Finding::warning(ID, message, place::subject(made.script, made.span(at..at + 1)))
                .label(
                    place::place(copy.script, place::of_name(copy.script, copy.statement, source)),
                    "they are copied here",
                )
                .help(allow(&otherwise, ID, "why no value is lost")),
        );
    }
}

/// What becomes of a value on its way into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Integer,
    Real,
    Numeric,
    Text,
    /// Every value is kept as it is.
    None,
    /// Nothing but blobs, in a STRICT table.
    Blobs,
}

impl Affinity {
    fn name(self) -> &'static str {
        match self {
            Affinity::Integer => "INTEGER",
            Affinity::Real => "REAL",
            Affinity::Numeric => "NUMERIC",
            Affinity::Text => "TEXT",
            Affinity::None | Affinity::Blobs => "BLOB",
        }
    }
}

/// As SQLite finds it, by the name of a type in capitals.
fn affinity(kind: &str, strict: bool) -> Affinity {
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    match () {
        () if strict && kind == "ANY" => Affinity::None,
        () if strict && kind == "BLOB" => Affinity::Blobs,
        () if has(&["INT"]) => Affinity::Integer,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        () if kind.is_empty() || has(&["BLOB"]) => Affinity::None,
        () if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
        () => Affinity::Numeric,
    }
}

/// A value that changes between two columns, before and after; `None` where none does.
fn example(from: Affinity, to: Affinity) -> Option<(&'static str, &'static str)> {
    use Affinity::{Blobs, Integer, None as Any, Numeric, Real, Text};
    Some(match (from, to) {
        (Text | Any, Integer | Numeric) => ("'007'", "7"),
        (Text | Any, Real) => ("'007'", "7.0"),
        (Any | Integer | Numeric, Text) => ("7", "'7'"),
        (Real, Text) => ("7.0", "'7.0'"),
        (Integer | Numeric, Real) => ("9007199254740993", "9007199254740992.0"),
        // Numbers that are equal are the same.
        (Integer | Numeric | Real, Integer | Numeric) | (Text, Text) | (Real, Real) | (Blobs, _) | (_, Any | Blobs) => {
            return None;
        }
    })
}

/// Whether an `UPDATE` of the migration writes the column: what becomes of its values is said there.
fn updates(lineage: &Lineage<'_>, kept: &Kept<'_>, column: &str) -> bool {
    lineage.said.iter().enumerate().any(|(at, said)| {
        let Act::Update { table } = &said.act else { return false };
        let last = lineage.finally(&table.text, at);
        let here = table.is(&kept.before.name) || last.eq_ignore_ascii_case(&kept.after.name);
        let set = said.words.iter().position(|word| word.is_word("SET")).unwrap_or(said.words.len());
        here && said.words[set..].windows(2).any(|pair| is_name(&pair[0], column) && pair[1].text == "=")
    })
}

fn shown(kind: &str) -> String {
    if kind.is_empty() {
        "without a type".to_owned()
    } else {
        format!("`{}`", kind.replace(" ( ", "(").replace(" )", ")"))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Every example, tried.
    #[test]
    fn the_examples_are_true() {
        let conn = Connection::open_in_memory().unwrap();
        let kinds = ["INTEGER", "REAL", "NUMERIC", "TEXT", "", "VARCHAR(9)", "DATETIME", "ANY", "BLOB", "FLOAT"];
        for from in kinds {
            for to in kinds {
                conn.execute_batch(&format!(
                    "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u; CREATE TABLE t(a {from}); CREATE TABLE u(a {to})"
                ))
                .unwrap();
                let copied = |value: &str| -> (String, String) {
                    let sql = format!(
                        "DELETE FROM t; DELETE FROM u; INSERT INTO t VALUES ({value}); INSERT INTO u SELECT a FROM t"
                    );
                    conn.execute_batch(&sql).unwrap();
                    let sql = "SELECT (SELECT quote(a) FROM t), (SELECT quote(a) FROM u)";
                    conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
                };
                match example(affinity(from, false), affinity(to, false)) {
                    Some((before, after)) => {
                        let (was, is) = copied(before);
                        assert_eq!(was, before, "{from} to {to}");
                        // An older SQLite writes the same number as `9.007199254740992e+15`.
                        let number = |text: &str| text.parse::<f64>().ok().filter(|_| text.contains('.'));
                        let same = number(&is).is_some() && number(&is) == number(after);
                        assert!(is == after || same, "{from} to {to}: {is} and not {after}");
                    }
                    None => {
                        for value in ["'007'", "7", "7.0", "'1e3'", "9007199254740993", "x'07'", "0.5", "'a'", "NULL"] {
                            copied(value);
                            let same = "SELECT (SELECT +a FROM t) IS (SELECT +a FROM u)";
                            let same: bool = conn.query_row(same, [], |row| row.get(0)).unwrap();
                            assert!(same, "{from} to {to}: {value}");
                        }
                    }
                }
            }
        }
        assert_eq!(example(affinity("BLOB", true), Affinity::Text), None);
        assert_eq!(example(affinity("TEXT", true), affinity("ANY", true)), None);
        assert_eq!(example(affinity("ANY", true), Affinity::Integer), Some(("'007'", "7")));
    }
}
