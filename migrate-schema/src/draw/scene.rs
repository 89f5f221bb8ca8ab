//! What is to be drawn of a version: boxes with their rows, and the lines between them.

mod sources;

use migrate_sql::tokens;
use sources::sources;

use super::changes::{Difference, How, What, actions, foreign_key, pairs, parent_columns};
use crate::schema::{Column, Generated, Index, Schema, Table, Trigger, View};

/// A schema as boxes and lines; with what changed since another one, and what that one had as ghosts.
#[derive(Default)]
pub(super) struct Scene {
    /// Tables and views, by name.
    pub(super) faces: Vec<Face>,
    /// Foreign keys, and what a view reads.
    pub(super) links: Vec<Link>,
}

/// A table or a view.
#[derive(Clone, Debug)]
pub(super) struct Face {
    /// Its name in small letters: the same box in every version.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// `strict`, `fts5`, `view`.
    pub(super) tag: String,
    /// What happened to it as a whole.
    pub(super) mark: Option<How>,
    /// Whether anything in it or of it changed.
    pub(super) touched: bool,
    pub(super) rows: Vec<Row>,
    /// Indexes and triggers.
    pub(super) notes: Vec<Note>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Virtual,
    View,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) primary: bool,
    pub(super) foreign: bool,
    pub(super) unique: bool,
    /// `None` where nothing is known: of views and virtual tables.
    pub(super) not_null: Option<bool>,
    pub(super) generated: bool,
    pub(super) mark: Option<How>,
    /// Everything, for who points at it.
    pub(super) title: String,
}

/// An index or a trigger.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) what: What,
    pub(super) text: String,
    pub(super) mark: Option<How>,
}

/// A line from a child to its parent: by their keys in [`Scene::faces`].
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) child: String,
    pub(super) parent: String,
    /// The rows that it joins; `None` for the title.
    pub(super) ends: (Option<usize>, Option<usize>),
    /// The parent's column, that lines to one place can be led together.
    pub(super) port: String,
    pub(super) kind: LinkKind,
    pub(super) mark: Option<How>,
    pub(super) title: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// A foreign key.
    Key {
        /// Whether a row of the child may have no parent.
        optional: bool,
        /// Whether a parent has at most one child.
        single: bool,
    },
    /// A view or a full-text index reads a table.
    Reads,
}

impl Scene {
    /// A schema as it is.
    pub(super) fn of(schema: &Schema) -> Scene {
        Scene::between(schema, schema, &[])
    }

    /// A schema, with what changed since the one before.
    pub(super) fn between(before: &Schema, after: &Schema, changes: &[Difference]) -> Scene {
        let mut scene = Scene::default();
        let marks = Marks { before, after, changes };
        for (was, is) in pairs(&before.tables, &after.tables, |table| &table.name) {
            scene.faces.extend(marks.table(was, is));
        }
        for (was, is) in pairs(&before.views, &after.views, |view| &view.name) {
            scene.faces.extend(marks.view(was, is));
        }
        scene.faces.sort_by(|a, b| a.key.cmp(&b.key));
        // A view that took the name of a table: what is, not what was.
        scene.faces.dedup_by(|next, kept| {
            let same = next.key == kept.key;
            if same && kept.mark == Some(How::Removed) {
                std::mem::swap(next, kept);
            }
            same
        });
        for (schema, gone) in [(after, false), (before, true)] {
            for table in &schema.tables {
                scene.keys(&marks, schema, table, gone);
            }
            scene.reads(&marks, schema, gone);
        }
        scene
    }

    pub(super) fn face(&self, key: &str) -> Option<&Face> {
        self.faces.binary_search_by(|face| face.key.as_str().cmp(key)).ok().map(|at| &self.faces[at])
    }

    fn keys(&mut self, marks: &Marks<'_>, schema: &Schema, table: &Table, gone: bool) {
        for key in &table.foreign_keys {
            let title = foreign_key(schema, key);
            let whole = marks.of_table(&table.name);
            let mark = whole.or_else(|| marks.find(What::ForeignKey, Some(&table.name), &title));
            if gone != (mark == Some(How::Removed)) {
                continue;
            }
            let columns: Vec<&Column> = key.columns.iter().filter_map(|name| table.column(name)).collect();
            let alone = table.columns.iter().filter(|column| column.primary_key > 0).count() == 1;
            let kind = LinkKind::Key {
                optional: columns.iter().any(|column| may_be_null(column)),
                single: matches!(&columns[..], [one] if one.unique || (one.primary_key > 0 && alone)),
            };
            let to = parent_columns(schema, key).first().map(|name| name.to_string()).unwrap_or_default();
            let from = key.columns.first().map_or("", String::as_str);
            let title = format!("{}.{title}", table.name);
            let title = if actions(key).is_empty() { title } else { format!("{title}, {}", actions(key)) };
            self.link((&table.name, from), (&key.parent, &to), kind, mark, title);
        }
    }

    fn reads(&mut self, marks: &Marks<'_>, schema: &Schema, gone: bool) {
        let views = schema.views.iter().map(|view| (&view.name, &view.sql));
        let tables = schema.tables.iter().filter(|table| table.is_virtual).map(|table| (&table.name, &table.sql));
        for (name, sql) in views.chain(tables) {
            let mark = marks.find(What::View, None, name).or_else(|| marks.of_table(name));
            if gone != (mark == Some(How::Removed)) {
                continue;
            }
            let mut parents = sources(sql);
            parents.sort();
            parents.dedup();
            parents.retain(|parent| !parent.eq_ignore_ascii_case(name));
            for parent in parents {
                let title = format!("{name} reads {parent}");
                // A view that changes does not change what it reads.
                let mark = mark.filter(|mark| *mark != How::Changed);
                self.link((name, ""), (&parent, ""), LinkKind::Reads, mark, title);
            }
        }
    }

    /// A line, if both of its ends are there.
    fn link(
        &mut self,
        (child, from): (&str, &str),
        (parent, to): (&str, &str),
        kind: LinkKind,
        mark: Option<How>,
        title: String,
    ) {
        let (child, parent) = (child.to_ascii_lowercase(), parent.to_ascii_lowercase());
        let row = |face: &Face, name: &str| face.rows.iter().position(|row| row.name.eq_ignore_ascii_case(name));
        let Some(from) = self.face(&child).map(|face| row(face, from)) else { return };
        let Some(at) = self.face(&parent).map(|face| row(face, to)) else { return };
        self.links.push(Link { child, parent, ends: (from, at), port: to.to_ascii_lowercase(), kind, mark, title });
    }
}

/// New or gone, with all that is in it.
fn is_whole(how: &How) -> bool {
    matches!(how, How::Added | How::Removed)
}

struct Marks<'a> {
    before: &'a Schema,
    after: &'a Schema,
    changes: &'a [Difference],
}

impl Marks<'_> {
    fn change(&self, what: What, of: Option<&str>, name: &str) -> Option<&Difference> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        self.changes.iter().find(|change| {
            change.what == what
                && same(&change.name, name)
                && match (&change.of, of) {
                    (Some(a), Some(b)) => same(a, b),
                    (a, b) => a.is_none() == b.is_none(),
                }
        })
    }

    fn find(&self, what: What, of: Option<&str>, name: &str) -> Option<How> {
        self.change(what, of, name).map(|change| change.how)
    }

    /// What happened to a whole table, if it is new or gone.
    fn of_table(&self, name: &str) -> Option<How> {
        self.find(What::Table, None, name).filter(is_whole)
    }

    fn touched(&self, name: &str) -> bool {
        let own = |change: &Difference| change.of.as_deref().unwrap_or(&change.name).eq_ignore_ascii_case(name);
        self.changes.iter().any(own)
    }

    fn table(&self, was: Option<&Table>, is: Option<&Table>) -> Option<Face> {
        let table = is.or(was)?;
        let mark = self.find(What::Table, None, &table.name);
        let old = was.map_or(&[][..], |table| &table.columns);
        let mut rows = Vec::new();
        for (was_column, is_column) in pairs(old, is.map_or(old, |is| &is.columns), |column| &column.name) {
            let gone = is_column.is_none() || is.is_none();
            let of = if gone { was.unwrap_or(table) } else { table };
            let change = self.change(What::Column, Some(&table.name), &is_column.or(was_column)?.name);
            let mut row = row(of, is_column.or(was_column)?, change.map_or("", |change| &change.note));
            row.mark = mark.filter(is_whole).or(change.map(|change| change.how));
            rows.push(row);
        }
        let mut notes = Vec::new();
        let indexes = |table: Option<&Table>| table.map(|table| table.indexes.clone()).unwrap_or_default();
        let new = if is.is_some() { indexes(is) } else { indexes(was) };
        for (old, new) in pairs(&indexes(was), &new, |index| &index.name) {
            let Some(index) = new.or(old) else { continue };
            let own = self.find(What::Index, Some(&table.name), &index.name);
            let mark = own.or(mark.filter(|mark| *mark == How::Removed));
            notes.push(Note { what: What::Index, text: index_text(index), mark });
        }
        notes.extend(self.triggers(&table.name, mark == Some(How::Removed)));
        let kind = if table.is_virtual { Kind::Virtual } else { Kind::Table };
        let tag = tag(table);
        let (key, name) = (table.name.to_ascii_lowercase(), table.name.clone());
        Some(Face { key, name, kind, tag, mark, touched: self.touched(&table.name), rows, notes })
    }

    fn view(&self, was: Option<&View>, is: Option<&View>) -> Option<Face> {
        let view = is.or(was)?;
        let mark = self.find(What::View, None, &view.name);
        let whole = mark.filter(is_whole);
        let old = was.map_or(&[][..], |view| &view.columns);
        let mut rows = Vec::new();
        for (was_column, is_column) in pairs(old, is.map_or(old, |is| &is.columns), |name| name) {
            let own = match (was_column, is_column) {
                (Some(_), None) => Some(How::Removed),
                (None, Some(_)) => Some(How::Added),
                _ => None,
            };
            rows.push(Row {
                name: is_column.or(was_column)?.clone(),
                kind: String::new(),
                primary: false,
                foreign: false,
                unique: false,
                not_null: None,
                generated: false,
                mark: whole.or(own),
                title: String::new(),
            });
        }
        let notes = self.triggers(&view.name, whole == Some(How::Removed)).collect();
        let (key, name) = (view.name.to_ascii_lowercase(), view.name.clone());
        let touched = self.touched(&view.name);
        Some(Face { key, name, kind: Kind::View, tag: "view".to_owned(), mark, touched, rows, notes })
    }

    fn triggers(&self, of: &str, gone: bool) -> impl Iterator<Item = Note> {
        let on = |schema: &Schema| -> Vec<Trigger> {
            schema.triggers.iter().filter(|trigger| trigger.table.eq_ignore_ascii_case(of)).cloned().collect()
        };
        let (was, is) = (on(self.before), on(if gone { self.before } else { self.after }));
        let note = |(was, is): (Option<&Trigger>, Option<&Trigger>)| {
            let trigger = is.or(was)?;
            let mark = self.find(What::Trigger, Some(of), &trigger.name).or(gone.then_some(How::Removed));
            Some(Note { what: What::Trigger, text: trigger.name.clone(), mark })
        };
        pairs(&was, &is, |trigger| &trigger.name).into_iter().filter_map(note).collect::<Vec<_>>().into_iter()
    }
}

fn row(table: &Table, column: &Column, note: &str) -> Row {
    let is_in = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
    let key = table.foreign_keys.iter().find(|key| is_in(&key.columns));
    let mut title = format!("{}.{}", table.name, column.name);
    let mut say = |words: &str| title.push_str(&format!("\n{words}"));
    if !column.kind.is_empty() {
        say(&column.kind);
    }
    if column.primary_key > 0 {
        say("PRIMARY KEY");
    }
    if column.not_null {
        say("NOT NULL");
    }
    if column.unique {
        say("UNIQUE");
    }
    if let Some(default) = &column.default {
        say(&format!("DEFAULT {default}"));
    }
    match column.generated {
        Some(Generated::Virtual) => say("GENERATED VIRTUAL"),
        Some(Generated::Stored) => say("GENERATED STORED"),
        None => {}
    }
    if let Some(key) = key {
        say(format!("REFERENCES {} {}", key.parent, actions(key)).trim_end());
    }
    if !note.is_empty() {
        say(&format!("changed: {note}"));
    }
    Row {
        name: column.name.clone(),
        kind: column.kind.clone(),
        primary: column.primary_key > 0,
        foreign: key.is_some(),
        unique: column.unique,
        not_null: (!table.is_virtual).then_some(!may_be_null(column)),
        generated: column.generated.is_some(),
        mark: None,
        title,
    }
}

/// An `INTEGER PRIMARY KEY` is never NULL, other keys may be.
fn may_be_null(column: &Column) -> bool {
    let is_rowid = column.primary_key > 0 && column.kind.eq_ignore_ascii_case("INTEGER");
    !column.not_null && !is_rowid
}

/// `notes_by_author (author, at) where …`
fn index_text(index: &Index) -> String {
    let columns: Vec<&str> = index.columns.iter().map(|column| column.as_deref().unwrap_or("ƒ")).collect();
    let unique = if index.unique { "unique " } else { "" };
    let partial = if index.partial { " where …" } else { "" };
    format!("{} {unique}({}){partial}", index.name, columns.join(", "))
}

fn tag(table: &Table) -> String {
    if table.is_virtual {
        let mut words = tokens(&table.sql).filter(|token| token.is_significant());
        words.find(|token| token.is_word("USING"));
        return words.next().and_then(|token| token.name().map(String::from)).unwrap_or_else(|| "virtual".to_owned());
    }
    match (table.strict, table.without_rowid) {
        (true, true) => "strict, no rowid",
        (true, false) => "strict",
        (false, true) => "no rowid",
        (false, false) => "",
    }
    .to_owned()
}
