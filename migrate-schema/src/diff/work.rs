//! The work of a migration: each step is tried on a database in memory before it is written down.

use std::collections::{BTreeMap, BTreeSet};

use migrate_check::Stage;
use migrate_core::__private::{Entry, Kind, Object};
use migrate_core::rusqlite::Connection;
use migrate_source::Source;
use migrate_sql::tokens;

use super::seeds::Seeds;
use super::target::{Target, mentions};
use super::{Change, DiffError, Options, Question, at_head};
use crate::create::CreateTable;
use crate::dump::statement;
use crate::names::ident;
use crate::rebuild::{Rebuild, is_constant, is_null, must_have_value, speaks_of};
use crate::rows::Rows;
use crate::schema::{Column, Generated, Table};

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

/// How a table is brought to its new form.
enum Way {
    Alter(Alter),
    Rebuild(String),
}

/// Statements of `ALTER TABLE`, and what they do.
#[derive(Default)]
struct Alter {
    /// What adds columns and fills them.
    adds: Vec<String>,
    /// What drops columns: when nothing reads them any longer.
    drops: Vec<String>,
    changes: Vec<Change>,
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

    /// The tables that change, and how.
    fn ways<'t>(&self, from: &'t Target) -> Vec<(&'t Table, Way)> {
        let mut ways = Vec::new();
        for table in from.tables() {
            let Some(to) = self.to.table(&table.name) else { continue };
            if self.forced.contains(&table.name.to_ascii_lowercase()) {
                ways.push((table, Way::Rebuild("change the new table here, and what is copied".to_owned())));
            } else if let Some(column) = table.columns.iter().find(|column| self.fill(table, column).is_some()) {
                ways.push((table, Way::Rebuild(format!("column {} is filled", column.name))));
            } else if !from.agrees(self.to, Kind::Table, &table.name) {
                ways.push((table, self.way(from, table, to)));
            }
        }
        ways
    }

    fn fill(&self, table: &Table, column: &Column) -> Option<&String> {
        self.fills.get(&table.name.to_ascii_lowercase())?.get(&column.name.to_ascii_lowercase())
    }

    /// Whether a fill of one table speaks of another.
    fn reads(&self, one: &Table, other: &Table) -> bool {
        let fills = self.fills.get(&one.name.to_ascii_lowercase());
        fills.into_iter().flat_map(BTreeMap::values).any(|fill| speaks_of(fill, &other.name))
    }

    /// `ALTER TABLE` where it comes to the same table, else a rebuild.
    fn way(&self, from: &Target, table: &Table, to: &Table) -> Way {
        let name = self.word(&table.name);
        let mut alter = Alter::default();
        for column in to.columns.iter().filter(|column| table.column(&column.name).is_none()) {
            let text = CreateTable::of(&to.sql).and_then(|create| create.column(&column.name)).unwrap_or_default();
            let fill = self.fill(to, column);
            let why = needs_rebuild(column, to).or_else(|| {
                let fires = from.has_triggers(&table.name);
                fill.and(why_not_filled(&column.name, text, fires))
            });
            if let Some(why) = why {
                return Way::Rebuild(why);
            }
            alter.adds.push(format!("ALTER TABLE {name} ADD COLUMN {text}"));
            alter.changes.push(Change::new("+", format!("column {}.{}", table.name, column.name)));
            alter.adds.extend(fill.map(|fill| format!("UPDATE {name} SET {} = {fill}", self.word(&column.name))));
        }
        for column in table.columns.iter().filter(|column| to.column(&column.name).is_none()) {
            alter.drops.push(format!("ALTER TABLE {name} DROP COLUMN {}", self.word(&column.name)));
            alter.changes.push(Change::new("-", format!("column {}.{}", table.name, column.name)));
        }
        if alter.changes.is_empty() {
            return Way::Rebuild(self.why(from, table));
        }
        // What speaks of a column that goes is in the way, and is made again afterwards.
        let mut sql: Vec<String> = Vec::new();
        if !alter.drops.is_empty() {
            let tables = BTreeSet::from([table.name.to_ascii_lowercase()]);
            let indexes = table.indexes.iter().filter(|index| !from.agrees(self.to, Kind::Index, &index.name));
            let indexes = indexes.map(|index| (Kind::Index, index.name.clone()));
            // A view's triggers go with it.
            let drop = |(kind, name): (Kind, String)| {
                format!("DROP {} IF EXISTS {}", kind.word().to_ascii_uppercase(), self.word(&name))
            };
            sql.extend(from.dependants(&tables).into_iter().chain(indexes).map(drop));
        }
        sql.extend(alter.adds.iter().chain(&alter.drops).cloned());
        let made = self.stage.what_if(&format!("{};", sql.join(";\n")));
        let wanted = self.to.get(Kind::Table, &table.name).map(|entry| entry.definition);
        let made = made.ok().and_then(|catalog| Some(catalog.get(Kind::Table, &table.name)?.definition));
        match (made, wanted) {
            (Some(made), Some(wanted)) if made.strict == wanted.strict => Way::Alter(alter),
            (Some(made), Some(wanted)) if made.loose == wanted.loose => {
                Way::Rebuild("a new column is not the last one".to_owned())
            }
            _ => Way::Rebuild(self.why(from, table)),
        }
    }

    fn why(&self, from: &Target, table: &Table) -> String {
        let loose = |target: &Target| target.get(Kind::Table, &table.name).map(|entry| entry.definition.loose);
        let order = loose(from) == loose(self.to);
        let why = if order { "its columns have another order" } else { "SQLite cannot alter this in place" };
        why.to_owned()
    }

    fn drop(&self, kind: Kind, name: &str) -> String {
        format!("DROP {} {}", kind.word().to_ascii_uppercase(), self.word(name))
    }

    /// Drops what changes or goes, and what would be in the way.
    fn clear(&mut self, from: &Target, away: &Away) -> Result<(), DiffError> {
        let mut absent = away.all();
        if !absent.is_empty() {
            let views = from.objects(Kind::View).filter(|view| !from.agrees(self.to, Kind::View, &view.object.name));
            absent.extend(views.map(|view| view.object.name.to_ascii_lowercase()));
        }
        let in_the_way = from.dependants(&absent);
        let mut views: BTreeSet<String> = BTreeSet::new();
        for kind in [Kind::View, Kind::Trigger, Kind::Index] {
            for entry in from.objects(kind) {
                let (name, table) = (&entry.object.name, entry.object.table.to_ascii_lowercase());
                let agrees = from.agrees(self.to, kind, name);
                if !agrees {
                    let sign = if self.to.has(kind, name) { "~" } else { "-" };
                    self.changes.push(Change::new(sign, format!("{} {name}", kind.word())));
                }
                // With its view, or with its table; but not after another has gone that it speaks of, since SQLite then
                // renames no table any longer.
                let goes_along = kind != Kind::View
                    && (views.contains(&table) || (away.gone.contains(&table) && !away.is_missed(entry, &views)));
                let must = !agrees || in_the_way.contains(&entry.object.key());
                // What is to go is said, unless its table goes as well.
                let is_said = self.to.has(kind, name) || views.contains(&table) || !self.to.has(Kind::Table, &table);
                if must && !(goes_along && is_said) {
                    let sql = self.drop(kind, name);
                    self.run(&sql)?;
                    views.extend((kind == Kind::View).then(|| name.to_ascii_lowercase()));
                }
            }
        }
        Ok(())
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

    /// Brings the rows that the migrations make to those that the schema's text makes.
    fn rows(&mut self, from: &Target) -> Result<(), DiffError> {
        let to = self.to;
        let (mut statements, mut tables, mut questions) = (Vec::new(), BTreeSet::new(), Vec::new());
        for table in to.tables() {
            let seeds = self.seeds(table)?;
            if seeds.removed > 0 && !self.options.may_drop(&table.name) {
                questions.push(Question::Rows { table: table.name.clone(), count: seeds.removed });
            }
            for (sign, count) in [("-", seeds.removed), ("~", seeds.changed), ("+", seeds.added)] {
                let rows = if count == 1 { "row" } else { "rows" };
                let what = format!("{count} {rows} of {}", table.name);
                self.changes.extend((count > 0).then(|| Change::new(sign, what)));
            }
            tables.extend((!seeds.statements.is_empty()).then(|| table.name.to_ascii_lowercase()));
            statements.extend(seeds.statements);
        }
        if !questions.is_empty() {
            return Err(DiffError::Undecided(questions));
        }
        let triggers = from.objects(Kind::Trigger).map(|entry| &entry.object);
        let triggers: Vec<&Object> =
            triggers.filter(|object| tables.contains(&object.table.to_ascii_lowercase())).collect();
        if !triggers.is_empty() && !self.leads_there(&statements)? {
            // A trigger does more than the schema's text has done, so it is away for as long as that takes.
            let now = self.now()?;
            for trigger in triggers.iter().filter(|trigger| now.has(Kind::Trigger, &trigger.name)) {
                let sql = self.drop(Kind::Trigger, &trigger.name);
                self.run(&sql)?;
            }
        }
        statements.iter().try_for_each(|sql| self.run(sql))
    }

    /// Whether these statements, after those that are written already, lead to the rows that are to be.
    fn leads_there(&self, statements: &[String]) -> Result<bool, DiffError> {
        let trial = at_head(self.source)?;
        let all: Vec<&str> = self.statements.iter().chain(statements).map(String::as_str).collect();
        if trial.try_sql(&all.join(";\n")).is_err() {
            return Ok(false);
        }
        for table in self.to.tables().filter(|table| !table.is_virtual) {
            let (now, to) = (Rows::of(trial.conn(), table)?, Rows::of(self.made.conn(), table)?);
            if !Seeds::of(trial.conn(), table, now, to).statements.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// From the rows of a table as they are to those that are to be.
    fn seeds(&self, table: &Table) -> Result<Seeds, DiffError> {
        let (now, to) = (Rows::of(self.conn(), table)?, Rows::of(self.made.conn(), table)?);
        Ok(Seeds::of(self.conn(), table, now, to))
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

/// The tables that do not stay as they are, in lower case.
#[derive(Default)]
struct Away {
    /// Dropped, for good or for a rebuild.
    gone: BTreeSet<String>,
    /// Something of them is dropped.
    altered: BTreeSet<String>,
}

impl Away {
    fn all(&self) -> BTreeSet<String> {
        self.gone.union(&self.altered).cloned().collect()
    }

    /// Whether an object speaks of what goes, its own table aside.
    fn is_missed(&self, entry: &Entry, views: &BTreeSet<String>) -> bool {
        let mut names = self.all();
        names.extend(views.iter().cloned());
        names.remove(&entry.object.table.to_ascii_lowercase());
        mentions(&entry.sql, &names)
    }
}

/// Why SQLite cannot add a column to a table that has rows, if it cannot.
fn needs_rebuild(column: &Column, table: &Table) -> Option<String> {
    let name = &column.name;
    if column.generated == Some(Generated::Stored) {
        return Some(format!("column {name} is STORED"));
    }
    if column.generated.is_none() && must_have_value(column, table) && is_null(column) {
        return Some(format!("column {name} is NOT NULL without a default"));
    }
    let moves = column.default.as_deref().is_some_and(|default| !is_constant(default));
    moves.then(|| format!("the default of column {name} is an expression"))
}

/// Why an `UPDATE` behind it would not do to fill a column.
fn why_not_filled(column: &str, text: &str, fires: bool) -> Option<String> {
    if fires {
        return Some(format!("column {column} is filled, and its table has triggers"));
    }
    let checked = tokens(text).any(|token| token.is_word("CHECK"));
    checked.then(|| format!("column {column} is filled, and has a CHECK"))
}
