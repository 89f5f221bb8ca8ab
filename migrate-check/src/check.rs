//! The phases of the proof, in their order.

use std::time::Duration;

use migrate_core::__private::Set;
use migrate_source::{Finding, MarkerSpec, Severity, Source, Subject};

use crate::facts::Facts;
use crate::fresh::Fresh;
use crate::markers::Markers;
use crate::replay::Replay;
use crate::scripts::Scripts;
use crate::steps::Steps;
use crate::{findings, rules, set};

/// What is declared in Rust, next to the directory.
///
/// ```
/// let declared = migrate_check::Declared { steps: vec!["004_split_names".to_owned()], ..Default::default() };
/// assert!(declared.markers.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The markers of the macro's input. A finding about one has its index.
    pub markers: Vec<MarkerSpec>,
    /// The migrations that a Rust step follows, as written: `004_split_names` or `004_split_names.sql`. A finding about
    /// one has its index.
    pub steps: Vec<String>,
}

/// What the proof says.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The finished list, its `origin` left open; `None` if there is an error.
    pub set: Option<Set>,
    /// Everything that is wrong, in the order of the files.
    pub findings: Vec<Finding>,
    /// For each declared step the index of its migration; `None` where there is no such migration.
    pub steps: Vec<Option<usize>>,
}

/// Proves a source: runs it, looks at what came of it, and makes the list that the runtime works from.
///
/// Nothing is written outside memory, and no statement runs longer than ten seconds.
///
/// ```
/// use migrate_check::{Declared, check};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// let checked = check(&source, &Declared::default());
/// assert!(checked.findings.is_empty());
/// assert_eq!(checked.set.map(|set| set.migrations.len()), Some(1));
/// ```
#[must_use]
pub fn check(source: &Source, declared: &Declared) -> Checked {
    check_within(source, declared, Duration::from_secs(10))
}

/// As [`check`], with another limit for the time of one statement.
#[doc(hidden)]
#[must_use]
pub fn check_within(source: &Source, declared: &Declared, limit: Duration) -> Checked {
    let steps = Steps::of(source, declared);
    match prove(source, declared, &steps, limit) {
        Ok((set, findings)) => Checked { set, findings, steps: steps.indexes },
        Err(error) => Checked { set: None, findings: vec![failed(&error)], steps: steps.indexes },
    }
}

fn prove(
    source: &Source,
    declared: &Declared,
    steps: &Steps,
    limit: Duration,
) -> rusqlite::Result<(Option<Set>, Vec<Finding>)> {
    let scripts = Scripts::of(source);
    let replay = Replay::of(source, &scripts, limit)?;
    let fresh = Fresh::of(source, &scripts, &replay, limit)?;
    let markers = Markers::of(source, declared, &replay);
    let facts =
        Facts { source, declared, scripts: &scripts, replay: &replay, fresh: fresh.as_ref(), markers: &markers, steps };
    let findings = findings::sorted(rules::findings(&facts), source);
    let sound = replay.complete
        && !source.migrations.is_empty()
        && findings.iter().all(|finding| finding.severity < Severity::Error);
    let set = sound.then(|| set::set(source, scripts, &replay, &markers, steps));
    Ok((set, findings))
}

/// SQLite itself did not do what the proof asked of it.
fn failed(error: &rusqlite::Error) -> Finding {
    let (message, _) = migrate_core::__private::describe(error);
    Finding::error(rules::PROOF_FAILED, format!("the proof could not be made: {message}"), Subject::Directory)
        .help("look at the functions and collations in `migrate.toml`, whose names SQLite has to accept")
}
