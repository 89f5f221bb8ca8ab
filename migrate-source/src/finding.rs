//! What is wrong with a migration directory: one type for reading, for the proof and for the macro.

use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Said on request only.
    Information,
    /// May go wrong on a user's machine.
    Warning,
    /// Surely wrong: it does not compile.
    Error,
}

/// A byte range in a file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path as messages show it: `migrations/002_add_tags.sql`.
    pub path: String,
    /// The bytes, in the text after a BOM is dropped and line ends are LF; empty for a point.
    pub span: Range<usize>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The directory as a whole.
    Directory,
    /// A file, without a place in it: its name, or its bytes.
    File(String),
    /// A place in a file.
    Place(Place),
    /// A marker of the macro's input, by its index there.
    Marker(usize),
    /// A Rust step of the macro's input, by its index there.
    Step(usize),
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// One thing that is wrong.
///
/// Style: lower case, no full stop, values in backticks, fact first; `help` is one imperative sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name: `duplicate-number`.
    pub id: &'static str,
    pub severity: Severity,
    pub message: String,
    pub subject: Subject,
    /// What is said under the caret; empty for nothing.
    pub caption: String,
    pub labels: Vec<Label>,
    pub notes: Vec<String>,
    pub help: Vec<String>,
}

/// The texts that findings point into, for rendering: path as shown, text.
pub trait Files {
    /// The text of a file; `None` if it could not be read as text.
    fn text(&self, path: &str) -> Option<&str>;
}
