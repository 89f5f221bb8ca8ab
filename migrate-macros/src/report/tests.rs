use migrate_source::{Finding, Listing, Severity, Subject, parse};
use quote::{ToTokens, quote};

use super::Report;
use crate::input;

#[track_caller]
fn check(severity: Severity, expect: &str) {
    let (source, _) = parse(&Listing::from_files([("001_create_notes.sql", "CREATE TABLE notes(id);")]));
    let (input, errors) = input::parse(quote!((support) "migrations", markers = [table notes]));
    assert!(errors.is_empty());
    let finding = Finding { severity, ..Finding::error("some-rule", "something", Subject::Directory) };
    let mut report = Report::default();
    report.findings(&[finding], &source, &input);
    assert_eq!(report.has_errors(), severity == Severity::Error);
    let printed = report.to_token_stream().to_string();
    assert!(if expect.is_empty() { printed.is_empty() } else { printed.contains(expect) }, "{printed}");
}

#[test]
fn each_severity_has_its_form() {
    check(Severity::Error, "compile_error ! { \"something [some-rule]");
    check(Severity::Warning, "# [deprecated (note = \"something [some-rule]");
    check(Severity::Information, "");
}
