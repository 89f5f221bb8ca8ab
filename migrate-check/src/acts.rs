//! What each statement of a migration does to which table, by its words.
//!
//! SQLite has run the statements: what is read here is known to be well formed.

mod copy;
mod read;

use std::borrow::Cow;
use std::ops::Range;

use migrate_core::__private::{Kind, Script, Statement};
use migrate_sql::{Token, TokenKind};

pub(crate) use copy::{Copy, Filling};

use crate::cache::bytes;
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
    AddColumn {
        table: Name<'a>,
        column: Name<'a>,
    },
    DropColumn {
        table: Name<'a>,
        column: Name<'a>,
    },
    /// Any other `ALTER TABLE`.
    Alter {
        table: Name<'a>,
    },
    Insert(Insert<'a>),
    Update {
        table: Name<'a>,
    },
    Delete {
        table: Name<'a>,
    },
    /// `SELECT`, `VALUES` or `EXPLAIN`.
    Select,
    Other,
}

/// The word that says what a statement does.
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

bytes!(enum Verb {
    0 => Select, 1 => Insert, 2 => Update, 3 => Delete, 4 => Create, 5 => Drop, 6 => Alter, 7 => Other,
});

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
        script.statements.iter().map(|statement| Said::of(script, statement)).collect()
    }

    /// A single statement.
    pub(crate) fn of(script: &'a Script, statement: &'a Statement) -> Said<'a> {
        let words = words(script.text(statement));
        let act = read::act(&words).unwrap_or(Act::Other);
        Said { script, statement, words, act }
    }

    pub(crate) fn sql(&self) -> &'a str {
        self.script.text(self.statement)
    }

    pub(crate) fn verb(&self) -> Verb {
        match &self.act {
            Act::Create { .. } => Verb::Create,
            Act::Drop { .. } => Verb::Drop,
            Act::RenameTable { .. }
            | Act::RenameColumn { .. }
            | Act::AddColumn { .. }
            | Act::DropColumn { .. }
            | Act::Alter { .. } => Verb::Alter,
            Act::Insert(_) => Verb::Insert,
            Act::Update { .. } => Verb::Update,
            Act::Delete { .. } => Verb::Delete,
            Act::Select => Verb::Select,
            Act::Other => Verb::Other,
        }
    }

    /// The table that it makes, writes, drops or alters.
    pub(crate) fn table(&self) -> Option<&Name<'a>> {
        match &self.act {
            Act::Create { kind: Kind::Table, name, .. } | Act::Drop { kind: Kind::Table, name } => Some(name),
            Act::RenameTable { from, .. } => Some(from),
            Act::RenameColumn { table, .. }
            | Act::AddColumn { table, .. }
            | Act::DropColumn { table, .. }
            | Act::Alter { table }
            | Act::Update { table }
            | Act::Delete { table } => Some(table),
            Act::Insert(insert) => Some(&insert.table),
            _ => None,
        }
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

#[cfg(test)]
mod tests;
