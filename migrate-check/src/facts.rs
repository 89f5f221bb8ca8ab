//! Everything that the rules look at.

use migrate_core::__private::Script;
use migrate_source::{Migration, Source};

use crate::acts::Said;
use crate::check::Declared;
use crate::fresh::Fresh;
use crate::lineage::Lineage;
use crate::markers::Markers;
use crate::probes::Probes;
use crate::replay::{Incident, Replay};
use crate::scratch::Trouble;
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
    /// What the others say.
    pub(crate) rest: &'a [Said<'a>],
    pub(crate) probes: &'a Probes,
    pub(crate) fresh: Option<&'a Fresh>,
    pub(crate) markers: &'a Markers,
    pub(crate) steps: &'a Steps,
    pub(crate) witness: &'a Witness,
}

impl<'a> Facts<'a> {
    /// Everything that did not simply run, with the script it is in.
    pub(crate) fn incidents(&self) -> impl Iterator<Item = (Which, &'a Script, &'a Incident)> {
        let (replay, fresh) = (self.replay, self.fresh.map(|fresh| &fresh.run));
        let runs = replay.runs.iter().chain(&replay.beyond).chain(&self.witness.runs).chain(fresh);
        let scripts = self.scripts;
        runs.flat_map(move |run| {
            let script = scripts.get(run.which);
            run.incidents.iter().filter_map(move |incident| Some((run.which, script?, incident)))
        })
    }

    /// Every statement of the migrations that is well formed, whether or not it came to be run.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &'a Said<'a>> {
        let failed = |said: &&Said<'_>| {
            self.replay.runs.iter().chain(&self.replay.beyond).any(|run| {
                let here = self.scripts.get(run.which).is_some_and(|script| std::ptr::eq(script, said.script));
                let fails = |incident: &Incident| {
                    incident.statement == *said.statement && matches!(incident.trouble, Trouble::Failed { .. })
                };
                here && run.incidents.iter().any(fails)
            })
        };
        let ran = self.lineages.iter().flat_map(|lineage| &lineage.said);
        ran.chain(self.rest.iter().filter(move |said| !failed(said)))
    }

    /// Whether the next proof would find the same: not so where a statement had too little time, or where the time of the
    /// proof itself was looked at.
    pub(crate) fn are_lasting(&self) -> bool {
        let late = |(_, _, incident): (Which, &Script, &Incident)| matches!(incident.trouble, Trouble::TooSlow(_));
        let passing = self.fresh.is_some_and(|fresh| fresh.rows.is_passing);
        !self.replay.scratch.was_late() && !self.witness.late && !self.incidents().any(late) && !passing
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
