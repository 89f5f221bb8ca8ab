//! Every rule has directories that it finds fault with, `bad*`, and their good twins, `good*`.
//!
//! What the macro's input would declare is in a file next to the directory, `bad.declared`: lines like
//! `marker: column notes.body` and `step: 004_split_names`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use migrate_check::{Checked, Declared, IDS, check_within};
use migrate_source::{Finding, Severity, Source, parse_marker, render};

#[test]
fn every_rule_has_fixtures_and_nothing_else_has() {
    let mut found: Vec<String> =
        directories(&root()).map(|path| name(&path)).filter(|name| name != "real-world").collect();
    found.sort();
    assert_eq!(found, IDS);
}

#[test]
fn bad_fixtures_are_found_for_their_reason_and_good_twins_are_silent() {
    let mut wrong = Vec::new();
    for id in IDS {
        let mut seen = (false, false);
        for dir in directories(&root().join(id)) {
            let (source, findings) = prove(id, &dir);
            let ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
            let twin = name(&dir);
            if twin.starts_with("bad") {
                seen.0 = true;
                if ids.is_empty() || ids.iter().any(|found| found != id) {
                    wrong.push(format!("{id}/{twin}: {ids:?}\n{}", text(&findings, &source)));
                    continue;
                }
                insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
                    insta::assert_snapshot!(format!("{id}.{twin}"), text(&findings, &source));
                });
            } else {
                seen.1 = true;
                if !ids.is_empty() {
                    wrong.push(format!("{id}/{twin}: {ids:?}\n{}", text(&findings, &source)));
                }
            }
        }
        assert_eq!(seen, (true, true), "{id} needs a bad fixture and a good one");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn prove(id: &str, dir: &Path) -> (Source, Vec<Finding>) {
    let (source, findings) = migrate_source::load(dir, "migrations");
    assert!(findings.is_empty(), "{}: {}", dir.display(), text(&findings, &source));
    let limit = if id == "too-slow" { Duration::from_millis(300) } else { Duration::from_secs(10) };
    let Checked { set, findings, steps } = check_within(&source, &declared(dir), limit);
    let sound = findings.iter().all(|finding| finding.severity < Severity::Error);
    assert_eq!(set.is_some(), sound, "{}", dir.display());
    assert_eq!(steps.len(), declared(dir).steps.len());
    (source, findings)
}

pub(crate) fn declared(dir: &Path) -> Declared {
    let mut declared = Declared::default();
    let text = fs::read_to_string(dir.with_extension("declared")).unwrap_or_default();
    for line in text.lines() {
        match line.split_once(": ").unwrap() {
            ("marker", marker) => declared.markers.push(parse_marker(marker).unwrap()),
            ("step", step) => declared.steps.push(step.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    declared
}

fn text(findings: &[Finding], source: &Source) -> String {
    findings.iter().map(|finding| render(finding, source)).collect::<Vec<_>>().join("\n\n")
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn directories(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().filter(|path| path.is_dir())
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
