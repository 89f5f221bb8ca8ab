//! Every operation of every scenario, in every setting, under every kind of fault.

use std::fmt::Write as _;

use crate::fault::KINDS;
use crate::point::{Case, Outcome};
use crate::scenario::Scenario;
use crate::setting::SETTINGS;

/// Of how many operations one is struck; with `FAULTS_EVERY=1` every one. Each setting and kind begins with another.
fn stride() -> u64 {
    number("FAULTS_EVERY", 101).max(1)
}

/// How many failures tell enough.
const ENOUGH: usize = 100;

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Sweeps a scenario; panics with how to strike each point that failed again.
///
/// `FAULTS_ONLY="upgrade wal cut 17"` strikes that point only.
pub(crate) fn sweep(scenario: Scenario) {
    let name = scenario.name;
    let only = std::env::var("FAULTS_ONLY").ok();
    let is_wanted =
        |point: &str| only.as_deref().is_none_or(|only| only == point || point.starts_with(&format!("{only} ")));
    if only.as_deref().is_some_and(|only| !only.starts_with(name)) {
        return;
    }
    let (stride, seeds) = (if only.is_some() { 1 } else { stride() }, number("FAULTS_SEEDS", 1));
    let ready = scenario.ready();
    let (mut points, mut looks, mut failures) = (0, 0, Vec::new());
    let mut table = String::new();
    for (column, setting) in SETTINGS.into_iter().enumerate() {
        let case = Case::new(&ready, setting);
        let _ = write!(table, "\n  {:16}", setting.name);
        match case.cut_after(seeds) {
            Ok(disks) => (points, looks) = (points + 1, looks + disks),
            Err(what) => failures.push(format!("{name} {} cut after Ok: {what}", setting.name)),
        }
        for (row, kind) in KINDS.into_iter().enumerate() {
            let mut struck = 0;
            for at in (1..).skip((column + row) % stride as usize).step_by(stride as usize) {
                let point = format!("{name} {} {} {at}", setting.name, kind.name);
                if !is_wanted(&point) && at < 10_000 {
                    continue;
                }
                match case.point(kind, at, seeds) {
                    Ok(Outcome::Past) => break,
                    Ok(Outcome::Spared) => {}
                    Ok(Outcome::Struck(disks)) => (struck, looks) = (struck + 1, looks + disks),
                    Err(_) if failures.len() >= ENOUGH => break,
                    Err(what) => {
                        struck += 1;
                        failures.push(format!("FAULTS_ONLY='{point}': {what}"));
                    }
                }
            }
            points += struck;
            let _ = write!(table, " {} {struck:4}", kind.name);
        }
    }
    println!("{name}: {points} fault points, {looks} disks looked at, {} half states or lies{table}", failures.len());
    let shown = failures.iter().take(10).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failures.is_empty(), "{} points of `{name}` failed:\n\n{shown}", failures.len());
}
