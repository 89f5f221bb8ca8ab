//! A proof that goes on from an earlier one comes to what a proof from the beginning comes to, whatever is in the directory.

mod inputs;
mod random;
mod trouble;

use std::path::Path;
use std::time::Duration;

use migrate_check::{Checked, Declared, IDS, Reused, check_cached_within, check_within};
use migrate_source::Source;

use crate::fixtures::{declared, directories, root};

const LIMIT: Duration = Duration::from_secs(10);

/// Proves a source with a cache, and without one, and holds the two against each other.
#[track_caller]
fn same(source: &Source, declared: &Declared, dir: &Path, what: &str) -> Reused {
    let (warm, reused) = check_cached_within(source, declared, LIMIT, dir);
    compare(&warm, &check_within(source, declared, LIMIT), what);
    reused
}

#[track_caller]
fn compare(warm: &Checked, cold: &Checked, what: &str) {
    let texts =
        |checked: &Checked| checked.findings.iter().map(|one| timeless(&format!("{one:#?}"))).collect::<Vec<_>>();
    assert_eq!(texts(warm), texts(cold), "{what}");
    assert_eq!(warm.set, cold.set, "{what}");
    assert_eq!(warm.steps, cold.steps, "{what}");
}

/// A finding may show a row with the time at which it was made; that of the witness rows is long past.
fn timeless(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(found) = text[at..].find("20") {
        at += found;
        let is_time = text.len() >= at + 19 && !text[at..].starts_with("2001-") && text.is_char_boundary(at + 19) && {
            let part = &text.as_bytes()[at..at + 19];
            b"dddd-dd-dd dd:dd:dd".iter().zip(part).all(|(form, byte)| match form {
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            })
        };
        if is_time {
            bytes[at..at + 19].fill(b'_');
        }
        at += 2;
    }
    String::from_utf8(bytes).unwrap()
}

/// The first migrations of a source, as they were before the others were written.
fn first(source: &Source, count: usize) -> Source {
    let mut earlier = source.clone();
    earlier.migrations.truncate(count);
    earlier
}

/// Every fixture, good or bad, and the real-world ones.
fn fixtures() -> Vec<(String, Source, Declared)> {
    let ids = IDS.iter().copied().filter(|id| *id != "too-slow").chain(["real-world"]);
    let mut found = Vec::new();
    for id in ids {
        for dir in directories(&root().join(id)) {
            let (source, _) = migrate_source::load(&dir, "migrations");
            found.push((dir.display().to_string(), source, declared(&dir)));
        }
    }
    found
}

#[test]
fn every_fixture_comes_to_the_same_from_every_state_before_it() {
    let (mut resumed, mut repeated) = (0, 0);
    for (name, source, declared) in fixtures() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("cache");
        for count in 0..source.migrations.len() {
            let _ = check_cached_within(&first(&source, count), &declared, LIMIT, &dir);
        }
        let reused = same(&source, &declared, &dir, &name);
        resumed += usize::from(reused.witness > 0);
        repeated += usize::from(same(&source, &declared, &dir, &name).verdict);
    }
    // A cache that is never of use would pass too.
    assert!(resumed > 60 && repeated > 150, "{resumed} resumed, {repeated} repeated");
}
