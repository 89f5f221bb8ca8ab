//! What each statement of a migration does to which table, by its words.
//!
//! SQLite has run the statements: what is read here is known to be well formed.

use std::borrow::Cow;
use std::ops::Range;

use migrate_core::__private::{Kind, Script, Statement};
use migrate_sql::{Token, TokenKind};

use crate::words::words;

/// A statement with its words.
pub(crate) struct Said<'a> {
    pub(crate) script: &'a Script,
    pub(crate) statement: &'a Statement,
    pub(crate) words: Vec<Token<'a>>,
    pub(crate) act: Act<'a>,
}

/// What a statement does.
pub(crate) enum Act<'a> {
    /// `from_select` is where the query of `CREATE TABLE … AS` begins.
    Create {
        kind: Kind,
        name: Name<'a>,
        from_select: Option<usize>,
    },
    Drop {
        kind: Kind,
        name: Name<'a>,
    },
    RenameTable {
        from: Name<'a>,
        to: Name<'a>,
    },
    RenameColumn {
        table: Name<'a>,
        from: Name<'a>,
        to: Name<'a>,
    },
    DropColumn {
        table: Name<'a>,
        column: Name<'a>,
    },
    Insert(Insert<'a>),
    Other,
}

/// A name, and which of the words it is.
#[derive(Clone)]
pub(crate) struct Name<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) at: usize,
}

/// `INSERT [OR …] INTO table [(columns)] source`.
pub(crate) struct Insert<'a> {
    pub(crate) table: Name<'a>,
    /// The words `OR IGNORE`, `OR REPLACE`, or the single `REPLACE`.
    pub(crate) or: Option<Range<usize>>,
    pub(crate) has_columns: bool,
    /// Where `VALUES`, `SELECT` or `WITH` stands.
    pub(crate) source: usize,
}

impl Name<'_> {
    pub(crate) fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other)
    }
}

impl<'a> Said<'a> {
    /// The statements of a script.
    pub(crate) fn all(script: &'a Script) -> Vec<Said<'a>> {
        let said = |statement: &'a Statement| {
            let words = words(script.text(statement));
            let act = act(&words).unwrap_or(Act::Other);
            Said { script, statement, words, act }
        };
        script.statements.iter().map(said).collect()
    }

    /// Some of its words, as a place in the file.
    pub(crate) fn span(&self, range: Range<usize>) -> Range<usize> {
        let start = self.statement.start as usize;
        let first = self.words.get(range.start).map_or(0, |word| word.start);
        let last = self.words.get(range.end.saturating_sub(1)).map_or(first, Token::end);
        start + first..start + last
    }

    /// The place of a name.
    pub(crate) fn span_of(&self, name: &Name<'_>) -> Range<usize> {
        self.span(name.at..name.at + 1)
    }

    /// Whether any of the words from one on is this name.
    pub(crate) fn names_after(&self, from: usize, name: &str) -> bool {
        self.words.iter().skip(from).any(|word| is_name(word, name))
    }

    /// Where the query begins whose rows this statement writes into a table.
    pub(crate) fn query(&self) -> Option<usize> {
        match &self.act {
            Act::Create { from_select, .. } => *from_select,
            // `WITH … INSERT`: what stands in front belongs to the query.
            Act::Insert(insert) => Some(if self.words[0].is_word("WITH") { 0 } else { insert.source }),
            _ => None,
        }
    }

    /// The table that its rows go into.
    pub(crate) fn target(&self) -> Option<&Name<'a>> {
        match &self.act {
            Act::Create { kind: Kind::Table, name, .. } => Some(name),
            Act::Insert(insert) => Some(&insert.table),
            _ => None,
        }
    }
}

pub(crate) fn is_name(word: &Token<'_>, name: &str) -> bool {
    word.kind != TokenKind::String && word.name().is_some_and(|found| found.eq_ignore_ascii_case(name))
}

fn act<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let first = words.first()?;
    if first.is_word("CREATE") {
        create(words)
    } else if first.is_word("DROP") {
        let kind = kind(words.get(1)?)?;
        Some(Act::Drop { kind, name: object(words, 2)? })
    } else if first.is_word("ALTER") {
        alter(words)
    } else {
        let verbs = ["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT"];
        let verb = top_level(words, 0).find(|(_, word)| verbs.iter().any(|verb| word.is_word(verb)))?;
        ["INSERT", "REPLACE"].iter().any(|word| verb.1.is_word(word)).then(|| insert(words, verb.0))?.map(Act::Insert)
    }
}

fn create<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let (at, kind) = words.iter().enumerate().take(4).skip(1).find_map(|(at, word)| Some((at, kind(word)?)))?;
    let name = object(words, at + 1)?;
    let is_table = kind == Kind::Table && words.get(name.at + 1).is_some_and(|word| word.is_word("AS"));
    let from_select = is_table.then_some(name.at + 2);
    Some(Act::Create { kind, name, from_select })
}

fn alter<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let table = object(words, 2)?;
    let verb = table.at + 1;
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(word));
    let column =
        verb + 1 + usize::from(is(verb + 1, "COLUMN") && words.get(verb + 2).is_some_and(|w| w.name().is_some()));
    if is(verb, "RENAME") && is(verb + 1, "TO") {
        Some(Act::RenameTable { from: table, to: name(words, verb + 2)? })
    } else if is(verb, "RENAME") {
        Some(Act::RenameColumn { table, from: name(words, column)?, to: name(words, column + 2)? })
    } else if is(verb, "DROP") && !is(verb + 1, "CONSTRAINT") {
        Some(Act::DropColumn { table, column: name(words, column)? })
    } else {
        None
    }
}

fn insert<'a>(words: &[Token<'a>], verb: usize) -> Option<Insert<'a>> {
    let into = verb + words.iter().skip(verb).position(|word| word.is_word("INTO"))?;
    let or = match words[verb].is_word("REPLACE") {
        true => Some(verb..verb + 1),
        false => (into == verb + 3).then_some(verb + 1..verb + 3),
    };
    let table = object(words, into + 1)?;
    let mut at = table.at + 1;
    if words.get(at)?.is_word("AS") {
        at += 2;
    }
    let has_columns = words.get(at)?.text == "(";
    let sources = ["VALUES", "SELECT", "WITH", "DEFAULT"];
    let source = top_level(words, at).find(|(_, word)| sources.iter().any(|source| word.is_word(source)))?.0;
    Some(Insert { table, or, has_columns, source })
}

/// The words that no parenthesis encloses.
pub(crate) fn top_level<'w, 'a>(words: &'w [Token<'a>], from: usize) -> impl Iterator<Item = (usize, &'w Token<'a>)> {
    let mut depth = 0i32;
    words.iter().enumerate().skip(from).filter(move |(_, word)| {
        depth -= i32::from(word.text == ")");
        let outside = depth <= 0;
        depth += i32::from(word.text == "(");
        outside
    })
}

fn kind(word: &Token<'_>) -> Option<Kind> {
    let kinds = [("TABLE", Kind::Table), ("VIEW", Kind::View), ("INDEX", Kind::Index), ("TRIGGER", Kind::Trigger)];
    kinds.into_iter().find(|(name, _)| word.is_word(name)).map(|(_, kind)| kind)
}

/// The name of an object, past `IF NOT EXISTS` and the schema's name.
fn object<'a>(words: &[Token<'a>], mut at: usize) -> Option<Name<'a>> {
    if words.get(at)?.is_word("IF") {
        at += if words.get(at + 1)?.is_word("NOT") { 3 } else { 2 };
    }
    if words.get(at + 1).is_some_and(|token| token.text == ".") {
        at += 2;
    }
    name(words, at)
}

fn name<'a>(words: &[Token<'a>], at: usize) -> Option<Name<'a>> {
    Some(Name { text: words.get(at)?.name()?, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> String {
        let words = words(sql);
        let range = |range: &Option<Range<usize>>| {
            range
                .clone()
                .map_or_else(String::new, |range| words[range].iter().map(|w| w.text).collect::<Vec<_>>().join(" "))
        };
        match act(&words).unwrap_or(Act::Other) {
            Act::Create { kind, name, from_select } => {
                format!("create {} {}{}", kind.word(), name.text, if from_select.is_some() { " as" } else { "" })
            }
            Act::Drop { kind, name } => format!("drop {} {}", kind.word(), name.text),
            Act::RenameTable { from, to } => format!("rename {} to {}", from.text, to.text),
            Act::RenameColumn { table, from, to } => format!("rename {}.{} to {}", table.text, from.text, to.text),
            Act::DropColumn { table, column } => format!("drop {}.{}", table.text, column.text),
            Act::Insert(insert) => {
                let columns = if insert.has_columns { " columns" } else { "" };
                format!("insert {}{columns} [{}] {}", insert.table.text, range(&insert.or), words[insert.source].text)
            }
            Act::Other => "other".to_owned(),
        }
    }

    #[test]
    fn what_a_statement_does() {
        let check = |sql: &str, expected: &str| assert_eq!(shown(sql), expected, "{sql}");
        check("CREATE TABLE IF NOT EXISTS main.\"a b\"(x)", "create table a b");
        check("CREATE TABLE a AS SELECT 1", "create table a as");
        check("CREATE UNIQUE INDEX i ON t(a)", "create index i");
        check("CREATE TRIGGER t INSTEAD OF UPDATE OF a ON v BEGIN SELECT 1; END", "create trigger t");
        check("CREATE VIRTUAL TABLE f USING fts5(a)", "create table f");
        check("DROP VIEW IF EXISTS v", "drop view v");
        check("ALTER TABLE a RENAME TO b", "rename a to b");
        check("ALTER TABLE main.a RENAME COLUMN x TO y", "rename a.x to y");
        check("ALTER TABLE a RENAME x TO y", "rename a.x to y");
        check("ALTER TABLE a DROP x", "drop a.x");
        check("ALTER TABLE a DROP COLUMN [x]", "drop a.x");
        check("ALTER TABLE a ADD COLUMN x", "other");
        check("INSERT INTO a SELECT 1", "insert a [] SELECT");
        check("INSERT OR IGNORE INTO a AS b(c, d) VALUES (1, (SELECT 2))", "insert a columns [OR IGNORE] VALUES");
        check("REPLACE INTO a(b) WITH x AS (SELECT 1) SELECT * FROM x", "insert a columns [REPLACE] WITH");
        check("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", "insert a [] SELECT");
        check("WITH x AS (SELECT 1) SELECT replace(1, 2, 3) FROM x", "other");
        check("UPDATE a SET b = 1", "other");
    }
}
