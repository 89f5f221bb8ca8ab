//! The run-time loader: for tools and tests, the same list as the macro makes.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use migrate_core::{AnyVersion, Migrations, StepFn};
use migrate_source::{Finding, Fresh, Place, Severity, Source, StepConfig, render};

use crate::check::{Declared, check};

/// A directory that was read and proved.
///
/// ```
/// use migrate_check::{LoadError, Loaded, load};
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// std::fs::write(dir.join("001_create_notes.sql"), "CREATE TABLE notes(id INTEGER PRIMARY KEY);")?;
/// let Loaded { migrations, warnings, .. } = load(dir)?;
/// assert_eq!((migrations.iter().count(), warnings.len()), (1, 0));
///
/// std::fs::write(dir.join("002_drop.sql"), "DROP TABLE note;")?;
/// let LoadError { findings, .. } = load(dir).unwrap_err();
/// assert_eq!(findings[0].id, "does-not-run");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loaded {
    /// The list, as `migrations!` would make it.
    pub migrations: Migrations<AnyVersion>,
    /// What the history records of each, oldest first: `002_add_tags.sql`.
    pub names: Vec<String>,
    /// What was read.
    pub source: Source,
    /// Warnings: what may go wrong on a user's machine.
    pub warnings: Vec<Finding>,
}

/// Reads and proves a directory. Rust steps are left out, also those that `migrate.toml` mentions.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// std::fs::write(dir.join("001_create_notes.sql"), "CREATE TABLE notes(id INTEGER PRIMARY KEY);")?;
/// let loaded = migrate_check::load(dir)?;
/// assert_eq!(loaded.names, ["001_create_notes.sql"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(dir: &Path) -> Result<Loaded, LoadError> {
    let (mut source, findings) = read(dir);
    source.config.steps.clear();
    prove(source, findings, &[])
}

/// As [`load`], with the Rust steps of the migrations named: `004_split_names`, with or without `.sql`.
///
/// As in the macro, an unknown name is an error, and so is a step that `migrate.toml` mentions and nobody gives. A step that it
/// does not mention runs on a fresh database too.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// std::fs::write(dir.join("001_create_notes.sql"), "CREATE TABLE notes(body TEXT);")?;
/// let loaded = migrate_check::load_with_steps(dir, &[("001_create_notes", |conn| {
///     conn.execute("INSERT INTO notes VALUES ('welcome')", [])?;
///     Ok(())
/// })])?;
/// assert_eq!(loaded.names.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_with_steps(dir: &Path, steps: &[(&str, StepFn)]) -> Result<Loaded, LoadError> {
    let (mut source, findings) = read(dir);
    for (name, _) in steps {
        let is_listed = |step: &StepConfig| source.position(&step.migration) == source.position(name);
        if !source.config.steps.iter().any(is_listed) {
            let (migration, place) = ((*name).to_owned(), Place::new("migrate.toml", 0..0));
            source.config.steps.push(StepConfig { migration, fresh: Fresh::Run, place });
        }
    }
    prove(source, findings, steps)
}

fn read(dir: &Path) -> (Source, Vec<Finding>) {
    migrate_source::load_at_run_time(dir, &dir.display().to_string())
}

fn prove(source: Source, mut findings: Vec<Finding>, steps: &[(&str, StepFn)]) -> Result<Loaded, LoadError> {
    if !migrate_source::lock::is_provable(&findings) {
        return Err(LoadError::new(findings, &source));
    }
    let released = findings.iter().all(|finding| finding.severity < Severity::Error);
    let declared =
        Declared { steps: steps.iter().map(|(name, _)| (*name).to_owned()).collect(), ..Declared::default() };
    let checked = check(&source, &declared);
    findings.extend(checked.findings);
    let Some(set) = checked.set.filter(|_| released) else { return Err(LoadError::new(findings, &source)) };
    let functions = checked.steps.iter().zip(steps).filter_map(|(index, (_, step))| Some(((*index)?, *step)));
    let mut functions: Vec<(usize, StepFn)> = functions.collect();
    functions.sort_by_key(|(index, _)| *index);
    Ok(Loaded {
        migrations: Migrations::new(set, Cow::Owned(functions)),
        names: source.migrations.iter().map(|migration| migration.name.clone()).collect(),
        source,
        warnings: findings,
    })
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("names", &self.names).field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

/// A directory cannot be used; displays every finding, rendered.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoadError {
    /// What is wrong.
    pub findings: Vec<Finding>,
    rendered: String,
}

impl LoadError {
    fn new(findings: Vec<Finding>, source: &Source) -> LoadError {
        let rendered: Vec<String> = findings.iter().map(|finding| render(finding, source)).collect();
        LoadError { findings, rendered: rendered.join("\n\n") }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered)
    }
}

impl std::error::Error for LoadError {}
