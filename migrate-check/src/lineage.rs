//! What becomes of each table in a migration: renamed, dropped, or dropped and made again, which is a rebuild.

mod kept;
mod walk;

use migrate_core::__private::Kind;
use migrate_source::Source;

pub(crate) use kept::{Kept, Origin};
use walk::Walk;

use crate::acts::{Act, Copy, Said, Verb, is_name};
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
        let (fates, dropped) = Walk::through(&said, index, timeline);
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

    /// What has become of a table from before.
    pub(crate) fn end_of(&self, table: &str) -> End {
        match self.fates.iter().find(|fate| fate.name.eq_ignore_ascii_case(table)) {
            None => End::There(table.to_owned()),
            Some(fate) if fate.dropped.is_none() => End::There(fate.last_name.clone()),
            // If no rows are copied into what has its name now, it was dropped for good.
            Some(fate) if fate.is_rebuilt() && self.copies_into(table).next().is_some() => End::Rebuilt,
            Some(_) => End::Gone,
        }
    }

    /// What a table that has this name before a statement is called in the end.
    pub(crate) fn finally(&self, name: &str, from: usize) -> String {
        let mut name = name.to_owned();
        for said in self.said.iter().skip(from) {
            if let Act::RenameTable { from, to } = &said.act
                && from.is(&name)
            {
                name = to.text.to_string();
            }
        }
        name
    }

    /// The statements that copy rows into what is called so in the end.
    pub(crate) fn copies_into<'l>(&'l self, table: &'l str) -> impl Iterator<Item = (usize, Copy)> + 'l {
        self.said.iter().enumerate().filter_map(move |(at, said)| {
            let copy = said.copy()?;
            self.finally(&said.target()?.text, at).eq_ignore_ascii_case(table).then_some((at, copy))
        })
    }

    /// Whether a column of what is called so in the end was renamed on the way, or is called so since: what it holds is no
    /// longer known by its name.
    pub(crate) fn renames_column(&self, table: &str, column: &str) -> bool {
        self.said.iter().enumerate().any(|(at, said)| match &said.act {
            Act::RenameColumn { table: altered, from, to } => {
                (from.is(column) || to.is(column)) && self.finally(&altered.text, at).eq_ignore_ascii_case(table)
            }
            _ => false,
        })
    }

    /// Whether a statement applies a verb to one of these tables, by the name of the moment or that of the end.
    pub(crate) fn says(&self, verb: Verb, tables: &[&str]) -> bool {
        self.said.iter().enumerate().filter(|(_, said)| said.verb() == verb).any(|(at, said)| {
            said.table().is_some_and(|table| {
                let last = self.finally(&table.text, at);
                tables.iter().any(|name| table.is(name) || last.eq_ignore_ascii_case(name))
            })
        })
    }
}

/// What has become of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is still there, under this name.
    There(String),
    /// It was dropped, and another has taken its place and its rows.
    Rebuilt,
    Gone,
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
