//! What only a statement as a whole shows.

use migrate_core::__private::Kind;
use migrate_sql::Token;

use crate::acts::{Act, Said, top_level};
use crate::tables::Table;
use crate::words::closing;

/// Which of its words, what it is called, since when it is there.
pub(super) fn of(said: &Said<'_>) -> Vec<(usize, String, i32)> {
    let words = &said.words;
    let first = |word: &str| words.first().is_some_and(|first| first.is_word(word));
    let mut found = Vec::new();
    match &said.act {
        Act::RenameColumn { from, .. } => found.push((from.at - 1, "RENAME COLUMN".to_owned(), 3_025_000)),
        Act::DropColumn { column, .. } => found.push((column.at - 1, "DROP COLUMN".to_owned(), 3_035_000)),
        Act::Create { kind: Kind::Table, name, .. } if words.iter().any(|word| word.is_word("STRICT")) => {
            let sql = said.script.text(said.statement);
            let table = Table::of(sql);
            if table.strict {
                let at = words.iter().rposition(|word| word.is_word("STRICT")).unwrap_or(name.at);
                found.push((at, "STRICT".to_owned(), 3_037_000));
            }
        }
        Act::Create { kind: Kind::Table, .. } if words.get(1).is_some_and(|word| word.is_word("VIRTUAL")) => {
            found.extend(full_text(words));
        }
        _ => {}
    }
    found.extend(generated(&said.act, words));
    let writes = ["INSERT", "REPLACE", "UPDATE", "DELETE", "WITH"].into_iter().any(first);
    if writes && let Some((at, _)) = top_level(words, 0).find(|(_, word)| word.is_word("RETURNING")) {
        found.push((at, "RETURNING".to_owned(), 3_035_000));
    }
    let upsert = |(at, _): &(usize, &Token<'_>)| {
        ["ON", "CONFLICT"]
            .iter()
            .enumerate()
            .all(|(offset, word)| words.get(at + offset).is_some_and(|w| w.is_word(word)))
    };
    if writes && let Some((at, _)) = top_level(words, 0).filter(upsert).nth(1) {
        found.push((at, "a second ON CONFLICT".to_owned(), 3_035_000));
    }
    if first("UPDATE")
        && let Some((at, _)) = top_level(words, 0).find(|(_, word)| word.is_word("FROM"))
    {
        let distinct = at.checked_sub(1).is_some_and(|at| words[at].is_word("DISTINCT"));
        if !distinct {
            found.push((at, "UPDATE … FROM".to_owned(), 3_033_000));
        }
    }
    if first("ALTER") {
        let phrases: [(&[&str], &str); 3] = [
            (&["ADD", "CONSTRAINT"], "ADD CONSTRAINT"),
            (&["DROP", "CONSTRAINT"], "DROP CONSTRAINT"),
            (&["ALTER", "COLUMN"], "ALTER COLUMN"),
        ];
        for (phrase, name) in phrases {
            let at = words.windows(2).skip(2).position(|pair| pair[0].is_word(phrase[0]) && pair[1].is_word(phrase[1]));
            // `ADD name CHECK …` may have a column of that name in front.
            found.extend(at.filter(|at| *at <= 3).map(|at| (at + 2, name.to_owned(), 3_053_000)));
        }
    }
    found
}

/// `AS (…)` behind a column's name or type. `GENERATED ALWAYS` in front of it is found by itself.
fn generated(act: &Act<'_>, words: &[Token<'_>]) -> Vec<(usize, String, i32)> {
    let range = match act {
        Act::Create { kind: Kind::Table, name, from_select: None } => {
            let open = name.at + 1;
            match closing(words, open) {
                Some(close) => open + 1..close,
                None => return Vec::new(),
            }
        }
        Act::AddColumn { column, .. } => column.at + 1..words.len(),
        _ => return Vec::new(),
    };
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(word));
    top_level(&words[..range.end], range.start)
        .filter(|(at, word)| word.is_word("AS") && words.get(at + 1).is_some_and(|next| next.text == "("))
        .filter(|(at, _)| !is(at - 1, "ALWAYS"))
        .map(|(at, _)| (at, "a generated column".to_owned(), 3_031_000))
        .collect()
}

/// Options of the full-text index.
fn full_text(words: &[Token<'_>]) -> Vec<(usize, String, i32)> {
    const OPTIONS: [(i32, &str); 4] = [
        (3_034_000, "trigram"),
        (3_043_000, "contentless_delete"),
        (3_047_000, "contentless_unindexed"),
        (3_047_000, "locale"),
    ];
    let mut found = Vec::new();
    if !words.iter().any(|word| word.is_word("fts5")) {
        return found;
    }
    for (at, word) in words.iter().enumerate() {
        let text = word.name().unwrap_or_default().to_ascii_lowercase();
        let set = |word: Option<&Token<'_>>| word.is_some_and(|word| word.text == "=");
        let tokenizer = at > 1 && set(words.get(at - 1)) && words[at - 2].is_word("tokenize");
        for (since, option) in OPTIONS {
            let named = if option == "trigram" {
                tokenizer && text.starts_with(option)
            } else {
                text == option && set(words.get(at + 1))
            };
            if named {
                found.push((at, format!("the option `{option}`"), since));
            }
        }
    }
    found
}
