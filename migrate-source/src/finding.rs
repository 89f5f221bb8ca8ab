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
    /// A file, without a place in it: its name, or its bytes. The path as messages show it.
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
    /// Where.
    pub place: Place,
    /// What is said there.
    pub text: String,
}

/// One thing that is wrong.
///
/// Style: lower case, no full stop, values in backticks, fact first; `help` is one imperative sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name: `duplicate-number`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, in one line.
    pub message: String,
    /// What it is about.
    pub subject: Subject,
    /// What is said under the caret; empty for nothing.
    pub caption: String,
    /// Other places that explain it.
    pub labels: Vec<Label>,
    /// What else is known.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// The texts that findings point into, for rendering: path as shown, text.
///
/// ```
/// use migrate_source::{Files, Finding, Label, Place, Subject, render};
///
/// /// One file, as it is in an editor.
/// struct Open {
///     path: String,
///     text: String,
/// }
///
/// impl Files for Open {
///     fn text(&self, path: &str) -> Option<&str> {
///         (path == self.path).then_some(&self.text)
///     }
///
///     fn directory(&self) -> Option<&str> {
///         None
///     }
/// }
///
/// let open = Open { path: "001_notes.sql".into(), text: "CREATE TABEL notes;".into() };
/// let mut finding = Finding::error("does-not-run", "syntax error", Subject::Place(Place::new("001_notes.sql", 7..12)));
/// finding.labels.push(Label { place: Place::new("001_notes.sql", 0..6), text: "in this statement".into() });
/// assert!(render(&finding, &open).contains("1 | CREATE TABEL notes;"));
/// ```
pub trait Files {
    /// The text of a file; `None` if it could not be read as text.
    fn text(&self, path: &str) -> Option<&str>;

    /// The directory as messages show it, for findings about it as a whole.
    fn directory(&self) -> Option<&str> {
        None
    }
}

impl Finding {
    /// An error, with nothing but its message.
    ///
    /// ```
    /// use migrate_source::{Finding, Subject};
    /// let finding = Finding::error("no-migrations", "`migrations` holds no migration", Subject::Directory)
    ///     .help("add one");
    /// assert_eq!(finding.help, ["add one"]);
    /// ```
    #[must_use]
    pub fn error(id: &'static str, message: impl Into<String>, subject: Subject) -> Finding {
        Finding {
            id,
            severity: Severity::Error,
            message: message.into(),
            subject,
            caption: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning, with nothing but its message.
    ///
    /// ```
    /// use migrate_source::{Finding, Severity, Subject};
    /// assert_eq!(Finding::warning("some-rule", "a fact", Subject::Directory).severity, Severity::Warning);
    /// ```
    #[must_use]
    pub fn warning(id: &'static str, message: impl Into<String>, subject: Subject) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(id, message, subject) }
    }

    /// Says this under the caret.
    ///
    /// ```
    /// use migrate_source::{Finding, Place, Subject};
    /// let place = Subject::Place(Place { path: "migrations/001_a.sql".into(), span: 0..4 });
    /// assert_eq!(Finding::error("some-rule", "a fact", place).caption("here").caption, "here");
    /// ```
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Finding {
        self.caption = caption.into();
        self
    }

    /// Points at a second place.
    ///
    /// ```
    /// use migrate_source::{Finding, Place, Subject};
    /// let first = Place { path: "migrations/001_a.sql".into(), span: 0..4 };
    /// let finding = Finding::error("some-rule", "a fact", Subject::Directory).label(first, "first here");
    /// assert_eq!(finding.labels[0].text, "first here");
    /// ```
    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Finding {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Adds what else is known.
    ///
    /// ```
    /// use migrate_source::{Finding, Subject};
    /// assert_eq!(Finding::error("some-rule", "a fact", Subject::Directory).note("more").notes, ["more"]);
    /// ```
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Finding {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do about it.
    ///
    /// ```
    /// use migrate_source::{Finding, Subject};
    /// assert_eq!(Finding::error("some-rule", "a fact", Subject::Directory).help("rename it").help, ["rename it"]);
    /// ```
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help.push(help.into());
        self
    }
}

impl Place {
    /// The place of a byte range of a file.
    ///
    /// ```
    /// use migrate_source::Place;
    /// assert_eq!(Place::new("migrations/001_a.sql", 0..4).span, 0..4);
    /// ```
    #[must_use]
    pub fn new(path: impl Into<String>, span: Range<usize>) -> Place {
        Place { path: path.into(), span }
    }
}

impl From<Place> for Subject {
    fn from(place: Place) -> Subject {
        Subject::Place(place)
    }
}
