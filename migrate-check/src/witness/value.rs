//! Values that are like no other, so that they are known again wherever they turn up.

use migrate_sql::{Token, TokenKind};
use rusqlite::types::Value;

use super::table::Column;
use crate::cache::bytes;
use crate::words::words;

/// Where the numbers begin. Migrations insert rows with small keys of their own, which must not collide.
const FIRST: i64 = 1_000_001;

/// Counts the values that were given out.
#[derive(Clone)]
pub(crate) struct Numbers(i64);

bytes!(struct Numbers(next));

impl Numbers {
    pub(crate) fn new() -> Numbers {
        Numbers(FIRST)
    }

    pub(crate) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0 - 1
    }
}

/// A value for a column as its declaration suggests it.
pub(crate) fn sentinel(column: &Column, number: i64) -> Value {
    let declared = column.declared.as_str();
    let is = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if is(&["BOOL"]) {
        return Value::Integer(1);
    }
    // SQLite's own order: `CHARINT` is an integer.
    if is(&["INT"]) {
        return Value::Integer(number);
    }
    if is(&["BLOB"]) {
        return Value::Blob(format!("witness {number}").into_bytes());
    }
    if is(&["REAL", "FLOA", "DOUB"]) {
        return Value::Real(number as f64 + 0.5);
    }
    if is(&["DEC", "NUM", "MONEY"]) {
        return Value::Integer(number);
    }
    Value::Text(match () {
        () if is(&["JSON"]) || column.name.to_ascii_lowercase().ends_with("json") => json(number),
        () if is_time(column) => time(number),
        () => format!("witness {number}"),
    })
}

fn json(number: i64) -> String {
    format!("{{\"witness\":{number}}}")
}

/// Whether a column of text most likely holds times: a conversion of `witness 17` would make NULL of it.
fn is_time(column: &Column) -> bool {
    let name = column.name.to_ascii_lowercase();
    let default = column.default.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["DATE", "TIME"].iter().any(|word| column.declared.contains(word))
        || ["current_", "datetime(", "date(", "time(", "strftime("].iter().any(|word| default.contains(word))
        || ["_at", "_on", "date", "time", "timestamp"].iter().any(|end| name.ends_with(end))
        || ["at", "on", "created", "updated", "modified"].contains(&name.as_str())
}

fn time(number: i64) -> String {
    let at = number - FIRST;
    let (day, second) = (at / 86_400, at % 86_400);
    let (month, day) = (1 + day / 28 % 12, 1 + day % 28);
    format!("2001-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Whether a value is one that nothing but the proof makes.
pub(crate) fn is_distinct(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number >= FIRST,
        Value::Real(number) => *number >= FIRST as f64,
        Value::Text(text) if text.parse::<f64>().is_ok_and(|number| number >= FIRST as f64) => true,
        Value::Text(text) => text.contains("witness") || (text.len() == 19 && text.starts_with("2001-")),
        Value::Blob(bytes) => bytes.starts_with(b"witness"),
        Value::Null => false,
    }
}

/// Whether two values are the same but for what the type of their columns makes of them: 17, 17.0 and '17'.
pub(crate) fn is_alike(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Real(number) => number.to_string(),
        value => shown(value),
    };
    one == other || (*one != Value::Null && *other != Value::Null && text(one) == text(other))
}

/// What a value may be that a CHECK lets pass: what the CHECK itself names, and what CHECKs are mostly about.
pub(crate) fn candidates(check: &str, number: i64) -> Vec<Value> {
    let mut found = Vec::new();
    let mut before: Option<i64> = None;
    let tokens = words(check);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::String => found.extend(of_text(token, number)),
            TokenKind::Number => {
                let negative = at > 0 && tokens[at - 1].text == "-";
                if let Ok(literal) = token.text.parse::<i64>() {
                    let literal = if negative { -literal } else { literal };
                    found.extend([literal, literal + 1, literal - 1].map(Value::Integer));
                    found.extend(before.map(|before| Value::Integer(i64::midpoint(before, literal))));
                    before = Some(literal);
                    if let Ok(length @ 1..=128) = usize::try_from(literal) {
                        let digits = number.to_string();
                        let tail = &digits[digits.len().saturating_sub(length)..];
                        found.extend([format!("{tail:w>length$}"), format!("{tail:0>length$}")].map(Value::Text));
                        found.push(Value::Blob(vec![7; length]));
                    }
                } else if let Ok(literal) = token.text.parse::<f64>() {
                    let literal = if negative { -literal } else { literal };
                    found.extend([literal, literal + 0.5, literal - 0.5].map(Value::Real));
                }
            }
            _ => {}
        }
    }
    let small = number % 10_000;
    let texts = [
        json(number),
        format!("[{number}]"),
        "{}".to_owned(),
        "[]".to_owned(),
        time(number),
        time(number)[..10].to_owned(),
        format!("{}Z", time(number).replace(' ', "T")),
        format!("w{number}"),
        number.to_string(),
        format!("witness{number}@example.com"),
        format!("https://example.com/{number}"),
        format!("#{:06x}", number % 0xff_ffff),
        format!("00000000-0000-4000-8000-{number:012}"),
        "w".to_owned(),
        "W".to_owned(),
        String::new(),
    ];
    found.extend(texts.map(Value::Text));
    found.extend([number, small, 1, 0, -1].map(Value::Integer));
    found.extend([Value::Real(0.5), Value::Blob(number.to_string().into_bytes()), Value::Null]);
    found
}

/// A literal, and what a pattern like `%@%` or `[a-z]*` may stand for.
fn of_text(token: &Token<'_>, number: i64) -> Vec<Value> {
    let text = token.name().unwrap_or_default().into_owned();
    // A name such as `in_progress` is no pattern.
    let word = format!("w{number}");
    let patterns = [
        if text.contains('%') { text.replace('%', &word).replace('_', "w") } else { text.clone() },
        text.replace('*', &word).replace('?', "w"),
    ];
    let mut found: Vec<String> = patterns.into_iter().filter(|made| *made != text).collect();
    found.push(text);
    found.into_iter().map(Value::Text).collect()
}

/// Whether a STRICT table takes the value.
pub(crate) fn fits(column: &Column, value: &Value) -> bool {
    match (column.declared.as_str(), value) {
        (_, Value::Null) => !column.not_null && !column.primary,
        ("INT" | "INTEGER", value) => matches!(value, Value::Integer(_)),
        ("REAL", value) => matches!(value, Value::Integer(_) | Value::Real(_)),
        ("TEXT", value) => matches!(value, Value::Text(_)),
        ("BLOB", value) => matches!(value, Value::Blob(_)),
        _ => true,
    }
}

/// A value as SQL writes it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}
