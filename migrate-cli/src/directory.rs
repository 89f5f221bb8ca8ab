//! The migrations of the directory.

use std::borrow::Cow;
use std::path::Path;

use migrate_check::{Declared, check};
use migrate_core::{AnyVersion, Migrations, StepFn};
use migrate_source::{Finding, Listing, Severity, Source, lock};
use serde_json::Value;

use crate::config::Config;
use crate::declared::declared;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// A directory that was read and proved.
pub(crate) struct Directory {
    pub(crate) source: Source,
    /// Every one, errors too.
    pub(crate) findings: Vec<Finding>,
    pub(crate) declared: Declared,
    /// The list; `None` where there is an error.
    pub(crate) migrations: Option<Migrations<AnyVersion>>,
}

impl Directory {
    /// As the compiler reads it.
    pub(crate) fn proved(config: &Config) -> Directory {
        Directory::of(config, migrate_source::load(&config.dir, &shown(&config.dir)))
    }

    /// As it is read to be run: files may be larger than what is compiled in.
    pub(crate) fn to_run(config: &Config) -> Directory {
        Directory::of(config, migrate_source::load_at_run_time(&config.dir, &shown(&config.dir)))
    }

    fn of(config: &Config, (source, mut findings): (Source, Vec<Finding>)) -> Directory {
        let declared = declared(config, &source);
        let mut migrations = None;
        if lock::is_provable(&findings) {
            let checked = check(&source, &declared);
            let indexes = checked.steps.into_iter().flatten();
            let steps: Vec<(usize, StepFn)> = indexes.map(|index| (index, only_the_application as StepFn)).collect();
            let released = findings.iter().all(|finding| finding.severity < Severity::Error);
            migrations = checked.set.filter(|_| released).map(|set| Migrations::new(set, Cow::Owned(sorted(steps))));
            findings.extend(checked.findings);
        }
        Directory { source, findings, declared, migrations }
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Shows what speaks against the directory, and gives the failure that says what became of the verb.
    pub(crate) fn failure(&self, left: &str, terminal: &mut Terminal<'_>) -> Failure {
        terminal.findings(&self.findings, &self.source);
        let errors = self.count(Severity::Error);
        let help = self.of_schema().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        Failure::found(format!("`{}` has {}; {left}{help}", self.source.shown, counted(errors, "error")))
    }

    /// The way out where `schema.sql` and the migrations are two things.
    pub(crate) fn of_schema(&self) -> Option<&'static str> {
        self.findings.iter().any(|finding| ["schema-differs", "schema-rows-differ"].contains(&finding.id)).then_some(
            "`dump` writes schema.sql as the migrations make it; if it is right as it is, `diff NAME` writes the migration that \
             leads there",
        )
    }
}

/// Findings for programs, as `migrate_source::json` describes them.
pub(crate) fn values(findings: &[Finding], source: &Source) -> Vec<Value> {
    let text = migrate_source::json(findings, source);
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    value["findings"].as_array().cloned().unwrap_or_default()
}

/// Reads the directory only.
pub(crate) fn read(config: &Config) -> (Source, Vec<Finding>) {
    migrate_source::load(&config.dir, &shown(&config.dir))
}

/// The directory, to be tried with other files; what speaks against it as it is, the verb says.
pub(crate) fn listing(config: &Config) -> Result<(Listing, Source), Failure> {
    let shown = shown(&config.dir);
    let listing = migrate_source::read(&config.dir, &shown).map_err(|finding| {
        let help: Vec<String> = finding.help.iter().map(|help| format!("\nhelp: {help}")).collect();
        Failure::failed(format!("{}{}", finding.message, help.concat()))
    })?;
    let source = migrate_source::parse(&listing).0;
    Ok((listing, source))
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn shown(dir: &Path) -> String {
    dir.display().to_string()
}

fn sorted(mut steps: Vec<(usize, StepFn)>) -> Vec<(usize, StepFn)> {
    steps.sort_by_key(|(index, _)| *index);
    steps.dedup_by_key(|(index, _)| *index);
    steps
}

/// Stands for a Rust step. What would come to it is refused before; if it is reached all the same, the run is rolled back.
fn only_the_application(
    _: &migrate_core::rusqlite::Connection,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("only the application can run it".into())
}
