//! Keys that no two rows may share: of a table, or of a unique index.

use migrate_sql::Token;

use super::{closing, items, text};
use crate::words::words;

/// `PRIMARY KEY`, `UNIQUE`, or what a unique index is over.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) parts: Vec<Part>,
    pub(crate) primary: bool,
    /// The `WHERE` of a partial index.
    pub(crate) condition: Option<String>,
}

/// A column of a key, or an expression.
#[derive(Debug)]
pub(crate) struct Part {
    /// As written, without its collation and order.
    pub(crate) text: String,
    /// Its name, where it is a column and nothing else.
    pub(crate) column: Option<String>,
    /// What is said here; a column has one of its own too.
    pub(crate) collate: Option<String>,
}

impl Key {
    pub(super) fn of(parts: &[Token<'_>], primary: bool) -> Key {
        Key { parts: items(parts).into_iter().map(Part::of).collect(), primary, condition: None }
    }

    pub(super) fn of_column(name: &str, primary: bool) -> Key {
        let part = Part { text: name.to_owned(), column: Some(name.to_owned()), collate: None };
        Key { parts: vec![part], primary, condition: None }
    }

    /// That of `CREATE UNIQUE INDEX`.
    pub(crate) fn of_index(sql: &str) -> Option<Key> {
        let words = words(sql);
        if !words.get(1)?.is_word("UNIQUE") {
            return None;
        }
        let on = words.iter().position(|word| word.is_word("ON"))?;
        let open = on + words[on..].iter().position(|word| word.text == "(")?;
        let close = closing(&words, open);
        let mut key = Key::of(&words[open + 1..close], false);
        let condition = words.get(close + 1).filter(|word| word.is_word("WHERE"));
        key.condition = condition.map(|_| text(&words[close + 2..]));
        Some(key)
    }

    /// As SQL has it.
    pub(crate) fn shown(&self) -> String {
        self.shown_with(|_| None)
    }

    /// As SQL has it, with the collations that columns have of their own.
    pub(crate) fn shown_with(&self, own: impl Fn(&String) -> Option<String>) -> String {
        let part = |part: &Part| match part.collate.clone().or_else(|| part.column.as_ref().and_then(&own)) {
            Some(collate) => format!("{} COLLATE {collate}", part.text),
            None => part.text.clone(),
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        let word = if self.primary { "PRIMARY KEY" } else { "UNIQUE" };
        let condition = self.condition.as_ref().map_or_else(String::new, |condition| format!(" WHERE {condition}"));
        format!("{word} ({}){condition}", parts.join(", "))
    }
}

impl Part {
    fn of(words: &[Token<'_>]) -> Part {
        let ordered = words.last().is_some_and(|word| word.is_word("ASC") || word.is_word("DESC"));
        let words = &words[..words.len() - usize::from(ordered)];
        let collated = words.len() > 2 && words[words.len() - 2].is_word("COLLATE");
        let collate = words.last().filter(|_| collated).and_then(Token::name).map(|name| name.to_ascii_uppercase());
        let words = if collated { &words[..words.len() - 2] } else { words };
        let column = match words {
            [column] => column.name().map(|name| name.into_owned()),
            _ => None,
        };
        Part { text: text(words), column, collate }
    }
}
