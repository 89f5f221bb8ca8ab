//! Markers as text: `column notes.tag_count`, `no table drafts`, `definition notes`.

use std::fmt;
use std::ops::Range;

use migrate_sql::{Token, TokenKind, quote, tokens};

use crate::nearest::nearest;

/// A marker as declared: `column notes.tag_count`, `no table drafts`, `definition notes`.
///
/// Its `Display` is the text that [`parse_marker`] reads back.
///
/// ```
/// use migrate_source::{MarkerError, MarkerKind, MarkerSpec, parse_marker};
///
/// let (name, column) = ("notes".to_owned(), Some("tag_count".to_owned()));
/// let marker = MarkerSpec { negated: false, kind: MarkerKind::Column, name, column };
/// assert_eq!(parse_marker(&marker.to_string()), Ok(marker));
///
/// let MarkerError { message, .. } = parse_marker("column notes").unwrap_err();
/// println!("{message}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerSpec {
    /// `no …`
    pub negated: bool,
    /// What it looks for.
    pub kind: MarkerKind,
    /// The object; for a column, its table.
    pub name: String,
    /// For a column.
    pub column: Option<String>,
}

/// What a marker looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// `table NAME`
    Table,
    /// `column TABLE.NAME`
    Column,
    /// `index NAME`
    Index,
    /// `view NAME`
    View,
    /// `trigger NAME`
    Trigger,
    /// `definition NAME`: any change of the object's definition.
    Definition,
}

/// What is wrong with the text of a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerError {
    /// The bytes that are wrong; empty at the end for something that is missing.
    pub span: Range<usize>,
    /// The fact.
    pub message: String,
    /// What to write.
    pub help: Option<String>,
}

/// Reads `[no] table|column|index|view|trigger NAME` or `definition NAME`; the name of a column is `TABLE.NAME`.
///
/// Names are bare or quoted as in SQL. A comment (` -- reason`) ends the text.
///
/// # Errors
///
/// The first thing that is wrong, with its place in the text.
///
/// ```
/// use migrate_source::{MarkerKind, parse_marker};
/// let marker = parse_marker("no column \"my table\".token -- gone since 002").unwrap();
/// assert!(marker.negated && marker.kind == MarkerKind::Column && marker.name == "my table");
/// assert_eq!(marker.to_string(), "no column \"my table\".token");
///
/// let error = parse_marker("tabel notes").unwrap_err();
/// assert_eq!((error.span, error.help.as_deref()), (0..5, Some("write `table`")));
/// ```
pub fn parse_marker(text: &str) -> Result<MarkerSpec, MarkerError> {
    let words: Vec<Token<'_>> = tokens(text)
        .take_while(|token| token.kind != TokenKind::Comment)
        .filter(|token| token.kind != TokenKind::Space)
        .collect();
    let end = words.last().map_or(0, Token::end);
    let mut rest = words.as_slice();
    let negated = rest.first().is_some_and(|token| token.is_word("no"));
    if negated {
        rest = &rest[1..];
    }
    let kind = kind(rest.first(), end)?;
    let name = name(rest.get(1), end, format!("name the {}, as in `{} {}`", kind.noun(), kind.word(), kind.example()))?;
    let column = match rest.get(2) {
        Some(token) if token.text == "." => {
            Some(self::name(rest.get(3), end, format!("name the {} after the full stop", kind.noun()))?)
        }
        _ => None,
    };
    if let Some(extra) = rest.get(if column.is_some() { 4 } else { 2 }) {
        let glued = extra.kind == TokenKind::Number || extra.kind == TokenKind::Parameter;
        let help = if glued { "write the name in double quotes" } else { "write a reason after ` -- `" };
        return Err(MarkerError::new(extra.start..end, "nothing is expected after the name", help));
    }
    let names = rest[1].start..end;
    match (kind, negated, column.is_some()) {
        (MarkerKind::Column, _, false) => {
            let help = format!("write its table too, as in `column notes.{name}`");
            Err(MarkerError::new(names, "a column without its table", help))
        }
        (MarkerKind::Column, _, true) => Ok(MarkerSpec { negated, kind, name, column }),
        (_, _, true) => {
            let message = format!("a full stop in the name of {} {}", article(kind), kind.noun());
            Err(MarkerError::new(names, message, "write the name alone, since markers look in `main` only"))
        }
        (MarkerKind::Definition, true, _) => {
            Err(MarkerError::new(words[0].start..rest[0].end(), "`no definition` says nothing", "leave out `no`"))
        }
        _ => Ok(MarkerSpec { negated, kind, name, column: None }),
    }
}

fn kind(token: Option<&Token<'_>>, end: usize) -> Result<MarkerKind, MarkerError> {
    let words = MarkerKind::ALL.map(MarkerKind::word);
    let all = format!("write one of `{}`", words.join("`, `"));
    let Some(token) = token else {
        return Err(MarkerError::new(end..end, "a marker without a kind", all));
    };
    MarkerKind::ALL.into_iter().find(|kind| token.is_word(kind.word())).ok_or_else(|| {
        let message = format!("`{}` is not a kind of marker", token.text);
        let help = nearest(token.text, words).map_or(all, |word| format!("write `{word}`"));
        MarkerError::new(token.start..token.end(), message, help)
    })
}

fn name(token: Option<&Token<'_>>, end: usize, missing: String) -> Result<String, MarkerError> {
    let Some(token) = token else { return Err(MarkerError::new(end..end, "a name is missing", missing)) };
    let span = token.start..token.end();
    match token.kind {
        TokenKind::Word | TokenKind::Quoted | TokenKind::DoubleQuoted => {
            let name = token.name().unwrap_or_default().into_owned();
            if name.is_empty() { Err(MarkerError::new(span, "the name is empty", missing)) } else { Ok(name) }
        }
        TokenKind::UnterminatedQuote => {
            Err(MarkerError::new(span, "this quoted name never ends", "end it with its quote"))
        }
        _ => Err(MarkerError::new(span, format!("`{}` is not a name", token.text), "write the name in double quotes")),
    }
}

fn article(kind: MarkerKind) -> &'static str {
    if kind == MarkerKind::Index { "an" } else { "a" }
}

impl MarkerError {
    fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> MarkerError {
        MarkerError { span, message: message.into(), help: Some(help.into()) }
    }
}

impl fmt::Display for MarkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MarkerError {}

impl MarkerKind {
    /// Every kind.
    pub const ALL: [MarkerKind; 6] = [
        MarkerKind::Table,
        MarkerKind::Column,
        MarkerKind::Index,
        MarkerKind::View,
        MarkerKind::Trigger,
        MarkerKind::Definition,
    ];

    /// The word that declares it.
    ///
    /// ```
    /// assert_eq!(migrate_source::MarkerKind::Column.word(), "column");
    /// ```
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            MarkerKind::Table => "table",
            MarkerKind::Column => "column",
            MarkerKind::Index => "index",
            MarkerKind::View => "view",
            MarkerKind::Trigger => "trigger",
            MarkerKind::Definition => "definition",
        }
    }

    /// What its name names.
    fn noun(self) -> &'static str {
        if self == MarkerKind::Definition { "object" } else { self.word() }
    }

    fn example(self) -> &'static str {
        match self {
            MarkerKind::Column => "notes.body",
            MarkerKind::Index => "idx_notes_body",
            MarkerKind::View => "recent_notes",
            MarkerKind::Trigger => "notes_after_insert",
            MarkerKind::Table | MarkerKind::Definition => "notes",
        }
    }
}

impl fmt::Display for MarkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for MarkerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} {}", if self.negated { "no " } else { "" }, self.kind, bare(&self.name))?;
        self.column.as_ref().map_or(Ok(()), |column| write!(f, ".{}", bare(column)))
    }
}

/// A name without quotes where it reads back as itself.
fn bare(name: &str) -> String {
    let mut tokens = tokens(name);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) if token.kind == TokenKind::Word => name.to_owned(),
        _ => quote(name),
    }
}
