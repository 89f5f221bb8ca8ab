//! What becomes of a schema, said in one form for every verb.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

/// Something that is added, changed, renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) how: How,
    /// `table`, `column`, `foreign key`, `index`, `view`, `trigger`
    pub(super) what: &'static str,
    /// The table or view that it belongs to.
    pub(super) of: Option<String>,
    pub(super) name: String,
    /// What exactly changed; empty where nothing is known of it.
    pub(super) note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Added,
    Changed,
    #[cfg(feature = "directory")]
    Renamed,
    Removed,
}

impl Change {
    /// `+ column notes.body: TEXT`
    pub(super) fn line(&self, terminal: &Terminal<'_>) -> String {
        let (mark, tone) = match self.how {
            How::Added => ('+', Tone::Good),
            How::Changed => ('~', Tone::Attention),
            #[cfg(feature = "directory")]
            How::Renamed => ('>', Tone::Attention),
            How::Removed => ('-', Tone::Bad),
        };
        let Change { what, name, note, .. } = self;
        let object = match (*what, &self.of) {
            ("column", Some(table)) => format!("column `{table}.{name}`"),
            ("foreign key", Some(table)) => format!("foreign key of `{table}`: {name}"),
            _ => format!("{what} `{name}`"),
        };
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        terminal.paint(tone, format_args!("{mark} {object}{note}"))
    }

    pub(super) fn value(&self) -> Value {
        let how = match self.how {
            How::Added => "added",
            How::Changed => "changed",
            #[cfg(feature = "directory")]
            How::Renamed => "renamed",
            How::Removed => "removed",
        };
        json!({ "how": how, "what": self.what, "of": self.of, "name": self.name, "note": self.note })
    }
}

/// Each on a line.
pub(super) fn show(changes: &[Change], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    changes.iter().try_for_each(|change| {
        let line = change.line(terminal);
        terminal.line(format_args!("  {line}"))
    })
}

#[cfg(feature = "directory")]
impl From<migrate_schema::Difference> for Change {
    fn from(difference: migrate_schema::Difference) -> Change {
        let how = match difference.how {
            migrate_schema::How::Added => How::Added,
            migrate_schema::How::Changed => How::Changed,
            migrate_schema::How::Renamed => How::Renamed,
            migrate_schema::How::Removed => How::Removed,
        };
        let migrate_schema::Difference { what, of, name, note, .. } = difference;
        Change { how, what: what.word(), of, name, note }
    }
}
