//! A migration inserts a row whose values are decided by chance or by the clock.
//!
//! A fresh database and an upgraded one then hold different rows, and so do any two users' databases. Nothing that compares
//! them can tell what was meant.
//!
//! Write the value out, or let the application insert the row. Rows that are copied from another table are not meant, nor are
//! the defaults of columns.

use migrate_core::__private::Kind;
use migrate_source::Finding;
use migrate_sql::Token;

use crate::acts::{Act, Said, top_level};
use crate::facts::Facts;
use crate::lineage::Lineage;
use crate::place;

pub(super) const ID: &str = "nondeterministic-seed";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for said in &lineage.said {
            let Act::Insert(insert) = &said.act else { continue };
            if reads_a_table(facts, lineage, said, insert.source) {
                continue;
            }
            let found = (insert.source..said.words.len()).find_map(|at| Some((at, decided_by(&said.words, at)?)));
            let Some((at, by)) = found else { continue };
            let message = format!("{by} decides what is inserted into `{}`", insert.table.text);
            let help = "write the value out, or let the application insert the row";
            findings.push(Finding::warning(ID, message, place::subject(said.script, said.span(at..at + 1))).help(help));
        }
    }
}

/// Whether the rows come from a table: a fresh database has none of them.
fn reads_a_table(facts: &Facts<'_>, lineage: &Lineage<'_>, said: &Said<'_>, source: usize) -> bool {
    let timeline = &facts.replay.timeline;
    let exists = |name: &str| {
        let made = |act: &Act<'_>| matches!(act, Act::Create { kind: Kind::Table, name: made, .. } if made.is(name));
        timeline.at(Kind::Table, name, lineage.index).is_some()
            || timeline.at(Kind::View, name, lineage.index).is_some()
            || lineage.said.iter().any(|said| made(&said.act))
    };
    let mut words = top_level(&said.words, source).map(|(_, word)| word);
    words.find(|word| word.is_word("FROM")).and_then(|_| words.next()?.name()).is_some_and(|name| exists(&name))
}

/// What decides the value at a word: chance, or the clock.
pub(super) fn decided_by(words: &[Token<'_>], at: usize) -> Option<&'static str> {
    let word = &words[at];
    let is_any = |names: &[&str]| names.iter().any(|name| word.is_word(name));
    if is_any(&["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]) {
        return Some("the clock");
    }
    if words.get(at + 1).is_none_or(|word| word.text != "(") {
        return None;
    }
    if is_any(&["random", "randomblob"]) {
        return Some("chance");
    }
    let mut depth = 0i32;
    let inside = words[at + 1..].iter().take_while(|word| {
        depth += i32::from(word.text == "(") - i32::from(word.text == ")");
        depth > 0
    });
    let inside: Vec<&Token<'_>> = inside.collect();
    let now = inside.iter().any(|word| word.text.eq_ignore_ascii_case("'now'"));
    let clock = ["datetime", "date", "time", "julianday", "unixepoch", "strftime"];
    let bare = inside.len() == 1 && !word.is_word("strftime");
    (is_any(&clock) && (now || bare)).then_some("the clock")
}
