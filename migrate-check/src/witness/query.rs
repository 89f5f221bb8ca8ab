//! The query that finds, in a real database, the rows that a statement fails over.

use migrate_sql::Token;
use rusqlite::Connection;

use super::table::Table;
use crate::acts::{Copy, Filling, Said};
use crate::words::{closing, mentions, plain, words};

/// What a query is made from.
pub(super) struct Failed<'a> {
    pub(super) said: &'a Said<'a>,
    pub(super) message: &'a str,
    /// The table that it writes, as it was when the statement failed.
    pub(super) target: Option<&'a Table>,
    /// The tables that it has to do with, as they are before the migration.
    pub(super) tables: Vec<&'a Table>,
}

/// The first query that finds something, on the tables as they are before the migration.
pub(super) fn query(conn: &Connection, failed: &Failed<'_>) -> Option<String> {
    let finds = |sql: &String| conn.prepare(sql).and_then(|mut statement| statement.exists([])).unwrap_or(false);
    failed.candidates().into_iter().find(finds)
}

impl Failed<'_> {
    fn candidates(&self) -> Vec<String> {
        let after = |start: &str| self.message.split_once(start).map(|(_, after)| after);
        let column = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        if let Some(names) = after("UNIQUE constraint failed: ") {
            let columns: Vec<String> = names.split(", ").map(column).collect();
            return self.duplicates(&columns);
        }
        if let Some(name) = after("NOT NULL constraint failed: ") {
            return self.with_condition(&[column(name)], &|names| format!("{} IS NULL", names[0]));
        }
        if after("CHECK constraint failed").is_some() {
            return self.broken_checks();
        }
        if let Some((kind, name)) = after("cannot store ").and_then(|after| after.split_once(" column ")) {
            let wanted = match kind.rsplit(' ').next().unwrap_or_default() {
                "INTEGER" | "INT" => "'integer', 'null'",
                "REAL" => "'real', 'integer', 'null'",
                "TEXT" => "'text', 'null'",
                _ => "'blob', 'null'",
            };
            return self.with_condition(&[column(name)], &|names| format!("typeof({}) NOT IN ({wanted})", names[0]));
        }
        if self.message.contains("JSON") {
            let columns = self.tables.iter().flat_map(|table| table.columns.iter().map(move |c| (table, &c.name)));
            let named = columns.filter(|(_, column)| mentions(self.said.sql(), column));
            return named
                .map(|(table, column)| {
                    format!("SELECT * FROM {} WHERE NOT json_valid({})", plain(&table.name), plain(column))
                })
                .collect();
        }
        Vec::new()
    }

    fn duplicates(&self, columns: &[String]) -> Vec<String> {
        let words = &self.said.words;
        if words.first().is_some_and(|word| word.is_word("CREATE")) {
            return index(self.said.sql(), words, self.tables.first().copied()).into_iter().collect();
        }
        let never_null = |name: &String| {
            let mut columns = self.tables.iter().flat_map(|table| &table.columns);
            columns.any(|column| plain(&column.name) == *name && (column.not_null || column.primary))
        };
        let grouped = |from: &str, names: &[String]| {
            // NULLs are no duplicates of each other.
            let nulls = names.iter().filter(|name| !never_null(name));
            let nulls: Vec<String> = nulls.map(|name| format!("{name} IS NOT NULL")).collect();
            let condition = if nulls.is_empty() { String::new() } else { format!(" WHERE {}", nulls.join(" AND ")) };
            let names = names.join(", ");
            format!("SELECT {names}, count(*) {from}{condition} GROUP BY {names} HAVING count(*) > 1")
        };
        self.relations(columns).into_iter().map(|(with, from, names)| with + &grouped(&from, &names)).collect()
    }

    fn with_condition(&self, columns: &[String], condition: &dyn Fn(&[String]) -> String) -> Vec<String> {
        let select = |(with, from, names): (String, String, Vec<String>)| {
            format!("{with}SELECT * {from} WHERE {}", condition(&names))
        };
        self.relations(columns).into_iter().map(select).collect()
    }

    fn broken_checks(&self) -> Vec<String> {
        let Some(table) = self.target else { return Vec::new() };
        let mut found = Vec::new();
        for check in &table.checks {
            let columns: Vec<String> = check.columns.iter().map(|&at| table.columns[at].name.clone()).collect();
            let same = |names: &[String]| names.iter().zip(&columns).all(|(name, column)| *name == plain(column));
            let condition = format!("NOT ({})", check.expression.trim());
            let relations = self.relations(&columns).into_iter().filter(|(_, _, names)| same(names));
            found.extend(relations.map(|(with, from, _)| format!("{with}SELECT * {from} WHERE {condition}")));
        }
        found
    }

    /// Where the values of columns come from: a `WITH`, a `FROM`, and what the columns are called there.
    fn relations(&self, columns: &[String]) -> Vec<(String, String, Vec<String>)> {
        let own = |column: &String| plain(column);
        let mut found = Vec::new();
        match self.said.copy() {
            Some(copy) => {
                found.extend(self.simple(&copy, columns));
                let names: Option<Vec<String>> = copy.columns.clone().or_else(|| {
                    let columns = self.target?.columns.iter().filter(|column| !column.generated);
                    Some(columns.map(|column| column.name.clone()).collect())
                });
                if let Some(names) = names {
                    let names: Vec<String> = names.iter().map(own).collect();
                    let select = self.said.sql()[copy.select].trim();
                    let with = format!("WITH new({}) AS ({select}) ", names.join(", "));
                    found.push((with, "FROM new".to_owned(), columns.iter().map(own).collect()));
                }
            }
            None => {
                let table = self.said.table().map(|table| format!("FROM {}", plain(&table.text)));
                found.extend(table.map(|from| (String::new(), from, columns.iter().map(own).collect())));
            }
        }
        found
    }

    /// `SELECT a, b FROM one_table`: there is no need to repeat it.
    fn simple(&self, copy: &Copy, columns: &[String]) -> Option<(String, String, Vec<String>)> {
        let select = &self.said.sql()[copy.select.clone()];
        let words = words(select);
        let from = words.iter().position(|word| word.is_word("FROM"))?;
        if words.len() != from + 2 {
            return None;
        }
        let names = match (&copy.columns, &copy.fillings) {
            (Some(listed), Some(fillings)) => {
                let of = |column: &String| {
                    let at = listed.iter().position(|name| name.eq_ignore_ascii_case(column))?;
                    match fillings.get(at)? {
                        Filling::Column(name) => Some(plain(name)),
                        _ => None,
                    }
                };
                columns.iter().map(of).collect::<Option<Vec<String>>>()?
            }
            _ => return None,
        };
        Some((String::new(), format!("FROM {}", words[from + 1].text), names))
    }
}

/// The duplicates that a unique index would meet; NULLs are none.
fn index(sql: &str, words: &[Token<'_>], table: Option<&Table>) -> Option<String> {
    let on = words.iter().position(|word| word.is_word("ON"))?;
    let open = on + words[on..].iter().position(|word| word.text == "(")?;
    let close = closing(words, open)?;
    let mut parts: Vec<(usize, usize)> = vec![(open + 1, open + 1)];
    let mut depth = 0usize;
    for (at, word) in words.iter().enumerate().take(close).skip(open + 1) {
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push((at + 1, at + 1));
                continue;
            }
            _ if word.is_word("ASC") || word.is_word("DESC") => continue,
            _ => {}
        }
        parts.last_mut()?.1 = at + 1;
    }
    let text = |&(from, to): &(usize, usize)| sql[words[from].start..words[to - 1].end()].to_owned();
    let mut conditions: Vec<String> = words
        .get(close + 1)
        .filter(|word| word.is_word("WHERE"))
        .map(|word| format!("({})", sql[word.end()..].trim()))
        .into_iter()
        .collect();
    for part in &parts {
        let name = words[part.0].name().unwrap_or_default();
        let column =
            table.and_then(|table| table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name)));
        if column.is_some_and(|column| !column.not_null) {
            conditions.push(format!("{} IS NOT NULL", plain(&name)));
        }
    }
    let columns = parts.iter().map(text).collect::<Vec<_>>().join(", ");
    let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let from = words[on + 1..open].iter().map(|word| word.text).collect::<String>();
    Some(format!("SELECT {columns}, count(*) FROM {from}{condition} GROUP BY {columns} HAVING count(*) > 1"))
}
