//! What scripts rename, from the first statement to the last: what tools show as a rename, not as a loss.

use std::collections::BTreeMap;

use migrate_core::__private::Kind;
use migrate_source::Script;

use crate::acts::{Act, Said};

/// A table or a column that `ALTER TABLE … RENAME` gives another name.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The table of a column, by its old name and its new one; `None` where a table itself is renamed.
    pub table: Option<(String, String)>,
    /// Its name before the first statement.
    pub old: String,
    /// Its name after the last one.
    pub new: String,
}

/// What has another name after these scripts, which run, than before them.
///
/// A table that is moved aside or dropped has no new name; one that is rebuilt has the past of the one whose place it takes.
#[doc(hidden)]
#[must_use]
pub fn renamed<'a>(scripts: impl IntoIterator<Item = &'a Script>) -> Vec<Renamed> {
    let mut tables = Tables::default();
    for script in scripts {
        let script = script.finished();
        Said::all(&script).iter().for_each(|said| tables.follow(&said.act));
    }
    tables.renamed()
}

/// The tables that a statement spoke of, by the name that they have now.
#[derive(Default)]
struct Tables {
    now: BTreeMap<String, Table>,
    dropped: BTreeMap<String, Table>,
}

#[derive(Clone)]
struct Table {
    /// `None` for one that a statement makes.
    old: Option<String>,
    name: String,
    /// The name that a column has now, and the one from before; `None` for one that a statement adds.
    columns: Vec<(String, Option<String>)>,
}

impl Tables {
    fn follow(&mut self, act: &Act<'_>) {
        match act {
            Act::Create { kind: Kind::Table, name, .. } => {
                let table = Table { old: None, name: name.text.to_string(), columns: Vec::new() };
                self.now.insert(key(&name.text), table);
            }
            Act::Drop { kind: Kind::Table, name } => {
                let table = self.take(&name.text);
                self.dropped.insert(key(&name.text), table);
            }
            Act::RenameTable { from, to } => {
                let mut table = self.take(&from.text);
                if table.old.is_none()
                    && let Some(replaced) = self.dropped.remove(&key(&to.text))
                {
                    table = replaced;
                }
                table.name = to.text.to_string();
                self.now.insert(key(&to.text), table);
            }
            Act::RenameColumn { table, from, to } => {
                let columns = &mut self.table(&table.text).columns;
                let at = columns.iter().position(|(now, _)| from.is(now));
                let old = at.map_or_else(|| Some(from.text.to_string()), |at| columns.remove(at).1);
                columns.push((to.text.to_string(), old));
            }
            Act::AddColumn { table, column } => {
                self.table(&table.text).columns.push((column.text.to_string(), None));
            }
            Act::DropColumn { table, column } => self.table(&table.text).columns.retain(|(now, _)| !column.is(now)),
            _ => {}
        }
    }

    fn table(&mut self, name: &str) -> &mut Table {
        self.now.entry(key(name)).or_insert_with(|| Table::old(name))
    }

    fn take(&mut self, name: &str) -> Table {
        self.now.remove(&key(name)).unwrap_or_else(|| Table::old(name))
    }

    fn renamed(self) -> Vec<Renamed> {
        let mut renamed = Vec::new();
        // The case of names means nothing.
        let differ = |old: &str, new: &str| !old.eq_ignore_ascii_case(new);
        for Table { old, name, columns } in self.now.into_values() {
            let Some(old) = old else { continue };
            let table = (old, name);
            if differ(&table.0, &table.1) {
                renamed.push(Renamed { table: None, old: table.0.clone(), new: table.1.clone() });
            }
            let columns = columns.into_iter().filter_map(|(new, old)| Some((old?, new)));
            for (old, new) in columns.filter(|(old, new)| differ(old, new)) {
                renamed.push(Renamed { table: Some(table.clone()), old, new });
            }
        }
        renamed
    }
}

impl Table {
    fn old(name: &str) -> Table {
        Table { old: Some(name.to_owned()), name: name.to_owned(), columns: Vec::new() }
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
