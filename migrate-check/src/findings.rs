//! Findings, in the order in which an author reads.

use migrate_source::{Finding, Source, Subject};

/// By file, in each from top to bottom, then the macro's input.
pub(crate) fn sorted(mut findings: Vec<Finding>, source: &Source) -> Vec<Finding> {
    let rank = |path: &str| source.files.iter().position(|file| file.shown == path).unwrap_or(usize::MAX);
    findings.sort_by_key(|finding| match &finding.subject {
        Subject::Directory => (0, 0, 0),
        Subject::File(path) => (1, rank(path), 0),
        Subject::Place(place) => (1, rank(&place.path), place.span.start),
        Subject::Marker(index) => (2, 0, *index),
        Subject::Step(index) => (3, 0, *index),
    });
    findings
}
