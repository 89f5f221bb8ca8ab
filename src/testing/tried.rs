//! What came of it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use migrate_core::rusqlite::Connection;

use super::Act;

/// How much was tried, all of it with success.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// # use migrate::testing::Upgrades;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::testing::Tried;
///
/// let Tried { upgrades, downs, .. } = Upgrades::new(&db::MIGRATIONS).between_all_versions()?;
/// assert!(upgrades > downs, "every version to every later one, and back where there is a way");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tried {
    /// Upgrades, each of a database of its own.
    pub upgrades: usize,
    /// Ways back by down scripts.
    pub downs: usize,
    /// How often a check of the test was asked.
    pub checks: usize,
    /// Released files.
    pub files: usize,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize, one: &str, more: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {more}")),
        };
        let parts: Vec<String> = [
            count(self.files, "file", "files"),
            count(self.upgrades, "upgrade", "upgrades"),
            count(self.downs, "way back", "ways back"),
            count(self.checks, "check", "checks"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match parts.split_last() {
            None => f.write_str("nothing"),
            Some((last, [])) => f.write_str(last),
            Some((last, others)) => write!(f, "{} and {last}", others.join(", ")),
        }
    }
}

/// Upgrades that failed. Its `Display` names each, with the reason.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/tour"); }
/// # use migrate::testing::Upgrades;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::testing::Failure;
///
/// let upgrades = Upgrades::new(&db::MIGRATIONS).rows(db::Version::CreateNotes, "INSERT INTO nowhere VALUES (1)");
/// let failure: Failure = upgrades.from_every_version().expect_err("there is no such table");
/// assert!(failure.iter().all(|line| line.contains("no such table: nowhere")), "{failure}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Failure {
    failures: Vec<String>,
}

impl Failure {
    pub(super) fn one(why: String) -> Failure {
        Failure { failures: vec![why] }
    }

    /// The failures, each as a text that says of which upgrade.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().map(String::as_str)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A migration that is wrong is often wrong from everywhere.
        const SHOWN: usize = 10;
        if let [failure] = self.failures.as_slice() {
            return f.write_str(failure);
        }
        write!(f, "{} failures", self.failures.len())?;
        for failure in self.failures.iter().take(SHOWN) {
            write!(f, "\n\n{failure}")?;
        }
        match self.failures.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n\n… and {more} more"),
        }
    }
}

impl std::error::Error for Failure {}

/// What is being tried, with what failed so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub(super) tried: Tried,
    failures: Vec<String>,
}

impl Attempts {
    pub(super) fn fails(&mut self, what: &str, why: &str) {
        self.failures.push(format!("{what}: {why}"));
    }

    pub(super) fn end(self) -> Result<Tried, Failure> {
        if self.failures.is_empty() { Ok(self.tried) } else { Err(Failure { failures: self.failures }) }
    }
}

/// Calls what a test handed over; a panic of it is an error like another, so that it can be said of which upgrade.
pub(super) fn call(act: &Act<'_>, conn: &Connection) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(|| act(conn))) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            Err(text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned())
        }
    }
}
