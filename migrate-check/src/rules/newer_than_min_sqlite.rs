//! A script uses something that SQLite has only had since after the `min_sqlite` of `migrate.toml`.
//!
//! The proof runs on the SQLite that is bundled with it. An application that is linked to the SQLite of its system may
//! find an older one, on which the statement is a syntax error, or the function does not exist.
//!
//! Write it in another way, or raise `min_sqlite`: an older SQLite is then refused before anything is changed.
//!
//! With `target = "sqld"` the SQLite is that of the server, 3.45.1, and with `"d1"` it is 3.47.

mod features;

use migrate_core::__private::{Kind, Script};
use migrate_source::{Finding, Target};

use crate::acts::Said;
use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "newer-than-min-sqlite";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let config = &facts.source.config;
    let (asked, served) = (config.min_sqlite, version_of(config.target));
    let oldest = if asked == 0 {
        served
    } else if served == 0 {
        asked
    } else {
        asked.min(served)
    };
    if oldest == 0 {
        return;
    }
    facts.statements().for_each(|said| statement(facts, said, oldest, findings));
    let downs = facts.scripts.down.iter().flatten();
    let others: Vec<&Script> = facts.scripts.base.iter().chain(&facts.scripts.schema).chain(downs).collect();
    for script in others {
        Said::all(script).iter().for_each(|said| statement(facts, said, oldest, findings));
    }
}

fn statement(facts: &Facts<'_>, said: &Said<'_>, oldest: i32, findings: &mut Vec<Finding>) {
    let is_declared = |name: &str| facts.source.config.functions.iter().any(|f| f.name.eq_ignore_ascii_case(name));
    let is_table = |name: &str| !facts.replay.timeline.events(Kind::Table, name).is_empty();
    let mut seen = Vec::new();
    let all = features::of(said);
    for (at, feature, since) in &all {
        // Of two at one place the newer one says enough.
        if all.iter().any(|(place, _, other)| place == at && other > since) {
            continue;
        }
        let (at, since) = (*at, *since);
        let own = is_declared(feature) || is_table(feature);
        if since <= oldest || own || seen.contains(feature) {
            continue;
        }
        let served = version_of(facts.source.config.target);
        let (what, help) = if served == 0 || since <= served {
            let help =
                format!("write it in another way, or write `min_sqlite = \"{}\"` in `migrate.toml`", version(since));
            ("`min_sqlite`".to_owned(), help)
        } else {
            (format!("that of {}", facts.source.config.target.name()), "write it in another way".to_owned())
        };
        let message = format!("{} needs SQLite {}, and {what} is {}", shown(feature), version(since), version(oldest));
        findings.push(Finding::error(ID, message, place::subject(said.script, said.span(at..at + 1))).help(help));
        seen.push(feature.clone());
    }
}

/// The SQLite of a server; 0 where it is that of the application, or not known.
fn version_of(target: Target) -> i32 {
    match target {
        Target::Sqld => 3_045_001,
        Target::D1 => 3_047_000,
        _ => 0,
    }
}

fn shown(feature: &str) -> String {
    let is_function = feature.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let is_prose = ["a ", "an ", "the "].iter().any(|article| feature.starts_with(article));
    match () {
        () if is_function => format!("`{feature}()`"),
        () if is_prose => feature.to_owned(),
        () => format!("`{feature}`"),
    }
}

/// `3045001` as `3.45.1`.
fn version(number: i32) -> String {
    format!("{}.{}.{}", number / 1_000_000, number / 1000 % 1000, number % 1000)
}
