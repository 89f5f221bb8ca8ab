//! A Rust step is declared that `migrate.toml` does not mention.
//!
//! The step is in the application, the migration in a directory that other programs read too: without an entry `cargo migrate up`
//! would run the migration, not run the step, and record both as done. With it, it refuses, and says how to go on.
//!
//! Write an entry in the directory's own `migrate.toml` (`migrations/migrate.toml`), which also says what becomes of the step
//! on a fresh database (`"run"`, or `"skip"` where there is nothing for it to do):
//!
//! ```toml
//! [steps."004_split_names"]
//! fresh = "run"
//! ```

use migrate_source::{Finding, Subject};

use crate::facts::Facts;

pub(super) const ID: &str = "step-unlisted";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let source = facts.source;
    for (at, index) in facts.steps.indexes.iter().enumerate() {
        let Some(index) = *index else { continue };
        let is_listed = source.config.steps.iter().any(|step| source.position(&step.migration) == Some(index));
        if !is_listed && !facts.steps.indexes[..at].contains(&Some(index)) {
            let (message, help) = source.unlisted_step(&source.migrations[index]);
            findings.push(Finding::error(ID, message, Subject::Step(at)).help(help));
        }
    }
}
