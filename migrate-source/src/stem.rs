//! The number and the words of a migration's name.

use unicode_ident::is_xid_continue;

use crate::number::Number;

/// A migration's name without its extension, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stem<'a> {
    pub(crate) number: Option<Number>,
    pub(crate) words: &'a str,
    pub(crate) problem: Option<Wrong>,
}

/// What is wrong with a stem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) fact: String,
    /// The stem as it should be.
    pub(crate) better: Option<String>,
    /// What to do, where there is no better stem.
    pub(crate) help: String,
}

/// Takes `002_add_tags`, `V2__add_tags`, `2024-01-31-093000_add_tags` or `add_tags` apart.
///
/// The number is there also where something is wrong, so that order and duplicates can be checked all the same.
pub(crate) fn parse(stem: &str) -> Stem<'_> {
    let problem = odd(stem);
    let mut parsed =
        flyway(stem).or_else(|| numbered(stem)).unwrap_or(Stem { number: None, words: stem, problem: None });
    parsed.problem = problem.or(parsed.problem);
    parsed
}

/// As [`parse`], for the directory of a migration, which rusqlite_migration names `2-add_tags`.
///
/// Only where words follow the dash: `2024-01_add_tags` may be a date that is cut short. A file named like that is a mistake,
/// since no tool writes one.
pub(crate) fn of_directory(name: &str) -> Stem<'_> {
    let mut parsed = parse(name);
    let words = name[digits(name)..].strip_prefix('-').filter(|_| digits(name) > 0).unwrap_or_default();
    if odd(name).is_none() && words.starts_with(|c: char| is_xid_continue(c) && c != '_' && !c.is_ascii_digit()) {
        parsed.problem = None;
    }
    parsed
}

const NO_WORDS: &str = "has no words after its number";

fn rename(fact: impl Into<String>, better: impl Into<String>) -> Option<Wrong> {
    Some(Wrong { fact: fact.into(), better: Some(better.into()), help: String::new() })
}

fn advise(fact: impl Into<String>, help: impl Into<String>) -> Option<Wrong> {
    Some(Wrong { fact: fact.into(), better: None, help: help.into() })
}

/// What is wrong with a name of any layout.
fn odd(stem: &str) -> Option<Wrong> {
    let is_edge = |c: char| c.is_whitespace() || c == '.';
    if stem.chars().any(char::is_control) {
        let better: String = stem.chars().filter(|c| !c.is_control()).collect();
        return rename("has a control character in its name", better);
    }
    let trimmed = stem.trim_matches(is_edge);
    if trimmed.is_empty() {
        return advise("has no name", "rename it to a number, an underscore and words, such as `001_create_notes.sql`");
    }
    if trimmed.len() < stem.len() {
        let what = if stem.ends_with('.') { "a full stop before its extension" } else { "white space around its name" };
        return rename(format!("has {what}"), trimmed);
    }
    None
}

/// `V1__words`, as refinery and Flyway have it, and what looks like it.
fn flyway(stem: &str) -> Option<Stem<'_>> {
    if let Some(words) = stem.strip_prefix("R__") {
        let help = "give it a number, and change what it makes in a later migration";
        let problem = advise("is a repeatable migration of Flyway", help);
        return Some(Stem { number: None, words, problem });
    }
    let letter = stem.chars().next().filter(|c| "VvUB".contains(*c))?;
    let rest = &stem[1..];
    let number = &rest[..flyway_number(rest)];
    let tail = &rest[number.len()..];
    let words = tail.trim_start_matches(['_', '-', ' ', '.']);
    // `v8engine` and `B2_gallery` are words.
    if number.is_empty() || (!tail.is_empty() && tail == words) || ("UB".contains(letter) && !tail.starts_with("__")) {
        return None;
    }
    let better = format!("V{number}__{words}");
    let problem = match letter {
        _ if !has_words(words) => advise(NO_WORDS, format!("say what it does, as in `V{number}__create_notes.sql`")),
        'U' => advise(
            "begins with `U`, which undoes a migration in Flyway and makes one in refinery",
            format!("rename it to `{better}.down.sql` if it undoes one, and to `{better}.sql` if it makes one"),
        ),
        'B' => advise(
            "is a baseline of Flyway",
            "rename it to `base.sql` if it is the schema from before the first migration",
        ),
        _ if !tail.starts_with("__") => rename("needs two underscores after its number", better),
        'v' => rename("begins with a small `v`", better),
        _ => None,
    };
    Some(Stem { number: Number::parse(&number.replace('_', ".")), words, problem })
}

/// The length of `1`, `1.2` or `1_2` at the start; two underscores end it.
fn flyway_number(text: &str) -> usize {
    let mut length = digits(text);
    while length > 0 {
        let rest = &text[length..];
        let part = if rest.starts_with(['.', '_']) { digits(&rest[1..]) } else { 0 };
        // `V1_2fa` is the number 1 and words that lack an underscore.
        let ends = matches!(rest.as_bytes().get(1 + part), None | Some(b'_' | b'.'));
        if part == 0 || !ends {
            break;
        }
        length += 1 + part;
    }
    length
}

/// `002_words`, and what looks like it.
fn numbered(stem: &str) -> Option<Stem<'_>> {
    let length = match digits(stem) {
        0 => return None,
        plain => date(stem).unwrap_or(plain),
    };
    let (front, tail) = stem.split_at(length);
    let words = tail.trim_start_matches(['_', '-', ' ', '.']);
    let better = format!("{front}_{words}");
    let dashed = tail.bytes().position(|byte| byte != b'-' && !byte.is_ascii_digit()).unwrap_or(tail.len());
    let problem = match tail.chars().next() {
        _ if !has_words(words) => advise(NO_WORDS, format!("say what it does, as in `{front}_create_notes.sql`")),
        Some('_') => None,
        Some('-') if tail[dashed..].starts_with('_') => {
            rename("has a dash in its number", format!("{front}{}{}", tail[..dashed].replace('-', ""), &tail[dashed..]))
        }
        Some('.') if words.starts_with(|c: char| c.is_ascii_digit()) => {
            advise("has a full stop in its number", "begin the name with a whole number and an underscore")
        }
        Some('-' | ' ' | '.') => rename("has no underscore after its number", better),
        _ => rename("has its number glued to its words", better),
    };
    Some(Stem { number: Number::parse(&front.replace('-', "")), words, problem })
}

/// The length of a date at the start, with dashes as diesel writes it: `2024-01-31`, `2024-01-31-093000`.
fn date(stem: &str) -> Option<usize> {
    let is_date = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    let mut length = stem.get(..10).filter(|front| is_date(front))?.len();
    while let Some(rest) = stem[length..].strip_prefix('-').filter(|rest| digits(rest) > 0) {
        length += 1 + digits(rest);
    }
    Some(length)
}

fn digits(text: &str) -> usize {
    text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}

fn has_words(words: &str) -> bool {
    words.chars().any(|c| is_xid_continue(c) && c != '_')
}
