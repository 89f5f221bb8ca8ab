//! `squashed.lock`: the migrations that became part of `base.sql`, so that databases that have them in their history are known.

use std::fmt::Write;

use migrate_sql::Digest;

use super::{Lock, Locked, VERSION, lines};
use crate::finding::{Finding, Subject};
use crate::ids;
use crate::source::{Source, Squashed};
use crate::text::File;

const RELEASE: &str = "# release:";

/// Reads the file, which is a lock with a line for the release.
pub(crate) fn squashed(file: &File, source: &Source, findings: &mut Vec<Finding>) -> Option<Squashed> {
    let Lock { shown, entries } = lines::parse(file, source, findings)?;
    let mut error = |subject: Subject, message: String, help: &str| {
        findings.push(Finding::error(ids::BAD_LOCK, message, subject).help(help));
    };
    if source.base.is_none() {
        let message = "`squashed.lock` speaks of what is in `base.sql`, and there is none".to_owned();
        error(Subject::File(shown.clone()), message, "restore `base.sql`, or remove `squashed.lock` with it");
    }
    for Locked { name, span, .. } in &entries {
        if source.migrations.iter().any(|migration| migration.name == *name) {
            let message = format!("`{name}` is squashed into `base.sql`, and there is a migration of that name");
            error(file.place(span.clone()).into(), message, "remove the file, or give it another name");
        }
    }
    let release = file.text.lines().find_map(|line| line.strip_prefix(RELEASE));
    let release = release.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(Squashed { shown, entries, release })
}

/// The text of `squashed.lock`.
///
/// ```
/// use migrate_source::{Listing, lock, parse};
/// let text = lock::render_squashed([("001_a.sql", "0".repeat(64).parse().unwrap())], Some("1.4"));
/// let files = [("base.sql", "CREATE TABLE a(x);"), ("002_b.sql", "DROP TABLE a;"), ("squashed.lock", &text)];
/// let squashed = parse(&Listing::from_files(files)).0.squashed.unwrap();
/// assert_eq!((squashed.entries[0].name.as_str(), squashed.release.as_deref()), ("001_a.sql", Some("1.4")));
/// ```
#[must_use]
pub fn render_squashed<'a>(entries: impl IntoIterator<Item = (&'a str, Digest)>, release: Option<&str>) -> String {
    let mut text = format!(
        "# migrate lock {VERSION}: what became part of base.sql, and is in the history of databases in the field\n"
    );
    // Writing to a string cannot fail.
    if let Some(release) = release {
        let _ = writeln!(text, "{RELEASE} {}", release.replace(['\n', '\r'], " "));
    }
    for (name, checksum) in entries {
        let mark = if name.starts_with(['#', '\\']) { "\\" } else { "" };
        let _ = writeln!(text, "{mark}{name} {checksum}");
    }
    text
}
