//! Findings as JSON. The shape is a promise to tools.

use migrate_source::{Finding, Listing, Place, Severity, Subject, json, parse};

#[test]
fn the_shape() {
    let text = "-- \u{e9}\nSELECT '\u{fc}', ?;\n";
    let (source, mut findings) = parse(&Listing::from_files([("001_a.sql", text), ("002-b.sql", "SELECT \"\\\";")]));
    let place = |span| Place::new("migrations/001_a.sql", span);
    findings.push(
        Finding::warning("some-rule", "a \"fact\"\nin two lines", Subject::Directory)
            .caption("here")
            .label(place(0..2), "the first\tlabel")
            .note("a note")
            .help("do this"),
    );
    let information = |subject| Finding { severity: Severity::Information, ..Finding::error("x", "y", subject) };
    findings.extend([Subject::Marker(2), Subject::Step(0), Subject::Place(place(5..9999))].map(information));
    findings.push(Finding::error("x", "y", Place::new("elsewhere.sql", 0..1).into()));
    let value: serde_json::Value = serde_json::from_str(&json(&findings, &source)).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn nothing_is_wrong() {
    let (source, findings) = parse(&Listing::from_files([("001_a.sql", "SELECT 1")]));
    assert_eq!(json(&findings, &source), r#"{"findings":[],"version":1}"#);
}
