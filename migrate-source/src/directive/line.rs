//! A `--!` line, taken apart.

use std::ops::Range;

use migrate_sql::{TokenKind, tokens};

/// The parts of `--! key(argument): value -- reason`, as byte ranges of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// All of it but `--!`.
    pub(super) body: Range<usize>,
    pub(super) key: Range<usize>,
    pub(super) argument: Option<Range<usize>>,
    /// What follows the colon; `None` where there is no colon.
    pub(super) value: Option<Range<usize>>,
}

/// The places of the `--!` lines of a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Cutting tokens is slow beside looking for a word.
    let text = if text.contains("--!") { text } else { "" };
    tokens(text)
        .filter(|token| token.kind == TokenKind::Comment && token.text.starts_with("--!"))
        .map(|token| token.start..token.start + token.text.trim_end().len())
}

/// Takes a line apart.
pub(super) fn split(text: &str, line: &Range<usize>) -> Line {
    let body = trim(text, line.start + 3..line.end);
    let words = &text[body.clone()];
    let end = words.find([':', '(']).or(words.find(char::is_whitespace)).unwrap_or(words.len());
    let key = trim(text, body.start..body.start + end);
    let rest = trim(text, body.start + end..body.end);
    let close = text[rest.clone()].find(')').filter(|_| text[rest.clone()].starts_with('('));
    let argument = close.map(|close| trim(text, rest.start + 1..rest.start + close));
    let rest = trim(text, rest.start + close.map_or(0, |close| close + 1)..rest.end);
    let value = text[rest.clone()].starts_with(':').then(|| trim(text, rest.start + 1..rest.end));
    Line { body, key, argument, value }
}

/// What stands before ` -- reason`.
pub(super) fn without_reason(text: &str, range: &Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    let is_reason = |at: &usize| {
        value[..*at].chars().next_back().is_none_or(char::is_whitespace)
            && value[at + 2..].chars().next().is_none_or(char::is_whitespace)
    };
    let end = value.match_indices("--").map(|(at, _)| at).find(is_reason).unwrap_or(value.len());
    trim(text, range.start..range.start + end)
}

/// A range without the white space at its ends.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}
