//! Tables of modules: what a full-text index or an R-tree holds, and whether it still holds anything.
//!
//! What such a table holds mostly follows from other tables, by triggers or by the application. So it is looked at only where
//! a migration drops it and makes it again: filled from somewhere else it is as good as it was.

use std::collections::BTreeMap;

use migrate_sql::quote;
use rusqlite::Connection;

use super::value::Numbers;
use crate::cache::bytes;
use crate::lineage::Lineage;
use crate::words::words;

/// The tables of modules that rows can be put into, by their names in lower case.
#[derive(Default)]
pub(crate) struct Modules(BTreeMap<String, Module>);

/// A table of a module.
#[derive(Clone, Debug)]
struct Module {
    name: String,
    kind: Kind,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A full-text index with the texts themselves.
    Texts,
    /// A full-text index of texts that are elsewhere.
    Index,
    /// A full-text index that keeps no texts.
    Contentless,
    Boxes,
}

bytes!(struct Modules(modules));
bytes!(struct Module { name, kind });
bytes!(enum Kind { 0 => Texts, 1 => Index, 2 => Contentless, 3 => Boxes });

/// A table of a module that held something before a migration which makes it again.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) rows: usize,
}

impl Modules {
    /// Takes note of a table that is no ordinary one; why there are no rows for it, if that is so.
    pub(super) fn note(&mut self, conn: &Connection, name: &str) -> Option<String> {
        let sql = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        let found: rusqlite::Result<(String, String)> =
            conn.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)));
        let (name, sql) = found.ok()?;
        let (module, source) = made_with(&sql)?;
        let kind = match (module.as_str(), source) {
            ("fts3" | "fts4" | "fts5", None) => Kind::Texts,
            ("fts4" | "fts5", Some(source)) if source.is_empty() => Kind::Contentless,
            ("fts4" | "fts5", Some(_)) => Kind::Index,
            ("rtree" | "rtree_i32", _) => Kind::Boxes,
            _ => return Some(format!("the proof has no rows for tables of the module `{module}`")),
        };
        self.0.insert(name.to_ascii_lowercase(), Module { name, kind });
        None
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(&name.to_ascii_lowercase());
    }

    /// Puts rows into what nothing else has put rows into.
    pub(super) fn fill(&self, conn: &Connection, numbers: &mut Numbers) {
        for module in self.0.values().filter(|module| module.rows(conn) == 0) {
            // What the module refuses is no business of the proof.
            let _ = module.fill(conn, numbers);
        }
    }

    /// Those with something in them that a migration drops and makes again.
    pub(super) fn made_again(&self, conn: &Connection, lineage: &Lineage<'_>) -> Vec<Filled> {
        let again = lineage.fates.iter().filter(|fate| fate.dropped.is_some() && fate.made_again.is_some());
        let modules = again.filter_map(|fate| self.0.get(&fate.name.to_ascii_lowercase()));
        let filled =
            modules.map(|module| Filled { name: module.name.clone(), kind: module.kind, rows: module.rows(conn) });
        filled.filter(|filled| filled.rows > 0).collect()
    }
}

/// The module of a virtual table, and the table that its option `content` names: none is named by `''`.
pub(super) fn made_with(sql: &str) -> Option<(String, Option<String>)> {
    let words = words(sql);
    let using = words.iter().position(|word| word.is_word("USING"))?;
    let module = words.get(using + 1)?.name()?.to_ascii_lowercase();
    let option = words.windows(3).find(|three| three[0].is_word("content") && three[1].text == "=");
    let source = option.map(|three| three[2].name().unwrap_or(three[2].text.into()).trim_matches('\'').to_owned());
    Some((module, source))
}

impl Filled {
    /// Whether its rows are rows of its own, that can be compared.
    pub(super) fn has_rows(&self) -> bool {
        matches!(self.kind, Kind::Texts | Kind::Boxes)
    }

    /// Whether it has been made again and left empty.
    pub(super) fn is_empty(&self, conn: &Connection) -> bool {
        let now = Modules::of(conn, &self.name);
        now.is_some_and(|module| module.rows(conn) == 0 && module.could_hold(conn))
    }
}

impl Modules {
    fn of(conn: &Connection, name: &str) -> Option<Module> {
        let mut modules = Modules::default();
        modules.note(conn, name);
        modules.0.into_values().next()
    }
}

impl Module {
    /// How many rows it holds, or finds.
    fn rows(&self, conn: &Connection) -> usize {
        let name = quote(&self.name);
        let sql = match self.kind {
            Kind::Texts | Kind::Boxes => format!("SELECT count(*) FROM main.{name}"),
            // Asked for its rows, an index answers with those of the other table.
            Kind::Index | Kind::Contentless => {
                format!("SELECT count(*) FROM main.{name} WHERE {name} MATCH 'witness'")
            }
        };
        let count: i64 = conn.query_row(&sql, [], |row| row.get(0)).unwrap_or(0);
        usize::try_from(count).unwrap_or(0)
    }

    /// Whether there are texts that an index would find.
    fn could_hold(&self, conn: &Connection) -> bool {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM main.{})", quote(&self.name));
        self.kind != Kind::Index || conn.query_row(&sql, [], |row| row.get(0)).unwrap_or(false)
    }

    fn fill(&self, conn: &Connection, numbers: &mut Numbers) -> rusqlite::Result<()> {
        let name = quote(&self.name);
        if self.kind == Kind::Index {
            // As the application does it, when it does.
            return conn.execute(&format!("INSERT INTO main.{name}({name}) VALUES ('rebuild')"), []).map(drop);
        }
        let sql = "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0";
        let columns: Vec<String> =
            conn.prepare_cached(sql)?.query_map([&self.name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let names: Vec<String> = columns.iter().map(|column| quote(column)).collect();
        for _ in 0..2 {
            let number = numbers.next();
            let value = |_: &String| match self.kind {
                Kind::Boxes => number.to_string(),
                _ => format!("'witness {}'", numbers.next()),
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            let sql = format!("INSERT INTO main.{name}({}) VALUES ({})", names.join(", "), values.join(", "));
            conn.execute(&sql, [])?;
        }
        Ok(())
    }
}
