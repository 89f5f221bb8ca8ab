//! `--! unproved`: a file that is not run here, and what stands in for it.
//!
//! The objects that such a file makes are declared by its `--! marker:` lines. In their place the proof makes stubs, of the
//! declared columns and nothing else, so that what follows is proved from there. What SQLite would say of the real ones is
//! not known: they are no part of the schema's digest, at any version, and the runtime does not look at them.

use std::ops::Range;

use migrate_core::__private::{Digest, Kind, Object, Script};
use migrate_source::{MarkerKind, MarkerSpec, Migration, Source};
use migrate_sql::quote;

use crate::replay::Replay;
use crate::set::states;
use crate::words::{created, words};

/// The script that the proof runs for a migration: its own, or what stands in for it.
pub(crate) fn script(migration: &Migration) -> Script {
    if migration.directives.unproved.is_none() {
        return migration.up.finished();
    }
    // Behind the text of the file, so that no place in it is taken for another.
    let mut text = format!("{}\n", migration.up.text);
    let mut statements: Vec<Range<usize>> = Vec::new();
    for statement in stubs(migration) {
        statements.push(text.len()..text.len() + statement.len());
        text.push_str(&statement);
        text.push_str(";\n");
    }
    migrate_source::Script { shown: migration.up.shown.clone(), text, statements }.finished()
}

/// Whether a file that is not run here makes, changes or removes this object.
pub(crate) fn is_declared(source: &Source, kind: Kind, name: &str) -> bool {
    declarations(source).any(|spec| {
        let fits = match spec.kind {
            MarkerKind::Table | MarkerKind::Column => matches!(kind, Kind::Table | Kind::View),
            MarkerKind::View => kind == Kind::View,
            MarkerKind::Index => kind == Kind::Index,
            MarkerKind::Trigger => kind == Kind::Trigger,
            MarkerKind::Definition => true,
        };
        fits && spec.name.eq_ignore_ascii_case(name)
    })
}

/// As [`is_declared`].
pub(crate) fn is_unknown(source: &Source, object: &Object) -> bool {
    is_declared(source, object.kind, &object.name)
}

/// The digest of the schema at each position, as the runtime will know it.
pub(crate) fn fingerprints(source: &Source, replay: &Replay) -> Vec<Digest> {
    if source.migrations.iter().all(|migration| migration.directives.unproved.is_none()) {
        return replay.positions.iter().map(|position| position.fingerprint).collect();
    }
    states(source, replay).into_iter().map(|state| state.fingerprint).collect()
}

fn declarations(source: &Source) -> impl Iterator<Item = &MarkerSpec> {
    let files = source.migrations.iter().filter(|migration| migration.directives.unproved.is_some());
    files.flat_map(|migration| migration.directives.markers.iter().map(|(spec, _)| spec))
}

/// What makes the declared objects: tables with their columns first, since the others hang on them.
fn stubs(migration: &Migration) -> Vec<String> {
    let specs = || migration.directives.markers.iter().map(|(spec, _)| spec);
    let is_made = |kind: MarkerKind, name: &str| {
        specs().any(|spec| !spec.negated && spec.kind == kind && spec.name.eq_ignore_ascii_case(name))
    };
    let columns = |name: &str| -> Vec<String> {
        let of_table = specs().filter(|spec| !spec.negated && spec.name.eq_ignore_ascii_case(name));
        let columns: Vec<String> = of_table.filter_map(|spec| Some(quote(spec.column.as_ref()?))).collect();
        if columns.is_empty() { vec!["unproved".to_owned()] } else { columns }
    };
    let mut stubs = Vec::new();
    for spec in specs() {
        let name = quote(&spec.name);
        match (spec.kind, spec.negated) {
            (MarkerKind::Table, false) => {
                stubs.push(format!("CREATE TABLE {name}({})", columns(&spec.name).join(", ")))
            }
            (MarkerKind::View, false) => {
                let nulls: Vec<String> = columns(&spec.name).iter().map(|column| format!("NULL AS {column}")).collect();
                stubs.push(format!("CREATE VIEW {name} AS SELECT {}", nulls.join(", ")));
            }
            (MarkerKind::Column, negated)
                if !is_made(MarkerKind::Table, &spec.name) && !is_made(MarkerKind::View, &spec.name) =>
            {
                let (word, column) = (if negated { "DROP" } else { "ADD" }, spec.column.as_deref().unwrap_or_default());
                stubs.push(format!("ALTER TABLE {name} {word} COLUMN {}", quote(column)));
            }
            (MarkerKind::Table | MarkerKind::View | MarkerKind::Index | MarkerKind::Trigger, true) => {
                stubs.push(format!("DROP {} {name}", spec.kind.word().to_ascii_uppercase()));
            }
            _ => {}
        }
    }
    for spec in specs().filter(|spec| !spec.negated) {
        let name = quote(&spec.name);
        match (spec.kind, table_of(migration, spec)) {
            (MarkerKind::Index, Some(table)) => {
                let first = columns(&table)[0].clone();
                let own = is_made(MarkerKind::Table, &table) && first != "unproved";
                // Of another table no column is known; a constant is an expression like any other.
                let column = if own { first } else { "(1)".to_owned() };
                stubs.push(format!("CREATE INDEX {name} ON {}({column})", quote(&table)));
            }
            (MarkerKind::Trigger, Some(table)) => {
                let when = if is_made(MarkerKind::View, &table) { "INSTEAD OF INSERT" } else { "AFTER INSERT" };
                stubs.push(format!("CREATE TRIGGER {name} {when} ON {} BEGIN SELECT 1; END", quote(&table)));
            }
            _ => {}
        }
    }
    stubs
}

/// The table of an index or a trigger: what the file's own statement says.
fn table_of(migration: &Migration, spec: &MarkerSpec) -> Option<String> {
    let kind = if spec.kind == MarkerKind::Index { Kind::Index } else { Kind::Trigger };
    let makes =
        |sql: &&str| created(sql).is_some_and(|(found, name)| found == kind && name.eq_ignore_ascii_case(&spec.name));
    let words = words(migration.up.sql().find(makes)?);
    let at = words.iter().position(|word| word.is_word("ON"))?;
    let qualified = words.get(at + 2).is_some_and(|word| word.text == ".");
    Some(words.get(if qualified { at + 3 } else { at + 1 })?.name()?.into_owned())
}
