//! The markers and Rust steps of the macro's input, where no SQLite looks them up.

use std::borrow::Cow;
use std::collections::BTreeMap;

use migrate_sql::Definition;
use migrate_sql::set::{Change, Key, Kind, Look, Marker};

use super::Proved;
use crate::finding::{Finding, Subject};
use crate::ids;
use crate::marker::{MarkerKind, MarkerSpec};
use crate::source::Source;

/// What the macro's input declares.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// The markers; a finding about one has its index.
    pub markers: Vec<MarkerSpec>,
    /// The migrations that a Rust step follows, as written; a finding about one has its index.
    pub steps: Vec<String>,
}

/// Puts declared markers in the place of derived ones, and resolves the steps: for each the index of its migration.
///
/// What is wrong is told from what is right, as the proof would; what exactly is wrong, and what to write instead, the
/// proof says.
///
/// ```
/// use migrate_source::{Listing, parse, proof};
/// let (source, _) = parse(&Listing::from_files([("001_a.sql", "CREATE TABLE a(x)")]));
/// let declarations = proof::Declarations { steps: vec!["002_b".into()], ..Default::default() };
/// let (steps, findings) = proof::declare(&source, &declarations, &mut proof::Proved::default());
/// assert_eq!(steps, [None]);
/// assert_eq!(findings[0].message, "no migration is called `002_b`");
/// ```
#[must_use]
pub fn declare(
    source: &Source,
    declarations: &Declarations,
    proved: &mut Proved,
) -> (Vec<Option<usize>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let steps = declarations.steps.iter().map(|name| source.position(name)).collect();
    check_steps(source, declarations, &steps, &mut findings);
    if !declarations.markers.is_empty() {
        let old = std::mem::take(&mut proved.markers);
        let history = History::of(proved);
        let mut markers: Vec<Marker> = Vec::new();
        for (index, spec) in declarations.markers.iter().enumerate() {
            match history.marker(spec) {
                Some(marker) if markers.contains(&marker) => {}
                Some(marker) => markers.push(marker),
                None => findings.push(
                    error(
                        format!("the marker `{spec}` does not begin to hold with a migration, or holds no more"),
                        Subject::Marker(index),
                    )
                    .help("compile with the feature `verify`, which says what to write"),
                ),
            }
        }
        let from_files = source.migrations.iter().any(|migration| !migration.directives.markers.is_empty());
        for marker in old.into_iter().filter(|_| from_files) {
            if !markers.contains(&marker) {
                markers.push(marker);
            }
        }
        if findings.is_empty() && !history.notices_newest(proved, &markers) {
            let message = "no marker notices the newest change of the schema";
            let finding = error(message.to_owned(), Subject::Directory);
            findings.push(finding.help("compile with the feature `verify`, which says what to write"));
        }
        proved.markers = markers;
    }
    (steps, findings)
}

fn error(message: String, subject: Subject) -> Finding {
    Finding::error(ids::UNPROVED_DECLARATION, message, subject)
}

fn check_steps(source: &Source, declarations: &Declarations, steps: &Vec<Option<usize>>, findings: &mut Vec<Finding>) {
    for (at, (name, index)) in declarations.steps.iter().zip(steps).enumerate() {
        let subject = Subject::Step(at);
        let finding = match index {
            None => error(format!("no migration is called `{name}`"), subject)
                .help("name a migration as its file is named, with or without `.sql`"),
            Some(_) if steps[..at].contains(index) => {
                error(format!("a second Rust step for `{name}`"), subject).help("call both functions from one step")
            }
            Some(index) if source.migrations[*index].directives.no_transaction.is_some() => {
                error(format!("`{name}` runs outside a transaction, where a Rust step cannot follow"), subject)
                    .help("put the step after another migration")
            }
            Some(index) if !source.config.steps.iter().any(|step| source.position(&step.migration) == Some(*index)) => {
                let (message, help) = source.unlisted_step(&source.migrations[*index]);
                error(message, subject).help(help)
            }
            Some(_) => continue,
        };
        findings.push(finding);
    }
    for step in &source.config.steps {
        if !steps.contains(&source.position(&step.migration)) {
            let message = format!("no Rust step is declared for `{}`", step.migration);
            let finding = error(message, step.place.clone().into());
            findings.push(finding.help("declare it with `after = { … }` in `migrations!`, or remove this entry"));
        }
    }
}

/// The life of every object.
struct History<'a> {
    /// Of each object what it is called, and for each position at which it changes what it is from there.
    objects: BTreeMap<Key, Vec<(usize, Shape<'a>)>>,
}

/// An object's name, definition and columns; `None` where it is gone.
type Shape<'a> = Option<(&'a str, Definition, &'a [String])>;

const KINDS: [Kind; 4] = [Kind::Table, Kind::View, Kind::Index, Kind::Trigger];

impl<'a> History<'a> {
    fn of(proved: &'a Proved) -> History<'a> {
        let mut objects: BTreeMap<Key, Vec<(usize, Shape<'a>)>> = BTreeMap::new();
        for (position, state) in proved.states.iter().enumerate() {
            for (change, columns) in &state.changes {
                let shape = change.after.map(|after| (change.object.name.as_ref(), after, columns.as_slice()));
                objects.entry(change.object.key()).or_default().push((position, shape));
            }
        }
        History { objects }
    }

    /// Whether one of the markers tells the current schema from the one before, if anything could.
    fn notices_newest(&self, proved: &Proved, markers: &[Marker]) -> bool {
        let Some(newest) = proved.states.iter().rposition(|state| !state.changes.is_empty()).filter(|at| *at > 0)
        else {
            return true;
        };
        let is_seen = |change: &Change| {
            let before = self.at(change.object.kind, &change.object.name, newest - 1);
            change.after.map(|after| after.loose) != before.map(|(_, before, _)| before.loose)
        };
        let mut changes = proved.states[newest].changes.iter();
        !changes.any(|(change, _)| is_seen(change))
            || markers.iter().any(|marker| marker.flips.iter().any(|&flip| flip as usize == newest))
    }

    /// What is looked for, if it begins to hold with a migration and holds in the current schema.
    fn marker(&self, spec: &MarkerSpec) -> Option<Marker> {
        let look = self.look(spec)?;
        let mut positions: Vec<usize> = vec![0];
        let watched = match &look {
            Look::Object { kind, name, .. } | Look::Definition { kind, name, .. } => vec![self.events(*kind, name)],
            Look::Column { table, .. } => vec![self.events(Kind::Table, table), self.events(Kind::View, table)],
        };
        positions.extend(watched.into_iter().flatten().map(|(position, _)| *position));
        positions.sort_unstable();
        positions.dedup();
        let mut flips: Vec<u32> = Vec::new();
        for position in positions {
            if self.holds(&look, position) != (flips.len() % 2 == 1) {
                flips.push(u32::try_from(position).ok()?);
            }
        }
        let is_useful = self.holds(&look, usize::MAX) && flips != [0];
        is_useful.then_some(Marker { look, flips: Cow::Owned(flips) })
    }

    fn look(&self, spec: &MarkerSpec) -> Option<Look> {
        let present = !spec.negated;
        let made = |kind: Kind| {
            let shapes = self.events(kind, &spec.name).iter();
            Some(Cow::Owned(shapes.filter_map(|(_, shape)| *shape).next()?.0.to_owned()))
        };
        let object = |kind: Kind| Some(Look::Object { kind, name: made(kind)?, present });
        match (spec.kind, &spec.column) {
            (MarkerKind::Table, _) => object(Kind::Table),
            (MarkerKind::View, _) => object(Kind::View),
            (MarkerKind::Index, _) => object(Kind::Index),
            (MarkerKind::Trigger, _) => object(Kind::Trigger),
            (MarkerKind::Column, Some(column)) => {
                let shapes = self.events(Kind::Table, &spec.name).iter().filter_map(|(_, shape)| *shape);
                let mut columns = shapes.flat_map(|(_, _, columns)| columns);
                let column = columns.find(|name| name.eq_ignore_ascii_case(column))?;
                Some(Look::Column { table: made(Kind::Table)?, column: Cow::Owned(column.clone()), present })
            }
            (MarkerKind::Column, None) => None,
            (MarkerKind::Definition, _) => KINDS.into_iter().find_map(|kind| {
                let (name, definition, _) = self.at(kind, &spec.name, usize::MAX)?;
                Some(Look::Definition { kind, name: Cow::Owned(name.to_owned()), definition })
            }),
        }
    }

    fn holds(&self, look: &Look, position: usize) -> bool {
        match look {
            Look::Object { kind, name, present } => self.at(*kind, name, position).is_some() == *present,
            Look::Column { table, column, present } => {
                let has = |kind| {
                    self.at(kind, table, position)
                        .is_some_and(|(_, _, columns)| columns.iter().any(|name| name.eq_ignore_ascii_case(column)))
                };
                (has(Kind::Table) || has(Kind::View)) == *present
            }
            Look::Definition { kind, name, definition } => {
                self.at(*kind, name, position).is_some_and(|(_, found, _)| found.loose == definition.loose)
            }
        }
    }

    fn at(&self, kind: Kind, name: &str, position: usize) -> Shape<'a> {
        let events = self.events(kind, name);
        let count = events.partition_point(|(at, _)| *at <= position);
        events[..count].last()?.1
    }

    fn events(&self, kind: Kind, name: &str) -> &[(usize, Shape<'a>)] {
        self.objects.get(&(kind, name.to_ascii_lowercase())).map_or(&[], Vec::as_slice)
    }
}
