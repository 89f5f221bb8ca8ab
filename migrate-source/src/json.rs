//! Findings as JSON, for editors and annotations.

use serde_json::{Map, Value, json};

use crate::finding::{Files, Finding, Place, Severity, Subject};

/// Findings as one JSON object, on one line.
///
/// ```text
/// {
///   "version": 1,                        another one if a key changes its meaning; keys may be added
///   "findings": [{
///     "id": "parameter",                 the page is docs/findings/parameter.md
///     "severity": "error",               or "warning", "information"
///     "message": "`?` is a parameter …", one line
///     "path": "migrations/001_a.sql",    as messages show it; null for a finding about the macro's input
///     "line": 1, "column": 26,           from 1, columns in characters; null for a file as a whole
///     "end_line": 1, "end_column": 27,   where it ends; the end itself is not included
///     "start": 25, "end": 26,            the same in bytes, of the text without a BOM and with LF line ends
///     "marker": 0,                       only of a finding about a marker of the macro's input: its index
///     "step": 0,                         only of a finding about a Rust step: its index
///     "caption": "",                     what is said under the caret
///     "labels": [{ "text": "the first", "path": …, "line": …, …, "end": … }],
///     "notes": ["…"],
///     "help": ["…"]
///   }]
/// }
/// ```
///
/// ```
/// use migrate_source::{Listing, json, parse};
/// let (source, findings) = parse(&Listing::from_files([("001_a.sql", "SELECT ?")]));
/// let text = json(&findings, &source);
/// assert!(text.contains(r#""id":"parameter""#) && text.contains(r#""line":1"#));
/// ```
#[must_use]
pub fn json(findings: &[Finding], files: &dyn Files) -> String {
    let findings: Vec<Value> = findings.iter().map(|finding| value(finding, files)).collect();
    json!({ "version": 1, "findings": findings }).to_string()
}

fn value(finding: &Finding, files: &dyn Files) -> Value {
    let Finding { id, severity, message, subject, caption, labels, notes, help } = finding;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
    };
    let labels = labels.iter().map(|label| {
        let mut value = place(&label.place, files);
        value.insert("text".to_owned(), json!(label.text));
        Value::Object(value)
    });
    let mut value = match subject {
        Subject::Place(subject) => place(subject, files),
        Subject::File(path) => nowhere(Some(path)),
        Subject::Directory => nowhere(files.directory()),
        Subject::Marker(_) | Subject::Step(_) => nowhere(None),
    };
    match subject {
        Subject::Marker(index) => value.insert("marker".to_owned(), json!(index)),
        Subject::Step(index) => value.insert("step".to_owned(), json!(index)),
        Subject::Place(_) | Subject::File(_) | Subject::Directory => None,
    };
    let rest = [
        ("id", json!(id)),
        ("severity", json!(severity)),
        ("message", json!(message)),
        ("caption", json!(caption)),
        ("labels", labels.collect()),
        ("notes", json!(notes)),
        ("help", json!(help)),
    ];
    value.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(value)
}

fn place(place: &Place, files: &dyn Files) -> Map<String, Value> {
    let mut value = nowhere(Some(&place.path));
    let Some(text) = files.text(&place.path) else { return value };
    let (start, end) = (place.span.start.min(text.len()), place.span.end.min(text.len()));
    let ((line, column), (end_line, end_column)) =
        (migrate_sql::line_column(text, start), migrate_sql::line_column(text, end));
    let known = [
        ("line", json!(line)),
        ("column", json!(column)),
        ("end_line", json!(end_line)),
        ("end_column", json!(end_column)),
        ("start", json!(start)),
        ("end", json!(end)),
    ];
    value.extend(known.map(|(key, value)| (key.to_owned(), value)));
    value
}

/// A path, and no place in it.
fn nowhere(path: Option<&str>) -> Map<String, Value> {
    let unknown = ["line", "column", "end_line", "end_column", "start", "end"];
    let keys = unknown.iter().map(|key| ((*key).to_owned(), Value::Null));
    keys.chain([("path".to_owned(), json!(path))]).collect()
}
