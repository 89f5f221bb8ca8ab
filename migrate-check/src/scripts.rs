//! The scripts of a source in the runtime's form, each statement with its line and column.

use migrate_core::__private::Script;
use migrate_source::Source;

use crate::unproved;

/// Every script that the proof runs.
pub(crate) struct Scripts {
    pub(crate) base: Option<Script>,
    pub(crate) schema: Option<Script>,
    pub(crate) up: Vec<Script>,
    pub(crate) down: Vec<Option<Script>>,
    pub(crate) witness: Vec<Option<Script>>,
}

/// Which script: the index is that of its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Base,
    Up(usize),
    Down(usize),
    Witness(usize),
    Schema,
}

impl Scripts {
    pub(crate) fn of(source: &Source) -> Scripts {
        let migrations = &source.migrations;
        Scripts {
            base: source.base.as_ref().map(migrate_source::Script::finished),
            schema: source.schema.as_ref().map(migrate_source::Script::finished),
            up: migrations.iter().map(unproved::script).collect(),
            // What takes back what was not made cannot be proved either.
            down: migrations
                .iter()
                .map(|migration| migration.down.as_ref().filter(|_| migration.directives.unproved.is_none()))
                .map(|down| down.map(migrate_source::Script::finished))
                .collect(),
            witness: migrations
                .iter()
                .map(|migration| migration.witness.as_ref().map(migrate_source::Script::finished))
                .collect(),
        }
    }

    pub(crate) fn get(&self, which: Which) -> Option<&Script> {
        match which {
            Which::Base => self.base.as_ref(),
            Which::Schema => self.schema.as_ref(),
            Which::Up(index) => self.up.get(index),
            Which::Down(index) => self.down.get(index)?.as_ref(),
            Which::Witness(index) => self.witness.get(index)?.as_ref(),
        }
    }

    /// The scripts that lead to the current schema, in the order in which they run.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = (Which, &Script)> {
        let base = self.base.as_ref().map(|script| (Which::Base, script));
        base.into_iter().chain(self.up.iter().enumerate().map(|(index, script)| (Which::Up(index), script)))
    }
}
