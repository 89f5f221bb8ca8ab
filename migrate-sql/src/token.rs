//! Tokens as SQLite's own tokenizer cuts them.

use std::borrow::Cow;

/// What a token is.
///
/// ```
/// use migrate_sql::{Token, TokenKind, Tokens, tokens};
///
/// let mut found: Tokens<'_> = tokens("drop\t[a b]");
/// assert_eq!(found.next(), Some(Token { kind: TokenKind::Word, text: "drop", start: 0 }));
/// assert_eq!(found.nth(1).map(|token| token.kind), Some(TokenKind::Quoted));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// White space.
    Space,
    /// `-- to the end of the line` or `/* between */`.
    Comment,
    /// A keyword or a bare identifier.
    Word,
    /// `"name"`: an identifier or, where no such name exists, a string.
    DoubleQuoted,
    /// `` `name` `` or `[name]`: always an identifier.
    Quoted,
    /// `'text'`.
    String,
    /// `x'00ff'`.
    Blob,
    /// An integer or a floating point number.
    Number,
    /// `?`, `?1`, `:name`, `@name` or `$name`.
    Parameter,
    /// An operator, a parenthesis, a comma or a full stop.
    Operator,
    /// `;`.
    Semicolon,
    /// A string, blob or quoted identifier that the text ends within.
    UnterminatedQuote,
    /// A `/*` comment that the text ends within.
    UnterminatedComment,
    /// A character that means nothing in SQL.
    Illegal,
}

/// A piece of SQL text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, as written.
    pub text: &'a str,
    /// Its first byte, counted from the start of the text.
    pub start: usize,
}

impl<'a> Token<'a> {
    /// The byte after its last.
    ///
    /// ```
    /// assert_eq!(migrate_sql::tokens("DROP").next().unwrap().end(), 4);
    /// ```
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it means something to SQLite: neither white space nor a comment.
    ///
    /// ```
    /// assert_eq!(migrate_sql::tokens("a /* b */ c").filter(|t| t.is_significant()).count(), 2);
    /// ```
    #[must_use]
    pub fn is_significant(&self) -> bool {
        !matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// Whether it is this keyword, in any case, unquoted.
    ///
    /// ```
    /// assert!(migrate_sql::tokens("create").next().unwrap().is_word("CREATE"));
    /// ```
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// The identifier or text it stands for, without quotes; `None` for a token that cannot be a name.
    ///
    /// ```
    /// assert_eq!(migrate_sql::tokens("\"a \"\" b\"").next().unwrap().name().unwrap(), "a \" b");
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<Cow<'a, str>> {
        let inner = || &self.text[1..self.text.len() - 1];
        match self.kind {
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::Quoted if self.text.starts_with('[') => Some(Cow::Borrowed(inner())),
            TokenKind::Quoted | TokenKind::DoubleQuoted | TokenKind::String => {
                let mark = &self.text[..1];
                let doubled = [mark, mark].concat();
                if inner().contains(&doubled) {
                    Some(Cow::Owned(inner().replace(&doubled, mark)))
                } else {
                    Some(Cow::Borrowed(inner()))
                }
            }
            _ => None,
        }
    }
}

/// A name as an identifier that SQLite reads back as exactly that name.
///
/// ```
/// assert_eq!(migrate_sql::quote("odd \" name"), "\"odd \"\" name\"");
/// ```
#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Cuts SQL text into tokens; their texts, joined, are the text again.
///
/// ```
/// let words: Vec<_> = migrate_sql::tokens("DROP TABLE t;").map(|t| t.text).collect();
/// assert_eq!(words, ["DROP", " ", "TABLE", " ", "t", ";"]);
/// ```
#[must_use]
pub fn tokens(sql: &str) -> Tokens<'_> {
    Tokens { sql, at: 0 }
}

/// The iterator that [`tokens`] returns.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    sql: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = &self.sql[self.at..];
        if rest.is_empty() {
            return None;
        }
        let (kind, length) = cut(rest);
        let token = Token { kind, text: &rest[..length], start: self.at };
        self.at += length;
        Some(token)
    }
}

/// The kind and the length in bytes of the token that a text begins with.
fn cut(text: &str) -> (TokenKind, usize) {
    let bytes = text.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => (TokenKind::Space, run(bytes, is_space)),
        b'-' if second == b'-' => (TokenKind::Comment, run(bytes, |b| b != b'\n')),
        b'/' if second == b'*' => match text[2..].find("*/") {
            Some(at) => (TokenKind::Comment, at + 4),
            None => (TokenKind::UnterminatedComment, text.len()),
        },
        b'\'' => quoted(bytes, 0, TokenKind::String),
        b'"' => quoted(bytes, 0, TokenKind::DoubleQuoted),
        b'`' => quoted(bytes, 0, TokenKind::Quoted),
        b'[' => match text.find(']') {
            Some(at) => (TokenKind::Quoted, at + 1),
            None => (TokenKind::UnterminatedQuote, text.len()),
        },
        b'x' | b'X' if second == b'\'' => quoted(bytes, 1, TokenKind::Blob),
        b';' => (TokenKind::Semicolon, 1),
        b'?' => (TokenKind::Parameter, 1 + run(&bytes[1..], |b| b.is_ascii_digit())),
        b'$' | b'@' | b':' | b'#' if is_name_byte(second) => (TokenKind::Parameter, 1 + run(&bytes[1..], is_name_byte)),
        b'0'..=b'9' => (TokenKind::Number, number(bytes)),
        b'.' if second.is_ascii_digit() => (TokenKind::Number, number(bytes)),
        b if is_name_byte(b) => (TokenKind::Word, run(bytes, is_name_byte)),
        b'-' if bytes.starts_with(b"->>") => (TokenKind::Operator, 3),
        _ if OPERATORS.iter().any(|operator| bytes.starts_with(operator)) => (TokenKind::Operator, 2),
        b'-' | b'(' | b')' | b'+' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>' | b'|' | b',' | b'&' | b'~' | b'.' => {
            (TokenKind::Operator, 1)
        }
        _ => (TokenKind::Illegal, 1),
    }
}

const OPERATORS: [&[u8]; 9] = [b"->", b"||", b"<=", b"<>", b"<<", b">=", b">>", b"==", b"!="];

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

/// Whether a byte can be part of a name. A table: the proof reads every byte many times, mostly in builds without
/// optimization.
const NAME: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0u8);
    loop {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

fn is_name_byte(byte: u8) -> bool {
    NAME[usize::from(byte)]
}

fn run(bytes: &[u8], wanted: fn(u8) -> bool) -> usize {
    let mut at = 0;
    while at < bytes.len() && wanted(bytes[at]) {
        at += 1;
    }
    at
}

/// A quoted token whose opening mark is at `open`; a doubled mark stands for itself.
fn quoted(bytes: &[u8], open: usize, kind: TokenKind) -> (TokenKind, usize) {
    let mark = bytes[open];
    let mut at = open + 1;
    while at < bytes.len() {
        if bytes[at] != mark {
            at += 1;
        } else if bytes.get(at + 1) == Some(&mark) {
            at += 2;
        } else {
            return (kind, at + 1);
        }
    }
    (TokenKind::UnterminatedQuote, bytes.len())
}

/// The length of a number; what SQLite would refuse (`1abc`) is one token too, so that nothing is split in two.
fn number(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let exponent = matches!(bytes[at], b'e' | b'E') && !bytes.starts_with(b"0x") && !bytes.starts_with(b"0X");
        if exponent
            && matches!(bytes.get(at + 1), Some(b'+' | b'-'))
            && bytes.get(at + 2).is_some_and(u8::is_ascii_digit)
        {
            at += 2;
        } else if bytes[at] == b'.' || is_name_byte(bytes[at]) {
            at += 1;
        } else {
            break;
        }
    }
    at
}
