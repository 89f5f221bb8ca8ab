//! What a `CREATE` statement means, as two digests that can be compared.

use std::collections::HashSet;

use crate::digest::{Digest, Hasher, framed_length};
use crate::token::{Token, TokenKind, tokens};

/// The names that exist in a schema: tables, columns, indexes, views, triggers.
///
/// SQLite reads `"x"` as an identifier where there is such a name, and as the string `'x'` where there is none, and
/// so does a comparison.
#[derive(Clone, Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// Whether there is such a name, in any ASCII case.
    ///
    /// ```
    /// let names: migrate_sql::Names = ["Notes"].into_iter().collect();
    /// assert!(names.contains("notes"));
    /// ```
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_lowercase())
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Names {
        Names(names.into_iter().map(|name| name.as_ref().to_ascii_lowercase()).collect())
    }
}

impl<S: AsRef<str>> Extend<S> for Names {
    fn extend<I: IntoIterator<Item = S>>(&mut self, names: I) {
        self.0.extend(names.into_iter().map(|name| name.as_ref().to_ascii_lowercase()));
    }
}

/// The meaning of one schema object's SQL.
///
/// Insensitive to white space, comments, quoting of names and the case of keywords and names; literals are never
/// folded. `strict` minds the order of a table's columns, `loose` does not.
///
/// ```
/// use migrate_sql::{Definition, Names};
/// let names: Names = ["notes", "id", "body"].into_iter().collect();
/// let of = |sql| Definition::of(sql, &names);
/// let plain = of("CREATE TABLE notes(id INTEGER, body TEXT DEFAULT 'None')");
/// assert_eq!(plain, of("create table \"notes\" ( [ID] integer, -- key\n body text default 'None' )"));
/// assert_ne!(plain.strict, of("CREATE TABLE notes(id INTEGER, body TEXT DEFAULT 'none')").strict);
/// let swapped = of("CREATE TABLE notes(body TEXT DEFAULT 'None', id INTEGER)");
/// assert!(plain.strict != swapped.strict && plain.loose == swapped.loose);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Definition {
    /// Equal for two statements of the same meaning.
    pub strict: Digest,
    /// Equal also where only the order of a table's columns and constraints differs.
    pub loose: Digest,
}

impl Definition {
    /// This definition as that of an object of a kind and a name, which differs from that of any other.
    ///
    /// ```
    /// use migrate_sql::{Definition, Names};
    /// let index = Definition::of("CREATE INDEX i ON t(a)", &Names::default());
    /// assert_ne!(index.named("index", "i"), index.named("index", "j"));
    /// ```
    #[must_use]
    pub fn named(self, kind: &str, name: &str) -> Definition {
        let strict = self.strict.named(kind, name);
        Definition { strict, loose: if self.strict == self.loose { strict } else { self.loose.named(kind, name) } }
    }

    /// The definition of a `CREATE` statement as `sqlite_schema.sql` holds it.
    #[must_use]
    pub fn of(sql: &str, names: &Names) -> Definition {
        let tokens: Vec<Token<'_>> = tokens(sql).filter(Token::is_significant).collect();
        let parts = Parts::of(&tokens, names);
        let strict = parts.digest(0, tokens.len());
        let loose = match columns(&tokens) {
            None => strict,
            Some(items) => {
                let (first, last) = (items[0].0, items[items.len() - 1].1);
                let mut inner: Vec<Digest> = items.iter().map(|&(from, to)| parts.digest(from, to)).collect();
                inner.sort();
                let mut hasher = Hasher::new();
                hasher.push_framed(parts.range(0, first));
                inner.iter().for_each(|item| hasher.push(&item.0));
                hasher.push_framed(parts.range(last, tokens.len()));
                hasher.finish()
            }
        };
        Definition { strict, loose }
    }
}

impl Definition {
    /// What [`of`](Definition::of) finds to be `strict`, alone: less than half of the work, where nearly everything is as expected.
    ///
    /// ```
    /// use migrate_sql::{Definition, Names};
    /// let (sql, names) = ("CREATE TABLE notes(id INTEGER, body TEXT)", Names::default());
    /// assert_eq!(Definition::strict_of(sql, &names), Definition::of(sql, &names).strict);
    /// ```
    #[must_use]
    pub fn strict_of(sql: &str, names: &Names) -> Digest {
        let tokens: Vec<Token<'_>> = tokens(sql).filter(Token::is_significant).collect();
        Parts::of(&tokens, names).digest(0, tokens.len())
    }
}

/// Tokens, folded, one behind the other in the form in which they are hashed.
struct Parts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Parts {
    fn of(tokens: &[Token<'_>], names: &Names) -> Parts {
        let length: usize = tokens.iter().map(|token| 9 + token.text.len()).sum();
        let mut ends = Vec::with_capacity(tokens.len() + 1);
        ends.push(0);
        let mut parts = Parts { bytes: Vec::with_capacity(length), ends };
        tokens.iter().for_each(|token| parts.push(token, names));
        parts
    }

    /// A token, folded: a kind in the first byte, so that the name `a` and the string `'a'` stay apart.
    fn push(&mut self, token: &Token<'_>, names: &Names) {
        let name = token.name();
        let (tag, text) = match (token.kind, &name) {
            (TokenKind::DoubleQuoted, Some(name)) if names.contains(name) => (b'n', name.as_ref()),
            (TokenKind::DoubleQuoted | TokenKind::String, _) => (b's', name.as_deref().unwrap_or_default()),
            (TokenKind::Word | TokenKind::Quoted, _) => (b'n', name.as_deref().unwrap_or_default()),
            _ => (b'o', token.text),
        };
        self.bytes.extend(framed_length(1 + text.len()));
        self.bytes.push(tag);
        let from = self.bytes.len();
        self.bytes.extend(text.as_bytes());
        if tag == b'n' {
            self.bytes[from..].make_ascii_lowercase();
        }
        self.ends.push(self.bytes.len());
    }

    fn range(&self, from: usize, to: usize) -> &[u8] {
        &self.bytes[self.ends[from]..self.ends[to]]
    }

    fn digest(&self, from: usize, to: usize) -> Digest {
        let mut hasher = Hasher::new();
        hasher.push_framed(self.range(from, to));
        hasher.finish()
    }
}

/// The items between the parentheses of `CREATE TABLE name (…)`, as ranges of tokens; `None` for anything else.
fn columns(tokens: &[Token<'_>]) -> Option<Vec<(usize, usize)>> {
    if !(tokens.first()?.is_word("CREATE") && tokens.get(1)?.is_word("TABLE")) {
        return None;
    }
    let open = tokens.iter().position(|token| token.text == "(")?;
    let mut items = Vec::new();
    let (mut depth, mut from) = (0usize, open + 1);
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    items.push((from, at));
                    return Some(items);
                }
            }
            "," if depth == 1 => {
                items.push((from, at));
                from = at + 1;
            }
            _ => {}
        }
    }
    None
}
