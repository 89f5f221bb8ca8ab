//! A finding as text, with a snippet of the file and a caret.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use crate::finding::{Files, Finding, Label, Place, Severity, Subject};

/// Whether a terminal's colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// With ANSI escapes.
    Ansi,
}

/// A finding as a compiler message: plain, and without `error:` in front, which rustc writes itself.
///
/// ```
/// use migrate_source::{Listing, parse, render};
/// let listing = Listing::from_files([("001_a.sql", "CREATE TABLE t(a DEFAULT ?);")]);
/// let (source, findings) = parse(&listing);
/// let text = render(&findings[0], &source);
/// assert!(text.starts_with("`?` is a parameter"));
/// assert!(text.contains(" --> migrations/001_a.sql:1:26"));
/// ```
#[must_use]
pub fn render(finding: &Finding, files: &dyn Files) -> String {
    draw(finding, files, level(finding.severity).no_name(), &Renderer::plain())
}

/// A finding for a terminal or a log: with `error:`, `warning:` or `info:` in front.
///
/// ```
/// use migrate_source::{Style, load, render_styled};
/// let (source, findings) = load(std::path::Path::new("/no/such/migrations"), "migrations");
/// let text = render_styled(&findings[0], &source, Style::Plain);
/// assert!(text.starts_with("error: there is no directory `migrations` [directory-missing]"));
/// ```
#[must_use]
pub fn render_styled(finding: &Finding, files: &dyn Files, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Ansi => Renderer::styled(),
    };
    draw(finding, files, level(finding.severity), &renderer)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
    }
}

fn draw(finding: &Finding, files: &dyn Files, level: Level<'_>, renderer: &Renderer) -> String {
    let title = format!("{} [{}]", finding.message, finding.id);
    let mut group = Group::with_title(level.primary_title(title));
    let primary = match &finding.subject {
        Subject::Place(place) => Some(place),
        Subject::Directory => {
            if let Some(path) = files.directory() {
                group = group.element(Origin::path(clean(path)));
            }
            None
        }
        Subject::File(path) => {
            group = group.element(Origin::path(clean(path)));
            None
        }
        Subject::Marker(_) | Subject::Step(_) => None,
    };
    let caption = Some(finding.caption.as_str()).filter(|caption| !caption.is_empty());
    for path in paths(primary, &finding.labels) {
        let Some(text) = files.text(path) else {
            group = group.element(Origin::path(clean(path)));
            continue;
        };
        let mut annotations = Vec::new();
        if let Some(place) = primary.filter(|place| place.path == path) {
            annotations.push(annotation(AnnotationKind::Primary, text, &place.span, caption));
        }
        for label in finding.labels.iter().filter(|label| label.place.path == path) {
            let said = Some(label.text.as_str()).filter(|text| !text.is_empty());
            annotations.push(annotation(AnnotationKind::Context, text, &label.place.span, said));
        }
        group = group.element(Snippet::source(text).path(clean(path)).annotations(annotations));
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    for help in &finding.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    let text = renderer.render(&[group]);
    indent_origin(text.trim_start(), finding.message.split('\n').count())
}

/// Sets the arrow of a finding without a snippet where rustc has it, one column in.
fn indent_origin(text: &str, title_lines: usize) -> String {
    let title = text.split_inclusive('\n').take(title_lines).map(str::len).sum();
    let (title, rest) = text.split_at(title);
    match rest.split_inclusive('\n').next() {
        Some(line) if line.contains("--> ") && !line.starts_with(' ') => format!("{title} {rest}"),
        _ => text.to_owned(),
    }
}

/// The files that are shown, that of the finding first.
fn paths<'a>(primary: Option<&'a Place>, labels: &'a [Label]) -> Vec<&'a str> {
    let mut paths: Vec<&str> = Vec::new();
    for place in primary.into_iter().chain(labels.iter().map(|label| &label.place)) {
        if !paths.contains(&place.path.as_str()) {
            paths.push(&place.path);
        }
    }
    paths
}

fn annotation<'a>(kind: AnnotationKind, text: &str, span: &Range<usize>, said: Option<&'a str>) -> Annotation<'a> {
    kind.span(within(text, span)).label(said)
}

/// A range that can be drawn: on characters, not past the text, and not on the empty line that a last line end makes.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let end = text.trim_end_matches('\n').len();
    let start = floor(span.start).min(end);
    start..floor(span.end).clamp(start, end)
}

/// Text without control characters, its line ends kept.
fn clean(text: &str) -> String {
    text.split('\n').map(normalize_untrusted_str).collect::<Vec<_>>().join("\n")
}
