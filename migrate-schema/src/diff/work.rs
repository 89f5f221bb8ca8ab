//! The work of a migration: each step is tried on a database in memory before it is written down.

mod clear;
mod rows;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use migrate_check::Stage;
use migrate_core::__private::Kind;
use migrate_core::rusqlite::Connection;
use migrate_source::Source;

use clear::Away;
use ways::Way;

use super::target::Target;
use super::{Change, DiffError, Options};
use crate::dump::statement;
use crate::names::ident;
use crate::rebuild::Rebuild;
use crate::schema::Table;

/// The work, under way.
pub(crate) struct Work<'a> {
    source: &'a Source,
    /// The database that the migration is tried on; it is where the migration has come to.
    stage: &'a Stage,
    /// Where it is to come to.
    to: &'a Target,
    /// The database that has the schema and the rows to come to.
    made: &'a Stage,
    /// The tables to be rebuilt even if nothing about them changes, in lower case.
    forced: &'a BTreeSet<String>,
    fills: BTreeMap<String, BTreeMap<String, String>>,
    options: &'a Options,
    /// What there was before the first statement of it.
    began_with: BTreeSet<(Kind, String)>,
    pub(crate) statements: Vec<String>,
    pub(crate) changes: Vec<Change>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        source: &'a Source,
        stage: &'a Stage,
        to: &'a Target,
        made: &'a Stage,
        forced: &'a BTreeSet<String>,
        options: &'a Options,
    ) -> Work<'a> {
        let mut fills: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for fill in &options.fills {
            let of_table = fills.entry(fill.table.to_ascii_lowercase()).or_default();
            of_table.insert(fill.column.to_ascii_lowercase(), fill.value.clone());
        }
        Work {
            source,
            stage,
            to,
            made,
            forced,
            fills,
            options,
            began_with: BTreeSet::new(),
            statements: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Does all that has to be done after the renames.
    pub(crate) fn all(&mut self) -> Result<(), DiffError> {
        let from = self.now()?;
        self.began_with = [Kind::Index, Kind::View, Kind::Trigger]
            .into_iter()
            .flat_map(|kind| from.objects(kind))
            .map(|entry| entry.object.key())
            .collect();
        let ways = self.ways(&from);
        let dropped: Vec<&Table> = from.tables().filter(|table| !self.to.has(Kind::Table, &table.name)).collect();
        let mut away = Away::default();
        away.gone.extend(dropped.iter().map(|table| table.name.to_ascii_lowercase()));
        for (table, way) in &ways {
            let name = table.name.to_ascii_lowercase();
            match way {
                Way::Rebuild(_) => away.gone.insert(name),
                Way::Alter(alter) => !alter.drops.is_empty() && away.altered.insert(name),
            };
        }
        self.clear(&from, &away)?;
        self.new_tables(&from)?;
        // What is read by a fill of another table goes after it.
        let (mut rebuilds, mut drops) = (Vec::new(), Vec::new());
        for (table, way) in ways {
            match way {
                Way::Alter(alter) => {
                    self.changes.extend(alter.changes);
                    alter.adds.iter().try_for_each(|sql| self.run(sql))?;
                    drops.extend(alter.drops);
                }
                Way::Rebuild(why) => rebuilds.push((table, why)),
            }
        }
        while !rebuilds.is_empty() {
            let is_read = |(at, _): &(usize, &(&Table, String))| {
                let others = rebuilds.iter().enumerate().filter(|(other, _)| other != at);
                others.map(|(_, (other, _))| other).any(|other| self.reads(other, rebuilds[*at].0))
            };
            let first = rebuilds.iter().enumerate().find(|each| !is_read(each)).map_or(0, |(at, _)| at);
            let (table, why) = rebuilds.remove(first);
            self.rebuild(&from, table, why)?;
        }
        drops.iter().try_for_each(|sql| self.run(sql))?;
        for table in dropped {
            self.changes.push(Change::new("-", format!("table {}", table.name)));
            self.run(&format!("DROP TABLE {}", self.word(&table.name)))?;
        }
        self.missing(&[Kind::Index, Kind::View])?;
        // Before the triggers are there, so that none of them does more.
        self.rows(&from)?;
        self.missing(&[Kind::Trigger])?;
        self.header()
    }

    /// Runs a statement, and writes it down.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), DiffError> {
        self.stage.try_sql(sql).map_err(|error| DiffError::Unable(error.to_string()))?;
        self.statements.push(sql.to_owned());
        Ok(())
    }

    pub(crate) fn now(&self) -> Result<Target, DiffError> {
        Ok(Target::of(self.stage, self.source)?)
    }

    pub(crate) fn conn(&self) -> &Connection {
        self.stage.conn()
    }

    fn word(&self, name: &str) -> String {
        ident(self.stage.conn(), name)
    }

    fn drop(&self, kind: Kind, name: &str) -> String {
        format!("DROP {} {}", kind.word().to_ascii_uppercase(), self.word(name))
    }

    fn new_tables(&mut self, from: &Target) -> Result<(), DiffError> {
        let to = self.to;
        for entry in to.objects(Kind::Table).filter(|entry| !from.has(Kind::Table, &entry.object.name)) {
            self.changes.push(Change::new("+", format!("table {}", entry.object.name)));
            let sql = statement(self.stage.conn(), &entry.object.name, &entry.sql);
            self.run(&sql)?;
            // Its rows come with it, since a fill may look them up.
            if let Some(table) = to.table(&entry.object.name) {
                self.seeds(table)?.statements.iter().try_for_each(|sql| self.run(sql))?;
            }
        }
        Ok(())
    }

    fn rebuild(&mut self, from: &Target, table: &Table, why: String) -> Result<(), DiffError> {
        let Some(to) = self.to.table(&table.name) else { return Ok(()) };
        if table.is_virtual || to.is_virtual {
            return Err(DiffError::Virtual(table.name.clone()));
        }
        if let Some(object) = from.unproved_on(&table.name) {
            return Err(DiffError::Unable(format!(
                "`{}` would be rebuilt, and its {} `{}` is made by a file that is not run here",
                table.name,
                object.kind.word(),
                object.name
            )));
        }
        for (sign, columns, others) in [("-", &table.columns, to), ("+", &to.columns, table)] {
            for column in columns.iter().filter(|column| others.column(&column.name).is_none()) {
                self.changes.push(Change::new(sign, format!("column {}.{}", table.name, column.name)));
            }
        }
        let empty = BTreeMap::new();
        let fills = self.fills.get(&table.name.to_ascii_lowercase()).unwrap_or(&empty);
        let rebuild = Rebuild { conn: self.stage.conn(), from: table, to, fills };
        let to = self.to;
        let mut statements = rebuild.statements(|name| from.is_taken(name) || to.is_taken(name));
        statements[0].insert_str(0, &format!("-- A rebuild of {}: {why}.\n", self.word(&table.name)));
        self.changes.push(Change { sign: "~", what: format!("table {}", table.name), rebuilt: Some(why) });
        statements.iter().try_for_each(|sql| self.run(sql))
    }

    /// Makes the objects of these kinds that are to be and are not.
    fn missing(&mut self, kinds: &[Kind]) -> Result<(), DiffError> {
        let before = self.now()?;
        let to = self.to;
        let known: BTreeSet<String> = self.changes.iter().map(|change| change.what.clone()).collect();
        for &kind in kinds {
            for entry in to.objects(kind).filter(|entry| !before.has(kind, &entry.object.name)) {
                let what = format!("{} {}", kind.word(), entry.object.name);
                let is_new = !known.contains(&what) && !self.began_with.contains(&entry.object.key());
                self.changes.extend(is_new.then(|| Change::new("+", what)));
                self.run(&entry.sql)?;
            }
        }
        Ok(())
    }

    /// What the header of the file keeps for the application.
    fn header(&mut self) -> Result<(), DiffError> {
        for pragma in ["application_id", "user_version"] {
            let read = |conn: &Connection| conn.pragma_query_value(Some("main"), pragma, |row| row.get::<_, i64>(0));
            let (now, to) = (read(self.conn())?, read(self.made.conn())?);
            if now != to {
                self.changes.push(Change::new("~", pragma.to_owned()));
                self.run(&format!("PRAGMA {pragma} = {to}"))?;
            }
        }
        Ok(())
    }
}
