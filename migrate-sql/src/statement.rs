//! Where each statement of a script begins and ends.

use crate::token::{Token, TokenKind, tokens};

/// A statement's place in its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementSpan {
    /// The first byte of its first significant token.
    pub start: usize,
    /// The byte after its last significant token, its semicolon not included.
    pub end: usize,
    /// How it ends.
    pub ending: Ending,
}

/// How a statement ends.
///
/// ```
/// use migrate_sql::{Ending, StatementSpan, statements};
///
/// let ends: Vec<Ending> = statements("SELECT 1; SELECT 2").iter().map(|StatementSpan { ending, .. }| *ending).collect();
/// assert_eq!(ends, [Ending::Semicolon, Ending::Text]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a semicolon.
    Semicolon,
    /// With the text: the last statement needs no semicolon.
    Text,
    /// The text ends within a `CREATE TRIGGER`, before its `END`.
    InTrigger,
}

/// Cuts a script into its statements; empty ones (a lone semicolon, a comment) are left out.
///
/// A `CREATE TRIGGER` ends at its `END`, as in SQLite's own `sqlite3_complete`.
///
/// ```
/// let sql = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;; SELECT 1";
/// let found = migrate_sql::statements(sql);
/// assert_eq!(found.len(), 2);
/// assert_eq!(&sql[found[1].start..found[1].end], "SELECT 1");
/// ```
#[must_use]
pub fn statements(sql: &str) -> Vec<StatementSpan> {
    let mut found = Vec::new();
    let mut walk = Walk::default();
    for token in tokens(sql).filter(Token::is_significant) {
        if token.kind == TokenKind::Semicolon && walk.may_end() {
            found.extend(walk.finish(Ending::Semicolon));
            walk = Walk::default();
        } else {
            walk.step(&token);
        }
    }
    let ending = if walk.may_end() { Ending::Text } else { Ending::InTrigger };
    found.extend(walk.finish(ending));
    found
}

/// What is known of the statement that the walk is in.
#[derive(Default)]
struct Walk {
    span: Option<(usize, usize)>,
    head: Head,
    tail: Tail,
}

/// How much of `[EXPLAIN [QUERY PLAN]] CREATE [TEMP] TRIGGER` has been seen.
#[derive(Clone, Copy, Default, PartialEq)]
enum Head {
    #[default]
    Start,
    Explain,
    Create,
    Trigger,
    Other,
}

/// How much of the `; END` that closes a trigger has been seen.
#[derive(Clone, Copy, Default, PartialEq)]
enum Tail {
    #[default]
    Body,
    Semicolon,
    End,
}

impl Walk {
    fn may_end(&self) -> bool {
        self.head != Head::Trigger || self.tail == Tail::End
    }

    fn step(&mut self, token: &Token<'_>) {
        let start = self.span.map_or(token.start, |(start, _)| start);
        self.span = Some((start, token.end()));
        self.head = match self.head {
            Head::Start if token.is_word("EXPLAIN") => Head::Explain,
            Head::Explain if token.is_word("QUERY") || token.is_word("PLAN") => Head::Explain,
            Head::Start | Head::Explain if token.is_word("CREATE") => Head::Create,
            Head::Create if token.is_word("TEMP") || token.is_word("TEMPORARY") => Head::Create,
            Head::Create if token.is_word("TRIGGER") => Head::Trigger,
            Head::Trigger => Head::Trigger,
            _ => Head::Other,
        };
        self.tail = match self.tail {
            _ if token.kind == TokenKind::Semicolon => Tail::Semicolon,
            Tail::Semicolon if token.is_word("END") => Tail::End,
            _ => Tail::Body,
        };
    }

    fn finish(&self, ending: Ending) -> Option<StatementSpan> {
        self.span.map(|(start, end)| StatementSpan { start, end, ending })
    }
}
