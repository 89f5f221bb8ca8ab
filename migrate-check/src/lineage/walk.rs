//! Which table each name stands for, from statement to statement.

use std::collections::HashMap;

use migrate_core::__private::Kind;

use super::Fate;
use crate::acts::{Act, Said};
use crate::replay::Timeline;

/// Which table has a name at the moment.
enum Identity {
    /// That of a fate.
    Before(usize),
    /// One that a statement of this migration made.
    Made(usize),
}

/// The statements, one after the other.
pub(super) struct Walk<'t> {
    index: usize,
    timeline: &'t Timeline,
    tables: HashMap<String, Identity>,
    fates: Vec<Fate>,
    dropped: Vec<(Kind, String, usize)>,
}

impl Walk<'_> {
    /// The fates of the tables, and what is dropped besides them.
    pub(super) fn through(
        said: &[Said<'_>],
        index: usize,
        timeline: &Timeline,
    ) -> (Vec<Fate>, Vec<(Kind, String, usize)>) {
        let mut walk = Walk { index, timeline, tables: HashMap::new(), fates: Vec::new(), dropped: Vec::new() };
        for at in 0..said.len() {
            walk.step(at, said);
        }
        let Walk { mut fates, dropped, tables, .. } = walk;
        for fate in &mut fates {
            if let Some(Identity::Made(at)) = tables.get(&fate.name.to_ascii_lowercase()) {
                fate.made_again = Some(*at);
            }
        }
        (fates, dropped)
    }

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
