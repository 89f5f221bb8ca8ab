//! A fault at every point, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::trial::Ended;

/// The distance between two points: `LIMITS_EVERY`, or what is quick enough for every day.
pub(crate) fn every(daily: u64) -> u64 {
    std::env::var("LIMITS_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(daily).max(1)
}

/// How the runs of a sweep ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    ended: BTreeMap<Ended, u64>,
    failures: Vec<String>,
}

impl Tally {
    /// Counts one point. One that fails does not end the sweep: what all of them have in common tells more.
    pub(crate) fn add(&mut self, point: impl FnOnce() -> Ended) -> Option<Ended> {
        match catch_unwind(AssertUnwindSafe(point)) {
            Ok(ended) => {
                *self.ended.entry(ended).or_default() += 1;
                Some(ended)
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                self.failures.push(text.unwrap_or_else(|| "a panic without words".to_owned()));
                None
            }
        }
    }

    pub(crate) fn of(&self, ended: Ended) -> u64 {
        self.ended.get(&ended).copied().unwrap_or_default()
    }

    /// Says what there was, and fails if any point did.
    pub(crate) fn end(self, name: &str) {
        let total = self.ended.values().sum::<u64>() + self.failures.len() as u64;
        let mut line = format!("limits: {name}: {total} fault points");
        for (ended, count) in &self.ended {
            let _ = write!(line, ", {count} {ended:?}");
        }
        let _ = writeln!(std::io::stdout(), "{line}");
        let first: Vec<&str> = self.failures.iter().take(5).map(String::as_str).collect();
        assert!(first.is_empty(), "{} of {total} failed:\n\n{}", self.failures.len(), first.join("\n\n"));
    }
}
