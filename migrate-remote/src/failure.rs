//! What a failed statement of a group means.

use migrate_core::State;

use crate::error::{Error, FailedStatement};
use crate::group::Part;

/// The statement of a script, in its file.
pub(crate) fn statement(part: &Part<'_>, message: &str, unread: bool, state: State) -> Error {
    let Part::Script { script, index, what } = part else {
        return Error::Server { doing: "migrating", why: message.to_owned(), state: Box::new(state) };
    };
    let place = script.statements[*index];
    let text = script.text(&place);
    let (message, offset) = at_offset(message);
    let (line, column) = match offset.filter(|offset| *offset < text.len()) {
        Some(offset) => migrate_sql::line_column(&script.sql, place.start as usize + offset),
        None => (place.line, place.column),
    };
    let first: String = text.lines().next().unwrap_or_default().chars().take(120).collect();
    Error::Statement(Box::new(FailedStatement {
        what: what.clone(),
        path: script.path.clone().into_owned(),
        line,
        column,
        statement: if first.len() < text.len() { format!("{first} …") } else { first },
        message: message.to_owned(),
        unread,
        state,
    }))
}

/// SQLite's own message, and the byte of the statement that it points at: sqld puts both into one text.
fn at_offset(message: &str) -> (&str, Option<usize>) {
    let parts = || {
        let (message, offset) =
            message.strip_prefix("SQL input error: ")?.strip_suffix(')')?.rsplit_once(" (at offset ")?;
        Some((message, offset.parse().ok()?))
    };
    parts().map_or((message, None), |(message, offset)| (message, Some(offset)))
}

/// The check says which tables: SQLite puts what it was given into its message.
pub(crate) fn foreign_keys(message: &str, state: State) -> Error {
    let state = Box::new(state);
    let Some((_, told)) = message.split_once("'foreign keys:") else {
        return Error::Server { doing: "checking foreign keys", why: message.to_owned(), state };
    };
    let told = told.trim_end_matches('\'').replace("''", "'");
    Error::ForeignKeys { violations: told.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(), state }
}
