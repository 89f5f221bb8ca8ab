//! A schema as SQL.

use crate::model::{Column, Db, Id, Key, Seed, Table, Trigger, View, ViewForm};

/// A name, quoted in one of the ways that SQLite knows.
pub(crate) fn word(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && name.len() > 1;
    let words = [
        "default", "check", "null", "true", "_rowid_", "order", "select", "values", "to", "rowid", "oid", "group",
        "table", "if", "column", "end", "over",
    ];
    match name.len() % 3 {
        _ if plain && !words.contains(&name) => name.to_owned(),
        0 if !name.contains(']') => format!("[{name}]"),
        1 => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn words(table: &Table, ids: &[Id]) -> String {
    let names: Vec<String> = ids.iter().filter_map(|id| Some(word(&table.column(*id)?.name))).collect();
    names.join(", ")
}

impl Db {
    /// The whole schema. Tables come before their seeds, and these before the triggers.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("-- A schema.\n");
        for table in &self.tables {
            text.push_str(&format!("\n{};\n", table.text(self)));
        }
        for index in &self.indexes {
            let Some(table) = self.table(index.table) else { continue };
            let name = |id: Id| table.column(id).map(|column| word(&column.name)).unwrap_or_default();
            let parts: Vec<String> = index.parts.iter().map(|(id, form)| form.replace("{}", &name(*id))).collect();
            let filter = index.filter.map(|(id, form)| format!(" WHERE {}", form.replace("{}", &name(id))));
            text.push_str(&format!(
                "CREATE {}INDEX {} ON {}({}){};\n",
                if index.unique { "UNIQUE " } else { "" },
                word(&index.name),
                word(&table.name),
                parts.join(", "),
                filter.unwrap_or_default(),
            ));
        }
        self.views.iter().for_each(|view| text.push_str(&format!("{};\n", self.view_text(view))));
        self.seeds.iter().for_each(|seed| text.push_str(&self.seed_text(seed)));
        self.triggers.iter().for_each(|trigger| text.push_str(&format!("{};\n", self.trigger_text(trigger))));
        text
    }

    fn seed_text(&self, seed: &Seed) -> String {
        let Some(table) = self.table(seed.table) else { return String::new() };
        let columns: Vec<&Column> = seed.columns.iter().filter_map(|id| table.column(*id)).collect();
        let row = |&(key, other): &(usize, usize)| {
            let value =
                |column: &&Column| literal(column.kind, if table.is_key(column.id) { key } else { key + other * 100 });
            format!("({})", columns.iter().map(value).collect::<Vec<_>>().join(", "))
        };
        let rows: Vec<String> = seed.rows.iter().map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let names: Vec<String> = columns.iter().map(|column| word(&column.name)).collect();
        format!("INSERT INTO {} ({}) VALUES {};\n", word(&table.name), names.join(", "), rows.join(", "))
    }

    fn name(&self, id: Id) -> &str {
        let table = self.table(id).map(|table| &table.name);
        table.or(self.view(id).map(|view| &view.name)).map_or("", String::as_str)
    }

    fn view_text(&self, view: &View) -> String {
        let (name, over) = (word(&view.name), word(self.name(view.over)));
        let select = match &view.form {
            ViewForm::All => format!("SELECT * FROM {over}"),
            ViewForm::Columns(columns) => {
                let columns = self.table(view.over).map(|table| words(table, columns)).unwrap_or_default();
                format!("SELECT {columns} FROM {over} -- not all of them\n WHERE 'FROM x' <> ''")
            }
            ViewForm::Count => format!("SELECT count(*) AS n FROM {over} AS o"),
            ViewForm::Shadowed => format!("WITH {over} AS (SELECT 1 AS one) SELECT one FROM {over}"),
            ViewForm::Joined(other) => {
                let other = word(self.name(*other));
                format!("SELECT 1 AS one FROM {over} JOIN {other} WHERE EXISTS (SELECT * FROM {over})")
            }
        };
        format!("CREATE VIEW {name} AS {select}")
    }

    fn trigger_text(&self, trigger: &Trigger) -> String {
        let column = |id: Id| {
            let tables = self.tables.iter().filter_map(|table| table.column(id));
            tables.map(|column| word(&column.name)).next().unwrap_or_default()
        };
        let of = trigger.of.map(|id| format!(" OF {}", column(id))).unwrap_or_default();
        let condition = trigger.condition.map(|(id, form)| format!(" WHEN {}", form.replace("{}", &column(id))));
        let body: Vec<String> = trigger
            .body
            .iter()
            .map(|(table, id, form)| {
                let form = form.replace("{t}", &word(self.name(*table))).replace("{c}", &column(*id));
                format!("  {form};\n")
            })
            .collect();
        format!(
            "CREATE TRIGGER {} {}{of} ON {}{} BEGIN\n{}END",
            word(&trigger.name),
            trigger.when,
            word(self.name(trigger.on)),
            condition.unwrap_or_default(),
            body.concat(),
        )
    }
}

/// A value of a type, another one for every number.
fn literal(kind: &str, number: usize) -> String {
    match kind {
        "TEXT" | "VARCHAR(10)" => format!("'no. {number}, it''s'"),
        "REAL" => format!("-{number}.5"),
        "BLOB" => format!("x'{number:04}'"),
        _ => number.to_string(),
    }
}

impl Table {
    pub(crate) fn text(&self, db: &Db) -> String {
        let mut items: Vec<String> = self.columns.iter().map(|column| self.column_text(column)).collect();
        if let Key::Columns(columns) = &self.key {
            items.push(format!("PRIMARY KEY ({})", words(self, columns)));
        }
        for (at, (columns, conflict)) in self.unique.iter().enumerate() {
            items.push(format!("CONSTRAINT u{at} UNIQUE ({}){conflict}", words(self, columns)));
        }
        for (columns, parent, parents, action) in &self.foreign {
            let Some(parent) = db.table(*parent) else { continue };
            let (name, parents) = (word(&parent.name), words(parent, parents));
            items.push(format!("FOREIGN KEY ({}) REFERENCES {name}({parents}){action}", words(self, columns)));
        }
        let options: Vec<&str> = [(self.strict, "STRICT"), (self.without_rowid, "WITHOUT ROWID")]
            .into_iter()
            .filter_map(|(is, option)| is.then_some(option))
            .collect();
        let name = word(&self.name);
        let body = if self.comments {
            format!("( -- what it's for, (mostly)\n  {} /* the last; */\n)", items.join(", -- so, it's\n  "))
        } else {
            format!("({})", items.join(", "))
        };
        format!("CREATE TABLE {name}{body} {}", options.join(", ")).trim_end().to_owned()
    }

    fn column_text(&self, column: &Column) -> String {
        let Column { id, name, kind, not_null, default, check, unique, collate, generated } = column;
        let mut text = format!("{} {kind}", word(name)).trim_end().to_owned();
        if let Key::Rowid { column, auto } = &self.key
            && column == id
        {
            text.push_str(if *auto { " PRIMARY KEY AUTOINCREMENT" } else { " PRIMARY KEY" });
        }
        if *not_null {
            text.push_str(" NOT NULL");
        }
        if let Some(conflict) = unique {
            text.push_str(&format!(" UNIQUE{conflict}"));
        }
        if let Some(check) = check {
            // Every other one names the table too.
            let own = if id % 2 == 0 { word(name) } else { format!("{}.{}", word(&self.name), word(name)) };
            text.push_str(&format!(" CHECK ({})", check.replace("{}", &own)));
        }
        if let Some(default) = default {
            text.push_str(&format!(" DEFAULT {default}"));
        }
        if let Some(collate) = collate {
            text.push_str(&format!(" COLLATE {collate}"));
        }
        if let Some((form, over, stored)) = generated {
            let over = self.column(*over).map(|column| word(&column.name)).unwrap_or_default();
            let stored = if *stored { "STORED" } else { "VIRTUAL" };
            text.push_str(&format!(" GENERATED ALWAYS AS ({}) {stored}", form.replace("{}", &over)));
        }
        text
    }
}
