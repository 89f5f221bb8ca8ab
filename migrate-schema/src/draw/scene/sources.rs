//! What a view reads.

use migrate_sql::{TokenKind, tokens};

/// What ends a list of tables.
const ENDS: [&str; 6] = ["WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SELECT"];

/// The tables that a view reads, or that a full-text index is about, as far as its words say: what stands behind `FROM`,
/// `JOIN` and their commas, and `content = …`.
pub(super) fn sources(sql: &str) -> Vec<String> {
    let tokens: Vec<_> = tokens(sql).filter(|token| token.is_significant()).collect();
    let mut found = Vec::new();
    // Whether a list of tables is open, for every parenthesis.
    let mut open = vec![false];
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).filter(|next| next.kind != TokenKind::Operator);
        let next = || next.and_then(|next| next.name());
        let is_list = open.last().is_some_and(|open| *open);
        match token.text {
            "(" => open.push(false),
            ")" if open.len() > 1 => drop(open.pop()),
            "," if is_list => found.extend(next()),
            "=" if at > 0 && tokens[at - 1].is_word("content") => found.extend(next()),
            _ if token.is_word("FROM") || token.is_word("JOIN") => {
                open.pop();
                open.push(true);
                found.extend(next());
            }
            _ if ENDS.iter().any(|word| token.is_word(word)) => {
                open.pop();
                open.push(false);
            }
            _ => {}
        }
    }
    found.into_iter().map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_view_reads() {
        let of = |sql| sources(sql).join(" ");
        assert_eq!(
            of("CREATE VIEW v AS SELECT a, b FROM notes AS n, tags JOIN \"my users\" u ON 1 WHERE x IN (1, y)"),
            "notes tags my users"
        );
        assert_eq!(of("CREATE VIEW v AS SELECT a FROM (SELECT b, c FROM deep), other"), "deep other");
        assert_eq!(of("CREATE VIRTUAL TABLE f USING fts5(body, tags, content='notes', content_rowid=id)"), "notes");
        assert_eq!(of("CREATE VIRTUAL TABLE f USING fts5(body, content='')"), "");
    }
}
