//! `--! allow(id): reason`: findings that an author has answered.

use migrate_source::{Finding, Source, Subject};

/// What can be allowed: findings about what may be meant, and about files that cannot be edited any longer.
pub(crate) const ALLOWABLE: &[&str] = &[
    "broken-foreign-key",
    "broken-trigger",
    "broken-view",
    "copy-without-columns",
    "dangling-foreign-key",
    "double-quoted-string",
    "drop-column",
    "drop-table",
    "fails-on-data",
    "fts-not-filled",
    "if-exists",
    "insert-or-in-rebuild",
    "leaking-pragma",
    "lost-autoincrement",
    "lost-constraint",
    "lost-index",
    "lost-trigger",
    "lost-view",
    "may-fail-on-data",
    "needless-no-transaction",
    "newer-than-min-sqlite",
    "no-effect",
    "nondeterministic-seed",
    "odd-type",
    "rename-aside",
    "row-loss",
    "rowids-change",
    "type-changed",
    "value-loss",
];

/// The findings without those that their own migration allows.
pub(crate) fn unanswered(mut findings: Vec<Finding>, source: &Source) -> Vec<Finding> {
    if source.migrations.iter().any(|migration| !migration.directives.allow.is_empty()) {
        findings.retain(|finding| !is_allowed(finding, source));
    }
    findings
}

fn is_allowed(finding: &Finding, source: &Source) -> bool {
    let path = match &finding.subject {
        Subject::Place(place) => &place.path,
        Subject::File(path) => path,
        Subject::Directory | Subject::Marker(_) | Subject::Step(_) => return false,
    };
    let allows = |migration: &migrate_source::Migration| {
        migration.up.shown == *path && migration.directives.allow.iter().any(|(id, ..)| id == finding.id)
    };
    ALLOWABLE.contains(&finding.id) && source.migrations.iter().any(allows)
}
