//! The phases of the proof, in their order.

use std::path::Path;
use std::time::Duration;

use migrate_core::__private::Set;
use migrate_source::proof::{assemble, render};
use migrate_source::{Finding, MarkerSpec, Severity, Source, Subject};

use crate::acts::Said;
use crate::cache::{Cache, Reused, Verdict};
use crate::facts::Facts;
use crate::fresh::Fresh;
use crate::lineage::Lineage;
use crate::markers::Markers;
use crate::probes::Probes;
use crate::replay::Replay;
use crate::scripts::Scripts;
use crate::steps::Steps;
use crate::witness::Witness;
use crate::{allow, findings, rules, set, snapshot};

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
///
/// ```
/// use migrate_check::{Checked, Declared, check};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(title NOT NULL)"), ("002_b.sql", "DROP TABLE notes")]));
/// let Checked { findings, .. } = check(&source, &Declared::default());
/// assert_eq!(findings[0].id, "drop-table");
/// ```
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
    check_within(source, declared, LIMIT)
}

/// How long a statement may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// As [`check`], with what earlier proofs found out: a directory that is filled and kept in bounds here, and may be deleted
/// at any moment. It is made where there is none, in a directory that exists.
///
/// What it comes to is what [`check`] comes to. Where nothing has changed, nothing runs; after an edit, only what
/// follows it.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path().join("proofs");
/// use migrate_check::{Declared, check_cached};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// let first = check_cached(&source, &Declared::default(), &dir);
/// let second = check_cached(&source, &Declared::default(), &dir);
/// assert_eq!(first.set, second.set);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn check_cached(source: &Source, declared: &Declared, dir: &Path) -> Checked {
    check_cached_within(source, declared, LIMIT, dir).0
}

/// As [`check`], with another limit for the time of one statement.
#[doc(hidden)]
#[must_use]
pub fn check_within(source: &Source, declared: &Declared, limit: Duration) -> Checked {
    checked(source, declared, limit, &Cache::default())
}

/// As [`check_cached`], with another limit for the time of one statement, and what was of use.
#[doc(hidden)]
#[must_use]
pub fn check_cached_within(source: &Source, declared: &Declared, limit: Duration, dir: &Path) -> (Checked, Reused) {
    let cache = Cache::at(dir, source, declared, limit);
    let checked = checked(source, declared, limit, &cache);
    (checked, cache.reused())
}

fn checked(source: &Source, declared: &Declared, limit: Duration, cache: &Cache) -> Checked {
    let steps = Steps::of(source, declared);
    let (proved, findings) = proved(source, declared, &steps, limit, cache);
    let indexes: Vec<usize> = steps.indexes.iter().copied().flatten().collect();
    let set = proved.map(|proved| assemble(source, proved, &indexes));
    Checked { set, findings, steps: steps.indexes }
}

/// The text of `proof.lock`, from which builds without the feature `verify` take what is known here.
///
/// ```
/// use migrate_check::{Declared, proof_lock};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// assert!(proof_lock(&source, &Declared::default()).unwrap().contains("table \"notes\""));
/// ```
///
/// # Errors
///
/// The findings, where one of them is an error: there is no proof then.
pub fn proof_lock(source: &Source, declared: &Declared) -> Result<String, Vec<Finding>> {
    let steps = Steps::of(source, declared);
    let (proved, findings) = proved(source, declared, &steps, LIMIT, &Cache::default());
    proved.map(|proved| render(source, &proved)).ok_or(findings)
}

fn proved(source: &Source, declared: &Declared, steps: &Steps, limit: Duration, cache: &Cache) -> Verdict {
    cache.verdict().unwrap_or_else(|| {
        prove(source, declared, steps, limit, cache).unwrap_or_else(|error| (None, vec![failed(&error)]))
    })
}

fn prove(
    source: &Source,
    declared: &Declared,
    steps: &Steps,
    limit: Duration,
    cache: &Cache,
) -> rusqlite::Result<Verdict> {
    let scripts = Scripts::of(source);
    let replay = Replay::of(source, &scripts, limit, cache)?;
    let fresh = Fresh::of(source, &scripts, &replay, limit)?;
    if cache.reused().replay > 0 && fresh.as_ref().is_some_and(|fresh| !fresh.rows.differences.is_empty()) {
        // The rows may be of another time, which is all that is wrong with them.
        return prove(source, declared, steps, limit, &cache.without_states());
    }
    let markers = Markers::of(source, declared, &replay);
    let lineages = Lineage::all(source, &scripts, &replay.timeline, replay.positions.len());
    let rest: Vec<Said<'_>> = scripts.up.iter().skip(lineages.len()).flat_map(Said::all).collect();
    let probes = Probes::of(source, &scripts, &replay, limit)?;
    let witness = Witness::of(source, &scripts, &replay, &lineages, limit, cache)?;
    let facts = Facts {
        source,
        declared,
        scripts: &scripts,
        replay: &replay,
        lineages: &lineages,
        rest: &rest,
        probes: &probes,
        fresh: fresh.as_ref(),
        markers: &markers,
        steps,
        witness: &witness,
    };
    let findings = allow::unanswered(rules::findings(&facts), source);
    let findings = findings::sorted(findings, source);
    let sound = replay.complete
        && !source.migrations.is_empty()
        && findings.iter().all(|finding| finding.severity < Severity::Error);
    let mut proved = None;
    if sound {
        let snapshot = snapshot::of(source, &scripts, &replay, limit)?;
        proved = Some(set::proved(source, &replay, &markers, snapshot));
    }
    if facts.are_lasting() {
        cache.keep_verdict(proved.as_ref(), &findings);
    }
    cache.prune();
    Ok((proved, findings))
}

/// SQLite itself did not do what the proof asked of it.
fn failed(error: &rusqlite::Error) -> Finding {
    let (message, _) = migrate_core::__private::describe(error);
    Finding::error(rules::PROOF_FAILED, format!("the proof could not be made: {message}"), Subject::Directory)
        .help("look at the functions and collations in `migrate.toml`, whose names SQLite has to accept")
}
