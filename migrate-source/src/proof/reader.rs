//! `proof.lock`, read back.

use std::borrow::Cow;
use std::iter::{Filter, Peekable};
use std::ops::Range;

use migrate_sql::set::{Change, Kind, Look, Marker, Object};
use migrate_sql::{Definition, Digest, Token, TokenKind, Tokens, tokens};

use super::{NAME, Proved, State, VERSION};
use crate::source::Script;

/// What is wrong with the text, and where.
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) span: Range<usize>,
}

type Read<T> = Result<T, Wrong>;

/// The digests of the files that it was made from, and what was proved of them.
pub(super) fn read(text: &str) -> Read<(Vec<(String, Digest)>, Proved)> {
    let header = text.lines().next().unwrap_or_default();
    let words: Vec<&str> = header.split_whitespace().collect();
    let body = match words[..] {
        ["#", "migrate", "proof", version, ..] if version.trim_end_matches(':') == VERSION => {
            (header.len() + 1).min(text.len())
        }
        ["#", "migrate", "proof", version, ..] => {
            let message = format!("version `{}` of `{NAME}` is not known here", version.trim_end_matches(':'));
            return Err(Wrong { message, span: 0..header.len() });
        }
        _ => {
            let message = format!("`{NAME}` does not begin with `# migrate proof {VERSION}`");
            return Err(Wrong { message, span: 0..header.len() });
        }
    };
    let significant: Significant = |token| token.is_significant();
    let mut reader = Reader { tokens: tokens(&text[body..]).filter(significant).peekable(), body, end: text.len() };
    let mut inputs = Vec::new();
    let mut proved = Proved::default();
    while let Some(word) = reader.tokens.next() {
        match word.text {
            "input" => inputs.push((reader.name()?, reader.digest()?)),
            "state" => {
                reader.name()?;
                let fingerprint = reader.digest()?;
                proved.states.push(State { fingerprint, changes: reader.changes()? });
            }
            "marker" => proved.markers.push(reader.marker()?),
            "snapshot" => {
                let start = (body + word.end() + 1).min(text.len());
                proved.snapshot = Some(snapshot(text.get(start..).unwrap_or_default()));
                break;
            }
            _ => return Err(reader.wrong(&word)),
        }
    }
    Ok((inputs, proved))
}

/// The end of the file: the line end after the text is ours.
fn snapshot(text: &str) -> migrate_sql::set::Script {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let statements = migrate_sql::statements(text).iter().map(|statement| statement.start..statement.end).collect();
    Script { shown: "<snapshot>".to_owned(), text: text.to_owned(), statements }.finished()
}

type Significant = for<'a, 'b> fn(&'a Token<'b>) -> bool;

struct Reader<'a> {
    tokens: Peekable<Filter<Tokens<'a>, Significant>>,
    body: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// The objects that follow a state, each with its columns.
    fn changes(&mut self) -> Read<Vec<(Change, Vec<String>)>> {
        let mut changes = Vec::new();
        while let Some(token) = self.tokens.peek()
            && (token.text == "no" || Kind::from_word(token.text).is_some())
        {
            let gone = self.no();
            let kind = self.kind()?;
            let name = Cow::Owned(self.name()?);
            self.word("on")?;
            let object = Object { kind, name, table: Cow::Owned(self.name()?) };
            let after = if gone { None } else { Some(self.definition()?) };
            let mut columns = Vec::new();
            while self.tokens.peek().is_some_and(|token| token.kind == TokenKind::DoubleQuoted) {
                columns.push(self.name()?);
            }
            changes.push((Change { object, after }, columns));
        }
        Ok(changes)
    }

    fn marker(&mut self) -> Read<Marker> {
        let present = !self.no();
        let look = match self.tokens.peek().map(|token| token.text) {
            Some("column") => {
                self.tokens.next();
                Look::Column { table: Cow::Owned(self.name()?), column: Cow::Owned(self.name()?), present }
            }
            Some("definition") => {
                self.tokens.next();
                let (kind, name) = (self.kind()?, Cow::Owned(self.name()?));
                Look::Definition { kind, name, definition: self.definition()? }
            }
            _ => Look::Object { kind: self.kind()?, name: Cow::Owned(self.name()?), present },
        };
        let mut flips = Vec::new();
        while let Some(flip) = self.tokens.peek().and_then(|token| token.text.parse().ok()) {
            self.tokens.next();
            flips.push(flip);
        }
        Ok(Marker { look, flips: Cow::Owned(flips) })
    }

    fn no(&mut self) -> bool {
        self.tokens.next_if(|token| token.text == "no").is_some()
    }

    fn kind(&mut self) -> Read<Kind> {
        let token = self.next()?;
        Kind::from_word(token.text).ok_or_else(|| self.wrong(&token))
    }

    fn name(&mut self) -> Read<String> {
        let token = self.next()?;
        let name = token.name().filter(|_| token.kind == TokenKind::DoubleQuoted);
        name.map(Cow::into_owned).ok_or_else(|| self.wrong(&token))
    }

    fn definition(&mut self) -> Read<Definition> {
        Ok(Definition { strict: self.digest()?, loose: self.digest()? })
    }

    fn digest(&mut self) -> Read<Digest> {
        let token = self.next()?;
        token.text.parse().map_err(|_| self.wrong(&token))
    }

    fn word(&mut self, word: &str) -> Read<()> {
        let token = self.next()?;
        if token.text == word { Ok(()) } else { Err(self.wrong(&token)) }
    }

    fn next(&mut self) -> Read<Token<'a>> {
        let end = self.end;
        self.tokens.next().ok_or_else(|| Wrong { message: format!("`{NAME}` ends too early"), span: end..end })
    }

    fn wrong(&self, token: &Token<'_>) -> Wrong {
        let (start, end) = (self.body + token.start, self.body + token.end());
        Wrong { message: format!("`{NAME}` cannot be read"), span: start..end }
    }
}
