//! Where in a statement the trouble is.

use std::ops::Range;

use migrate_core::__private::{Script, Statement};
use migrate_source::{Place, Subject};
use migrate_sql::{Token, tokens};

use crate::words::{find_name, mentions};

/// A place in a script, as a finding's subject.
pub(crate) fn subject(script: &Script, span: Range<usize>) -> Subject {
    Subject::Place(place(script, span))
}

/// A place in a script.
pub(crate) fn place(script: &Script, span: Range<usize>) -> Place {
    Place { path: script.path.clone().into_owned(), span }
}

/// The whole file, where no place in it says more.
pub(crate) fn file(script: &Script) -> Subject {
    Subject::File(script.path.clone().into_owned())
}

/// A statement, up to the end of its first line.
pub(crate) fn first_line(script: &Script, statement: &Statement) -> Range<usize> {
    let start = statement.start as usize;
    let line = script.text(statement).lines().next().unwrap_or_default();
    start..start + line.trim_end().len()
}

/// The first words of a statement, as many as are given.
pub(crate) fn opening_words(script: &Script, statement: &Statement, count: usize) -> Range<usize> {
    let start = statement.start as usize;
    let words = tokens(script.text(statement)).filter(Token::is_significant).take(count);
    let end = words.last().map_or(0, |token| token.end());
    start..start + end
}

/// The token by which a statement names something, or its first line.
pub(crate) fn of_name(script: &Script, statement: &Statement, name: &str) -> Range<usize> {
    let start = statement.start as usize;
    find_name(script.text(statement), name)
        .map_or_else(|| first_line(script, statement), |token| start + token.start..start + token.end())
}

/// The last statement that names one of these, tried in order.
pub(crate) fn about(script: &Script, names: &[&str]) -> Option<Subject> {
    find(script, names).map(Subject::Place)
}

/// The place where a script last names one of these, tried in order.
pub(crate) fn find(script: &Script, names: &[&str]) -> Option<Place> {
    names.iter().find_map(|name| {
        let statement = script.statements.iter().rev().find(|statement| mentions(script.text(statement), name))?;
        Some(place(script, of_name(script, statement, name)))
    })
}

/// What an error of SQLite is about: the token that it points at, else what its message names, else the first line.
pub(crate) fn of_error(script: &Script, statement: &Statement, offset: Option<usize>, message: &str) -> Range<usize> {
    let (start, end) = (statement.start as usize, statement.end as usize);
    if message == "incomplete input" {
        return end..end;
    }
    let text = script.text(statement);
    let pointed = offset.and_then(|offset| offset.checked_sub(start));
    if let Some(offset) = pointed
        && let Some(token) = tokens(text).find(|token| token.end() > offset)
        && token.is_significant()
    {
        return start + token.start..start + token.end();
    }
    named(text, message).map_or_else(|| first_line(script, statement), |span| start + span.start..start + span.end)
}

/// The token that a message names, the last of its names first: of `notes.body` the column.
fn named(text: &str, message: &str) -> Option<Range<usize>> {
    let names = names(message);
    let token = names.iter().rev().find_map(|name| match name.rsplit_once('.') {
        Some((table, column)) => qualified(text, table, column).or_else(|| find_name(text, column)),
        None => find_name(text, name),
    })?;
    Some(token.start..token.end())
}

/// The column's token of `table.column`.
fn qualified<'a>(text: &'a str, table: &str, column: &str) -> Option<Token<'a>> {
    let words = crate::words::words(text);
    let is = |token: &Token<'_>, name: &str| token.name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    let at =
        words.windows(3).position(|three| is(&three[0], table) && three[1].text == "." && is(&three[2], column))?;
    words.get(at + 2).copied()
}

/// What a message of SQLite's names: what follows its colon, and what stands where its phrases have a name.
pub(crate) fn names(message: &str) -> Vec<String> {
    let clean = |name: &str| name.trim_matches(|c: char| c.is_whitespace() || "\"`'[](),".contains(c)).to_owned();
    let mut names = Vec::new();
    let words: Vec<&str> = message.split_whitespace().collect();
    let nouns = ["table", "view", "index", "trigger", "column", "named"];
    for pair in words.windows(2).filter(|pair| nouns.contains(&pair[0])) {
        let name = clean(pair[1]);
        if !["has", "name", "named", "with", "already", "in", "to", "is", "for"].contains(&name.as_str()) {
            names.push(name.trim_end_matches(':').to_owned());
        }
    }
    if let Some((_, after)) = message.rsplit_once(": ") {
        let first = after.split(" - ").next().unwrap_or(after);
        names.extend(first.split(", ").map(clean).filter(|name| !name.is_empty()));
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, offset: Option<usize>, message: &str, expected: &str) {
        let statement = Statement { start: 0, end: sql.len() as u32, line: 1, column: 1 };
        let script = Script { path: "x".into(), sql: sql.to_owned().into(), statements: vec![statement].into() };
        let span = of_error(&script, &statement, offset, message);
        assert_eq!(&sql[span], expected, "{message}");
    }

    #[test]
    fn what_an_error_is_about() {
        check("SELECT 1 FORM t", Some(9), "near \"FORM\": syntax error", "FORM");
        check("ALTER TABLE notse ADD a", None, "no such table: main.notse", "notse");
        check("SELECT b, a.b FROM c", None, "no such column: a.b", "b");
        check("INSERT INTO t(a,\n b) VALUES (1, 2)", None, "table t has no column named b", "b");
        check("CREATE TABLE t(a)", None, "table t already exists", "t");
        check("CREATE TABLE \"a b\"(c)", None, "table \"a b\" already exists", "CREATE TABLE \"a b\"(c)");
        check("CREATE INDEX i ON t(a)", None, "there is already a table named i", "i");
        check("ALTER TABLE t ADD a", None, "duplicate column name: a", "a");
        check("INSERT INTO t\nVALUES (1)", None, "UNIQUE constraint failed: t.a", "INSERT INTO t");
        check("ALTER TABLE t DROP a", None, "error in view v after drop column: no such column: a", "a");
        check("SELECT 1\nFROM", None, "incomplete input", "");
        check("DROP\nTABLE x", None, "out of luck", "DROP");
    }
}
