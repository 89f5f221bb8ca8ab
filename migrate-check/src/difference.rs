//! Two `CREATE` statements, as the lines in which they differ.

use migrate_sql::{Token, TokenKind, tokens};

/// A diff: `-` before what only the first has, `+` before what only the second has, and what both have next to it.
pub(crate) fn lines(before: &str, after: &str) -> String {
    let (before, after) = (pieces(before), pieces(after));
    let mut all: Vec<(char, &str)> = Vec::new();
    let (mut a, mut b) = (0, 0);
    for (at_a, at_b) in common(&before, &after).into_iter().chain([(before.len(), after.len())]) {
        all.extend(before[a..at_a].iter().map(|piece| ('-', piece.text.as_str())));
        all.extend(after[b..at_b].iter().map(|piece| ('+', piece.text.as_str())));
        all.extend(before.get(at_a).map(|piece| (' ', piece.text.as_str())));
        (a, b) = (at_a + 1, at_b + 1);
    }
    let differs = |at: usize| all.get(at).is_some_and(|(mark, _)| *mark != ' ');
    // The first piece of a table is its name.
    let shown = |at: usize| at == 0 || differs(at) || differs(at + 1) || at.checked_sub(1).is_some_and(differs);
    let lines = all.iter().enumerate().filter(|(at, _)| shown(*at));
    lines.map(|(_, (mark, text))| format!("{mark} {text}")).collect::<Vec<_>>().join("\n")
}

/// A line of a statement: a column or constraint of a table, or a line of anything else.
struct Piece {
    text: String,
    /// What it means, for comparison: without white space, comments, quotes and case.
    meaning: Vec<String>,
}

/// The pieces that both have, as a longest common subsequence.
fn common(before: &[Piece], after: &[Piece]) -> Vec<(usize, usize)> {
    let mut lengths = vec![vec![0u32; after.len() + 1]; before.len() + 1];
    for (a, piece) in before.iter().enumerate().rev() {
        for (b, other) in after.iter().enumerate().rev() {
            lengths[a][b] = if piece.meaning == other.meaning {
                lengths[a + 1][b + 1] + 1
            } else {
                lengths[a + 1][b].max(lengths[a][b + 1])
            };
        }
    }
    let (mut a, mut b, mut found) = (0, 0, Vec::new());
    while a < before.len() && b < after.len() {
        if before[a].meaning == after[b].meaning {
            found.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if lengths[a + 1][b] >= lengths[a][b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    found
}

fn pieces(sql: &str) -> Vec<Piece> {
    let is_table = sql.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("CREATE TABLE"));
    let texts = if is_table { items(sql) } else { sql.lines().map(str::to_owned).collect() };
    let pieces = texts.into_iter().map(|text| Piece { meaning: meaning(&text), text: one_line(&text) });
    let mut pieces: Vec<Piece> = pieces.filter(|piece| !piece.meaning.is_empty()).collect();
    let last = pieces.len().saturating_sub(1);
    // As they can be pasted: with the commas, which mean nothing here.
    for (at, piece) in pieces.iter_mut().enumerate().filter(|(at, _)| is_table && (1..last).contains(at)) {
        piece.text = format!("    {}{}", piece.text, if at + 1 < last { "," } else { "" });
    }
    pieces
}

/// A `CREATE TABLE` cut at the parentheses around its columns and at the commas between them.
fn items(sql: &str) -> Vec<String> {
    let (mut items, mut depth, mut item) = (Vec::new(), 0usize, String::new());
    for token in tokens(sql) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let inner_ends = token.text == ")" && depth == 0;
        let outer_ends = token.text == "(" && depth == 1;
        if inner_ends {
            items.push(std::mem::take(&mut item));
        }
        if !(token.text == "," && depth == 1) {
            item.push_str(token.text);
        }
        if outer_ends || (token.text == "," && depth == 1) {
            items.push(std::mem::take(&mut item));
        }
    }
    items.push(item);
    items
}

fn meaning(text: &str) -> Vec<String> {
    let significant = tokens(text).filter(Token::is_significant);
    significant
        .map(|token| match token.kind {
            TokenKind::Word | TokenKind::Quoted | TokenKind::DoubleQuoted => {
                token.name().unwrap_or_default().to_ascii_lowercase()
            }
            _ => token.text.to_owned(),
        })
        .collect()
}

/// White space and comments become single spaces.
fn one_line(text: &str) -> String {
    let spaced = tokens(text).map(|token| if token.is_significant() { token.text } else { " " });
    spaced.collect::<String>().split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_differs_by_its_columns() {
        let check = |before: &str, after: &str, expected: &str| assert_eq!(lines(before, after), expected);
        let table = "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT)";
        check(
            table,
            "create table \"notes\" (\n  id integer primary key, -- x\n  body TEXT NOT NULL,\n  CHECK (id IN (1, 2))\n) STRICT",
            "  CREATE TABLE notes(\n      id INTEGER PRIMARY KEY,\n-     body TEXT\n- )\n+     body TEXT NOT NULL,\n+     CHECK (id IN (1, 2))\n+ ) STRICT",
        );
        check(
            table,
            "CREATE TABLE notes(body TEXT, id INTEGER PRIMARY KEY)",
            "  CREATE TABLE notes(\n-     id INTEGER PRIMARY KEY,\n      body TEXT\n+     id INTEGER PRIMARY KEY\n  )",
        );
        check("", "CREATE INDEX i ON notes(body)", "+ CREATE INDEX i ON notes(body)");
        check(
            "CREATE VIEW v AS\nSELECT 1\nFROM t",
            "CREATE VIEW v AS\nSELECT 2\nFROM t",
            "  CREATE VIEW v AS\n- SELECT 1\n+ SELECT 2\n  FROM t",
        );
    }
}
