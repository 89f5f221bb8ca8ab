//! What becomes of each table in a migration: renamed, dropped, or dropped and made again, which is a rebuild.

use std::collections::HashMap;

use migrate_core::__private::Kind;
use migrate_source::Source;

use crate::acts::{Act, Said, is_name};
use crate::replay::Timeline;
use crate::scripts::Scripts;

/// A migration that ran to its end, statement by statement.
pub(crate) struct Lineage<'a> {
    pub(crate) index: usize,
    pub(crate) said: Vec<Said<'a>>,
    /// Every table from before that a statement renames, drops, or takes a column from.
    pub(crate) fates: Vec<Fate>,
    /// The indexes, triggers and views that a statement drops, with that statement.
    pub(crate) dropped: Vec<(Kind, String, usize)>,
}

/// What became of a table. Numbers are those of statements.
pub(crate) struct Fate {
    /// Its name before the migration.
    pub(crate) name: String,
    /// Its name after it, or the last one that it had.
    pub(crate) last_name: String,
    /// The statement that drops it.
    pub(crate) dropped: Option<usize>,
    /// The statement that makes the table which has its name after the migration.
    pub(crate) made_again: Option<usize>,
    /// The statements that copy rows out of it.
    pub(crate) copies: Vec<usize>,
    /// Column names from before, and those that they have after it.
    pub(crate) renamed: Vec<(String, String)>,
    /// The columns that a statement drops, by their names before.
    pub(crate) dropped_columns: Vec<(String, usize)>,
    /// The statement that gives its name away, to make room for a new table.
    pub(crate) moved_aside: Option<usize>,
}

impl<'a> Lineage<'a> {
    /// Of every migration that ran to its end.
    pub(crate) fn all(
        source: &Source,
        scripts: &'a Scripts,
        timeline: &Timeline,
        positions: usize,
    ) -> Vec<Lineage<'a>> {
        let ran = positions.saturating_sub(1).min(source.migrations.len());
        (0..ran).map(|index| Lineage::of(index, Said::all(&scripts.up[index]), timeline)).collect()
    }

    fn of(index: usize, said: Vec<Said<'a>>, timeline: &Timeline) -> Lineage<'a> {
        let mut walk = Walk { index, timeline, tables: HashMap::new(), fates: Vec::new(), dropped: Vec::new() };
        for at in 0..said.len() {
            walk.step(at, &said);
        }
        let Walk { mut fates, dropped, tables, .. } = walk;
        for fate in &mut fates {
            if let Some(Identity::Made(at)) = tables.get(&fate.name.to_ascii_lowercase()) {
                fate.made_again = Some(*at);
            }
        }
        Lineage { index, said, fates, dropped }
    }

    /// The position that this migration leads to.
    pub(crate) fn position(&self) -> usize {
        self.index + 1
    }

    /// The tables that were dropped and made again, with what was in them.
    pub(crate) fn rebuilt(&self) -> impl Iterator<Item = (&Fate, &Said<'a>)> {
        self.fates
            .iter()
            .filter(|fate| fate.is_rebuilt())
            .filter_map(|fate| Some((fate, self.said.get(fate.made_again?)?)))
    }
}

impl Fate {
    /// Dropped and made again, with rows of its own copied into something.
    pub(crate) fn is_rebuilt(&self) -> bool {
        self.dropped.is_some() && self.made_again.is_some() && !self.copies.is_empty()
    }

    /// The name that a column has when the table goes, or at the end.
    pub(crate) fn column_name<'n>(&'n self, column: &'n str) -> &'n str {
        self.renamed.iter().find(|(from, _)| from.eq_ignore_ascii_case(column)).map_or(column, |(_, to)| to)
    }

    /// Whether a copy reads a column. Where a copy takes all of them, nobody can tell.
    pub(crate) fn carries(&self, column: &str, said: &[Said<'_>]) -> bool {
        let column = self.column_name(column);
        let copies = || self.copies.iter().filter_map(|&at| said.get(at));
        let reads =
            |said: &Said<'_>| said.query().is_some_and(|from| said.words.iter().skip(from).any(|w| is_name(w, column)));
        copies().any(reads) || copies().all(takes_all)
    }
}

/// `SELECT *`, or `t.*`.
pub(crate) fn takes_all(said: &Said<'_>) -> bool {
    said.query().is_some_and(|from| {
        said.words.iter().skip(from).zip(said.words.iter().skip(from + 1)).any(|(before, word)| {
            let item =
                [".", ","].contains(&before.text) || ["SELECT", "DISTINCT", "ALL"].iter().any(|w| before.is_word(w));
            word.text == "*" && item
        })
    })
}

/// Which table has a name at the moment.
enum Identity {
    /// That of a fate.
    Before(usize),
    /// One that a statement of this migration made.
    Made(usize),
}

struct Walk<'t> {
    index: usize,
    timeline: &'t Timeline,
    tables: HashMap<String, Identity>,
    fates: Vec<Fate>,
    dropped: Vec<(Kind, String, usize)>,
}

impl Walk<'_> {
    fn step(&mut self, at: usize, said: &[Said<'_>]) {
        let this = &said[at];
        match &this.act {
            Act::Create { kind: Kind::Table, name, .. } => {
                self.copy(at, this);
                // `IF NOT EXISTS` leaves a table from before as it is.
                self.identity(&name.text);
                self.tables.entry(name.text.to_ascii_lowercase()).or_insert(Identity::Made(at));
            }
            Act::Insert(_) => self.copy(at, this),
            Act::Drop { kind: Kind::Table, name } => {
                if let Some(Identity::Before(fate)) = self.take(&name.text) {
                    self.fates[fate].dropped = Some(at);
                }
            }
            Act::Drop { kind, name } => self.dropped.push((*kind, name.text.to_string(), at)),
            Act::RenameTable { from, to } => {
                let Some(identity) = self.take(&from.text) else { return };
                if let Identity::Before(fate) = identity {
                    self.fates[fate].last_name = to.text.to_string();
                    self.fates[fate].moved_aside.get_or_insert(at);
                }
                self.tables.insert(to.text.to_ascii_lowercase(), identity);
            }
            Act::RenameColumn { table, from, to } => {
                let Some(fate) = self.fate_of(&table.text) else { return };
                let known = fate.renamed.iter_mut().find(|(_, now)| from.is(now));
                match known {
                    Some((_, now)) => *now = to.text.to_string(),
                    None => fate.renamed.push((from.text.to_string(), to.text.to_string())),
                }
            }
            Act::DropColumn { table, column } => {
                let Some(fate) = self.fate_of(&table.text) else { return };
                let original = fate.renamed.iter().find(|(_, now)| column.is(now)).map(|(from, _)| from.clone());
                fate.dropped_columns.push((original.unwrap_or_else(|| column.text.to_string()), at));
            }
            _ => {}
        }
    }

    /// Notes which tables a query reads, also through a table that was made from one here.
    fn copy(&mut self, at: usize, said: &Said<'_>) {
        let Some(from) = said.query() else { return };
        let target = said.target().map(|name| name.at);
        let names = said.words.iter().enumerate().skip(from).filter(|(at, _)| Some(*at) != target);
        let names: Vec<String> =
            names.filter_map(|(_, word)| word.name()).map(|name| name.to_ascii_lowercase()).collect();
        let mut fates = Vec::new();
        for name in names {
            match self.identity(&name) {
                Some(Identity::Before(fate)) => fates.push(*fate),
                Some(Identity::Made(made)) => {
                    let made = *made;
                    let through = self.fates.iter().enumerate().filter(|(_, fate)| fate.copies.contains(&made));
                    fates.extend(through.map(|(fate, _)| fate));
                }
                None => {}
            }
        }
        for fate in fates {
            if !self.fates[fate].copies.contains(&at) {
                self.fates[fate].copies.push(at);
            }
        }
    }

    fn fate_of(&mut self, table: &str) -> Option<&mut Fate> {
        match self.identity(table)? {
            Identity::Before(fate) => {
                let fate = *fate;
                self.fates.get_mut(fate)
            }
            Identity::Made(_) => None,
        }
    }

    /// The table of a name; one from before is given its fate when it is first mentioned.
    fn identity(&mut self, name: &str) -> Option<&Identity> {
        let key = name.to_ascii_lowercase();
        if !self.tables.contains_key(&key) {
            let gone = self.fates.iter().any(|fate| fate.name.eq_ignore_ascii_case(name));
            let shape = self.timeline.at(Kind::Table, name, self.index).filter(|_| !gone)?;
            self.tables.insert(key.clone(), Identity::Before(self.fates.len()));
            self.fates.push(Fate {
                name: shape.name.clone(),
                last_name: shape.name.clone(),
                dropped: None,
                made_again: None,
                copies: Vec::new(),
                renamed: Vec::new(),
                dropped_columns: Vec::new(),
                moved_aside: None,
            });
        }
        self.tables.get(&key)
    }

    fn take(&mut self, name: &str) -> Option<Identity> {
        self.identity(name)?;
        self.tables.remove(&name.to_ascii_lowercase())
    }
}
