//! What a statement does, as its words say: its verb, its table, and the columns of a copy.

use std::collections::BTreeMap;

use migrate_sql::Token;

use super::table::closing;
use crate::words::words;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Select,
    Insert,
    Update,
    Delete,
    Create,
    Drop,
    Alter,
    Other,
}

/// A statement, as far as its words tell.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) verb: Verb,
    /// The table that it writes, drops or alters, as written.
    pub(crate) table: Option<String>,
    /// `ALTER TABLE … RENAME TO` this.
    pub(crate) renamed: Option<String>,
    /// `ALTER TABLE … RENAME COLUMN` from and to.
    pub(crate) column_renamed: Option<(String, String)>,
    /// `ALTER TABLE … ADD COLUMN` this.
    pub(crate) column_added: Option<String>,
    /// `INSERT … SELECT`, or `CREATE TABLE … AS`.
    pub(crate) copy: Option<Copy>,
}

/// `INSERT INTO table(columns) SELECT …`
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    /// The columns that are named; `None` without a list.
    pub(crate) columns: Option<Vec<String>>,
    /// What goes into each of them, where that can be told apart.
    pub(crate) sources: Option<Vec<Source>>,
    /// The `SELECT`, as a range of the statement's text.
    pub(crate) select: (usize, usize),
}

/// What a column of a copy is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Null,
    /// A column, by its name.
    Column(String),
    /// Anything that is worked out.
    Expression,
}

impl Shape {
    pub(crate) fn of(sql: &str) -> Shape {
        let words = words(sql);
        let mut shape = Shape {
            verb: Verb::Other,
            table: None,
            renamed: None,
            column_renamed: None,
            column_added: None,
            copy: None,
        };
        let Some((at, verb)) = verb(&words) else { return shape };
        shape.verb = verb;
        let is = |at: usize, word: &str| words.get(at).is_some_and(|token: &Token<'_>| token.is_word(word));
        let find = |word: &str| words.iter().skip(at).position(|token| token.is_word(word)).map(|found| at + found);
        let name_at = match verb {
            Verb::Insert => find("INTO").map(|into| into + 1),
            Verb::Update if is(at + 1, "OR") => Some(at + 3),
            Verb::Update => Some(at + 1),
            Verb::Delete => find("FROM").map(|from| from + 1),
            Verb::Alter => Some(at + 2),
            Verb::Drop if is(at + 1, "TABLE") => Some(if is(at + 2, "IF") { at + 4 } else { at + 2 }),
            Verb::Create => {
                let table = (at + 1..at + 3).find(|&at| is(at, "TABLE"));
                table.map(|table| if is(table + 1, "IF") { table + 4 } else { table + 1 })
            }
            _ => None,
        };
        let Some(mut name_at) = name_at else { return shape };
        if words.get(name_at + 1).is_some_and(|token| token.text == ".") {
            name_at += 2;
        }
        let name = |at: usize| words.get(at).and_then(Token::name).map(|name| name.into_owned());
        shape.table = name(name_at);
        let next = name_at + 1;
        match verb {
            Verb::Alter if is(next, "RENAME") && is(next + 1, "TO") => shape.renamed = name(next + 2),
            Verb::Alter if is(next, "RENAME") => {
                let from = if is(next + 1, "COLUMN") { next + 2 } else { next + 1 };
                shape.column_renamed = name(from).zip(name(from + 2));
            }
            Verb::Alter if is(next, "ADD") => {
                shape.column_added = name(if is(next + 1, "COLUMN") { next + 2 } else { next + 1 });
            }
            Verb::Insert => shape.copy = copy(sql, &words, next),
            Verb::Create if is(next, "AS") => {
                // Its columns are called as the results are.
                let start = words.get(next + 1).map_or(sql.len(), |word| word.start);
                shape.copy = Some(Copy { columns: None, sources: None, select: (start, sql.len()) });
            }
            _ => {}
        }
        shape
    }
}

/// The word that says what a statement does, past a `WITH`.
fn verb(words: &[Token<'_>]) -> Option<(usize, Verb)> {
    let verbs = [
        ("SELECT", Verb::Select),
        ("VALUES", Verb::Select),
        ("EXPLAIN", Verb::Select),
        ("INSERT", Verb::Insert),
        ("REPLACE", Verb::Insert),
        ("UPDATE", Verb::Update),
        ("DELETE", Verb::Delete),
        ("CREATE", Verb::Create),
        ("DROP", Verb::Drop),
        ("ALTER", Verb::Alter),
    ];
    let find = |token: &Token<'_>| verbs.iter().find(|(word, _)| token.is_word(word)).map(|(_, verb)| *verb);
    if !words.first()?.is_word("WITH") {
        return Some((0, find(words.first()?)?));
    }
    let mut depth = 0usize;
    for (at, token) in words.iter().enumerate().skip(1) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                if let Some(verb) = find(token) {
                    return Some((at, verb));
                }
            }
            _ => {}
        }
    }
    None
}

/// What follows the table's name in an `INSERT`.
fn copy(sql: &str, words: &[Token<'_>], mut at: usize) -> Option<Copy> {
    if words.get(at)?.is_word("AS") {
        at += 2;
    }
    let mut columns = None;
    if words.get(at)?.text == "(" {
        let close = closing(words, at)?;
        columns = Some(words[at + 1..close].iter().filter_map(Token::name).map(|name| name.into_owned()).collect());
        at = close + 1;
    }
    let first = words.get(at)?;
    if !first.is_word("SELECT") && !first.is_word("WITH") {
        return None;
    }
    let end = tail(words, at);
    let select = (first.start, words.get(end).map_or(sql.len(), |token| token.start));
    let sources = if first.is_word("SELECT") { sources(&words[at + 1..end]) } else { None };
    Some(Copy { columns, sources, select })
}

/// Where an upsert clause or `RETURNING` begins.
fn tail(words: &[Token<'_>], at: usize) -> usize {
    let begins = |at: usize| {
        words[at].is_word("RETURNING")
            || (words[at].is_word("ON") && words.get(at + 1).is_some_and(|word| word.is_word("CONFLICT")))
    };
    (at..words.len()).find(|&at| begins(at)).unwrap_or(words.len())
}

/// The results of a simple `SELECT`; `None` for `*` and for compound ones.
fn sources(words: &[Token<'_>]) -> Option<Vec<Source>> {
    if words.iter().any(|word| ["UNION", "EXCEPT", "INTERSECT"].iter().any(|set| word.is_word(set))) {
        return None;
    }
    let skip = usize::from(words.first().is_some_and(|word| word.is_word("DISTINCT") || word.is_word("ALL")));
    let (mut found, mut item, mut depth) = (Vec::new(), Vec::new(), 0usize);
    for word in words.iter().skip(skip) {
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if word.is_word("FROM") => break,
            "," => {
                found.push(source(&item)?);
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(*word);
    }
    found.push(source(&item)?);
    Some(found)
}

fn source(words: &[Token<'_>]) -> Option<Source> {
    if words.last()?.text == "*" && words.len() != 3 || words.len() == 3 && words[1].text == "." && words[2].text == "*"
    {
        return None;
    }
    let named = words.len() > 2 && words[words.len() - 2].is_word("AS");
    let words = if named { &words[..words.len() - 2] } else { words };
    let column = match words {
        [column] => column,
        [_, dot, column] if dot.text == "." => column,
        _ => return Some(Source::Expression),
    };
    if words.len() == 1 && column.is_word("NULL") {
        return Some(Source::Null);
    }
    let literal = matches!(column.kind, migrate_sql::TokenKind::String)
        || ["TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"].iter().any(|w| column.is_word(w));
    Some(match column.name() {
        Some(name) if !literal => Source::Column(name.into_owned()),
        _ => Source::Expression,
    })
}

/// What a migration's statements do, in order.
pub(crate) struct Shapes(pub(crate) Vec<Shape>);

impl Shapes {
    /// What a table that has this name before a statement is called in the end.
    pub(crate) fn finally(&self, name: &str, from: usize) -> String {
        let mut name = name.to_owned();
        for shape in self.0.iter().skip(from) {
            if let (Some(table), Some(to)) = (&shape.table, &shape.renamed)
                && table.eq_ignore_ascii_case(&name)
            {
                name.clone_from(to);
            }
        }
        name
    }

    /// What became of a table that was there before.
    pub(crate) fn fate(&self, table: &str, there: impl Fn(&str) -> bool) -> Fate {
        let mut name = table.to_owned();
        for shape in &self.0 {
            if !shape.table.as_ref().is_some_and(|table| table.eq_ignore_ascii_case(&name)) {
                continue;
            }
            if shape.verb == Verb::Drop {
                return if there(table) { self.remade(table) } else { Fate::Gone };
            }
            if let Some(to) = &shape.renamed {
                name.clone_from(to);
            }
        }
        if there(&name) { Fate::There(name) } else { Fate::Gone }
    }

    /// A table that was dropped and made again was rebuilt, if rows were copied into what has its name now. If none were,
    /// it was dropped for good.
    fn remade(&self, table: &str) -> Fate {
        if self.copies(table).is_empty() { Fate::Gone } else { Fate::Rebuilt }
    }

    /// The statements that copy rows into what is called so in the end.
    pub(crate) fn copies(&self, table: &str) -> Vec<(usize, &Copy)> {
        let mut found = Vec::new();
        for (at, shape) in self.0.iter().enumerate() {
            if let (Some(into), Some(copy)) = (&shape.table, &shape.copy)
                && self.finally(into, at).eq_ignore_ascii_case(table)
            {
                found.push((at, copy));
            }
        }
        found
    }

    /// Columns of a table that are renamed on the way, from and to: what they hold is no longer known by its name.
    pub(crate) fn renamed_columns(&self, table: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, shape) in self.0.iter().enumerate() {
            if let (Some(altered), Some((from, to))) = (&shape.table, &shape.column_renamed)
                && self.finally(altered, at).eq_ignore_ascii_case(table)
            {
                found.extend([from.clone(), to.clone()]);
            }
        }
        found
    }

    /// What follows from names alone: every name that a verb is applied to, as it is called in the end.
    pub(crate) fn targets(&self, verb: Verb) -> BTreeMap<usize, [String; 2]> {
        let of = |(at, shape): (usize, &Shape)| {
            let table = shape.table.clone().filter(|_| shape.verb == verb)?;
            Some((at, [self.finally(&table, at), table]))
        };
        self.0.iter().enumerate().filter_map(of).collect()
    }
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is still there, under this name.
    There(String),
    /// It was dropped, and another has taken its place and its rows.
    Rebuilt,
    Gone,
}
