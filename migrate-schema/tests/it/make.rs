//! A schema at random.

use crate::model::{Column, Db, Id, Index, Key, Seed, Table, Trigger, View, ViewForm};
use crate::tape::Tape;

const TABLES: [&str; 24] = [
    "notes",
    "people",
    "note",
    "notes_new",
    "x",
    "x_new",
    "Order",
    "a b",
    "it's",
    "say \"x\"",
    "größe",
    "select",
    "a.b",
    "table",
    "values",
    "if",
    "CamelCase",
    "日本",
    "log",
    "to",
    "x]y",
    "rowid",
    "end",
    "sqlit",
];
const COLUMNS: [&str; 30] = [
    "id",
    "a",
    "b",
    "ab",
    "abc",
    "body",
    "Order",
    "rowid",
    "oid",
    "a b",
    "it's",
    "q\"q",
    "größe",
    "select",
    "values",
    "to",
    "group",
    "CamelCase",
    "x",
    "notes",
    "key",
    "column",
    "if",
    "end",
    "over",
    "default",
    "check",
    "true",
    "null",
    "_rowid_",
];
pub(crate) const STRICT: [&str; 5] = ["TEXT", "INTEGER", "REAL", "BLOB", "ANY"];
const LAX: [&str; 10] =
    ["TEXT", "INTEGER", "REAL", "BLOB", "ANY", "", "NUMERIC", "VARCHAR(10)", "DECIMAL(10, 2)", "BOOLEAN"];
const CHECKS: [&str; 6] = [
    "{} IS NOT 'zz'",
    "{} IS NULL OR length({}) < 5000",
    "typeof({}) <> ',)(' /* , ) */",
    "{} IS NOT x'00aabb'",
    "{} NOT IN ('notes.a,b', 'it''s)', 7777)",
    "CASE WHEN {} IS 'q' THEN 0 ELSE 1 END",
];
const GENERATED: [&str; 4] =
    ["length({})", "{} || '!'", "CASE WHEN {} IS NULL THEN 0 ELSE 1 END", "coalesce({}, ',)')"];
const CONFLICTS: [&str; 5] = ["", "", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE", " ON CONFLICT FAIL"];
const ACTIONS: [&str; 6] = [
    "",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL ON UPDATE CASCADE",
    " ON DELETE RESTRICT",
    " DEFERRABLE INITIALLY DEFERRED",
    " ON UPDATE SET DEFAULT DEFERRABLE INITIALLY DEFERRED",
];
const PARTS: [&str; 6] = ["{}", "{} DESC", "{} COLLATE NOCASE", "lower({})", "length({}) DESC", "({} || ',')"];
const FILTERS: [&str; 3] = ["{} IS NOT NULL", "{} > 0", "{} <> 'WHERE'"];
const BODIES: [&str; 6] = [
    "SELECT 1",
    "DELETE FROM {t}",
    "UPDATE {t} SET {c} = {c}",
    "SELECT CASE WHEN count({c}) THEN 1 END FROM {t} /* ; END */",
    "DELETE FROM {t} WHERE {c} IS NOT 'BEGIN; END'",
    "SELECT RAISE(IGNORE)",
];

/// The defaults that a column of a type may have.
fn defaults(kind: &str) -> &'static [&'static str] {
    match kind {
        "INTEGER" | "BOOLEAN" => {
            &["0", "-1", "+2", "(1 + 2)", "9223372036854775807", "true", "(abs(-3)) -- )\n", "NULL"]
        }
        "REAL" => &["1.5", "-2.5e3", "(0.5)"],
        "BLOB" => &["x'00ff'", "(zeroblob(2))"],
        "TEXT" | "VARCHAR(10)" => {
            &["''", "'it''s'", "'a,b)('", "('x' || ',')", "/* , */ '7'", "word", "CURRENT_TIMESTAMP"]
        }
        _ => &["0", "-1", "'it''s'", "x'00ff'", "NULL", "(lower('A,(') || 1)"],
    }
}

/// A value for rows that exist, of a type.
pub(crate) fn fill(kind: &str) -> &'static str {
    match kind {
        "INTEGER" | "BOOLEAN" | "NUMERIC" | "DECIMAL(10, 2)" => "7",
        "REAL" => "-0.5",
        "BLOB" => "x'ff'",
        _ => "'filled, (it''s)'",
    }
}

/// A name that nothing in a list has.
fn fresh(tape: &mut Tape, pool: &[&str], taken: &[String]) -> String {
    let from = tape.below(pool.len());
    let is_free = |name: &str| !taken.iter().any(|other| other.to_lowercase() == name.to_lowercase());
    let found = (0..pool.len()).map(|at| pool[(from + at) % pool.len()]).find(|name| is_free(name));
    found.map_or_else(|| format!("t{}", taken.len()), str::to_owned)
}

impl Db {
    pub(crate) fn random(tape: &mut Tape) -> Db {
        let mut db = Db::default();
        let tables = 1 + tape.below(5);
        for _ in 0..tables {
            db.add_table(tape, &[]);
        }
        for _ in 0..tape.below(4) {
            db.add_foreign_key(tape);
        }
        for _ in 0..tape.below(3) {
            db.add_seed(tape);
        }
        for _ in 0..tape.below(4) {
            db.add_index(tape);
        }
        for _ in 0..tape.below(3) {
            db.add_view(tape);
        }
        for _ in 0..tape.below(4) {
            db.add_trigger(tape);
        }
        db.mend();
        db
    }

    pub(crate) fn fresh_name(&self, tape: &mut Tape, others: &[String]) -> String {
        let taken: Vec<String> = self.names().map(str::to_owned).chain(others.iter().cloned()).collect();
        fresh(tape, &TABLES, &taken)
    }

    pub(crate) fn add_table(&mut self, tape: &mut Tape, taken: &[String]) {
        let name = self.fresh_name(tape, taken);
        let id = self.id();
        let mut table = Table {
            id,
            name,
            columns: Vec::new(),
            key: Key::None,
            unique: Vec::new(),
            foreign: Vec::new(),
            strict: tape.chance(25),
            without_rowid: false,
            tidy: tape.chance(60),
            comments: tape.chance(40),
        };
        table.tidy |= table.strict;
        for _ in 0..1 + tape.below(4) {
            let id = self.id();
            let column = table.random_column(tape, id, &[]);
            table.columns.push(column);
        }
        let first = table.columns[0].id;
        let plain: Vec<Id> = table.plain().map(|column| column.id).collect();
        table.key = match tape.below(6) {
            0 | 1 => Key::Rowid { column: first, auto: false },
            2 => Key::Rowid { column: first, auto: true },
            3 => Key::Columns(vec![tape.pick(&plain)]),
            4 => Key::Columns(plain.iter().copied().take(2).rev().collect()),
            _ => Key::None,
        };
        table.without_rowid = tape.chance(35);
        if tape.chance(25) && table.columns.len() > 1 {
            let last = table.columns[table.columns.len() - 1].id;
            table.unique.push((vec![last, first], tape.pick(&CONFLICTS)));
        }
        self.tables.push(table);
        self.mend();
    }

    pub(crate) fn add_foreign_key(&mut self, tape: &mut Tape) {
        let (child, parent) = (tape.below(self.tables.len()), tape.below(self.tables.len()));
        let of = self.tables[parent].clone();
        let keys = of.keys();
        if keys.is_empty() {
            return;
        }
        let key = tape.pick(&keys);
        let table = &mut self.tables[child];
        let mut columns: Vec<Id> = Vec::new();
        for id in &key {
            let Some(wanted) = of.column(*id).map(|column| (column.kind, column.collate)) else { return };
            let fits = |column: &&Column| {
                (column.kind, column.collate) == wanted && column.generated.is_none() && !columns.contains(&column.id)
            };
            let fitting: Vec<Id> = table.columns.iter().filter(fits).map(|column| column.id).collect();
            if fitting.is_empty() {
                return;
            }
            columns.push(tape.pick(&fitting));
        }
        table.foreign.push((columns, of.id, key, tape.pick(&ACTIONS)));
    }

    pub(crate) fn add_seed(&mut self, tape: &mut Tape) {
        let table = &self.tables[tape.below(self.tables.len())];
        if !table.foreign.is_empty() || self.seeds.iter().any(|seed| seed.table == table.id) {
            return;
        }
        let columns = table.plain().map(|column| column.id).collect();
        let rows = (1..2 + tape.below(4)).map(|key| (key, 0)).collect();
        self.seeds.push(Seed { table: table.id, columns, rows });
    }

    pub(crate) fn add_index(&mut self, tape: &mut Tape) {
        let name = self.fresh_name(tape, &[]);
        let id = self.id();
        let table = &self.tables[tape.below(self.tables.len())];
        let columns = 1 + tape.below(2);
        let mut part = || (tape.pick(&table.columns).id, tape.pick(&PARTS));
        let parts = (0..columns).map(|_| part()).collect();
        let filter = tape.chance(30).then(|| (tape.pick(&table.columns).id, tape.pick(&FILTERS)));
        let table = table.id;
        self.indexes.push(Index { id, name, table, unique: tape.chance(25), parts, filter });
    }

    pub(crate) fn add_view(&mut self, tape: &mut Tape) {
        let name = self.fresh_name(tape, &[]);
        let id = self.id();
        let table = self.tables[tape.below(self.tables.len())].clone();
        let (over, form) = match tape.below(6) {
            0 => (table.id, ViewForm::All),
            1 => (table.id, ViewForm::Columns(table.columns.iter().skip(1).map(|column| column.id).collect())),
            2 => (table.id, ViewForm::Count),
            3 => (table.id, ViewForm::Shadowed),
            4 => (table.id, ViewForm::Joined(self.tables[tape.below(self.tables.len())].id)),
            _ if !self.views.is_empty() => (self.views[tape.below(self.views.len())].id, ViewForm::All),
            _ => (table.id, ViewForm::All),
        };
        let form = if form == ViewForm::Columns(Vec::new()) { ViewForm::All } else { form };
        self.views.push(View { id, name, over, form });
        self.mend();
    }

    pub(crate) fn add_trigger(&mut self, tape: &mut Tape) {
        let name = self.fresh_name(tape, &[]);
        let id = self.id();
        let mut body = Vec::new();
        for _ in 0..1 + tape.below(2) {
            let table = &self.tables[tape.below(self.tables.len())];
            let plain: Vec<Id> = table.plain().map(|column| column.id).collect();
            body.push((table.id, tape.pick(&plain), tape.pick(&BODIES)));
        }
        let mut trigger = Trigger { id, name, on: 0, when: "", of: None, condition: None, body };
        if tape.chance(25) && !self.views.is_empty() {
            trigger.on = self.views[tape.below(self.views.len())].id;
            trigger.when = tape.pick(&["INSTEAD OF INSERT", "INSTEAD OF UPDATE", "INSTEAD OF DELETE"]);
        } else {
            let table = &self.tables[tape.below(self.tables.len())];
            trigger.on = table.id;
            let column = tape.pick(&table.columns).id;
            let (when, condition) = tape.pick(&[
                ("AFTER INSERT", "new.{} IS NOT NULL"),
                ("BEFORE INSERT", "new.{} > 0"),
                ("AFTER UPDATE", "old.{} IS NOT new.{}"),
                ("BEFORE UPDATE", "new.{} IS NULL"),
                ("AFTER DELETE", "old.{} <> ''"),
                ("BEFORE DELETE", "old.{} > 0"),
            ]);
            trigger.when = when;
            trigger.of = (when.ends_with("UPDATE") && tape.chance(50)).then_some(column);
            trigger.condition = tape.chance(60).then_some((column, condition));
        }
        self.triggers.push(trigger);
    }
}

impl Table {
    /// The columns that are not generated.
    pub(crate) fn plain(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.generated.is_none())
    }

    pub(crate) fn fresh_name(&self, tape: &mut Tape, others: &[String]) -> String {
        let own = self.columns.iter().map(|column| column.name.clone());
        fresh(tape, &COLUMNS, &own.chain(others.iter().cloned()).collect::<Vec<_>>())
    }

    pub(crate) fn random_column(&self, tape: &mut Tape, id: Id, taken: &[String]) -> Column {
        let name = self.fresh_name(tape, taken);
        let kind = if self.strict || tape.chance(50) { tape.pick(&STRICT) } else { tape.pick(&LAX) };
        let over: Vec<Id> = self.plain().map(|column| column.id).collect();
        let generated =
            (!over.is_empty() && tape.chance(15)).then(|| (tape.pick(&GENERATED), tape.pick(&over), tape.chance(50)));
        let kind = if generated.is_some() { "ANY" } else { kind };
        Column {
            id,
            name,
            kind,
            not_null: generated.is_none() && tape.chance(25),
            default: tape.chance(40).then(|| tape.pick(defaults(kind))),
            check: tape.chance(20).then(|| tape.pick(&CHECKS)),
            unique: (generated.is_none() && tape.chance(15)).then(|| tape.pick(&CONFLICTS)),
            collate: tape.chance(15).then(|| tape.pick(&["NOCASE", "RTRIM"])),
            generated,
        }
    }

    pub(crate) fn new_default(tape: &mut Tape, kind: &str) -> Option<&'static str> {
        tape.chance(70).then(|| tape.pick(defaults(kind)))
    }

    pub(crate) fn new_check(tape: &mut Tape) -> Option<&'static str> {
        tape.chance(70).then(|| tape.pick(&CHECKS))
    }

    pub(crate) fn new_kind(&self, tape: &mut Tape) -> &'static str {
        if self.strict { tape.pick(&STRICT) } else { tape.pick(&LAX) }
    }

    pub(crate) fn new_conflict(tape: &mut Tape) -> &'static str {
        tape.pick(&CONFLICTS)
    }
}
