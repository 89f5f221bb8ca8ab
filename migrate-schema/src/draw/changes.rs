//! What differs between two schemas, object by object.

use std::collections::HashSet;

use migrate_sql::{Definition, Names};
use serde::Serialize;

use crate::diff::Rename;
use crate::schema::{Column, ForeignKey, Generated, Schema, Table};

/// Something that differs between two schemas.
///
/// ```
/// use migrate_core::rusqlite::Connection;
/// use migrate_schema::{Difference, How, Schema, What, changes};
///
/// let conn = Connection::open_in_memory()?;
/// let before = Schema::read(&conn, "schema_migrations")?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY)")?;
/// let after = Schema::read(&conn, "schema_migrations")?;
/// let Difference { how, what, name, .. } = &changes(&before, &after)[0];
/// assert_eq!((*how, *what, name.as_str()), (How::Added, What::Table, "notes"));
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What happened to it.
    pub how: How,
    /// What it is.
    pub what: What,
    /// The table or view that it belongs to; `None` for a table and a view themselves.
    pub of: Option<String>,
    /// Its name; of a foreign key what it says, as `author → users(id)`.
    pub name: String,
    /// What exactly changed, as `TEXT → BLOB`; empty where there is nothing to say.
    pub note: String,
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is new.
    Added,
    /// It means something else.
    Changed,
    /// It has another name; the note is the one that it had, as `was body`.
    Renamed,
    /// It is no longer there.
    Removed,
}

/// What can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A table.
    Table,
    /// A column of a table.
    Column,
    /// A foreign key.
    ForeignKey,
    /// An index.
    Index,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl What {
    /// Its name in SQL, in small letters.
    ///
    /// ```
    /// assert_eq!(migrate_schema::What::ForeignKey.word(), "foreign key");
    /// ```
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            What::Table => "table",
            What::Column => "column",
            What::ForeignKey => "foreign key",
            What::Index => "index",
            What::View => "view",
            What::Trigger => "trigger",
        }
    }
}

/// What changed from one schema to another: tables by name with what is theirs, then views.
///
/// Things are known by their names, so what was renamed is removed and added; with the scripts at hand,
/// [`Version::changes`](crate::Version::changes) and [`changes_between`](crate::changes_between) know better. White space, comments, quotes and the case
/// of names mean nothing: a table that was rebuilt as it was has not changed. Of a table that is added, the columns and
/// keys are not listed, of one that is removed nothing else is.
///
/// ```
/// use migrate_core::rusqlite::Connection;
/// use migrate_schema::{How, Schema, What, changes};
///
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY)")?;
/// let before = Schema::read(&conn, "schema_migrations")?;
/// conn.execute_batch("ALTER TABLE notes ADD COLUMN body TEXT")?;
/// let found = changes(&before, &Schema::read(&conn, "schema_migrations")?);
/// assert_eq!((found[0].how, found[0].what, found[0].name.as_str()), (How::Added, What::Column, "body"));
/// assert_eq!(found.len(), 1);
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
#[must_use]
pub fn changes(before: &Schema, after: &Schema) -> Vec<Difference> {
    changes_and_renames(before, after, &[])
}

/// The same, where some things have these new names in both.
pub(crate) fn changes_and_renames(before: &Schema, after: &Schema, renames: &[Rename]) -> Vec<Difference> {
    if before == after && renames.is_empty() {
        return Vec::new();
    }
    let mut found = Found { before, after, names: (names(before), names(after)), renames, list: Vec::new() };
    for (was, is) in pairs(&before.tables, &after.tables, |table| &table.name) {
        found.table(was, is);
    }
    for (was, is) in pairs(&before.views, &after.views, |view| &view.name) {
        found.object(What::View, None, was.map(|it| (&it.name, &it.sql)), is.map(|it| (&it.name, &it.sql)));
        found.triggers(was.map(|view| view.name.as_str()), is.map(|view| view.name.as_str()));
    }
    found.list
}

/// What a foreign key says, columns of the parent included where it leaves them out: `author → users(id)`.
pub(super) fn foreign_key(schema: &Schema, key: &ForeignKey) -> String {
    let columns = parent_columns(schema, key).join(", ");
    format!("{} → {}({columns})", key.columns.join(", "), key.parent)
}

/// The columns that a foreign key refers to.
pub(super) fn parent_columns<'a>(schema: &'a Schema, key: &'a ForeignKey) -> Vec<&'a str> {
    if !key.parent_columns.is_empty() {
        return key.parent_columns.iter().map(String::as_str).collect();
    }
    let columns = schema.table(&key.parent).map_or(&[][..], |parent| &parent.columns);
    let mut columns: Vec<&Column> = columns.iter().filter(|column| column.primary_key > 0).collect();
    columns.sort_by_key(|column| column.primary_key);
    columns.into_iter().map(|column| column.name.as_str()).collect()
}

struct Found<'a> {
    before: &'a Schema,
    after: &'a Schema,
    names: (Names, Names),
    renames: &'a [Rename],
    list: Vec<Difference>,
}

impl Found<'_> {
    fn push(&mut self, how: How, what: What, of: Option<&str>, name: &str, note: String) {
        self.list.push(Difference { how, what, of: of.map(str::to_owned), name: name.to_owned(), note });
    }

    fn table(&mut self, was: Option<&Table>, is: Option<&Table>) {
        match (was, is) {
            (Some(was), None) => return self.push(How::Removed, What::Table, None, &was.name, String::new()),
            (None, Some(is)) => self.push(How::Added, What::Table, None, &is.name, String::new()),
            (Some(was), Some(is)) => self.kept(was, is),
            (None, None) => {}
        }
        let of = is.map(|table| table.name.as_str());
        let indexes = |table: Option<&Table>| table.map(|table| table.indexes.clone()).unwrap_or_default();
        for (was, is) in pairs(&indexes(was), &indexes(is), |index| &index.name) {
            self.object(What::Index, of, was.map(|it| (&it.name, &it.sql)), is.map(|it| (&it.name, &it.sql)));
        }
        self.triggers(was.map(|table| table.name.as_str()), of);
    }

    fn renamed(&mut self, what: What, of: Option<&str>, name: &str) {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let is_it = |rename: &&Rename| {
            same(&rename.new, name)
                && match (&rename.table, of) {
                    (Some(table), Some(of)) => same(table, of),
                    (table, of) => table.is_none() && of.is_none(),
                }
        };
        if let Some(rename) = self.renames.iter().find(is_it) {
            self.push(How::Renamed, what, of, name, format!("was {}", rename.old));
        }
    }

    /// A table that is there before and after.
    fn kept(&mut self, was: &Table, is: &Table) {
        self.renamed(What::Table, None, &is.name);
        let at = self.list.len();
        for (old, new) in pairs(&was.columns, &is.columns, |column| &column.name) {
            match (old, new) {
                (Some(old), None) => self.push(How::Removed, What::Column, Some(&is.name), &old.name, String::new()),
                (None, Some(new)) => {
                    self.push(How::Added, What::Column, Some(&is.name), &new.name, new.kind.clone());
                }
                (Some(old), Some(new)) => {
                    self.renamed(What::Column, Some(&is.name), &new.name);
                    let note = column_note((was, old), (is, new));
                    if !note.is_empty() {
                        self.push(How::Changed, What::Column, Some(&is.name), &new.name, note);
                    }
                }
                (None, None) => {}
            }
        }
        let said = |schema: &Schema, table: &Table| -> Vec<(String, String)> {
            let key = |key: &ForeignKey| (foreign_key(schema, key), actions(key));
            table.foreign_keys.iter().map(key).collect()
        };
        let keys = (said(self.before, was), said(self.after, is));
        for (old, new) in pairs(&keys.0, &keys.1, |(name, _)| name) {
            let of = Some(is.name.as_str());
            match (old, new) {
                (Some(old), None) => self.push(How::Removed, What::ForeignKey, of, &old.0, String::new()),
                (None, Some(new)) => self.push(How::Added, What::ForeignKey, of, &new.0, new.1.clone()),
                (Some(old), Some(new)) if old.1 != new.1 => {
                    self.push(How::Changed, What::ForeignKey, of, &new.0, format!("{} → {}", or(&old.1), or(&new.1)));
                }
                _ => {}
            }
        }
        let note = self.table_note(was, is, self.list.len() > at);
        if let Some(note) = note {
            let change = Difference { how: How::Changed, what: What::Table, of: None, name: is.name.clone(), note };
            self.list.insert(at, change);
        }
    }

    /// What changed of the table itself: what no column and no key explains.
    fn table_note(&self, was: &Table, is: &Table, explained: bool) -> Option<String> {
        let mut notes = Vec::new();
        for (word, was, is) in [
            ("STRICT", was.strict, is.strict),
            ("WITHOUT ROWID", was.without_rowid, is.without_rowid),
            ("VIRTUAL", was.is_virtual, is.is_virtual),
        ] {
            match (was, is) {
                (false, true) => notes.push(format!("now {word}")),
                (true, false) => notes.push(format!("no longer {word}")),
                _ => {}
            }
        }
        if notes.is_empty() && !explained && was.sql != is.sql {
            let (old, new) = (Definition::of(&was.sql, &self.names.0), Definition::of(&is.sql, &self.names.1));
            if old.loose != new.loose {
                notes.push("its definition".to_owned());
            } else if old.strict != new.strict {
                notes.push("the order of its columns".to_owned());
            }
        }
        (!notes.is_empty()).then(|| notes.join(", "))
    }

    fn triggers(&mut self, was: Option<&str>, is: Option<&str>) {
        let Some(of) = is else { return };
        let on = |schema: &Schema, table: Option<&str>| -> Vec<(String, String)> {
            let triggers = schema.triggers.iter();
            let triggers =
                triggers.filter(|trigger| table.is_some_and(|name| trigger.table.eq_ignore_ascii_case(name)));
            triggers.map(|trigger| (trigger.name.clone(), trigger.sql.clone())).collect()
        };
        for (was, is) in pairs(&on(self.before, was), &on(self.after, is), |(name, _)| name) {
            self.object(What::Trigger, Some(of), was.map(|it| (&it.0, &it.1)), is.map(|it| (&it.0, &it.1)));
        }
    }

    /// Something that is its `CREATE` statement.
    fn object(
        &mut self,
        what: What,
        of: Option<&str>,
        was: Option<(&String, &String)>,
        is: Option<(&String, &String)>,
    ) {
        match (was, is) {
            (Some((name, _)), None) => self.push(How::Removed, what, of, name, String::new()),
            (None, Some((name, _))) => self.push(How::Added, what, of, name, String::new()),
            (Some((_, old)), Some((name, new)))
                if old != new && Definition::of(old, &self.names.0) != Definition::of(new, &self.names.1) =>
            {
                self.push(How::Changed, what, of, name, String::new());
            }
            _ => {}
        }
    }
}

/// What changed of a column; empty if nothing did.
fn column_note(was: (&Table, &Column), is: (&Table, &Column)) -> String {
    let (old, new) = (was.1, is.1);
    let mut notes = Vec::new();
    if !old.kind.eq_ignore_ascii_case(&new.kind) {
        notes.push(format!("{} → {}", or(&old.kind), or(&new.kind)));
    }
    let generated = |column: &Column| match column.generated {
        None => "",
        Some(Generated::Virtual) => "GENERATED VIRTUAL",
        Some(Generated::Stored) => "GENERATED STORED",
    };
    let key = |column: &Column| match column.primary_key {
        0 => String::new(),
        1 => "PRIMARY KEY".to_owned(),
        place => format!("PRIMARY KEY, place {place}"),
    };
    let default = |column: &Column| column.default.as_ref().map_or(String::new(), |value| format!("DEFAULT {value}"));
    let word = |holds: bool, word: &str| if holds { word.to_owned() } else { String::new() };
    for (old, new) in [
        (word(old.not_null, "NOT NULL"), word(new.not_null, "NOT NULL")),
        (word(constraint_unique(was), "UNIQUE"), word(constraint_unique(is), "UNIQUE")),
        (default(old), default(new)),
        (generated(old).to_owned(), generated(new).to_owned()),
        (key(old), key(new)),
    ] {
        match (old.as_str(), new.as_str()) {
            (old, new) if old == new => {}
            ("", new) => notes.push(format!("now {new}")),
            (old, "") => notes.push(format!("no longer {old}")),
            (old, new) => notes.push(format!("{old} → {new}")),
        }
    }
    notes.join(", ")
}

/// Whether the table itself says that the column is unique. An index that says so is a change of its own.
fn constraint_unique((table, column): (&Table, &Column)) -> bool {
    let alone = [Some(column.name.clone())];
    column.unique && !table.indexes.iter().any(|index| index.unique && !index.partial && index.columns == alone)
}

pub(super) fn actions(key: &ForeignKey) -> String {
    let mut said = Vec::new();
    for (event, action) in [("ON DELETE", &key.on_delete), ("ON UPDATE", &key.on_update)] {
        if !action.eq_ignore_ascii_case("NO ACTION") {
            said.push(format!("{event} {action}"));
        }
    }
    said.join(" ")
}

fn or(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// Every name of two lists with what it is in each: in the order of the second, what is only in the first after what
/// stands before it there.
pub(super) fn pairs<'a, T>(
    was: &'a [T],
    is: &'a [T],
    name: impl Fn(&T) -> &String,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let same = |a: &T, b: &T| name(a).eq_ignore_ascii_case(name(b));
    let mut pairs: Vec<(Option<&T>, Option<&T>)> =
        is.iter().map(|new| (was.iter().find(|old| same(old, new)), Some(new))).collect();
    let mut after = 0;
    for old in was {
        match is.iter().any(|new| same(old, new)) {
            true => {
                after = 1 + pairs.iter().position(|(_, new)| new.is_some_and(|new| same(old, new))).unwrap_or(after)
            }
            false => {
                pairs.insert(after, (Some(old), None));
                after += 1;
            }
        }
    }
    pairs
}

fn names(schema: &Schema) -> Names {
    let mut names: HashSet<&str> = HashSet::new();
    for table in &schema.tables {
        names.insert(&table.name);
        names.extend(table.columns.iter().map(|column| column.name.as_str()));
        names.extend(table.indexes.iter().map(|index| index.name.as_str()));
    }
    for view in &schema.views {
        names.insert(&view.name);
        names.extend(view.columns.iter().map(String::as_str));
    }
    names.extend(schema.triggers.iter().map(|trigger| trigger.name.as_str()));
    names.into_iter().collect()
}

#[cfg(test)]
mod tests;
