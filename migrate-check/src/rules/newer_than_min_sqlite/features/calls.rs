//! What is new inside the parentheses of a function.

use std::ops::Range;

use migrate_sql::{Token, TokenKind};

use crate::words::closing;

/// Which of the words, what it is called, since when it is there.
pub(super) fn of(words: &[Token<'_>]) -> Vec<(usize, String, i32)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word.kind != TokenKind::Word || words.get(at + 1).is_none_or(|next| next.text != "(") {
            continue;
        }
        let Some(close) = closing(words, at + 1) else { continue };
        let inside = at + 2..close;
        found.extend(order_by(words, word, inside.clone()));
        found.extend(arguments(words, at, inside.clone()));
        if ["date", "time", "datetime", "julianday", "unixepoch", "strftime"].iter().any(|name| word.is_word(name)) {
            found.extend(time(words, inside));
        }
    }
    found
}

/// `group_concat(a ORDER BY b)`; what a window has in its parentheses is older.
fn order_by(words: &[Token<'_>], function: &Token<'_>, inside: Range<usize>) -> Option<(usize, String, i32)> {
    let queries = ["SELECT", "WITH", "VALUES", "PARTITION", "ORDER"];
    let is_query = words.get(inside.start).is_some_and(|word| queries.iter().any(|query| word.is_word(query)));
    if is_query || function.is_word("OVER") {
        return None;
    }
    let at = outside(words, inside)
        .find(|&at| words[at].is_word("ORDER") && words.get(at + 1).is_some_and(|w| w.is_word("BY")))?;
    Some((at, "an ORDER BY in an aggregate".to_owned(), 3_044_000))
}

/// `iif()` with other than three arguments, and a message of `RAISE` that is worked out.
fn arguments(words: &[Token<'_>], at: usize, inside: Range<usize>) -> Option<(usize, String, i32)> {
    let commas: Vec<usize> = outside(words, inside.clone()).filter(|&at| words[at].text == ",").collect();
    if words[at].is_word("iif") && commas.len() != 2 {
        return Some((at, "an iif() with other than three arguments".to_owned(), 3_048_000));
    }
    let raises = words[at].is_word("RAISE") && commas.first().is_some_and(|comma| inside.end - comma > 2);
    raises.then(|| (commas[0] + 1, "an expression in RAISE".to_owned(), 3_047_000))
}

/// Modifiers and conversions of the date and time functions.
fn time(words: &[Token<'_>], inside: Range<usize>) -> Vec<(usize, String, i32)> {
    const MODIFIERS: [(i32, &[&str]); 3] = [
        (3_038_000, &["auto", "julianday"]),
        (3_042_000, &["subsec", "subsecond"]),
        (3_046_000, &["ceiling", "floor"]),
    ];
    const CONVERSIONS: [(i32, &str); 2] = [(3_044_000, "eFIklpPRTu"), (3_046_000, "GgUV")];
    let mut found = Vec::new();
    for at in inside.filter(|&at| words[at].kind == TokenKind::String) {
        let text = words[at].name().unwrap_or_default();
        for (since, modifiers) in MODIFIERS {
            let modifier = modifiers.iter().find(|modifier| text.trim().eq_ignore_ascii_case(modifier));
            found.extend(modifier.map(|modifier| (at, format!("'{modifier}'"), since)));
        }
        // Of `%%e` the first two are one.
        for letter in text.split("%%").flat_map(|part| part.split('%').skip(1)).filter_map(|part| part.chars().next()) {
            let since = CONVERSIONS.iter().find(|(_, letters)| letters.contains(letter));
            found.extend(since.map(|(since, _)| (at, format!("%{letter}"), *since)));
        }
    }
    found
}

/// The words that are in these parentheses and in no further ones.
fn outside(words: &[Token<'_>], inside: Range<usize>) -> impl Iterator<Item = usize> {
    let mut depth = 0usize;
    inside.filter(move |&at| {
        match words[at].text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    })
}
