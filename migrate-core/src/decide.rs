//! From what was found to what is to be done: no database here, so that every case can be tested.

use crate::details::details;
use crate::down;
use crate::error::{Ambiguity, Error};
use crate::expected::{Comparison, Schema, live_fingerprint, show};
use crate::history::{History, Origin};
use crate::inspect::Found;
use crate::other::{self, OtherTool};
use crate::out_of_order;
use crate::recorded::{is_started, prefix};
use crate::set::{Adopt, Change, Fresh, Set};
use crate::squashed::{self, Squashed};

/// What the caller asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// The position to end at: 0 is before the first migration.
    pub(crate) target: usize,
    pub(crate) shared: bool,
    pub(crate) adopt: bool,
    /// Whether a database that is past the target may be brought back to it.
    pub(crate) down: bool,
    /// Whether each migration is committed by itself.
    pub(crate) each: bool,
    /// Whether migrations that the history lacks before recorded ones are applied now.
    pub(crate) out_of_order: bool,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) start: Start,
    /// The position before the actions.
    pub(crate) at: usize,
    pub(crate) actions: Vec<Action>,
    /// How the schema differs from that of `at`.
    pub(crate) difference: Comparison,
}

/// What kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing of ours is in it.
    Fresh,
    /// Its history is a prefix of the list.
    History,
    /// Its history lacks migrations before its newest, and the caller wants them applied now.
    OutOfOrder,
    /// It is older than its history.
    Adopted(Evidence),
}

/// Why a database without history is taken to be at a version.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{Evidence, Outcome};
///
/// // A database of the first release, from before there was a history.
/// conn.execute_batch(
///     "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, draft INTEGER NOT NULL DEFAULT 0)",
/// )?;
/// let report = db::MIGRATIONS.run(&mut conn)?;
/// assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
/// assert_eq!(report.before(), Some(db::Version::CreateNotes));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// Its schema is exactly that version's.
    Fingerprint,
    /// Its schema is that version's but for the order of columns.
    ColumnOrder,
    /// Its markers are exactly that version's, and nothing is missing.
    Markers,
    /// No marker is there, and everything that `base.sql` makes is.
    Base,
    /// The history that another tool keeps says so, and its schema is that version's.
    OtherHistory(OtherTool),
    /// The caller of `adopt_at` says so, and its schema is exactly that version's.
    Declared,
}

/// One thing to do, in order. Numbers are indexes of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make the history table, or bring the ancestor's to our form.
    PrepareHistory,
    /// Run `base.sql`.
    Base,
    /// Run `schema.sql`.
    Schema,
    /// Run what the proof wrote in its place.
    Snapshot,
    /// Record it without running it.
    Mark(usize, Origin),
    /// Run it and record it.
    Apply { index: usize, origin: Origin, step: bool },
    /// Run its down script and forget it.
    Revert(usize),
    /// Write the history in the order of the list.
    Order,
}

impl Decision {
    /// How many scripts run.
    pub(crate) fn scripts(&self) -> usize {
        let runs = |action: &&Action| !matches!(action, Action::PrepareHistory | Action::Mark(..) | Action::Order);
        self.actions.iter().filter(runs).count()
    }
}

/// Decides, or refuses.
pub(crate) fn decide(set: &Set, found: &Found, wanted: Wanted) -> Result<Decision, Error> {
    refuse_foreign(set, found)?;
    let has_history = !found.history.rows().is_empty() || found.squashed == Squashed::All;
    let decision = if has_history || was_begun(set, found) {
        from_history(set, found, wanted)?
    } else if found.has_ours() {
        without_history(set, found, wanted)?
    } else if found.live.is_empty() || wanted.shared || other::is_all(found) {
        fresh(set, found, wanted)
    } else {
        let objects = found.live.iter().map(|entry| show(&entry.object)).collect();
        return Err(Error::UnrelatedDatabase { objects });
    };
    if decision.at > wanted.target {
        return down::decide(set, found, decision, wanted);
    }
    Ok(decision)
}

/// Whether an earlier run ended at `base.sql`: our own history table, still empty, and exactly that schema.
fn was_begun(set: &Set, found: &Found) -> bool {
    let ours = matches!(found.history, History::Rows { three_columns: false, .. });
    ours && found.has_ours() && live_fingerprint(&found.live, &found.known) == set.fingerprint_at(0)
}

/// As [`decide`], where the caller says which version the schema is.
pub(crate) fn decide_adoption(set: &Set, found: &Found, wanted: Wanted) -> Result<Decision, Error> {
    refuse_foreign(set, found)?;
    let at = prefix(set, found.history.rows())?;
    if at > wanted.target {
        let (at, target) = (set.position_name(at), set.position_name(wanted.target));
        return Err(Error::PastTarget { at, target, recognised: false });
    }
    let difference = Schema::at(set, wanted.target).compare(&found.live, &found.known);
    let mut actions = prepare(found);
    actions.extend((at..wanted.target).map(|index| Action::Mark(index, Origin::Adopted)));
    Ok(Decision { start: Start::Adopted(Evidence::Declared), at, actions, difference })
}

pub(crate) fn refuse_foreign(set: &Set, found: &Found) -> Result<(), Error> {
    if let History::Foreign { columns } = &found.history {
        return Err(Error::ForeignHistory {
            table: set.options.history_table.clone().into_owned(),
            columns: columns.iter().map(|column| format!("`{column}`")).collect(),
            tool: other::by_columns(columns),
        });
    }
    if !found.shadowed.is_empty() {
        return Err(Error::Shadowed { names: found.shadowed.clone() });
    }
    squashed::refuse(set, &found.squashed)
}

fn fresh(set: &Set, found: &Found, wanted: Wanted) -> Decision {
    let latest = wanted.target == set.migrations.len();
    let steps_skipped = set.migrations.iter().all(|migration| migration.step != Some(Fresh::Run));
    let mut actions = prepare(found);
    let at_once = set.schema.as_ref().map(|_| Action::Schema).or(set.snapshot.as_ref().map(|_| Action::Snapshot));
    match at_once {
        Some(action) if latest && steps_skipped => {
            actions.push(action);
            actions.extend((0..wanted.target).map(|index| Action::Mark(index, Origin::Fresh)));
        }
        _ => {
            actions.extend(set.base.as_ref().map(|_| Action::Base));
            actions.extend((0..wanted.target).map(|index| Action::Apply {
                index,
                origin: Origin::Fresh,
                step: set.migrations[index].step == Some(Fresh::Run),
            }));
        }
    }
    Decision { start: Start::Fresh, at: 0, actions, difference: Comparison::default() }
}

pub(crate) fn prepare(found: &Found) -> Vec<Action> {
    match &found.history {
        History::Rows { three_columns: false, .. } => Vec::new(),
        _ => vec![Action::PrepareHistory],
    }
}

pub(crate) fn apply(set: &Set, from: usize, to: usize) -> impl Iterator<Item = Action> + '_ {
    (from..to).map(|index| Action::Apply { index, origin: Origin::Applied, step: set.migrations[index].step.is_some() })
}

/// The history must be a prefix of the list; then the rest is applied, unless some of it is there already.
fn from_history(set: &Set, found: &Found, wanted: Wanted) -> Result<Decision, Error> {
    let at = match prefix(set, found.history.rows()) {
        Err(refusal) if wanted.out_of_order => return out_of_order::decide(set, found, wanted, refusal),
        at => at?,
    };
    let difference = Schema::at(set, at).compare(&found.live, &found.known);
    if at < wanted.target {
        refuse_half_way(set, found, at, &difference)?;
        refuse_incomplete(set, found, at, &difference)?;
    }
    let mut actions = prepare(found);
    actions.extend(apply(set, at, wanted.target));
    Ok(Decision { start: Start::History, at, actions, difference })
}

/// Refuses where an object of a later migration is there already, or has a later version's definition.
fn refuse_half_way(set: &Set, found: &Found, at: usize, difference: &Comparison) -> Result<(), Error> {
    let later: Vec<&Change> = set.migrations.iter().skip(at).flat_map(|migration| migration.changes.iter()).collect();
    let makes = |object: &String| later.iter().any(|c| c.after.is_some() && show(&c.object) == *object);
    let mut there: Vec<String> = difference.unexpected.iter().filter(|object| makes(object)).cloned().collect();
    there.extend(of_other_version(set, found, at, &later).map(|object| format!("{object} as a later version has it")));
    // A migration outside a transaction that was interrupted may have made some of its objects.
    if let Some(started) = set.migrations.get(at).filter(|_| is_started(found.history.rows())) {
        let own: Vec<String> = started.changes.iter().map(|change| show(&change.object)).collect();
        there.retain(|object| !own.iter().any(|own| object.starts_with(own)));
    }
    if there.is_empty() {
        return Ok(());
    }
    let claim = match found.history.rows().last() {
        Some(row) => format!("the history ends with `{}`", row.name),
        None => format!("there is no history, and the schema looks like that of {}", set.position_name(at)),
    };
    let why = "something of a later migration is there already".to_owned();
    Err(ambiguous(set, found, claim, why, there))
}

/// Refuses where the history says more than there is: a table is missing or as an earlier version has it, or a marker of
/// an applied migration is not there. To go on would build on what is not there.
fn refuse_incomplete(set: &Set, found: &Found, at: usize, difference: &Comparison) -> Result<(), Error> {
    if at == 0 || is_started(found.history.rows()) {
        return Ok(());
    }
    let behind = behind(set, found, at);
    let gone = set.markers.iter().zip(&found.markers).any(|(marker, &holds)| marker.holds_at(at) && !holds);
    if behind.is_empty() && !gone && !difference.lacks_a_table() {
        return Ok(());
    }
    let claim = format!("the history ends with {}", set.position_name(at));
    let why = "something of an earlier migration is not there".to_owned();
    let mut refusal = ambiguous(set, found, claim, why, behind);
    if let Error::Ambiguous(ambiguity) = &mut refusal {
        // Missing in the recorded version, which may not be the nearest one.
        ambiguity.missing = difference.missing.clone();
        ambiguity.behind = Some(set.position_name(at));
    }
    Err(refusal)
}

/// Objects that are as a version before a position has them.
fn behind(set: &Set, found: &Found, at: usize) -> Vec<String> {
    let before = set.migrations.iter().take(at).flat_map(|migration| migration.changes.iter());
    let earlier: Vec<&Change> = set.base_changes.iter().chain(before).collect();
    of_other_version(set, found, at, &earlier).map(|object| format!("{object} as an earlier version has it")).collect()
}

/// Objects whose definition is not the one at a position, but one that these changes make.
fn of_other_version<'a>(
    set: &Set,
    found: &Found,
    at: usize,
    changes: &[&'a Change],
) -> impl Iterator<Item = String> + 'a {
    let schema = Schema::at(set, at);
    let mut objects = Vec::new();
    for change in changes {
        let key = change.object.key();
        let live = found.live.entries().get(&key);
        let (Some(live), Some(now), Some(other)) = (live, schema.get(&key), change.after) else { continue };
        let shown = show(&change.object);
        if !live.is_loosely(now) && live.is_loosely(&other) && !objects.contains(&shown) {
            objects.push(shown);
        }
    }
    objects.into_iter()
}

pub(crate) fn ambiguous(set: &Set, found: &Found, claim: String, why: String, there: Vec<String>) -> Error {
    let mut nearest: Option<(usize, Comparison)> = None;
    for (position, schema) in Schema::all(set) {
        let difference = schema.compare(&found.live, &found.known);
        // The one that explains most of what is there, and lacks least of it; of two, the newer one tells more.
        let distance = |d: &Comparison| (d.unexpected.len() + d.different.len(), d.missing.len());
        if nearest.as_ref().is_none_or(|(_, best)| distance(&difference) <= distance(best)) {
            nearest = Some((position, difference));
        }
    }
    let (position, mut difference) = nearest.unwrap_or_default();
    difference.details = details(set, position, &found.live, &difference);
    let missing = difference.missing.clone();
    let nearest = set.position_name(position);
    Error::Ambiguous(Box::new(Ambiguity { claim, why, there, missing, nearest, difference, behind: None }))
}

/// Works out the version of a database that has objects of ours and no history.
fn without_history(set: &Set, found: &Found, wanted: Wanted) -> Result<Decision, Error> {
    let there =
        || found.live.iter().filter(|e| found.known.contains(&e.object.key())).map(|e| show(&e.object)).collect();
    let claim = || "there is no history".to_owned();
    if !wanted.adopt {
        let why = "the database holds objects of these migrations, and adoption is turned off".to_owned();
        return Err(ambiguous(set, found, claim(), why, there()));
    }
    if let Some(decision) = other::decide(set, found, wanted)? {
        return Ok(decision);
    }
    let (at, evidence) = match by_fingerprint(set, found, wanted.target) {
        Some(found) => found,
        None => match by_markers(set, found) {
            Ok(found) => found,
            Err(why) => return Err(ambiguous(set, found, claim(), why, there())),
        },
    };
    let difference = Schema::at(set, at).compare(&found.live, &found.known);
    if !matches!(evidence, Evidence::Fingerprint | Evidence::ColumnOrder) {
        refuse_half_way(set, found, at, &difference)?;
        let behind = behind(set, found, at);
        if !difference.missing.is_empty() || !behind.is_empty() {
            let claim = format!("there is no history, and the markers are those of {}", set.position_name(at));
            let why = "some of that version is missing".to_owned();
            return Err(ambiguous(set, found, claim, why, if behind.is_empty() { there() } else { behind }));
        }
    }
    let (marked, mut data_only) = data_only(set, found, at)?;
    let mut actions = prepare(found);
    actions.extend((0..marked).map(|index| Action::Mark(index, Origin::Adopted)));
    actions.append(&mut data_only);
    actions.extend(apply(set, at, wanted.target));
    Ok(Decision { start: Start::Adopted(evidence), at, actions, difference })
}

/// Everything up to a version is recorded as it is, and the rest applied.
pub(crate) fn adopted(
    set: &Set,
    found: &Found,
    wanted: Wanted,
    at: usize,
    evidence: Evidence,
    difference: Comparison,
) -> Decision {
    let mut actions = prepare(found);
    actions.extend((0..at).map(|index| Action::Mark(index, Origin::Adopted)));
    actions.extend(apply(set, at, wanted.target));
    Decision { start: Start::Adopted(evidence), at, actions, difference }
}

/// The version whose schema is the live one: the newest up to the target, if there is one. What is past it is refused, so there
/// the second look, which does not mind the order of columns, is enough.
fn by_fingerprint(set: &Set, found: &Found, target: usize) -> Option<(usize, Evidence)> {
    let live = live_fingerprint(&found.live, &found.known);
    let fits = |at: &usize| set.fingerprint_at(*at) == live;
    if let Some(at) = (0..=target).rev().find(fits) {
        return Some((at, Evidence::Fingerprint));
    }
    let same = |(at, schema): (usize, Schema<'_>)| schema.compare(&found.live, &found.known).is_same().then_some(at);
    Schema::all(set).filter_map(same).last().map(|at| (at, Evidence::ColumnOrder))
}

/// The one version whose markers are the live ones.
fn by_markers(set: &Set, found: &Found) -> Result<(usize, Evidence), String> {
    let fits = |&position: &usize| {
        set.markers.iter().zip(&found.markers).all(|(marker, &holds)| marker.holds_at(position) == holds)
    };
    let candidates: Vec<usize> = (0..=set.migrations.len()).filter(fits).collect();
    match candidates[..] {
        [0] if found.base_holds => Ok((0, Evidence::Base)),
        [0] if set.base.is_some() => Err("no marker is there, nor everything that `base.sql` makes".to_owned()),
        [0] => {
            Err("no marker is there, and without `base.sql` there was nothing before the first migration".to_owned())
        }
        [at] => Ok((at, Evidence::Markers)),
        [] => Err("the markers that are there fit no version".to_owned()),
        _ => {
            let names: Vec<String> = candidates.iter().map(|&at| set.position_name(at)).collect();
            Err(format!("the markers fit several versions: {}", crate::expected::list(&names)))
        }
    }
}

/// Which migrations ran cannot be seen between two versions that have the live schema. The later of the two says what is
/// to be done with everything after the earlier: run it, or skip it. The oldest such version, and what to do from there.
fn data_only(set: &Set, found: &Found, at: usize) -> Result<(usize, Vec<Action>), Error> {
    let same = |position: &usize| set.fingerprint_at(*position) == set.fingerprint_at(at);
    let mut stretches = Vec::new();
    let mut later = at;
    while let Some(earlier) = (0..later).rev().find(same) {
        let migration = &set.migrations[later - 1];
        let Some(adopt) = migration.adopt else {
            let claim = format!("there is no history, and the schema is that of {}", set.position_name(at));
            let why = format!(
                "{} has the same schema, so it cannot be told whether `{}` ran; say so with `--! adopt: run` or `skip` in it",
                set.position_name(earlier),
                migration.name
            );
            return Err(ambiguous(set, found, claim, why, Vec::new()));
        };
        stretches.push(match adopt {
            Adopt::Skip => (earlier..later).map(|index| Action::Mark(index, Origin::Adopted)).collect::<Vec<_>>(),
            Adopt::Run => apply(set, earlier, later).collect(),
        });
        later = earlier;
    }
    Ok((later, stretches.into_iter().rev().flatten().collect()))
}
