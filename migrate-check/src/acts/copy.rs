//! What a statement that copies rows puts into which column.

use std::ops::Range;

use migrate_sql::{Token, TokenKind};

use super::{Act, Said};
use crate::words::closing;

/// `INSERT INTO table(columns) SELECT …`, or `CREATE TABLE … AS SELECT …`.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    /// The columns that are named; `None` without a list.
    pub(crate) columns: Option<Vec<String>>,
    /// What goes into each of them, where that can be told apart.
    pub(crate) fillings: Option<Vec<Filling>>,
    /// The `SELECT`, as a range of the statement's text.
    pub(crate) select: Range<usize>,
}

/// What a column of a copy is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filling {
    Null,
    /// A column, by its name.
    Column(String),
    /// Anything that is worked out.
    Expression,
}

impl Said<'_> {
    /// The copy that it is, if it is one.
    pub(crate) fn copy(&self) -> Option<Copy> {
        let (words, end) = (&self.words, self.sql().len());
        match &self.act {
            Act::Insert(insert) => {
                let first = words.get(insert.source)?;
                if !first.is_word("SELECT") && !first.is_word("WITH") {
                    return None;
                }
                let after = tail(words, insert.source);
                let fillings = first.is_word("SELECT").then(|| fillings(&words[insert.source + 1..after])).flatten();
                let select = first.start..words.get(after).map_or(end, |token| token.start);
                Some(Copy { columns: insert.listed(words), fillings, select })
            }
            // Its columns are called as the results are.
            Act::Create { from_select: Some(from), .. } => {
                let start = words.get(*from).map_or(end, |word| word.start);
                Some(Copy { columns: None, fillings: None, select: start..end })
            }
            _ => None,
        }
    }
}

impl super::Insert<'_> {
    /// The columns that are named.
    fn listed(&self, words: &[Token<'_>]) -> Option<Vec<String>> {
        let skip = if words.get(self.table.at + 1)?.is_word("AS") { 3 } else { 1 };
        let open = self.table.at + skip;
        let close = closing(words, open).filter(|_| self.has_columns)?;
        Some(words[open + 1..close].iter().filter_map(Token::name).map(|name| name.into_owned()).collect())
    }
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
fn fillings(words: &[Token<'_>]) -> Option<Vec<Filling>> {
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
                found.push(filling(&item)?);
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(*word);
    }
    found.push(filling(&item)?);
    Some(found)
}

fn filling(words: &[Token<'_>]) -> Option<Filling> {
    if words.last()?.text == "*" && words.len() != 3 || words.len() == 3 && words[1].text == "." && words[2].text == "*"
    {
        return None;
    }
    let named = words.len() > 2 && words[words.len() - 2].is_word("AS");
    let words = if named { &words[..words.len() - 2] } else { words };
    let column = match words {
        [column] => column,
        [_, dot, column] if dot.text == "." => column,
        _ => return Some(Filling::Expression),
    };
    if words.len() == 1 && column.is_word("NULL") {
        return Some(Filling::Null);
    }
    let literal = matches!(column.kind, TokenKind::String)
        || ["TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"].iter().any(|w| column.is_word(w));
    Some(match column.name() {
        Some(name) if !literal => Filling::Column(name.into_owned()),
        _ => Filling::Expression,
    })
}
