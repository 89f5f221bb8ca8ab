//! Values that are never the same twice: the time of the proof, and chance.

use migrate_source::{Script, Source};
use migrate_sql::tokens;
use rusqlite::types::Value;

use crate::words::mentions;

/// Whether a value is taken for the time of the proof, and yet is one that a script writes: soon it will not be.
pub(super) fn is_passing(value: &Value, now: u64, source: &Source) -> bool {
    if shown(value, now) != "now" {
        return false;
    }
    let text = match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Blob(_) => return false,
    };
    scripts(source).any(|script| script.text.contains(&text))
}

/// How far from the proof's own time a value may be to be taken for it, in seconds.
const NEAR: u64 = 600;

/// A value as SQL writes it, and `now` for a time that can only be the proof's own.
pub(super) fn shown(value: &Value, now: u64) -> String {
    let is_now = match value {
        Value::Integer(number) => is_near(*number as f64, now),
        Value::Real(number) => is_near(*number, now) || is_near((number - JULIAN_EPOCH) * DAY, now),
        Value::Text(text) => seconds(text).is_some_and(|(from, to)| from <= now + NEAR && to + NEAR >= now),
        Value::Null | Value::Blob(_) => false,
    };
    match value {
        _ if is_now => "now".to_owned(),
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

const DAY: f64 = 86_400.0;
const JULIAN_EPOCH: f64 = 2_440_587.5;

/// Seconds or milliseconds since 1970.
fn is_near(number: f64, now: u64) -> bool {
    let (now, near) = (now as f64, NEAR as f64);
    (number - now).abs() <= near || (number / 1000.0 - now).abs() <= near
}

/// The time that a text like `2026-11-22 10:30:00` stands for, in seconds since 1970; a date alone is a whole day.
fn seconds(text: &str) -> Option<(u64, u64)> {
    let part = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let mark = |at: usize, marks: &str| text.get(at..at + 1).is_some_and(|mark| marks.contains(mark));
    if !(mark(4, "-") && mark(7, "-")) {
        return None;
    }
    let start = u64::try_from(days(part(0, 4)?, part(5, 7)?, part(8, 10)?) * 86_400).ok()?;
    if text.len() == 10 {
        return Some((start, start + 86_400));
    }
    if !(mark(10, " T") && mark(13, ":")) {
        return None;
    }
    let seconds = if mark(16, ":") { part(17, 19)? } else { 0 };
    let time = u64::try_from(part(11, 13)? * 3600 + part(14, 16)? * 60 + seconds).ok()?;
    Some((start + time, start + time))
}

/// Days since 1970-01-01 in the Gregorian calendar, years counted from March so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Whether chance has a hand in the rows of a table: a statement that names it names `random` too.
pub(super) fn is_random(table: &str, source: &Source) -> bool {
    scripts(source).flat_map(statements).any(|sql| {
        tokens(sql).any(|token| token.is_word("random") || token.is_word("randomblob")) && mentions(sql, table)
    })
}

fn scripts(source: &Source) -> impl Iterator<Item = &Script> {
    source.base.iter().chain(&source.schema).chain(source.migrations.iter().map(|migration| &migration.up))
}

fn statements(script: &Script) -> impl Iterator<Item = &str> {
    script.statements.iter().filter_map(|range| script.text.get(range.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_proof_is_now() {
        let now = 1_795_343_400; // 2026-11-22 10:30:00
        let check = |value: Value, expected: &str| assert_eq!(shown(&value, now), expected);
        let text = |text: &str| Value::Text(text.to_owned());
        check(text("2026-11-22 10:30:00"), "now");
        check(text("2026-11-22T10:29:58.123Z"), "now");
        check(text("2026-11-22 10:30"), "now");
        check(text("2026-11-22"), "now");
        check(text("2026-11-22 09:30:00"), "'2026-11-22 09:30:00'");
        check(text("2025-11-22"), "'2025-11-22'");
        check(text("2026-11-é2"), "'2026-11-é2'");
        check(Value::Integer(1_795_343_400), "now");
        check(Value::Integer(1_795_343_400_123), "now");
        check(Value::Integer(7), "7");
        check(Value::Real(2_461_366.937_5), "now");
        check(Value::Real(0.5), "0.5");
        check(Value::Blob(vec![0, 255]), "x'00ff'");
    }

    #[test]
    fn days_since_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(days(2026, 11, 22), 20_779);
    }
}
