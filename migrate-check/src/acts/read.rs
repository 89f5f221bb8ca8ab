//! The words of a statement, read.

use migrate_core::__private::Kind;
use migrate_sql::Token;

use super::{Act, Insert, Name, top_level};

/// What the words of a statement say; `None` for what is not read here.
pub(super) fn act<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let first = words.first()?;
    if first.is_word("CREATE") {
        create(words)
    } else if first.is_word("DROP") {
        let kind = kind(words.get(1)?)?;
        Some(Act::Drop { kind, name: object(words, 2)? })
    } else if first.is_word("ALTER") {
        alter(words)
    } else {
        rows(words)
    }
}

/// A statement about rows, past its `WITH`.
fn rows<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    const VERBS: [&str; 7] = ["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES", "EXPLAIN"];
    let is_verb = |word: &Token<'_>| VERBS.iter().any(|verb| word.is_word(verb));
    let first = words.first()?;
    if !first.is_word("WITH") && !is_verb(first) {
        return None;
    }
    let (at, verb) = top_level(words, 0).find(|(_, word)| is_verb(word))?;
    if verb.is_word("INSERT") || verb.is_word("REPLACE") {
        insert(words, at).map(Act::Insert)
    } else if verb.is_word("UPDATE") {
        let or = words.get(at + 1)?.is_word("OR");
        Some(Act::Update { table: object(words, if or { at + 3 } else { at + 1 })? })
    } else if verb.is_word("DELETE") {
        Some(Act::Delete { table: object(words, at + 2)? })
    } else {
        Some(Act::Select)
    }
}

fn create<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let (at, kind) = words.iter().enumerate().take(4).skip(1).find_map(|(at, word)| Some((at, kind(word)?)))?;
    let name = object(words, at + 1)?;
    let is_table = kind == Kind::Table && words.get(name.at + 1).is_some_and(|word| word.is_word("AS"));
    let from_select = is_table.then_some(name.at + 2);
    Some(Act::Create { kind, name, from_select })
}

fn alter<'a>(words: &[Token<'a>]) -> Option<Act<'a>> {
    let table = object(words, 2)?;
    let verb = table.at + 1;
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(word));
    let column =
        verb + 1 + usize::from(is(verb + 1, "COLUMN") && words.get(verb + 2).is_some_and(|w| w.name().is_some()));
    if is(verb, "RENAME") && is(verb + 1, "TO") {
        Some(Act::RenameTable { from: table, to: name(words, verb + 2)? })
    } else if is(verb, "RENAME") {
        Some(Act::RenameColumn { table, from: name(words, column)?, to: name(words, column + 2)? })
    } else if is(verb, "DROP") && !is(verb + 1, "CONSTRAINT") {
        Some(Act::DropColumn { table, column: name(words, column)? })
    } else if is(verb, "ADD") && !is(verb + 1, "CONSTRAINT") {
        Some(Act::AddColumn { table, column: name(words, column)? })
    } else {
        Some(Act::Alter { table })
    }
}

fn insert<'a>(words: &[Token<'a>], verb: usize) -> Option<Insert<'a>> {
    let into = verb + words.iter().skip(verb).position(|word| word.is_word("INTO"))?;
    let or = match words[verb].is_word("REPLACE") {
        true => Some(verb..verb + 1),
        false => (into == verb + 3).then_some(verb + 1..verb + 3),
    };
    let table = object(words, into + 1)?;
    let mut at = table.at + 1;
    if words.get(at)?.is_word("AS") {
        at += 2;
    }
    let has_columns = words.get(at)?.text == "(";
    let sources = ["VALUES", "SELECT", "WITH", "DEFAULT"];
    let source = top_level(words, at).find(|(_, word)| sources.iter().any(|source| word.is_word(source)))?.0;
    Some(Insert { table, or, has_columns, source })
}

fn kind(word: &Token<'_>) -> Option<Kind> {
    let kinds = [("TABLE", Kind::Table), ("VIEW", Kind::View), ("INDEX", Kind::Index), ("TRIGGER", Kind::Trigger)];
    kinds.into_iter().find(|(name, _)| word.is_word(name)).map(|(_, kind)| kind)
}

/// The name of an object, past `IF NOT EXISTS` and the schema's name.
fn object<'a>(words: &[Token<'a>], mut at: usize) -> Option<Name<'a>> {
    if words.get(at)?.is_word("IF") {
        at += if words.get(at + 1)?.is_word("NOT") { 3 } else { 2 };
    }
    if words.get(at + 1).is_some_and(|token| token.text == ".") {
        at += 2;
    }
    name(words, at)
}

fn name<'a>(words: &[Token<'a>], at: usize) -> Option<Name<'a>> {
    Some(Name { text: words.get(at)?.name()?, at })
}
