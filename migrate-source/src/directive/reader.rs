//! What each directive says.

use std::ops::Range;

use migrate_sql::{Token, TokenKind, tokens};

use crate::directive::line::{split, without_reason};
use crate::directive::{Adopt, Directives, Unproved};
use crate::finding::{Finding, Place};
use crate::ids;
use crate::marker::parse_marker;
use crate::nearest::nearest;
use crate::text::File;
use crate::variant;

const KNOWN: [&str; 7] = ["adopt", "allow", "foreign_keys", "marker", "name", "transaction", "unproved"];

pub(super) struct Reader<'a> {
    file: &'a File,
    pub(super) directives: Directives,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a File) -> Reader<'a> {
        Reader { file, directives: Directives::default(), findings: Vec::new() }
    }

    /// Reads a `--!` line.
    pub(super) fn line(&mut self, line: Range<usize>) {
        let parts = split(&self.file.text, &line);
        let (key, body) = (self.text(&parts.key), parts.body);
        if !KNOWN.contains(&key) {
            return self.unknown(if key.is_empty() { line } else { parts.key });
        }
        let is_formed = parts.argument.is_some() == (key == "allow");
        let Some(whole) = parts.value.filter(|_| is_formed) else {
            let missing = if key == "allow" { "`(ID): `" } else { "`: `" };
            let message = format!("`{key}` is not followed by {missing}");
            return self.error(ids::BAD_DIRECTIVE, message, body, format!("write `--! {}`", form(key)));
        };
        let value = without_reason(&self.file.text, &whole);
        match (key, parts.argument) {
            ("allow", Some(argument)) => self.allow(argument, value, whole),
            _ if value.is_empty() => {
                self.error(
                    ids::BAD_DIRECTIVE,
                    format!("`{key}` has no value"),
                    body,
                    format!("write `--! {}`", form(key)),
                );
            }
            ("marker", _) => self.marker(whole),
            ("transaction", _) => self.transaction(value, body),
            ("foreign_keys", _) => self.foreign_keys(value, body),
            ("adopt", _) => self.adopt(value, body),
            ("name", _) => self.name(value, body),
            _ => self.unproved(value, body),
        }
    }

    /// Reports comments that were meant as directives: `-- ! transaction: none` does nothing.
    pub(super) fn comments(&mut self, head: usize) {
        let comments = tokens(&self.file.text[..head]).filter(|token| token.kind == TokenKind::Comment);
        for token in comments.filter(|token| !token.text.starts_with("--!")) {
            let Some(text) = token.text.trim_start_matches(['-', ' ']).strip_prefix('!') else { continue };
            let key = text.split([':', '(']).next().unwrap_or_default().trim();
            if KNOWN.contains(&key) {
                let message = "a comment that is nearly a directive, and does nothing".to_owned();
                let span = token.start..token.start + token.text.trim_end().len();
                self.error(ids::UNKNOWN_DIRECTIVE, message, span, "begin the line with `--!`");
            }
        }
    }

    fn marker(&mut self, value: Range<usize>) {
        match parse_marker(self.text(&value)) {
            Ok(marker) => {
                let text = self.text(&value);
                let end = tokens(text)
                    .take_while(|token| token.kind != TokenKind::Comment)
                    .filter(Token::is_significant)
                    .last()
                    .map_or(0, |token| token.end());
                let place = self.file.place(value.start..value.start + end);
                if let Some((_, first)) = self.directives.markers.iter().find(|(known, _)| *known == marker) {
                    let first = first.clone();
                    return self.duplicate(format!("the marker `{marker}`"), place, first);
                }
                self.directives.markers.push((marker, place));
            }
            Err(error) => {
                let span = value.start + error.span.start..value.start + error.span.end;
                let finding = Finding::error(ids::BAD_MARKER, error.message, self.file.place(span).into());
                self.findings.push(error.help.into_iter().fold(finding, Finding::help));
            }
        }
    }

    fn transaction(&mut self, value: Range<usize>, body: Range<usize>) {
        if self.text(&value) != "none" {
            return self.bad_value("transaction", value, &["none"], "leave the line out, or write `transaction: none`");
        }
        let place = self.file.place(body);
        match self.directives.no_transaction.clone() {
            Some(first) => self.duplicate("`transaction`".to_owned(), place, first),
            None => self.directives.no_transaction = Some(place),
        }
    }

    fn foreign_keys(&mut self, value: Range<usize>, body: Range<usize>) {
        if self.text(&value) != "on" {
            let help = "leave the line out, since off is the default, or write `foreign_keys: on`";
            return self.bad_value("foreign_keys", value, &["on"], help);
        }
        let place = self.file.place(body);
        match self.directives.foreign_keys_on.clone() {
            Some(first) => self.duplicate("`foreign_keys`".to_owned(), place, first),
            None => self.directives.foreign_keys_on = Some(place),
        }
    }

    fn adopt(&mut self, value: Range<usize>, body: Range<usize>) {
        let adopt = match self.text(&value) {
            "run" => Adopt::Run,
            "skip" => Adopt::Skip,
            _ => return self.bad_value("adopt", value, &["run", "skip"], "write `adopt: run` or `adopt: skip`"),
        };
        let place = self.file.place(body);
        match self.directives.adopt.clone() {
            Some((_, first)) => self.duplicate("`adopt`".to_owned(), place, first),
            None => self.directives.adopt = Some((adopt, place)),
        }
    }

    fn name(&mut self, value: Range<usize>, body: Range<usize>) {
        let name = self.text(&value).to_owned();
        if let Err(reason) = variant::check(&name) {
            let better = variant::of(&name);
            let message = format!("`{name}` cannot be a variant of `Version`: {reason}");
            return self.error(ids::BAD_DIRECTIVE, message, value, format!("write `name: {better}`"));
        }
        let place = self.file.place(body);
        match self.directives.name.clone() {
            Some((_, first)) => self.duplicate("`name`".to_owned(), place, first),
            None => self.directives.name = Some((name, place)),
        }
    }

    fn unproved(&mut self, value: Range<usize>, body: Range<usize>) {
        let place = self.file.place(body);
        let reason = self.text(&value).to_owned();
        match self.directives.unproved.clone() {
            Some(first) => self.duplicate("`unproved`".to_owned(), place, first.place),
            None => self.directives.unproved = Some(Unproved { reason, place }),
        }
    }

    fn allow(&mut self, argument: Range<usize>, value: Range<usize>, whole: Range<usize>) {
        let id = self.text(&argument).to_owned();
        let place = self.file.place(argument.clone());
        if id.is_empty() || !id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            let help = "write the id of one finding, as in `--! allow(drop-column): reason`";
            return self.error(ids::BAD_DIRECTIVE, format!("`{id}` is not the id of a finding"), argument, help);
        }
        // `--! allow(id): -- reason` has its reason too.
        let reason = [value, whole].map(|range| self.text(&range).trim_start_matches("--").trim().to_owned());
        let Some(reason) = reason.into_iter().find(|reason| !reason.is_empty()) else {
            let message = format!("`allow({id})` has no reason");
            let help = format!("write why, as in `--! allow({id}): unused since 0.8`");
            return self.error(ids::MISSING_REASON, message, argument, help);
        };
        match self.directives.allow.iter().find(|(known, ..)| *known == id).map(|(.., first)| first.clone()) {
            Some(first) => self.duplicate(format!("`allow({id})`"), place, first),
            None => self.directives.allow.push((id, reason, place)),
        }
    }

    fn unknown(&mut self, key: Range<usize>) {
        let name = self.text(&key);
        let message = match name {
            "--!" => "a directive without a name".to_owned(),
            name => format!("there is no directive `{name}`"),
        };
        let help = match nearest(name, KNOWN) {
            Some(meant) => format!("write `{meant}`"),
            None => format!("write one of `{}`, or begin a comment with `--` and a space", KNOWN.join("`, `")),
        };
        self.error(ids::UNKNOWN_DIRECTIVE, message, key, help);
    }

    fn bad_value(&mut self, key: &str, value: Range<usize>, known: &[&str], help: &str) {
        let text = self.text(&value);
        let message = format!("`{text}` is not a value of `{key}`");
        let help = match nearest(text, known.iter().copied()) {
            Some(better) => format!("write `{key}: {better}`"),
            None => help.to_owned(),
        };
        self.error(ids::BAD_DIRECTIVE, message, value, help);
    }

    fn duplicate(&mut self, what: String, place: Place, first: Place) {
        let finding = Finding::error(ids::DUPLICATE_DIRECTIVE, format!("{what} is said twice"), place.into());
        self.findings.push(finding.label(first, "the first").help("remove one of the lines"));
    }

    fn error(&mut self, id: &'static str, message: String, span: Range<usize>, help: impl Into<String>) {
        let finding = Finding::error(id, message, self.file.place(span).into());
        self.findings.push(finding.help(help));
    }

    fn text(&self, range: &Range<usize>) -> &'a str {
        &self.file.text[range.clone()]
    }
}

/// A directive as it is written.
fn form(name: &str) -> &'static str {
    match name {
        "adopt" => "adopt: run",
        "allow" => "allow(drop-column): reason",
        "foreign_keys" => "foreign_keys: on",
        "marker" => "marker: table notes",
        "name" => "name: AddTags",
        "transaction" => "transaction: none",
        _ => "unproved: reason",
    }
}
