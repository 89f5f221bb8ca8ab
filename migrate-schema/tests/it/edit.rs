//! Random edits of a schema, and what has to be said of them.

use migrate_schema::{Fill, Options, Rename};

use crate::make::fill;
use crate::model::{Column, Db, Id, Key, Table};
use crate::tape::Tape;

/// The values that rows get, by table and column.
pub(crate) type Fills = Vec<(Id, Id, String)>;

impl Db {
    /// Another schema that came of this one.
    pub(crate) fn edited(&self, tape: &mut Tape) -> (Db, Fills) {
        let mut db = self.clone();
        let mut fills = Fills::new();
        for _ in 0..1 + tape.below(5) {
            db.edit(self, tape, &mut fills);
            db.mend();
        }
        let needed = |table: &Table, column: &Column| {
            let before = self.table(table.id).map(|table| table.column(column.id));
            let was = |before: Option<&Column>| before.is_some_and(|before| before.is_full(self.table(table.id)));
            before.is_some_and(|before| column.must(Some(table)) && !was(before))
        };
        for table in &db.tables {
            for column in &table.columns {
                let has = fills.iter().any(|(_, of, _)| *of == column.id);
                let is_null = column.default.is_none_or(|default| default == "NULL");
                if !has && needed(table, column) && is_null {
                    fills.push((table.id, column.id, fill(column.kind).to_owned()));
                }
            }
        }
        fills.retain(|(table, column, _)| {
            db.table(*table).is_some_and(|table| table.column(*column).is_some_and(|column| needed(table, column)))
        });
        (db, fills)
    }

    fn edit(&mut self, before: &Db, tape: &mut Tape, fills: &mut Fills) {
        let tables: Vec<String> = before.tables.iter().map(|table| table.name.clone()).collect();
        if self.tables.is_empty() {
            return self.add_table(tape, &tables);
        }
        let at = tape.below(self.tables.len());
        let was = before.table(self.tables[at].id).cloned();
        match tape.below(28) {
            0..=3 => self.add_column(at, was.as_ref(), tape, fills),
            4 | 5 => {
                let table = &mut self.tables[at];
                if table.plain().count() > 1 {
                    let gone = tape.below(table.columns.len());
                    table.columns.remove(gone);
                    if table.plain().count() == 0 {
                        *table = was.unwrap_or_else(|| table.clone());
                    }
                }
            }
            6 => {
                let table = &mut self.tables[at];
                let by = tape.below(table.columns.len());
                table.columns.rotate_left(by);
            }
            7 | 8 => {
                let names =
                    was.iter().flat_map(|table| &table.columns).map(|column| column.name.clone()).collect::<Vec<_>>();
                let table = &mut self.tables[at];
                let name = table.fresh_name(tape, &names);
                let column = tape.below(table.columns.len());
                table.columns[column].name = name;
            }
            9 => {
                let table = &mut self.tables[at];
                let (one, two) = (tape.below(table.columns.len()), tape.below(table.columns.len()));
                let name = table.columns[one].name.clone();
                table.columns[one].name = std::mem::replace(&mut table.columns[two].name, name);
            }
            10..=14 => self.tables[at].edit_column(tape),
            15 => self.tables[at].edit_key(tape),
            16 => {
                let table = &mut self.tables[at];
                if table.unique.is_empty() {
                    let columns = table.plain().map(|column| column.id).take(2).collect();
                    table.unique.push((columns, Table::new_conflict(tape)));
                } else {
                    table.unique.clear();
                }
            }
            17 => {
                if tape.chance(50) {
                    self.tables[at].foreign.clear();
                }
                self.add_foreign_key(tape);
            }
            18 => self.add_table(tape, &tables),
            19 if self.tables.len() > 1 => drop(self.tables.remove(at)),
            20 => {
                let names: Vec<String> = before.names().map(str::to_owned).collect();
                self.tables[at].name = self.fresh_name(tape, &names);
            }
            21 => {
                if tape.chance(50) && !self.indexes.is_empty() {
                    self.indexes.remove(tape.below(self.indexes.len()));
                }
                self.add_index(tape);
            }
            22 => {
                if tape.chance(50) && !self.views.is_empty() {
                    self.views.remove(tape.below(self.views.len()));
                }
                self.add_view(tape);
            }
            23 => {
                if tape.chance(50) && !self.triggers.is_empty() {
                    self.triggers.remove(tape.below(self.triggers.len()));
                }
                self.add_trigger(tape);
            }
            24 => self.tables[at].without_rowid ^= true,
            25 if self.tables[at].tidy => {
                let table = &mut self.tables[at];
                table.strict ^= true;
                table.columns.iter_mut().for_each(|column| column.default = None);
            }
            26 => self.add_seed(tape),
            27 if !self.seeds.is_empty() => {
                let seed = tape.below(self.seeds.len());
                let is_auto = self.table(self.seeds[seed].table).is_some_and(Table::is_auto);
                let rows = &mut self.seeds[seed].rows;
                match tape.below(3) {
                    0 => rows.push((9 + rows.len(), 0)),
                    // The mark of AUTOINCREMENT stays, of which the schema then says nothing.
                    1 if !rows.is_empty() && !is_auto => drop(rows.remove(tape.below(rows.len()))),
                    _ => rows.iter_mut().take(1).for_each(|row| row.1 += 1),
                }
            }
            _ => self.tables[at].comments ^= true,
        }
    }

    fn add_column(&mut self, at: usize, was: Option<&Table>, tape: &mut Tape, fills: &mut Fills) {
        let id = self.id();
        let names = was.iter().flat_map(|table| &table.columns).map(|column| column.name.clone()).collect::<Vec<_>>();
        let table = &mut self.tables[at];
        let mut column = table.random_column(tape, id, &names);
        // All rows get one value, unless it is NULL.
        if column.not_null || column.default.is_some() {
            column.unique = None;
        }
        if column.generated.is_none() && tape.chance(40) {
            let value = match tape.below(3) {
                0 => fill(column.kind).to_owned(),
                _ if column.unique.is_some() || table.strict => fill(column.kind).to_owned(),
                // Over another column, of which it does not matter whether it stays.
                _ => match was.and_then(|was| {
                    was.columns.iter().find(|other| table.column(other.id).is_some_and(|now| now.name == other.name))
                }) {
                    Some(other) => format!("coalesce({}, (SELECT 'a,b'))", crate::text::word(&other.name)),
                    None => fill(column.kind).to_owned(),
                },
            };
            if was.is_some() && column.unique.is_none() {
                fills.push((table.id, id, value));
            }
        }
        let place = if tape.chance(40) { tape.below(table.columns.len() + 1) } else { table.columns.len() };
        table.columns.insert(place, column);
    }

    /// What the author has to say of the way from one schema to the other.
    pub(crate) fn options(&self, to: &Db, fills: &Fills) -> Options {
        let mut renames = Vec::new();
        let is_same = |one: &str, two: &str| one.eq_ignore_ascii_case(two);
        for table in &self.tables {
            let Some(after) = to.table(table.id) else { continue };
            if !is_same(&table.name, &after.name) {
                renames.push(Rename { table: None, old: table.name.clone(), new: after.name.clone() });
            }
            for column in &table.columns {
                let Some(now) = after.column(column.id) else { continue };
                if !is_same(&column.name, &now.name) {
                    let table = Some(after.name.clone());
                    renames.push(Rename { table, old: column.name.clone(), new: now.name.clone() });
                }
            }
        }
        let fill = |(table, column, value): &(Id, Id, String)| {
            let table = to.table(*table)?;
            let column = table.column(*column)?.name.clone();
            Some(Fill { table: table.name.clone(), column, value: value.clone() })
        };
        let fills = fills.iter().filter_map(fill).collect();
        Options { renames, drop: true, fills, ..Options::default() }
    }

    /// Whether a column is renamed that SQLite does not rename: to or from another word for the rowid.
    pub(crate) fn renames_rowid(&self, to: &Db) -> bool {
        let is_word = |name: &str| ["rowid", "oid", "_rowid_"].contains(&name);
        let renames = self.options(to, &Fills::new()).renames;
        renames.iter().any(|rename| rename.table.is_some() && (is_word(&rename.old) || is_word(&rename.new)))
    }

    /// Whether the rows that the schema itself puts into a table are others now.
    pub(crate) fn seeds_differ(&self, to: &Db, table: Id, fills: &Fills) -> bool {
        let rows = |db: &Db| {
            let seed = db.seeds.iter().find(|seed| seed.table == table)?;
            let kinds: Vec<_> = seed.columns.iter().filter_map(|id| Some(db.table(table)?.column(*id)?.kind)).collect();
            Some((seed.rows.clone(), kinds))
        };
        // A fill is for the seeds too, of which the schema says otherwise.
        rows(self) != rows(to) || (rows(to).is_some() && fills.iter().any(|fill| fill.0 == table))
    }

    /// Whether rows that were right before may be wrong now.
    pub(crate) fn tightens(&self, to: &Db, fills: &Fills) -> bool {
        let of_table = |table: &Table| {
            let Some(after) = to.table(table.id) else { return false };
            let column = |column: &Column| {
                let Some(was) = table.column(column.id) else {
                    return column.unique.is_some() || column.check.is_some();
                };
                let changes = (was.unique, was.check, was.kind, was.collate)
                    != (column.unique, column.check, column.kind, column.collate);
                changes || (column.not_null && !was.not_null)
            };
            after.columns.iter().any(column)
                || (after.strict && !table.strict)
                || (&after.key, after.without_rowid) != (&table.key, table.without_rowid)
                || after.unique != table.unique
                || after.foreign != table.foreign
                // A new row may be there already.
                || self.seeds_differ(to, table.id, fills)
                // A violation that is there already is taken for a new one, since it is known by the name of the parent.
                || (after.name != table.name && self.tables.iter().any(|child| child.foreign.iter().any(|key| key.1 == table.id)))
        };
        let indexes = to.indexes.iter().filter(|index| index.unique);
        self.tables.iter().any(of_table) || indexes.filter(|index| !self.indexes.contains(index)).count() > 0
    }
}

impl Column {
    /// Whether it is never NULL.
    pub(crate) fn is_full(&self, table: Option<&Table>) -> bool {
        self.must(table) || table.is_some_and(|table| table.rowid() == Some(self.id) && !table.without_rowid)
    }

    /// Whether it may not be NULL.
    pub(crate) fn must(&self, table: Option<&Table>) -> bool {
        let of_key = |table: &Table| match &table.key {
            Key::Columns(columns) => columns.contains(&self.id) && (table.strict || table.without_rowid),
            Key::Rowid { column, .. } => *column == self.id && table.without_rowid,
            Key::None => false,
        };
        let is_rowid = table.is_some_and(|table| table.rowid() == Some(self.id) && !table.without_rowid);
        !is_rowid && (self.not_null || table.is_some_and(of_key))
    }
}

impl Table {
    fn edit_column(&mut self, tape: &mut Tape) {
        let at = tape.below(self.columns.len());
        let (kind, is_key) = (self.new_kind(tape), self.is_key(self.columns[at].id));
        let column = &mut self.columns[at];
        if column.generated.is_some() {
            return column.check = Table::new_check(tape);
        }
        match tape.below(6) {
            0 => column.default = Table::new_default(tape, column.kind),
            1 => column.check = Table::new_check(tape),
            2 => column.not_null ^= true,
            3 => column.collate = tape.chance(50).then_some("NOCASE"),
            4 => column.unique = tape.chance(50).then(|| Table::new_conflict(tape)),
            _ if is_key => column.not_null ^= true,
            _ => {
                column.kind = kind;
                column.default = Table::new_default(tape, kind);
            }
        }
    }

    fn edit_key(&mut self, tape: &mut Tape) {
        let plain: Vec<Id> = self.plain().map(|column| column.id).collect();
        self.key = match (&self.key, tape.below(4)) {
            (Key::Rowid { column, auto }, 0 | 1) => Key::Rowid { column: *column, auto: !auto },
            (Key::Rowid { .. } | Key::Columns(_), 2) => Key::None,
            (_, 3) => Key::Columns(vec![tape.pick(&plain)]),
            (Key::None, _) => Key::Rowid { column: plain[0], auto: tape.chance(50) },
            (Key::Columns(columns), _) => Key::Columns(columns.iter().copied().rev().collect()),
            (key, _) => key.clone(),
        };
    }
}
