//! Since when SQLite has had what.

mod calls;
mod whole;

use migrate_sql::{Token, TokenKind};

use crate::acts::Said;

/// Functions, by the version that has brought them.
const FUNCTIONS: &[(i32, &[&str])] = &[
    (
        3_025_000,
        &[
            "row_number",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
            "lag",
            "lead",
            "first_value",
            "last_value",
            "nth_value",
        ],
    ),
    (3_032_000, &["iif"]),
    (3_034_000, &["substring"]),
    (
        3_035_000,
        &[
            "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees",
            "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sign", "sin",
            "sinh", "sqrt", "tan", "tanh", "trunc",
        ],
    ),
    (3_038_000, &["format", "unixepoch"]),
    (3_041_000, &["unhex"]),
    (3_042_000, &["json_error_position"]),
    (3_043_000, &["octet_length", "timediff"]),
    (3_044_000, &["concat", "concat_ws", "string_agg"]),
    (
        3_045_000,
        &[
            "jsonb",
            "jsonb_array",
            "jsonb_extract",
            "jsonb_group_array",
            "jsonb_group_object",
            "jsonb_insert",
            "jsonb_object",
            "jsonb_patch",
            "jsonb_remove",
            "jsonb_replace",
            "jsonb_set",
        ],
    ),
    (3_046_000, &["json_pretty"]),
    (3_048_000, &["if"]),
    (3_050_000, &["unistr", "unistr_quote"]),
    (3_051_000, &["jsonb_each", "jsonb_tree"]),
    (3_053_000, &["json_array_insert", "jsonb_array_insert"]),
];

/// Words that stand next to each other.
const PHRASES: &[(i32, &[&str])] = &[
    (3_035_000, &["ON", "CONFLICT", "DO", "UPDATE"]),
    (3_024_000, &["DO", "NOTHING"]),
    (3_024_000, &["DO", "UPDATE"]),
    (3_028_000, &["EXCLUDE", "CURRENT", "ROW"]),
    (3_028_000, &["EXCLUDE", "GROUP"]),
    (3_028_000, &["EXCLUDE", "NO", "OTHERS"]),
    (3_028_000, &["EXCLUDE", "TIES"]),
    (3_028_000, &["GROUPS", "BETWEEN"]),
    (3_030_000, &["NULLS", "FIRST"]),
    (3_030_000, &["NULLS", "LAST"]),
    (3_031_000, &["GENERATED", "ALWAYS"]),
    (3_035_000, &["AS", "MATERIALIZED"]),
    (3_035_000, &["NOT", "MATERIALIZED"]),
    (3_039_000, &["RIGHT", "JOIN"]),
    (3_039_000, &["RIGHT", "OUTER"]),
    (3_039_000, &["FULL", "JOIN"]),
    (3_039_000, &["FULL", "OUTER"]),
    (3_039_000, &["IS", "DISTINCT", "FROM"]),
    (3_039_000, &["IS", "NOT", "DISTINCT", "FROM"]),
];

/// What a statement uses: which of its words, what it is called, since when it is there.
pub(super) fn of(said: &Said<'_>) -> Vec<(usize, String, i32)> {
    let words = &said.words;
    let mut found = whole::of(said);
    found.extend(calls::of(words));
    for (at, word) in words.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| &words[at]);
        if word.kind == TokenKind::Operator && word.text.starts_with("->") {
            found.push((at, word.text.to_owned(), 3_038_000));
        } else if word.kind == TokenKind::Number && word.text.contains('_') {
            found.push((at, word.text.to_owned(), 3_046_000));
        } else if word.kind == TokenKind::Word {
            let opens = words.get(at + 1).is_some_and(|next| next.text == "(");
            if opens && !previous.is_some_and(names_a_table) {
                let function = FUNCTIONS.iter().find(|(_, names)| names.iter().any(|name| word.is_word(name)));
                found.extend(function.map(|(since, _)| (at, word.text.to_ascii_lowercase(), *since)));
            }
            if word.is_word("OVER") && previous.is_some_and(|previous| previous.text == ")") {
                found.push((at, "OVER".to_owned(), 3_025_000));
            }
            if word.is_word("FILTER") && opens && previous.is_some_and(|previous| previous.text == ")") {
                found.push((at, "FILTER".to_owned(), 3_030_000));
            }
            let stands = |phrase: &[&str]| {
                phrase.iter().enumerate().all(|(offset, text)| words.get(at + offset).is_some_and(|w| w.is_word(text)))
            };
            let phrase = PHRASES.iter().find(|(_, phrase)| stands(phrase));
            found.extend(phrase.map(|(since, phrase)| (at, phrase.join(" "), *since)));
        }
    }
    found
}

/// In `INTO log(a)` and the like, `log` is no function.
fn names_a_table(previous: &Token<'_>) -> bool {
    let before = ["TABLE", "INTO", "REFERENCES", "ON", "EXISTS", "FROM", "JOIN", "WITH", "RECURSIVE"];
    previous.text == "." || before.iter().any(|word| previous.is_word(word))
}
