//! The comments that divide a file: `-- +goose Up`, `-- migrate:down transaction:false`.

use std::ops::Range;

use migrate_sql::{Token, TokenKind, tokens};

use crate::nearest::nearest;
use crate::text::File;

/// A comment that divides a file.
#[derive(Clone, Debug)]
pub(super) struct Mark<'a> {
    pub(super) span: Range<usize>,
    pub(super) tool: Tool,
    /// What follows the tool's sign: `Up`, `NO TRANSACTION`, `up transaction:false`.
    pub(super) command: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Goose,
    SqlMigrate,
    Dbmate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Up,
    Down,
    NoTransaction,
    /// goose's hints at where a statement ends, which the tokens say better.
    Ignored,
}

/// The comments that divide a text: each on its own line.
pub(super) fn marks(text: &str) -> Vec<Mark<'_>> {
    let is_alone = |token: &Token<'_>| {
        let line = text[..token.start].rfind('\n').map_or(0, |at| at + 1);
        text[line..token.start].trim().is_empty()
    };
    // Hardly any file has marks, and looking for a word is much faster than cutting tokens.
    let lower = text.to_ascii_lowercase();
    let text = if ["+goose", "+migrate", "migrate:"].iter().any(|sign| lower.contains(sign)) { text } else { "" };
    let comments = tokens(text).filter(|token| token.kind == TokenKind::Comment && token.text.starts_with("--"));
    comments.filter(is_alone).filter_map(|token| Mark::of(&token)).collect()
}

impl<'a> Mark<'a> {
    fn of(token: &Token<'a>) -> Option<Mark<'a>> {
        let text = token.text.trim_end();
        let words = text[2..].trim_start();
        let span = token.start..token.start + text.len();
        for (sign, tool) in [("+goose", Tool::Goose), ("+migrate", Tool::SqlMigrate)] {
            if let Some(command) = strip_ignoring_case(words, sign).filter(|rest| rest.starts_with([' ', '\t'])) {
                return Some(Mark { span, tool, command: command.trim() });
            }
        }
        let command = strip_ignoring_case(words, "migrate:")?;
        let word = command.split_whitespace().next()?;
        // `-- migrate: the users` is a sentence; `-- migrate:donw` is not.
        let is_mark = !command.starts_with([' ', '\t']) && nearest(word, ["up", "down"]).is_some();
        is_mark.then_some(Mark { span, tool: Tool::Dbmate, command })
    }

    pub(super) fn text<'f>(&self, file: &'f File) -> &'f str {
        &file.text[self.span.clone()]
    }

    /// The command and what follows it.
    pub(super) fn read(&self) -> Option<(Command, &'a str)> {
        let commands: &[(&str, Command)] = match self.tool {
            Tool::Dbmate => &[("up", Command::Up), ("down", Command::Down)],
            Tool::Goose | Tool::SqlMigrate => &[
                ("up", Command::Up),
                ("down", Command::Down),
                ("statementbegin", Command::Ignored),
                ("statementend", Command::Ignored),
                ("no transaction", Command::NoTransaction),
            ],
        };
        commands.iter().find_map(|&(word, command)| {
            let rest = strip_ignoring_case(self.command, word)?;
            (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((command, rest.trim()))
        })
    }
}

impl Tool {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Tool::Goose => "-- +goose ",
            Tool::SqlMigrate => "-- +migrate ",
            Tool::Dbmate => "-- migrate:",
        }
    }

    pub(super) fn known(self) -> &'static [&'static str] {
        match self {
            Tool::Goose => &["Up", "Down", "StatementBegin", "StatementEnd", "NO TRANSACTION"],
            Tool::SqlMigrate => &["Up", "Down", "StatementBegin", "StatementEnd"],
            Tool::Dbmate => &["up", "down"],
        }
    }

    /// The option of a section that runs without a transaction.
    pub(super) fn no_transaction(self) -> &'static str {
        match self {
            Tool::SqlMigrate => "notransaction",
            Tool::Goose | Tool::Dbmate => "transaction:false",
        }
    }
}

fn strip_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let front = text.get(..prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}
