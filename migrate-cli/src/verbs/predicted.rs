//! What a plan makes of the schema.

use std::collections::BTreeMap;

use migrate_core::__private::{Digest, Kind, Object, Set};
use migrate_core::{Outcome, Plan, PlanStep, Target, Version};

use super::Task;
use super::changes::{Change, How};

/// From the schema that the database's version is proved to have to that of the target.
pub(super) fn predicted<V: Version>(task: &Task<'_, V>, plan: &Plan<V>, target: Target<V>) -> Vec<Change> {
    let set = task.migrations.set();
    let way = Way::of(plan, position(set, target));
    if way.outcome == Outcome::Current {
        return Vec::new();
    }
    #[cfg(feature = "directory")]
    if let Some(changes) = task.directory.and_then(|directory| way.in_detail(&directory.source)) {
        return changes;
    }
    way.by_object(set)
}

fn position<V: Version>(set: &Set, target: Target<V>) -> usize {
    match target {
        Target::Base => 0,
        Target::At(version) => version.index() + 1,
        Target::Latest => set.migrations.len(),
    }
}

/// From where to where.
struct Way {
    outcome: Outcome,
    target: usize,
    /// The migrations that run, or whose down scripts do.
    runs: Vec<usize>,
}

impl Way {
    fn of<V: Version>(plan: &Plan<V>, target: usize) -> Way {
        let run = |step: &PlanStep<V>| match step {
            PlanStep::Apply { version, .. } | PlanStep::Revert { version, .. } => Some(version.index()),
            _ => None,
        };
        Way { outcome: plan.outcome(), target, runs: plan.steps().iter().filter_map(run).collect() }
    }

    /// With columns and keys, where the files are at hand to be run.
    #[cfg(feature = "directory")]
    fn in_detail(&self, source: &migrate_source::Source) -> Option<Vec<Change>> {
        use migrate_schema::{Schema, changes, changes_between};
        let changes = match self.outcome {
            Outcome::Fresh => {
                let stage = migrate_check::Stage::at(source, self.target).ok()?;
                changes(&Schema::default(), &Schema::read(stage.conn(), &source.config.history_table).ok()?)
            }
            // Between two versions.
            Outcome::OutOfOrder => return None,
            Outcome::Reverted => changes_between(source, self.target + self.runs.len(), self.target).ok()?,
            _ => changes_between(source, self.runs.first().copied().unwrap_or(self.target), self.target).ok()?,
        };
        Some(changes.into_iter().map(Change::from).collect())
    }

    /// Object by object, from the list's own data.
    fn by_object(&self, set: &Set) -> Vec<Change> {
        let before = match self.outcome {
            Outcome::Fresh => Objects::new(),
            Outcome::Reverted => objects(set, self.target + self.runs.len(), &[]),
            _ => objects(set, self.target, &self.runs),
        };
        let after = objects(set, self.target, &[]);
        let change = |how, object: &Object| Change {
            how,
            what: object.kind.word(),
            of: matches!(object.kind, Kind::Index | Kind::Trigger).then(|| object.table.to_string()),
            name: object.name.to_string(),
            note: String::new(),
        };
        let mut changes = Vec::new();
        for (key, (object, definition)) in &after {
            match before.get(key) {
                None => changes.push(change(How::Added, object)),
                Some((_, was)) if was != definition => changes.push(change(How::Changed, object)),
                Some(_) => {}
            }
        }
        let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
        changes.extend(gone.map(|(_, (object, _))| change(How::Removed, object)));
        changes
    }
}

type Objects<'a> = BTreeMap<(Kind, String), (&'a Object, Digest)>;

/// The schema at a position, as it is where some migrations have not run: 0 is `base.sql`, or nothing; k is after the k-th.
fn objects<'a>(set: &'a Set, position: usize, without: &[usize]) -> Objects<'a> {
    let mut objects = Objects::new();
    let migrations = set.migrations.iter().enumerate().take(position).filter(|(index, _)| !without.contains(index));
    for change in set.base_changes.iter().chain(migrations.flat_map(|(_, migration)| migration.changes.iter())) {
        let key = (change.object.kind, change.object.name.to_ascii_lowercase());
        match change.after {
            Some(definition) => objects.insert(key, (&change.object, definition.strict)),
            None => objects.remove(&key),
        };
    }
    objects
}
