//! Everything that the rules look at.

use migrate_core::__private::Script;
use migrate_source::{Migration, Source};

use crate::check::Declared;
use crate::fresh::Fresh;
use crate::lineage::Lineage;
use crate::markers::Markers;
use crate::probes::Probes;
use crate::replay::{Incident, Replay};
use crate::scripts::{Scripts, Which};
use crate::steps::Steps;
use crate::witness::Witness;

/// What has been found out about a source. A rule reads it and reports; it runs nothing.
pub(crate) struct Facts<'a> {
    pub(crate) source: &'a Source,
    pub(crate) declared: &'a Declared,
    pub(crate) scripts: &'a Scripts,
    pub(crate) replay: &'a Replay,
    /// Of each migration that ran to its end.
    pub(crate) lineages: &'a [Lineage<'a>],
    pub(crate) probes: &'a Probes,
    pub(crate) fresh: Option<&'a Fresh>,
    pub(crate) markers: &'a Markers,
    pub(crate) steps: &'a Steps,
    pub(crate) witness: &'a Witness,
}

impl<'a> Facts<'a> {
    /// Everything that did not simply run, with the script it is in.
    pub(crate) fn incidents(&self) -> impl Iterator<Item = (Which, &'a Script, &'a Incident)> {
        let runs = self.replay.runs.iter().chain(&self.witness.runs).chain(self.fresh.map(|fresh| &fresh.run));
        let scripts = self.scripts;
        runs.flat_map(move |run| {
            let script = scripts.get(run.which);
            run.incidents.iter().filter_map(move |incident| Some((run.which, script?, incident)))
        })
    }

    /// The migration that leads to a position, and its script; `None` for position 0.
    pub(crate) fn migration(&self, position: usize) -> Option<(&'a Migration, &'a Script)> {
        let index = position.checked_sub(1)?;
        Some((self.source.migrations.get(index)?, self.scripts.up.get(index)?))
    }

    /// The script that leads to a position.
    pub(crate) fn script_at(&self, position: usize) -> Option<&'a Script> {
        match position {
            0 => self.scripts.base.as_ref(),
            _ => self.migration(position).map(|(_, script)| script),
        }
    }

    /// How messages name what leads to a position: `` `002_add_tags.sql` ``.
    pub(crate) fn position_name(&self, position: usize) -> String {
        self.migration(position)
            .map_or_else(|| "`base.sql`".to_owned(), |(migration, _)| format!("`{}`", migration.name))
    }
}
