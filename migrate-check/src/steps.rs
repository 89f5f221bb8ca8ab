//! Which migrations a Rust step follows.

use migrate_source::{Migration, Source, StepConfig};

use crate::check::Declared;

/// The declared steps, resolved.
pub(crate) struct Steps {
    /// The index of the migration of each declared step; `None` where there is none of that name.
    pub(crate) indexes: Vec<Option<usize>>,
}

impl Steps {
    pub(crate) fn of(source: &Source, declared: &Declared) -> Steps {
        Steps { indexes: declared.steps.iter().map(|name| position(source, name)).collect() }
    }

    /// Entries of `migrate.toml` for a migration that has no declared step.
    pub(crate) fn undeclared<'a>(&self, source: &'a Source) -> impl Iterator<Item = (&'a StepConfig, usize)> {
        let configs = source.config.steps.iter();
        configs
            .filter_map(|step| Some((step, position(source, &step.migration)?)))
            .filter(|(_, index)| !self.indexes.contains(&Some(*index)))
    }
}

fn position(source: &Source, name: &str) -> Option<usize> {
    source.migrations.iter().position(|migration| is_named(migration, name))
}

/// A step is named as the file, with or without `.sql`.
fn is_named(migration: &Migration, name: &str) -> bool {
    migration.name == name || migration.name.strip_suffix(".sql") == Some(name)
}
