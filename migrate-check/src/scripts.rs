//! The scripts of a source in the runtime's form, each statement with its line and column.

use migrate_core::__private::Script;
use migrate_source::Source;

use crate::cache::bytes;
use crate::scratch::is_plain;
use crate::snapshot::asks;
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

bytes!(enum Which { 0 => Base, 1 => Up(index), 2 => Down(index), 3 => Witness(index), 4 => Schema });

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

    /// Whether nothing that runs up to the end of a migration leaves a mark on the connection.
    pub(crate) fn is_plain(&self, index: usize) -> bool {
        self.of_migration(index).all(is_plain)
    }

    /// Whether what follows a position comes to the same on a database that was made a while ago, by another connection:
    /// not so where a statement asks the clock or the connection, and where something may hang on the answer.
    pub(crate) fn can_go_on_from(&self, position: usize) -> bool {
        let following = (position..self.up.len()).flat_map(|index| self.of_migration(index));
        !following.flat_map(|script| script.statements.iter().map(|one| script.text(one))).any(asks)
    }

    /// The scripts of a migration.
    pub(crate) fn of_migration(&self, index: usize) -> impl Iterator<Item = &Script> {
        let others = [self.down.get(index), self.witness.get(index)].into_iter().flatten().flatten();
        self.up.get(index).into_iter().chain(others)
    }

    /// The scripts that lead to the current schema, in the order in which they run.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = (Which, &Script)> {
        let base = self.base.as_ref().map(|script| (Which::Base, script));
        base.into_iter().chain(self.up.iter().enumerate().map(|(index, script)| (Which::Up(index), script)))
    }
}
