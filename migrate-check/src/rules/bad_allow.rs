//! A migration allows a finding that does not exist, or one that cannot be allowed.
//!
//! `--! allow(id): reason` takes back a finding about something that may be meant, in this file: rows that go, a column that
//! goes, a pattern that is usually a mistake. What does not run, or cannot be recorded, is wrong whatever the reason.

use migrate_source::{Finding, Subject, nearest};

use crate::allow::ALLOWABLE;
use crate::facts::Facts;

pub(super) const ID: &str = "bad-allow";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for migration in &facts.source.migrations {
        for (id, _, place) in &migration.directives.allow {
            if ALLOWABLE.contains(&id.as_str()) {
                continue;
            }
            let subject = Subject::Place(place.clone());
            let known = super::IDS.contains(&id.as_str()) || migrate_source::IDS.contains(&id.as_str());
            findings.push(if known {
                Finding::error(ID, format!("`{id}` cannot be allowed"), subject)
                    .help("mend what it finds, and remove this line")
            } else {
                let help = match nearest(id, ALLOWABLE.iter().copied()) {
                    Some(near) => format!("write `{near}`"),
                    None => "write the id that stands in brackets behind the finding".to_owned(),
                };
                Finding::error(ID, format!("there is no finding `{id}`"), subject).help(help)
            });
        }
    }
}
