//! What sqld refuses, as version 0.24.32 did when it was asked.

use migrate_sql::Token;

use super::{Refused, pragma, pragma_name};
use crate::acts::Said;

/// Pragmas that it takes with a value.
const PRAGMAS: [&str; 4] = ["user_version", "foreign_keys", "defer_foreign_keys", "encoding"];

/// Pragmas that it does not even tell the value of.
const UNREAD: [&str; 7] = [
    "case_sensitive_like",
    "count_changes",
    "default_cache_size",
    "empty_result_callbacks",
    "full_column_names",
    "ignore_check_constraints",
    "writable_schema",
];

/// Aggregates that may be given an order, which its parser does not know.
const ORDERED: [&str; 6] =
    ["group_concat", "string_agg", "json_group_array", "json_group_object", "jsonb_group_array", "jsonb_group_object"];

/// The first thing in a statement that it would refuse.
pub(super) fn refused(said: &Said<'_>) -> Option<Refused> {
    let first = said.words.first()?;
    let refused = |at: usize, what: &str, help: &str| {
        Some(Refused { at, message: format!("sqld refuses {what}"), help: help.to_owned() })
    };
    if first.is_word("ANALYZE") {
        return refused(0, "`ANALYZE`", "leave it out: its statistics belong to the server");
    }
    if first.is_word("VACUUM") {
        return refused(0, "`VACUUM`", "leave it out: the server looks after its files itself");
    }
    let unread = || pragma_name(said).filter(|&at| UNREAD.iter().any(|name| said.words[at].is_word(name)));
    if let Some(at) = pragma(said, &PRAGMAS).or_else(unread) {
        let what = format!("`PRAGMA {}`", said.words[at].text);
        return refused(at, &what, "leave it out: a server has its own settings");
    }
    let order = (0..said.words.len()).find_map(|at| ordered(&said.words, at));
    order.and_then(|at| {
        refused(at, "an `ORDER BY` within an aggregate", "order the rows in a subquery that the aggregate reads from")
    })
}

/// Where `ORDER BY` stands in the arguments of the aggregate at a word.
fn ordered(words: &[Token<'_>], at: usize) -> Option<usize> {
    if !ORDERED.iter().any(|name| words[at].is_word(name)) || words.get(at + 1)?.text != "(" {
        return None;
    }
    let mut depth = 0i32;
    for (index, word) in words.iter().enumerate().skip(at + 1) {
        depth += i32::from(word.text == "(") - i32::from(word.text == ")");
        match depth {
            0 => return None,
            1 if word.is_word("ORDER") => return Some(index),
            _ => {}
        }
    }
    None
}
