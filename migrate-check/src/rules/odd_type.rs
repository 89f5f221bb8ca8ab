//! A column's type has words in it that SQLite takes for a part of the type, and that do nothing.
//!
//! SQLite accepts any words as a type. So what another database understands is accepted too, without a word, and so is a
//! keyword that is misspelt: `id SERIAL PRIMARY KEY` and `id INT AUTO_INCREMENT PRIMARY KEY` number no rows, every `id` stays
//! NULL; `INTEGER PRIMERY KEY` is no key; `TEXT AFTER name` moves no column.
//!
//! Write `INTEGER PRIMARY KEY` for a key that numbers its rows, and the other words as SQLite knows them.

use migrate_core::__private::Kind;
use migrate_source::{Finding, nearest};

use crate::acts::{Act, Said};
use crate::facts::Facts;
use crate::place;
use crate::tables::{Table, starts_constraint};
use crate::words::words;

pub(super) const ID: &str = "odd-type";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for said in facts.statements() {
        for (word, help) in odd_words(said) {
            let kind = said.words[word].text;
            let message = format!("SQLite takes `{kind}` for a part of the column's type, and it does nothing");
            findings
                .push(Finding::warning(ID, message, place::subject(said.script, said.span(word..word + 1))).help(help));
        }
    }
}

/// The words that are odd, and what to write instead.
fn odd_words(said: &Said<'_>) -> Vec<(usize, String)> {
    match &said.act {
        Act::Create { kind: Kind::Table, name, from_select: None } => {
            let table = Table::of(said.sql());
            let mut at = name.at;
            let mut found = Vec::new();
            for column in table.columns.iter().filter(|column| !column.kind.is_empty()) {
                // Columns stand in order, each with its type behind its name.
                let rest = said.words.iter().enumerate().skip(at + 1);
                let own = |word: &migrate_sql::Token<'_>| word.name().is_some_and(|name| name == column.name);
                let follows = |at: usize| [",", "("].contains(&said.words[at - 1].text);
                let Some((here, _)) = rest.into_iter().find(|(at, word)| own(word) && follows(*at)) else { continue };
                at = here;
                found.extend(odd(said, here + 1, words(&column.kind).len()));
            }
            found
        }
        Act::AddColumn { column, .. } => {
            let from = column.at + 1;
            let count = said.words.iter().skip(from).take_while(|word| !starts_constraint(word)).count();
            odd(said, from, count).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The first odd word of a type.
fn odd(said: &Said<'_>, from: usize, count: usize) -> Option<(usize, String)> {
    const CONSTRAINTS: [&str; 8] =
        ["PRIMARY", "UNIQUE", "DEFAULT", "REFERENCES", "COLLATE", "CHECK", "GENERATED", "AUTOINCREMENT"];
    let last = (from + count).min(said.words.len());
    (from..last).find_map(|at| {
        let word = &said.words[at];
        let is = |words: &[&str]| words.iter().any(|other| word.is_word(other));
        if is(&["SERIAL", "BIGSERIAL", "SMALLSERIAL", "AUTO_INCREMENT", "IDENTITY"]) {
            return Some((at, "write `INTEGER PRIMARY KEY`, which numbers rows by itself".to_owned()));
        }
        if at == from {
            return None;
        }
        if is(&["AFTER", "FIRST"]) {
            return Some((at, "leave it out, and the name behind it: a new column is the last".to_owned()));
        }
        let near = nearest(word.text, CONSTRAINTS).filter(|_| word.text.len() > 4 && word.name().is_some())?;
        Some((at, format!("write `{near}`")))
    })
}
