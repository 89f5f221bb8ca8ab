//! `proof.lock` was made from other files than these.
//!
//! Builds without the feature `verify` run no SQLite, and take what the proof found out from that file. After an edit it
//! says nothing any more: they do not compile until it is written again. Builds with `verify` do not read it, so this is
//! a warning there.
//!
//! ```console
//! $ cargo migrate check --write
//! ```

use migrate_source::{Finding, Severity, Subject, proof};

use crate::facts::Facts;
use crate::set;

pub(super) const ID: &str = "stale-proof";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    match proof::read(facts.source) {
        Err(finding) if finding.id == ID => findings.push(Finding { severity: Severity::Warning, ..*finding }),
        Ok(proved) if facts.replay.complete && proved.states != set::states(facts.source, facts.replay) => {
            let path = format!("{}/proof.lock", facts.source.shown);
            findings.push(
                Finding::warning(ID, "`proof.lock` is not what the proof finds out", Subject::File(path))
                    .help("run `cargo migrate check --write`, and commit the file"),
            );
        }
        Ok(_) | Err(_) => {}
    }
}
