//! `--!` lines at the head of a migration.

mod line;
mod reader;

use std::ops::Range;

use migrate_sql::{Token, tokens};

use crate::finding::{Finding, Place};
use crate::ids;
use crate::marker::MarkerSpec;
use crate::text::File;

use self::line::lines;
use self::reader::Reader;

/// The `--!` lines at the head of a file.
///
/// ```
/// use migrate_source::{Adopt, Directives, Listing, Unproved, parse};
///
/// let text = "--! marker: no table drafts\n--! adopt: run\n--! allow(drop-table): nobody used it\nDROP TABLE drafts;";
/// let (source, _) = parse(&Listing::from_files([("001_drop_drafts.sql", text)]));
/// let Directives { markers, adopt, allow, unproved, .. } = &source.migrations[0].directives;
/// assert!(markers[0].0.negated && matches!(adopt, Some((Adopt::Run, _))));
/// assert_eq!((allow[0].0.as_str(), allow[0].1.as_str()), ("drop-table", "nobody used it"));
/// assert_eq!(unproved.as_ref().map(|Unproved { reason, .. }| reason), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// `--! marker: column notes.tag_count`
    pub markers: Vec<(MarkerSpec, Place)>,
    /// `--! transaction: none`
    pub no_transaction: Option<Place>,
    /// `--! foreign_keys: on`
    pub foreign_keys_on: Option<Place>,
    /// `--! adopt: run` or `skip`
    pub adopt: Option<(Adopt, Place)>,
    /// `--! name: AddTags`
    pub name: Option<(String, Place)>,
    /// `--! allow(drop-column): reason`: the finding's id, the reason, and the place of the id.
    pub allow: Vec<(String, String, Place)>,
    /// `--! unproved: reason`
    pub unproved: Option<Unproved>,
}

/// `--! unproved: needs the vec0 module -- …`; the objects it makes follow as `--! marker:` lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    /// Why it cannot be proved.
    pub reason: String,
    /// Where it says so.
    pub place: Place,
}

/// What `--! adopt:` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    /// Run it on a database without history.
    Run,
    /// Record it without running it.
    Skip,
}

/// Reads the directives of a migration. After the first statement, a directive is an error.
pub(crate) fn parse(file: &File, findings: &mut Vec<Finding>) -> Directives {
    let mut reader = Reader::new(file);
    let end = file.text.len();
    let first = tokens(&file.text).find(Token::is_significant).map_or(end..end, |token| token.start..token.end());
    for line in lines(&file.text) {
        if line.start > first.start {
            reader.findings.push(late(file, line, first.clone()));
        } else {
            reader.line(line);
        }
    }
    reader.comments(first.start);
    if file.sound {
        findings.append(&mut reader.findings);
    }
    reader.directives
}

/// Reports the directives in a file that cannot have any.
pub(crate) fn refuse(file: &File, what: &str, findings: &mut Vec<Finding>) {
    for line in lines(&file.text) {
        let message = format!("a directive in a {what}");
        let finding = Finding::error(ids::MISPLACED_DIRECTIVE, message, file.place(line).into());
        findings.push(finding.help("write it at the head of the migration, or begin a comment with `--` and a space"));
    }
}

fn late(file: &File, line: Range<usize>, first: Range<usize>) -> Finding {
    Finding::error(ids::LATE_DIRECTIVE, "a directive after the first statement", file.place(line).into())
        .label(file.place(first), "the first statement")
        .help("move it to the head of the file, or begin a comment with `--` and a space")
}
