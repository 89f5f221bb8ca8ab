//! Whether every view, trigger and foreign key of the current schema compiles, and if not, since when.
//!
//! SQLite compiles them when they are used, so a migration can break one without a word. All are looked at once, in the
//! schema that the migrations arrive at; only where one is broken are the migrations run again, to see which of them did it.

mod target;

use std::time::Duration;

use migrate_core::__private::{Catalog, Kind};
use migrate_source::{Source, nearest};
use rusqlite::Connection;

use crate::replay::{Replay, Run};
use crate::scratch::{Mode, Scratch};
use crate::scripts::{Scripts, Which};
use crate::tables::Table;

pub(crate) use target::{Target, is_quoted};

/// What does not compile in the current schema.
#[derive(Default)]
pub(crate) struct Probes {
    pub(crate) broken: Vec<Broken>,
    /// Foreign keys to tables that are not there.
    pub(crate) dangling: Vec<Dangling>,
    /// Names in double quotes that are strings, since there are no such columns.
    pub(crate) strings: Vec<Quoted>,
}

/// A view or a trigger with a `"…"` in it that is a string.
pub(crate) struct Quoted {
    pub(crate) target: Target,
    pub(crate) name: String,
}

/// A view, a trigger or a table's foreign keys.
pub(crate) struct Broken {
    pub(crate) target: Target,
    /// What SQLite says.
    pub(crate) message: String,
    /// The position since which it is so.
    pub(crate) position: usize,
    /// A name that may have been meant.
    pub(crate) near: Option<String>,
}

/// A foreign key to a table that is not there.
pub(crate) struct Dangling {
    pub(crate) child: String,
    pub(crate) parent: String,
    pub(crate) near: Option<String>,
}

impl Probes {
    /// Needs a complete replay: of a schema that is not known nothing can be said.
    pub(crate) fn of(source: &Source, scripts: &Scripts, replay: &Replay, limit: Duration) -> rusqlite::Result<Probes> {
        if !replay.complete {
            return Ok(Probes::default());
        }
        // Tables that others make, and objects that the proof cannot make, may well be there at run time.
        let unsure =
            source.config.shared || source.migrations.iter().any(|migration| migration.directives.unproved.is_some());
        let conn = replay.scratch.conn();
        let mut broken = Vec::new();
        for target in target::all(conn, &replay.catalog)? {
            if let Some(message) = target.trouble(conn)
                && !(unsure && message.starts_with("no such "))
            {
                let near = near(conn, &replay.catalog, &message);
                broken.push(Broken { target, message, position: 0, near });
            }
        }
        if !broken.is_empty() {
            blame(&mut broken, source, scripts, limit)?;
        }
        let dangling = if unsure { Vec::new() } else { dangling(&replay.catalog, &source.config.history_table) };
        let strings = strings(&replay.scratch, &replay.catalog, &broken);
        Ok(Probes { broken, dangling, strings })
    }
}

/// SQLite compiles views and triggers when they are used, so it is only then that it would miss a column.
fn strings(scratch: &Scratch, catalog: &Catalog, broken: &[Broken]) -> Vec<Quoted> {
    let mut found = Vec::new();
    for (target, sql) in target::quoted(catalog) {
        if broken.iter().any(|broken| broken.target.kind() == target.kind() && broken.target.name() == target.name()) {
            continue;
        }
        let Some(Some(message)) = scratch.with_names_only(|conn| target.trouble(conn)) else { continue };
        let Some(missing) = message.strip_prefix("no such column: ") else { continue };
        let name = missing.split(" - ").next().unwrap_or(missing).trim_matches('"');
        // What a view reads through another one is said of that one.
        if target::has_quoted(sql, name) {
            found.push(Quoted { target, name: name.to_owned() });
        }
    }
    found
}

/// Runs the migrations again, to find since when each is broken.
fn blame(broken: &mut [Broken], source: &Source, scripts: &Scripts, limit: Duration) -> rusqlite::Result<()> {
    let scratch = Scratch::open(&source.config, limit)?;
    if let Some(base) = &scripts.base {
        Run::of(&scratch, Which::Base, base, Mode::DEFAULT)?;
    }
    let mut was_broken: Vec<bool> = broken.iter().map(|one| one.target.trouble(scratch.conn()).is_some()).collect();
    for (index, migration) in source.migrations.iter().enumerate() {
        let version = scratch.schema_version()?;
        let mode = Mode {
            transaction: migration.directives.no_transaction.is_none(),
            foreign_keys: migration.directives.foreign_keys_on.is_some(),
        };
        Run::of(&scratch, Which::Up(index), &scripts.up[index], mode)?;
        if scratch.schema_version()? == version {
            continue;
        }
        for (one, was_broken) in broken.iter_mut().zip(&mut was_broken) {
            let is_broken = one.target.trouble(scratch.conn()).is_some();
            if is_broken && !*was_broken {
                one.position = index + 1;
            }
            *was_broken = is_broken;
        }
    }
    Ok(())
}

/// The names of the current schema that are near to what a message misses.
fn near(conn: &Connection, catalog: &Catalog, message: &str) -> Option<String> {
    let (what, missing) = message.split_once(": ")?;
    let missing = missing.rsplit('.').next()?;
    let names: Vec<String> = match what {
        "no such table" => tables(catalog, true).map(|(name, _)| name.to_owned()).collect(),
        "no such column" => {
            let mut names = Vec::new();
            let mut columns = conn.prepare_cached("SELECT name FROM pragma_table_xinfo(?1, 'main')").ok()?;
            for (table, _) in tables(catalog, false) {
                names.extend(columns.query_map([table], |row| row.get(0)).ok()?.filter_map(Result::ok));
            }
            names
        }
        _ => return None,
    };
    nearest(missing, names.iter().map(String::as_str).filter(|name| !name.eq_ignore_ascii_case(missing)))
        .map(str::to_owned)
}

fn tables(catalog: &Catalog, views: bool) -> impl Iterator<Item = (&str, &str)> {
    let wanted = move |kind| kind == Kind::Table || (views && kind == Kind::View);
    let entries = catalog.iter().filter(move |entry| wanted(entry.object.kind));
    entries.map(|entry| (entry.object.name.as_ref(), entry.sql.as_str()))
}

fn dangling(catalog: &Catalog, history: &str) -> Vec<Dangling> {
    let mut found = Vec::new();
    for (child, sql) in tables(catalog, false).filter(|(_, sql)| target::has_keys(sql)) {
        for reference in Table::of(sql).references() {
            let parent = &reference.parent;
            let there = |kind| catalog.get(kind, parent).is_some();
            if !there(Kind::Table) && !there(Kind::View) && !parent.eq_ignore_ascii_case(history) {
                let near = nearest(parent, tables(catalog, false).map(|(name, _)| name)).map(str::to_owned);
                found.push(Dangling { child: child.to_owned(), parent: parent.clone(), near });
            }
        }
    }
    found
}
