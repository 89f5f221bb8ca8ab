//! The two halves become one: what the files say, and what was proved of them.

use std::borrow::Cow;

use migrate_sql::Digest;
use migrate_sql::set::{
    Adopt, Change, Fresh, Function, Kind, Look, Migration, Options, Script, Set, Squashed, Statement, chain, marker_sql,
};

use super::{Proved, State};
use crate::lock::Locked;
use crate::source::{self, Source};
use crate::{config, directive};

/// The finished list, its `origin` left open. `steps` are the indexes of the migrations that a Rust step follows.
///
/// ```
/// use migrate_source::{Listing, parse, proof};
/// let (source, _) = parse(&Listing::from_files([("001_a.sql", "CREATE TABLE a(x)")]));
/// let set = proof::assemble(&source, proof::Proved::default(), &[]);
/// assert_eq!(set.migrations.len(), 0, "a migration without its state is no part of the list");
/// ```
#[must_use]
pub fn assemble(source: &Source, proved: Proved, steps: &[usize]) -> Set {
    let Proved { states, markers, snapshot } = proved;
    let looks: Vec<Look> = markers.iter().map(|marker| marker.look.clone()).collect();
    let mut states = states.into_iter();
    let base = states.next().unwrap_or(State { fingerprint: Digest::ZERO, changes: Vec::new() });
    let snapshot = snapshot.filter(|_| !steps.iter().any(|&step| fresh(source, step) == Fresh::Run));
    Set {
        migrations: Cow::Owned(migrations(source, states, steps)),
        squashed: source.squashed.as_ref().map(squashed).unwrap_or_default().into(),
        squashed_release: source.squashed.as_ref().and_then(|squashed| squashed.release.clone()).map(Cow::Owned),
        base: source.base.as_ref().map(source::Script::finished),
        base_markers: Cow::Owned(base_markers(&base)),
        base_fingerprint: base.fingerprint,
        base_changes: changes(base),
        schema: source.schema.as_ref().map(source::Script::finished),
        snapshot,
        marker_sql: Cow::Owned(marker_sql(&looks)),
        markers: Cow::Owned(markers),
        options: options(&source.config),
        origin: None,
    }
}

fn migrations(source: &Source, states: impl Iterator<Item = State>, steps: &[usize]) -> Vec<Migration> {
    let before = source.squashed.as_ref().map(squashed).unwrap_or_default();
    let mut last = before.iter().fold(Digest::ZERO, |last, one| chain(last, &one.name, one.checksum));
    let migration = |(index, (migration, state)): (usize, (&source::Migration, State))| {
        last = chain(last, &migration.name, migration.checksum);
        let directives = &migration.directives;
        Migration {
            name: Cow::Owned(migration.name.clone()),
            up: migration.up.finished(),
            down: migration.down.as_ref().map(source::Script::finished),
            checksum: migration.checksum,
            chain: last,
            fingerprint: state.fingerprint,
            changes: changes(state),
            transaction: directives.no_transaction.is_none(),
            foreign_keys: directives.foreign_keys_on.is_some(),
            adopt: directives.adopt.as_ref().map(|(adopt, _)| match adopt {
                directive::Adopt::Run => Adopt::Run,
                directive::Adopt::Skip => Adopt::Skip,
            }),
            step: steps.contains(&index).then(|| fresh(source, index)),
        }
    };
    source.migrations.iter().zip(states).enumerate().map(migration).collect()
}

fn squashed(squashed: &source::Squashed) -> Vec<Squashed> {
    let entry = |locked: &Locked| Squashed { name: Cow::Owned(locked.name.clone()), checksum: locked.checksum };
    squashed.entries.iter().map(entry).collect()
}

/// What becomes of the Rust step of a migration on a fresh database.
fn fresh(source: &Source, index: usize) -> Fresh {
    let step = source.config.steps.iter().find(|step| source.position(&step.migration) == Some(index));
    match step.map(|step| step.fresh) {
        Some(config::Fresh::Skip) => Fresh::Skip,
        Some(config::Fresh::Run) | None => Fresh::Run,
    }
}

fn changes(state: State) -> Cow<'static, [Change]> {
    Cow::Owned(state.changes.into_iter().map(|(change, _)| change).collect())
}

/// Everything that `base.sql` makes, each table with its columns.
fn base_markers(base: &State) -> Vec<Look> {
    let mut looks = Vec::new();
    for (change, columns) in &base.changes {
        let (kind, name) = (change.object.kind, &change.object.name);
        looks.push(Look::Object { kind, name: name.clone(), present: true });
        if kind == Kind::Table {
            looks.extend(columns.iter().map(|column| Look::Column {
                table: name.clone(),
                column: Cow::Owned(column.clone()),
                present: true,
            }));
        }
    }
    looks
}

fn options(config: &config::Config) -> Options {
    let function = |function: &config::Function| Function {
        name: Cow::Owned(function.name.clone()),
        arguments: function.arguments.map_or(-1, i32::from),
    };
    Options {
        history_table: Cow::Owned(config.history_table.clone()),
        shared: config.shared,
        functions: Cow::Owned(config.functions.iter().map(function).collect()),
        collations: Cow::Owned(config.collations.iter().cloned().map(Cow::Owned).collect()),
        min_sqlite: config.min_sqlite,
    }
}

impl source::Script {
    /// The script in the runtime's form, each statement with its line and column.
    ///
    /// ```
    /// use migrate_source::{Listing, parse};
    /// let (source, _) = parse(&Listing::from_files([("001_a.sql", "-- é\nSELECT 'ü'; SELECT 2;")]));
    /// let script = source.migrations[0].up.finished();
    /// let places: Vec<(u32, u32)> = script.statements.iter().map(|s| (s.line, s.column)).collect();
    /// assert_eq!(places, [(2, 1), (2, 13)]);
    /// ```
    #[must_use]
    pub fn finished(&self) -> Script {
        let mut walk = Walk { text: &self.text, at: 0, line: 1, column: 1 };
        let statements = self.statements.iter().map(|range| {
            let (line, column) = walk.to(range.start);
            Statement { start: number(range.start), end: number(range.end), line, column }
        });
        Script {
            statements: Cow::Owned(statements.collect()),
            path: Cow::Owned(self.shown.clone()),
            sql: Cow::Owned(self.text.clone()),
        }
    }
}

/// Counts lines on its way through a text, so that a long script is read once.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Walk<'_> {
    fn to(&mut self, offset: usize) -> (u32, u32) {
        for character in self.text.get(self.at..offset).unwrap_or_default().chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = self.at.max(offset);
        (self.line, self.column)
    }
}

fn number(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
