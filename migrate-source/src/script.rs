//! A text, or a section of one, becomes a script: where its statements are, and what SQLite would misread.

use std::ops::Range;

use migrate_sql::{Ending, Token, TokenKind};

use crate::directive;
use crate::finding::{Finding, Subject};
use crate::ids;
use crate::section;
use crate::source::Script;
use crate::text::File;

/// A file that is one script, without directives or sections: `base.sql`, `schema.sql`, a down or witness script.
pub(crate) fn whole(file: &File, what: &str, findings: &mut Vec<Finding>) -> Script {
    check(file, findings);
    let script = cut(file, 0..file.text.len(), findings);
    if file.sound {
        directive::refuse(file, what, findings);
        section::refuse(file, what, findings);
        if script.statements.is_empty() && terminated(file) {
            findings.push(
                empty(file, 0..file.text.len(), ids::EMPTY_FILE, what).help("write its statements, or remove the file"),
            );
        }
    }
    script
}

/// The finding that a section holds no statement.
pub(crate) fn empty(file: &File, section: Range<usize>, id: &'static str, what: &str) -> Finding {
    let end = section.start + file.text[section].trim_end().len();
    let subject = if end == 0 { Subject::File(file.shown.clone()) } else { file.place(end..end).into() };
    Finding::error(id, format!("this {what} holds no statement"), subject)
}

/// Whether every string and comment ends, so that the statements are what the author meant.
pub(crate) fn terminated(file: &File) -> bool {
    !migrate_sql::tokens(&file.text).any(|token| is_unterminated(&token))
}

fn is_unterminated(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::UnterminatedQuote | TokenKind::UnterminatedComment)
}

/// The statements of a section. A trigger that the section ends within is a finding.
pub(crate) fn cut(file: &File, section: Range<usize>, findings: &mut Vec<Finding>) -> Script {
    let mut statements = Vec::new();
    for statement in migrate_sql::statements(&file.text[section.clone()]) {
        let span = section.start + statement.start..section.start + statement.end;
        if statement.ending == Ending::InTrigger && file.sound && terminated(file) {
            let text = &file.text[span.clone()];
            let head = text.find('\n').unwrap_or(text.len());
            findings.push(
                Finding::error(
                    ids::UNTERMINATED_TRIGGER,
                    "this trigger never ends",
                    file.place(span.start..span.start + text[..head].trim_end().len()).into(),
                )
                .help("end its body with `; END;`"),
            );
        }
        statements.push(span);
    }
    Script { shown: file.shown.clone(), text: file.text.clone(), statements }
}

/// Looks at every token of a file: what never ends, and what SQLite would take for a parameter.
pub(crate) fn check(file: &File, findings: &mut Vec<Finding>) {
    if !file.sound {
        return;
    }
    let mut before = "";
    // One finding a statement: who writes `?` once writes it often.
    let mut parameter_here = false;
    for token in migrate_sql::tokens(&file.text) {
        match token.kind {
            TokenKind::UnterminatedQuote | TokenKind::UnterminatedComment => findings.push(unterminated(file, &token)),
            TokenKind::Parameter if !parameter_here => {
                findings.push(parameter(file, &token, before));
                parameter_here = true;
            }
            TokenKind::Semicolon => parameter_here = false,
            _ => {}
        }
        before = token.text;
    }
}

fn unterminated(file: &File, token: &Token<'_>) -> Finding {
    let (id, what, help) = match token.text.as_bytes() {
        [b'/', ..] => (ids::UNTERMINATED_COMMENT, "comment", "end it with `*/`"),
        [b'\'', ..] if file.text[..token.start].contains("\\'") => (
            ids::UNTERMINATED_QUOTE,
            "string",
            "write a quote inside a string as `''`: a backslash is a letter like any other",
        ),
        [b'\'', ..] => (
            ids::UNTERMINATED_QUOTE,
            "string",
            "end it with `'`, and write a quote inside a string, here or in one before it, as `''`",
        ),
        [b'[', ..] => (ids::UNTERMINATED_QUOTE, "quoted name", "end it with `]`"),
        [b'`', ..] => (ids::UNTERMINATED_QUOTE, "quoted name", "end it with a backtick"),
        [b'"', ..] => (ids::UNTERMINATED_QUOTE, "quoted name", "end it with `\"`"),
        _ => (ids::UNTERMINATED_QUOTE, "blob", "end it with `'`"),
    };
    let open = if matches!(token.text.as_bytes(), [b'/' | b'x' | b'X', ..]) { 2 } else { 1 };
    Finding::error(id, format!("this {what} never ends"), file.place(token.start..token.start + open).into())
        .caption("it begins here")
        .help(help)
}

fn parameter(file: &File, token: &Token<'_>, before: &str) -> Finding {
    let text = token.text;
    let place = file.place(token.start..token.end());
    if text.starts_with('#') {
        let message = format!("`{text}` is not SQL, and `#` begins no comment in SQLite");
        return Finding::error(ids::PARAMETER, message, place.into()).help("begin the comment with `--`");
    }
    let finding = Finding::error(
        ids::PARAMETER,
        format!("`{text}` is a parameter, and would be NULL: a migration is run without values"),
        place.into(),
    );
    if text.starts_with(':') && before == ":" {
        return finding.help(format!("write `CAST(… AS {})`, since SQLite has no `::`", text[1..].to_uppercase()));
    }
    finding.help("write the value itself, and text in single quotes")
}
