//! The schema of a live database: every object with the digest of its definition.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use migrate_sql::{Definition, Digest, Names, quote};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::engine::answer;
use crate::history::lossy;
use crate::set::{Change, Key, Kind, Object, fingerprint};

/// The schema objects of `main`, without SQLite's own, the history table, and the tables that a virtual table keeps
/// its data in.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    entries: BTreeMap<Key, Rc<Entry>>,
    /// The same by their row in `sqlite_master`.
    rows: HashMap<i64, Rc<Entry>>,
    /// The rows of tables that a virtual table keeps its data in: name and SQL.
    shadows: HashMap<i64, (String, String)>,
}

/// One object of a [`Catalog`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub object: Object,
    /// The `CREATE` statement as SQLite stores it.
    pub sql: String,
    strict: Digest,
    /// Found out when it is asked for: of what is as expected it is not.
    loose: OnceCell<Digest>,
    /// What a double-quoted token in it may stand for.
    names: Names,
}

impl Entry {
    fn of(object: Object, sql: String, names: Names) -> Entry {
        let strict = Definition::strict_of(&sql, &names).named(object.kind.word(), &object.name);
        Entry { object, sql, strict, loose: OnceCell::new(), names }
    }

    /// What it means.
    #[must_use]
    pub fn definition(&self) -> Definition {
        Definition { strict: self.strict, loose: self.loose() }
    }

    /// What it means, the order of a table's columns included.
    #[must_use]
    pub fn strict(&self) -> Digest {
        self.strict
    }

    /// What it means, whatever the order of a table's columns.
    #[must_use]
    pub fn loose(&self) -> Digest {
        let named = || Definition::of(&self.sql, &self.names).loose.named(self.object.kind.word(), &self.object.name);
        *self.loose.get_or_init(named)
    }

    /// Whether it means this, whatever the order of a table's columns.
    #[must_use]
    pub fn is_loosely(&self, definition: &Definition) -> bool {
        self.strict == definition.strict || self.loose() == definition.loose
    }
}

impl Catalog {
    /// Reads the schema of `main`.
    pub fn read(conn: &Connection, history_table: &str) -> rusqlite::Result<Catalog> {
        Catalog::default().read_again(conn, history_table)
    }

    /// Reads the schema of `main`, taking over from `self` whatever did not change.
    pub fn read_again(&self, conn: &Connection, history_table: &str) -> rusqlite::Result<Catalog> {
        let columns = Columns::of(conn);
        let mut catalog = Catalog::default();
        let rows = self.rows(conn, history_table, &mut catalog.shadows)?;
        for row in rows {
            let (rowid, entry) = match row {
                Row::Kept(rowid, entry) if !self.may_mean_else(&entry, &catalog) => (rowid, entry),
                Row::Kept(rowid, entry) => (rowid, columns.entry(&entry.object, &entry.sql)?),
                Row::New(rowid, object, sql) => (rowid, columns.entry(&object, &sql)?),
            };
            catalog.entries.insert(entry.object.key(), Rc::clone(&entry));
            catalog.rows.insert(rowid, entry);
        }
        Ok(catalog)
    }

    /// Whether a definition that is written as before may mean something else now: a double-quoted token is a name or a
    /// string, depending on what there is.
    fn may_mean_else(&self, entry: &Entry, now: &Catalog) -> bool {
        let table = |catalog: &Catalog| catalog.get(Kind::Table, &entry.object.table).map(|table| table.sql.clone());
        entry.sql.contains('"')
            && match entry.object.kind {
                Kind::Table => false,
                Kind::Index => table(self) != table(now),
                Kind::View | Kind::Trigger => true,
            }
    }

    fn rows(
        &self,
        conn: &Connection,
        history_table: &str,
        shadows: &mut HashMap<i64, (String, String)>,
    ) -> rusqlite::Result<Vec<Row>> {
        let sql = "SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL";
        let mut statement = conn.prepare_cached(sql)?;
        let mut found = Vec::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let rowid: i64 = row.get(0)?;
            let (name, sql) = (row.get_ref(2)?, row.get_ref(4)?);
            let known =
                |shadow: &&(String, String)| name == shadow.0.as_str().into() && sql == shadow.1.as_str().into();
            if let Some(shadow) = self.shadows.get(&rowid).filter(known) {
                shadows.insert(rowid, shadow.clone());
                continue;
            }
            let same = |entry: &&Rc<Entry>| {
                let is = |column: usize, text: &str| matches!(row.get_ref(column), Ok(ValueRef::Text(t)) if t == text.as_bytes());
                let Object { kind, name, table } = &entry.object;
                is(4, &entry.sql) && is(2, name) && is(1, kind.word()) && is(3, table)
            };
            if let Some(entry) = self.rows.get(&rowid).filter(same) {
                found.push(Row::Kept(rowid, Rc::clone(entry)));
                continue;
            }
            // Another tool's names and definitions may be anything; what is not text is shown as well as it can be.
            let text = |column| Ok::<_, rusqlite::Error>(lossy(row, column)?.unwrap_or_default());
            let Some(kind) = Kind::from_word(&text(1)?) else { continue };
            let (name, table) = (text(2)?, text(3)?);
            if is_internal(&name) || table.eq_ignore_ascii_case(history_table) {
                continue;
            }
            found.push(Row::New(rowid, Object { kind, name: name.into(), table: table.into() }, text(4)?));
        }
        if found.iter().any(Row::is_new) && found.iter().any(|row| is_virtual(row.sql())) {
            let names = shadow_tables(conn)?;
            let is_shadow = |row: &Row| names.contains(&row.object().table.to_ascii_lowercase());
            let text = |row: &Row| (row.rowid(), (row.object().name.to_string(), row.sql().to_owned()));
            shadows.extend(found.iter().filter(|row| is_shadow(row)).map(text));
            found.retain(|row| !is_shadow(row));
        }
        Ok(found)
    }

    /// The objects, tables first, then by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(Rc::as_ref)
    }

    /// An object, by its name in any case.
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Entry> {
        self.entries.get(&(kind, name.to_ascii_lowercase())).map(Rc::as_ref)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was made, changed or removed between two states, sorted by object.
    #[must_use]
    pub fn changes_to(&self, after: &Catalog) -> Vec<Change> {
        let mut changes = Vec::new();
        let gone = |before: &Entry| Change { object: before.object.clone(), after: None };
        let made = |now: &Entry| Change { object: now.object.clone(), after: Some(now.definition()) };
        // Side by side, since both are in order.
        let (mut before, mut now) = (self.entries.iter().peekable(), after.entries.iter().peekable());
        loop {
            match (before.peek(), now.peek()) {
                (Some((key, was)), Some((other, is))) => match key.cmp(other) {
                    Ordering::Less => changes.extend(before.next().map(|(_, was)| gone(was))),
                    Ordering::Greater => changes.extend(now.next().map(|(_, is)| made(is))),
                    Ordering::Equal => {
                        if !Rc::ptr_eq(was, is) && was.strict != is.strict {
                            changes.push(made(is));
                        }
                        before.next();
                        now.next();
                    }
                },
                (Some((_, was)), None) => {
                    changes.push(gone(was));
                    before.next();
                }
                (None, Some((_, is))) => {
                    changes.push(made(is));
                    now.next();
                }
                (None, None) => return changes,
            }
        }
    }

    /// The digest of the whole schema.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        fingerprint(self.entries.values().map(|entry| entry.strict))
    }

    pub(crate) fn entries(&self) -> &BTreeMap<Key, Rc<Entry>> {
        &self.entries
    }
}

/// A row of `sqlite_master`.
enum Row {
    /// As it was read before.
    Kept(i64, Rc<Entry>),
    New(i64, Object, String),
}

impl Row {
    fn is_new(&self) -> bool {
        matches!(self, Row::New(..))
    }

    fn rowid(&self) -> i64 {
        match self {
            Row::Kept(rowid, _) | Row::New(rowid, ..) => *rowid,
        }
    }

    fn object(&self) -> &Object {
        match self {
            Row::Kept(_, entry) => &entry.object,
            Row::New(_, object, _) => object,
        }
    }

    fn sql(&self) -> &str {
        match self {
            Row::Kept(_, entry) => &entry.sql,
            Row::New(.., sql) => sql,
        }
    }
}

fn is_internal(name: &str) -> bool {
    name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

fn shadow_tables(conn: &Connection) -> rusqlite::Result<HashSet<String>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";
    // SQLite before 3.37 has no such pragma; shadow tables then count as what they look like, ordinary tables.
    let Some(mut statement) = answer(conn.prepare_cached(sql))? else { return Ok(HashSet::new()) };
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| Ok(name?.to_ascii_lowercase())).collect()
}

/// The columns of a table or view, hidden ones included. The pragma itself: as a table it would have to be parsed.
pub(crate) fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(&format!("PRAGMA main.table_xinfo({})", quote(table)))?;
    let names = statement.query_map([], |row| Ok(lossy(row, 1)?.unwrap_or_default()))?;
    names.collect()
}

/// The columns of tables and views, read only for definitions that have a double-quoted token.
struct Columns<'c> {
    conn: &'c Connection,
    all: OnceCell<BTreeMap<String, Vec<String>>>,
}

impl Columns<'_> {
    fn of(conn: &Connection) -> Columns<'_> {
        Columns { conn, all: OnceCell::new() }
    }

    fn entry(&self, object: &Object, sql: &str) -> rusqlite::Result<Rc<Entry>> {
        let names = if sql.contains('"') { self.known_to(object, sql)? } else { Names::default() };
        Ok(Rc::new(Entry::of(object.clone(), sql.to_owned(), names)))
    }

    /// Every name that a double-quoted token of this definition may stand for. A table and its indexes know no columns but
    /// their own, so that what another tool calls its tables cannot change what they mean.
    fn known_to(&self, object: &Object, sql: &str) -> rusqlite::Result<Names> {
        Ok(match object.kind {
            Kind::Table | Kind::Index => {
                let mut names: Names = self.of_table(&object.table)?.into_iter().collect();
                names.extend([object.name.as_ref(), object.table.as_ref()]);
                names.extend(parents(sql));
                names
            }
            Kind::View | Kind::Trigger => {
                let all = self.all()?;
                let mut names: Names = all.keys().chain(all.values().flatten()).collect();
                names.extend([object.name.as_ref()]);
                names
            }
        })
    }

    /// None for a view that does not compile, or a virtual table whose module is absent.
    fn of_table(&self, table: &str) -> rusqlite::Result<Vec<String>> {
        Ok(answer(columns(self.conn, table))?.unwrap_or_default())
    }

    fn all(&self) -> rusqlite::Result<&BTreeMap<String, Vec<String>>> {
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let sql = "SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view')";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let name = lossy(row, 0)?.unwrap_or_default();
            all.insert(name.to_ascii_lowercase(), self.of_table(&name)?);
        }
        Ok(self.all.get_or_init(|| all))
    }
}

/// The tables that a definition refers to.
fn parents(sql: &str) -> Vec<String> {
    let tokens: Vec<migrate_sql::Token<'_>> = migrate_sql::tokens(sql).filter(|token| token.is_significant()).collect();
    let references = tokens.windows(2).filter(|pair| pair[0].is_word("REFERENCES"));
    references.filter_map(|pair| Some(pair[1].name()?.into_owned())).collect()
}
