//! What a statement's words say, where SQLite does not.

use std::borrow::Cow;

use migrate_core::__private::Kind;
use migrate_sql::{Token, quote, tokens};

/// A statement's significant tokens.
pub(crate) fn words(sql: &str) -> Vec<Token<'_>> {
    tokens(sql).filter(Token::is_significant).collect()
}

/// How a statement begins, as far as the proof has to know before SQLite reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    Vacuum,
    VacuumInto,
    Other,
}

/// How a statement begins.
pub(crate) fn opening(sql: &str) -> Opening {
    let mut words = tokens(sql).filter(Token::is_significant);
    let Some(first) = words.next() else { return Opening::Other };
    if first.is_word("VACUUM") {
        let into = words.take(2).any(|word| word.is_word("INTO"));
        if into { Opening::VacuumInto } else { Opening::Vacuum }
    } else {
        Opening::Other
    }
}

/// The object that a statement makes: `CREATE …`, and `ALTER TABLE … RENAME TO …`.
pub(crate) fn created(sql: &str) -> Option<(Kind, String)> {
    let words = words(sql);
    match words.first()? {
        first if first.is_word("CREATE") => {
            let kinds =
                [("TABLE", Kind::Table), ("VIEW", Kind::View), ("INDEX", Kind::Index), ("TRIGGER", Kind::Trigger)];
            let (at, kind) = words.iter().enumerate().take(4).find_map(|(at, word)| {
                kinds.iter().find(|(name, _)| word.is_word(name)).map(|(_, kind)| (at, *kind))
            })?;
            Some((kind, name_after(&words, at)?.0))
        }
        first if first.is_word("ALTER") => {
            let at = words.windows(2).position(|pair| pair[0].is_word("RENAME") && pair[1].is_word("TO"))?;
            Some((Kind::Table, words.get(at + 2)?.name()?.into_owned()))
        }
        _ => None,
    }
}

/// The table that a statement needs before it: `ALTER TABLE t`, `INSERT INTO t`, `UPDATE t`, `DELETE FROM t`,
/// `CREATE INDEX … ON t`, `DROP TABLE t`.
pub(crate) fn altered(sql: &str) -> Option<String> {
    let words = words(sql);
    let first = words.first()?;
    let after = |word: &str| words.iter().position(|token| token.is_word(word));
    let at = match first {
        _ if first.is_word("ALTER") || first.is_word("DROP") => 1,
        _ if first.is_word("INSERT") || first.is_word("REPLACE") => after("INTO")?,
        _ if first.is_word("UPDATE") => {
            if words.get(1)?.is_word("OR") {
                2
            } else {
                0
            }
        }
        _ if first.is_word("DELETE") => after("FROM")?,
        _ if first.is_word("CREATE") && words.iter().take(3).any(|word| word.is_word("INDEX")) => after("ON")?,
        _ => return None,
    };
    if first.is_word("DROP") && !words.get(1)?.is_word("TABLE") {
        return None;
    }
    let (name, conditional) = name_after(&words, at)?;
    (!conditional).then_some(name)
}

/// The name that follows a word, past `IF NOT EXISTS` (whether that is there) and the schema's name.
fn name_after(words: &[Token<'_>], at: usize) -> Option<(String, bool)> {
    let mut at = at + 1;
    let conditional = words.get(at)?.is_word("IF");
    while ["IF", "NOT", "EXISTS"].iter().any(|word| words.get(at).is_some_and(|token| token.is_word(word))) {
        at += 1;
    }
    if words.get(at + 1).is_some_and(|token| token.text == ".") {
        at += 2;
    }
    Some((words.get(at)?.name()?.into_owned(), conditional))
}

/// Where a statement names something, without regard to ASCII case.
pub(crate) fn mentions(sql: &str, name: &str) -> bool {
    find_name(sql, name).is_some()
}

/// The token by which a statement names something.
pub(crate) fn find_name<'a>(sql: &'a str, name: &str) -> Option<Token<'a>> {
    tokens(sql).find(|token| token.name().is_some_and(|found: Cow<'_, str>| found.eq_ignore_ascii_case(name)))
}

/// The parenthesis that closes the one at `open`.
pub(crate) fn closing(words: &[Token<'_>], open: usize) -> Option<usize> {
    if words.get(open)?.text != "(" {
        return None;
    }
    let mut depth = 0usize;
    for (at, token) in words.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A name, in quotes only if it needs them.
pub(crate) fn plain(name: &str) -> String {
    let simple = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
        && !["order", "group", "index", "table", "select", "from", "where", "to", "values", "default", "check", "key"]
            .contains(&name.to_ascii_lowercase().as_str());
    if simple { name.to_owned() } else { quote(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_makes() {
        let check = |sql: &str, expected: Option<(Kind, &str)>| {
            assert_eq!(created(sql), expected.map(|(kind, name)| (kind, name.to_owned())), "{sql}");
        };
        check("CREATE TABLE IF NOT EXISTS main.\"a b\"(x)", Some((Kind::Table, "a b")));
        check("create temp trigger t AFTER INSERT ON x BEGIN SELECT 1; END", Some((Kind::Trigger, "t")));
        check("CREATE UNIQUE INDEX i ON t(a)", Some((Kind::Index, "i")));
        check("CREATE VIRTUAL TABLE f USING fts5(a)", Some((Kind::Table, "f")));
        check("ALTER TABLE a RENAME TO b", Some((Kind::Table, "b")));
        check("ALTER TABLE a RENAME x TO b", None);
        check("SELECT 1", None);
    }

    #[test]
    fn what_a_statement_needs() {
        let check = |sql: &str, expected: Option<&str>| assert_eq!(altered(sql).as_deref(), expected, "{sql}");
        check("ALTER TABLE main.a ADD COLUMN b", Some("a"));
        check("INSERT OR IGNORE INTO a SELECT 1", Some("a"));
        check("UPDATE a SET b = 1", Some("a"));
        check("UPDATE OR IGNORE a SET b = 1", Some("a"));
        check("DELETE FROM [a]", Some("a"));
        check("CREATE INDEX i ON a(b)", Some("a"));
        check("DROP TABLE a", Some("a"));
        check("DROP TABLE IF EXISTS a", None);
        check("DROP INDEX a", None);
        check("CREATE TABLE a(b)", None);
    }

    #[test]
    fn how_a_statement_begins() {
        assert_eq!(opening("/* x */ vacuum"), Opening::Vacuum);
        assert_eq!(opening("VACUUM main INTO 'x.db'"), Opening::VacuumInto);
        assert_eq!(opening("VACUUM INTO 'x.db'"), Opening::VacuumInto);
        assert_eq!(opening("CREATE TRIGGER t BEGIN SELECT 1; END"), Opening::Other);
    }
}
