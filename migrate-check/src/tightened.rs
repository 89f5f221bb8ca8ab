//! The constraints that a migration adds to tables with rows in them, by comparing the tables before and after.

mod keys;

use migrate_core::__private::{Change, Kind};
use migrate_sql::{Token, TokenKind};

use crate::acts::is_name;
use crate::lineage::{Kept, Lineage, Origin};
use crate::replay::Timeline;
use crate::tables::{Column, Reference};
use crate::words::{plain, words};

/// A constraint that rows from before may break.
#[derive(Debug)]
pub(crate) struct Added {
    /// The table that it is on, by its names before and after.
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) demand: Demand,
    /// As SQL has it.
    pub(crate) what: String,
    /// The statement that says it, and the word that it is said of.
    pub(crate) at: usize,
    pub(crate) word: usize,
    /// Finds the rows that break it, before the migration; `None` where the values are worked out.
    pub(crate) query: Option<String>,
}

/// What is demanded, of columns as they are called before the migration.
#[derive(Debug)]
pub(crate) enum Demand {
    NotNull {
        column: String,
        now: String,
    },
    Unique {
        parts: Vec<Unique>,
        condition: Option<String>,
        now: Vec<String>,
    },
    /// `expression` speaks of the columns by their old names.
    Check {
        columns: Vec<String>,
        expression: String,
        now: String,
    },
    /// Of each column the type, and what finds a value of another.
    Types {
        columns: Vec<(String, String, String)>,
    },
    Reference {
        columns: Vec<String>,
        parent: String,
    },
}

/// A part of a key: the columns that it reads, and how texts are compared.
#[derive(Debug)]
pub(crate) struct Unique {
    pub(crate) columns: Vec<String>,
    pub(crate) collate: String,
    pub(crate) is_expression: bool,
}

/// Those of a migration.
pub(crate) fn added(lineage: &Lineage<'_>, changes: &[Change], timeline: &Timeline) -> Vec<Added> {
    let mut found = Vec::new();
    for kept in Kept::all(lineage, changes, timeline) {
        let comparison = Comparison { lineage, timeline, kept: &kept };
        comparison.not_null(&mut found);
        comparison.keys(&mut found);
        comparison.checks(&mut found);
        comparison.types(&mut found);
        comparison.references(&mut found);
    }
    found
}

struct Comparison<'a> {
    lineage: &'a Lineage<'a>,
    timeline: &'a Timeline,
    kept: &'a Kept<'a>,
}

impl Comparison<'_> {
    fn not_null(&self, found: &mut Vec<Added>) {
        for column in self.columns() {
            let Some(was) = self.kept.column(&column.name) else { continue };
            if column.not_null && !self.kept.is.is_rowid(&column.name) && !self.kept.was.is_full(was) {
                let demand = Demand::NotNull { column: was.to_owned(), now: column.name.clone() };
                let what = format!("{} NOT NULL", plain(&column.name));
                let query = Some(format!("SELECT * FROM {} WHERE {} IS NULL", self.table(), plain(was)));
                found.push(self.added(demand, what, &column.name, query));
            }
        }
    }

    fn checks(&self, found: &mut Vec<Added>) {
        for check in self.kept.is.checks() {
            let text = unqualified(&check.text, &self.kept.after.name);
            let names = self.named(&words(&text));
            let columns: Vec<String> = names.iter().filter_map(|name| self.source(name)).collect();
            let expression = self.rewritten(&text);
            let meaning = folded(&expression);
            let before = |text: &str| folded(&unqualified(text, &self.kept.before.name));
            if columns.is_empty() || self.kept.was.checks().any(|was| before(&was.text) == meaning) {
                continue;
            }
            let is_kept = names.iter().all(|name| self.kept.column(name).is_some());
            let query = is_kept.then(|| format!("SELECT * FROM {} WHERE NOT ({expression})", self.table()));
            let what = format!("CHECK ({})", check.text);
            let demand = Demand::Check { columns, expression, now: check.text.clone() };
            let mut new = self.added(demand, what, names.first().map_or("", String::as_str), query);
            new.word = self.word_of_check(new.at, &check.text).unwrap_or(new.word);
            found.push(new);
        }
    }

    fn types(&self, found: &mut Vec<Added>) {
        let (was, is) = (&self.kept.was, &self.kept.is);
        let mut columns = Vec::new();
        for column in self.columns() {
            let Some(source) = self.kept.column(&column.name) else { continue };
            let is_rowid = is.is_rowid(&column.name);
            let before = was.column(source).map_or("", |column| column.kind.as_str());
            // A value that its parent cannot hold breaks a key that is there already.
            let refers = was.references().any(|key| key.columns.iter().any(|name| name.eq_ignore_ascii_case(source)));
            let fits = refers || (was.strict && stores(before, &column.kind));
            if !(is.strict || is_rowid) || fits || was.is_rowid(source) && stores("INTEGER", &column.kind) {
                continue;
            }
            let name = plain(source);
            let other = match column.kind.as_str() {
                "INT" | "INTEGER" => format!("{name} <> CAST({name} AS INTEGER)"),
                "REAL" => format!("{name} <> CAST({name} AS REAL)"),
                "TEXT" => format!("typeof({name}) = 'blob'"),
                "BLOB" => format!("typeof({name}) NOT IN ('blob', 'null')"),
                _ => continue,
            };
            columns.push((source.to_owned(), column.kind.clone(), other));
        }
        let Some((first, ..)) = columns.first() else { return };
        let (what, of) = match (is.strict && !was.strict, is.strict) {
            (true, _) => ("STRICT".to_owned(), "STRICT".to_owned()),
            (_, strict) => {
                let now = is.columns.iter().find(|column| self.kept.column(&column.name) == Some(first));
                let now = now.map_or(first, |column| &column.name).clone();
                let key = if strict { "" } else { " PRIMARY KEY" };
                (format!("{} {}{key}", plain(&now), columns[0].1), now)
            }
        };
        let query = types_query(&self.table(), &columns);
        found.push(self.added(Demand::Types { columns }, what, &of, Some(query)));
    }

    fn references(&self, found: &mut Vec<Added>) {
        for reference in self.kept.is.references() {
            let columns: Option<Vec<String>> =
                reference.columns.iter().map(|name| self.kept.column(name).map(str::to_owned)).collect();
            let Some(columns) = columns else { continue };
            if self.kept.was.references().any(|was| self.is_same(was, reference, &columns)) {
                continue;
            }
            let what = format!("REFERENCES {}", plain(&reference.parent));
            let of = reference.columns.first().map_or("", String::as_str);
            let query = self.orphans(reference, &columns);
            found.push(self.added(Demand::Reference { columns, parent: reference.parent.clone() }, what, of, query));
        }
    }

    fn is_same(&self, was: &Reference, is: &Reference, columns: &[String]) -> bool {
        let parent = self.lineage.finally(&was.parent, 0);
        (parent.eq_ignore_ascii_case(&is.parent) || was.parent.eq_ignore_ascii_case(&is.parent))
            && was.columns.len() == columns.len()
            && was.columns.iter().all(|a| columns.iter().any(|b| a.eq_ignore_ascii_case(b)))
    }

    /// Where the parent is there before the migration.
    fn orphans(&self, reference: &Reference, columns: &[String]) -> Option<String> {
        let parent = self.timeline.at(Kind::Table, &reference.parent, self.lineage.index)?;
        let mut to = reference.to.clone();
        if to.is_empty() {
            let table = crate::tables::Table::of(&parent.sql);
            let key = table.keys.into_iter().find(|key| key.primary)?;
            to = key.parts.into_iter().filter_map(|part| part.column).collect();
        }
        if to.len() != columns.len() || !to.iter().all(|column| parent.has_column(column)) {
            return None;
        }
        let filled: Vec<String> = columns.iter().map(|column| format!("child.{} IS NOT NULL", plain(column))).collect();
        let equal: Vec<String> = to
            .iter()
            .zip(columns)
            .map(|(to, column)| format!("parent.{} = child.{}", plain(to), plain(column)))
            .collect();
        let (table, parent) = (self.table(), plain(&parent.name));
        let (filled, equal) = (filled.join(" AND "), equal.join(" AND "));
        Some(format!(
            "SELECT * FROM {table} AS child WHERE {filled} AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {equal})"
        ))
    }

    /// The columns that hold values of their own.
    fn columns(&self) -> impl Iterator<Item = &Column> {
        self.kept.is.columns.iter().filter(|column| column.generated.is_none())
    }

    fn table(&self) -> String {
        plain(&self.kept.before.name)
    }

    /// The columns of the new table that some words name.
    fn named(&self, words: &[Token<'_>]) -> Vec<String> {
        let names = |column: &&Column| words.iter().any(|word| is_column(word, &column.name));
        self.kept.is.columns.iter().filter(names).map(|column| column.name.clone()).collect()
    }

    /// The column from before that a column's values hang on, as far as can be told.
    fn source(&self, name: &str) -> Option<String> {
        match self.kept.origin(name) {
            Origin::Column(column) => Some(column.clone()),
            Origin::Worked => self.kept.before.has_column(name).then(|| name.to_owned()),
            Origin::Rowid | Origin::New => None,
        }
    }

    /// An expression with the names from before.
    fn rewritten(&self, expression: &str) -> String {
        let (mut text, mut from) = (String::new(), 0);
        for word in words(expression) {
            let name = word.name().filter(|name| is_column(&word, name)).and_then(|name| {
                let now = self.kept.column(&name)?;
                (!now.eq_ignore_ascii_case(&name)).then(|| now.to_owned())
            });
            if let Some(name) = name {
                text.push_str(&expression[from..word.start]);
                text.push_str(&plain(&name));
                from = word.end();
            }
        }
        text + &expression[from..]
    }

    fn word_of_check(&self, at: usize, text: &str) -> Option<usize> {
        let said = self.lineage.said.get(at)?;
        let is_it = |word: usize| {
            let from = said.words.get(word + 2).map(|word| word.start);
            from.is_some_and(|from| {
                let sql = &said.sql()[from..];
                let same = words(sql).into_iter().zip(words(text)).all(|(a, b)| a.text == b.text);
                same && !text.is_empty()
            })
        };
        (0..said.words.len()).find(|&word| said.words[word].is_word("CHECK") && is_it(word))
    }

    /// At the column, in the statement that makes the table or adds the column.
    fn added(&self, demand: Demand, what: String, of: &str, query: Option<String>) -> Added {
        let said = &self.lineage.said;
        let names = |at: usize| said[at].words.iter().enumerate().skip(3).position(|(_, word)| is_name(word, of));
        let is_about = |at: &usize| {
            said[*at]
                .table()
                .is_some_and(|table| self.lineage.finally(&table.text, *at).eq_ignore_ascii_case(&self.kept.after.name))
        };
        let at = self.kept.made.or_else(|| (0..said.len()).rev().find(|at| is_about(at) && names(*at).is_some()));
        let at = at.unwrap_or(0);
        let word = said.get(at).and_then(|_| names(at)).map_or(0, |word| word + 3);
        let (before, after) = (self.kept.before.name.clone(), self.kept.after.name.clone());
        Added { before, after, demand, what, at, word, query }
    }
}

/// What finds the rows of a table with values of other types.
pub(crate) fn types_query(table: &str, columns: &[(String, String, String)]) -> String {
    let conditions: Vec<&str> = columns.iter().map(|(.., other)| other.as_str()).collect();
    format!("SELECT * FROM {table} WHERE {}", conditions.join(" OR "))
}

/// Whether a word of an expression may be a column, and is not one of the words that SQLite has to take for either.
fn is_column(word: &Token<'_>, name: &str) -> bool {
    const EITHER: [&str; 6] = ["CAST", "END", "GLOB", "LIKE", "MATCH", "REGEXP"];
    is_name(word, name) && !EITHER.iter().any(|either| word.is_word(either))
}

/// An expression without the name of its own table before columns, which is another one once the table is renamed.
fn unqualified(expression: &str, table: &str) -> String {
    let words = words(expression);
    let (mut text, mut from) = (String::new(), 0);
    for (word, dot) in words.iter().zip(words.iter().skip(1)) {
        if dot.text == "." && is_name(word, table) {
            text.push_str(&expression[from..word.start]);
            from = dot.end();
        }
    }
    text + &expression[from..]
}

/// An expression, without what SQLite does not mind: white space, and the case and the quotes of names.
fn folded(text: &str) -> Vec<String> {
    let name =
        |word: &Token<'_>| word.name().filter(|_| word.kind != TokenKind::String).map(|name| name.to_lowercase());
    words(text).iter().map(|word| name(word).unwrap_or_else(|| word.text.to_owned())).collect()
}

/// Whether a column of a STRICT table takes everything that one of another type holds.
fn stores(from: &str, to: &str) -> bool {
    let kind = |name: &str| if name == "INT" { "INTEGER" } else { name }.to_owned();
    let (from, to) = (kind(from), kind(to));
    from == to || to == "ANY" || matches!((from.as_str(), to.as_str()), ("INTEGER", "REAL" | "TEXT") | ("REAL", "TEXT"))
}
