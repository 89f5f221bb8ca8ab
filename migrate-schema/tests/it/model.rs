//! A schema whose parts know each other by number, so that it can be edited.

/// Anything with a name, for as long as the schema lives, under whichever name.
pub(crate) type Id = usize;

#[derive(Clone, Debug, Default)]
pub(crate) struct Db {
    pub(crate) tables: Vec<Table>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) views: Vec<View>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) seeds: Vec<Seed>,
    pub(crate) next: Id,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) key: Key,
    pub(crate) unique: Vec<(Vec<Id>, &'static str)>,
    /// Columns here, the table there, its columns, and what is to happen.
    pub(crate) foreign: Vec<(Vec<Id>, Id, Vec<Id>, &'static str)>,
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
    /// Whether only values of the declared types are put into it.
    pub(crate) tidy: bool,
    pub(crate) comments: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) not_null: bool,
    pub(crate) default: Option<&'static str>,
    /// `{}` is the column.
    pub(crate) check: Option<&'static str>,
    pub(crate) unique: Option<&'static str>,
    pub(crate) collate: Option<&'static str>,
    /// The expression, the column that it is over, and whether it is stored.
    pub(crate) generated: Option<(&'static str, Id, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    None,
    /// `INTEGER PRIMARY KEY`.
    Rowid {
        column: Id,
        auto: bool,
    },
    Columns(Vec<Id>),
}

/// Rows that the schema inserts itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seed {
    pub(crate) table: Id,
    pub(crate) columns: Vec<Id>,
    /// What the values of a row are worked out from: the key, and the others.
    pub(crate) rows: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) table: Id,
    pub(crate) unique: bool,
    /// A column, and an expression over it with what follows.
    pub(crate) parts: Vec<(Id, &'static str)>,
    pub(crate) filter: Option<(Id, &'static str)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// A table or another view.
    pub(crate) over: Id,
    pub(crate) form: ViewForm,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ViewForm {
    /// `SELECT *`.
    All,
    /// Columns of a table.
    Columns(Vec<Id>),
    /// How many rows there are.
    Count,
    /// A common table expression that takes the name of the table.
    Shadowed,
    /// Together with another table.
    Joined(Id),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trigger {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) on: Id,
    pub(crate) when: &'static str,
    pub(crate) of: Option<Id>,
    /// A condition over a column of the new or the old row.
    pub(crate) condition: Option<(Id, &'static str)>,
    /// Statements over another table and a column of it: `{t}` and `{c}`.
    pub(crate) body: Vec<(Id, Id, &'static str)>,
}

impl Db {
    pub(crate) fn id(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    pub(crate) fn table(&self, id: Id) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    pub(crate) fn view(&self, id: Id) -> Option<&View> {
        self.views.iter().find(|view| view.id == id)
    }

    /// The names of tables, views and indexes, which share one room, and of triggers.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let tables = self.tables.iter().map(|table| &table.name);
        let indexes = self.indexes.iter().map(|index| &index.name);
        let views = self.views.iter().map(|view| &view.name);
        let triggers = self.triggers.iter().map(|trigger| &trigger.name);
        tables.chain(indexes).chain(views).chain(triggers).map(String::as_str)
    }

    /// Takes out what speaks of something that is not there, or that SQLite would refuse.
    pub(crate) fn mend(&mut self) {
        self.tables.iter_mut().for_each(Table::mend);
        let tables = self.tables.clone();
        let find = |id: Id| tables.iter().find(|table| table.id == id);
        let has = |table: Id, column: Id| find(table).is_some_and(|table| table.column(column).is_some());
        for table in &mut self.tables {
            let own = table.clone();
            table.foreign.retain(|(columns, parent, parents, _)| {
                let Some(parent) = find(*parent) else { return false };
                let kind = |table: &Table, id: &Id| table.column(*id).map(|column| (column.kind, column.collate));
                columns.len() == parents.len()
                    && columns.iter().all(|id| own.column(*id).is_some_and(|column| column.generated.is_none()))
                    && columns.iter().zip(parents).all(|(child, of)| kind(&own, child) == kind(parent, of))
                    && parent.keys().contains(parents)
            });
        }
        self.seeds.retain_mut(|seed| {
            seed.columns.retain(|column| has(seed.table, *column));
            !seed.columns.is_empty() && find(seed.table).is_some()
        });
        self.indexes.retain(|index| {
            index.parts.iter().all(|(column, _)| has(index.table, *column))
                && index.filter.is_none_or(|(column, _)| has(index.table, column))
        });
        for index in &mut self.indexes {
            // An index may not be over an expression and be used by REPLACE; SQLite does not mind, and nor do we.
            index.parts.dedup_by_key(|(column, _)| *column);
        }
        loop {
            let before = self.views.len();
            let known: Vec<Id> =
                tables.iter().map(|table| table.id).chain(self.views.iter().map(|view| view.id)).collect();
            self.views.retain(|view| {
                known.contains(&view.over)
                    && match &view.form {
                        ViewForm::Columns(columns) => columns.iter().all(|column| has(view.over, *column)),
                        ViewForm::Joined(other) => find(*other).is_some() && *other != view.over,
                        ViewForm::All | ViewForm::Count | ViewForm::Shadowed => true,
                    }
            });
            if self.views.len() == before {
                break;
            }
        }
        let views: Vec<Id> = self.views.iter().map(|view| view.id).collect();
        self.triggers.retain(|trigger| {
            (find(trigger.on).is_some() || views.contains(&trigger.on))
                && trigger.of.is_none_or(|column| has(trigger.on, column))
                && trigger.condition.is_none_or(|(column, _)| has(trigger.on, column))
                && trigger.body.iter().all(|(table, column, _)| has(*table, *column))
        });
    }
}

impl Table {
    pub(crate) fn column(&self, id: Id) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    /// What a foreign key may refer to.
    pub(crate) fn keys(&self) -> Vec<Vec<Id>> {
        let mut keys: Vec<Vec<Id>> = self.unique.iter().map(|(columns, _)| columns.clone()).collect();
        keys.extend(self.columns.iter().filter(|column| column.unique.is_some()).map(|column| vec![column.id]));
        match &self.key {
            Key::None => {}
            Key::Rowid { column, .. } => keys.push(vec![*column]),
            Key::Columns(columns) => keys.push(columns.clone()),
        }
        keys
    }

    /// The column that is the rowid.
    pub(crate) fn rowid(&self) -> Option<Id> {
        match &self.key {
            Key::Rowid { column, .. } => Some(*column),
            Key::Columns(columns) if columns.len() == 1 => {
                self.column(columns[0]).filter(|column| column.kind == "INTEGER").map(|column| column.id)
            }
            Key::Columns(_) | Key::None => None,
        }
    }

    pub(crate) fn is_auto(&self) -> bool {
        matches!(self.key, Key::Rowid { auto: true, .. })
    }

    pub(crate) fn is_key(&self, id: Id) -> bool {
        match &self.key {
            Key::None => false,
            Key::Rowid { column, .. } => *column == id,
            Key::Columns(columns) => columns.contains(&id),
        }
    }

    fn mend(&mut self) {
        let known = self.columns.clone();
        let plain = |id: Id| known.iter().any(|column| column.id == id && column.generated.is_none());
        self.columns.retain(|column| column.generated.is_none_or(|(_, over, _)| plain(over)));
        let known: Vec<Id> = self.columns.iter().map(|column| column.id).collect();
        self.unique.retain(|(columns, _)| columns.iter().all(|column| known.contains(column)));
        match &mut self.key {
            Key::None => {}
            Key::Rowid { column, .. } if plain(*column) => {}
            Key::Columns(columns) => {
                columns.retain(|column| plain(*column));
                if columns.is_empty() {
                    self.key = Key::None;
                }
            }
            Key::Rowid { .. } => self.key = Key::None,
        }
        let rowid = self.rowid();
        for column in &mut self.columns {
            if rowid == Some(column.id) {
                column.kind = "INTEGER";
                column.default = None;
                column.collate = None;
            } else if self.strict && !["INTEGER", "TEXT", "REAL", "BLOB", "ANY"].contains(&column.kind) {
                column.kind = "ANY";
            }
            if column.generated.is_some() {
                column.default = None;
            }
        }
        if self.key == Key::None || self.is_auto() {
            self.without_rowid = false;
        }
    }
}
