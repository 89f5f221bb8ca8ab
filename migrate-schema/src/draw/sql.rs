//! SQL for people: coloured.

use migrate_sql::{Token, TokenKind, tokens};

use super::text::escape;

/// SQL as HTML, with a class for what each token is; directives stand out from other comments.
pub(super) fn highlight(sql: &str) -> String {
    let mut html = String::with_capacity(sql.len() * 2);
    for token in tokens(sql.trim_end()) {
        let text = escape(token.text);
        match class(&token) {
            Some(class) => html.push_str(&format!("<span class=\"{class}\">{text}</span>")),
            None => html.push_str(&text),
        }
    }
    html
}

fn class(token: &Token<'_>) -> Option<&'static str> {
    match token.kind {
        TokenKind::Comment if token.text.starts_with("--!") => Some("d"),
        TokenKind::Comment | TokenKind::UnterminatedComment => Some("c"),
        TokenKind::String | TokenKind::Blob => Some("s"),
        TokenKind::Number => Some("n"),
        TokenKind::Word if KEYWORDS.binary_search(&token.text.to_ascii_uppercase().as_str()).is_ok() => Some("k"),
        _ => None,
    }
}

/// SQLite's keywords, but for those that are more often names, and the usual types.
const KEYWORDS: &[&str] = &[
    "ABORT",
    "ADD",
    "AFTER",
    "ALL",
    "ALTER",
    "ALWAYS",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "ATTACH",
    "AUTOINCREMENT",
    "BEFORE",
    "BEGIN",
    "BETWEEN",
    "BLOB",
    "BY",
    "CASCADE",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "COMMIT",
    "CONFLICT",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DEFAULT",
    "DEFERRABLE",
    "DEFERRED",
    "DELETE",
    "DESC",
    "DETACH",
    "DISTINCT",
    "DO",
    "DROP",
    "EACH",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FAIL",
    "FALSE",
    "FILTER",
    "FOR",
    "FOREIGN",
    "FROM",
    "FULL",
    "GENERATED",
    "GLOB",
    "GROUP",
    "HAVING",
    "IF",
    "IGNORE",
    "IMMEDIATE",
    "IN",
    "INDEX",
    "INDEXED",
    "INITIALLY",
    "INNER",
    "INSERT",
    "INSTEAD",
    "INT",
    "INTEGER",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MATERIALIZED",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "OF",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PRAGMA",
    "PRIMARY",
    "RAISE",
    "REAL",
    "RECURSIVE",
    "REFERENCES",
    "REGEXP",
    "REINDEX",
    "RENAME",
    "REPLACE",
    "RESTRICT",
    "RETURNING",
    "RIGHT",
    "ROLLBACK",
    "ROWID",
    "SELECT",
    "SET",
    "STORED",
    "STRICT",
    "TABLE",
    "TEMP",
    "TEXT",
    "THEN",
    "TO",
    "TRIGGER",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VACUUM",
    "VALUES",
    "VIEW",
    "VIRTUAL",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHOUT",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_get_their_class() {
        assert!(KEYWORDS.is_sorted());
        let html = highlight("--! adopt: run\nselect '<b>', 1 -- one\nfrom \"t\";\n");
        assert_eq!(
            html,
            "<span class=\"d\">--! adopt: run</span>\n<span class=\"k\">select</span> \
             <span class=\"s\">&#39;&lt;b&gt;&#39;</span>, <span class=\"n\">1</span> <span class=\"c\">-- one</span>\n\
             <span class=\"k\">from</span> &quot;t&quot;;"
        );
    }
}
