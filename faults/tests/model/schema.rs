//! The schema as a story goes on: enough to write statements that run.

use faults::Random;

/// A table, and what hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Beside `id`, and `parent_id` where there is a parent.
    pub(crate) columns: Vec<String>,
    pub(crate) parent: Option<String>,
    /// Statements that make its indexes and triggers.
    pub(crate) attached: Vec<String>,
    /// Names and statements of its views.
    pub(crate) views: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) tables: Vec<Table>,
    names: usize,
}

impl Schema {
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(crate) fn pick(&self, random: &mut Random) -> usize {
        random.below(self.tables.len())
    }

    pub(crate) fn has_children(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.parent.as_deref() == Some(name))
    }

    /// Statements that add some rows to every table.
    pub(crate) fn rows(&self, random: &mut Random) -> String {
        let mut sql = String::new();
        // Past what migrations insert.
        let first = 1001 + random.below(1000);
        let count = 1 + random.below(30);
        let long = if random.once_in(4) { "hex(zeroblob(300))" } else { "'v' || i" };
        for table in &self.tables {
            let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
            let mut names = vec!["id"];
            names.extend(&columns);
            let mut values = vec!["i".to_owned()];
            values.extend(columns.iter().map(|column| {
                if random.once_in(3) { format!("'{column}'") } else { format!("iif(i % 3 = 0, '', {long})") }
            }));
            if table.parent.is_some() {
                names.push("parent_id");
                // Only what is there already, or will be when the statements have run.
                values.push(if random.once_in(3) { "NULL".to_owned() } else { "i".to_owned() });
            }
            let rows = format!("WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n LIMIT {count})");
            sql += &format!(
                "{rows} INSERT INTO {}({}) SELECT {} FROM n;\n",
                table.name,
                names.join(", "),
                values.join(", ")
            );
        }
        sql
    }
}

impl Table {
    pub(crate) fn create(&self, name: &str) -> String {
        let mut columns = vec!["id INTEGER PRIMARY KEY".to_owned()];
        columns.extend(self.columns.iter().map(|column| format!("{column} TEXT DEFAULT ''")));
        let parent = |parent: &String| format!("parent_id INTEGER REFERENCES {parent}(id) ON DELETE CASCADE");
        columns.extend(self.parent.iter().map(parent));
        format!("CREATE TABLE {name}({});\n", columns.join(", "))
    }

    /// The twelve steps. The views go before and come back after.
    pub(crate) fn rebuild(&self, new_column: Option<String>) -> String {
        let mut names: Vec<&str> = vec!["id"];
        names.extend(self.columns.iter().map(String::as_str));
        names.extend(self.parent.iter().map(|_| "parent_id"));
        let (name, names) = (&self.name, names.join(", "));
        let mut new = self.clone();
        new.columns.extend(new_column);
        let mut sql: String = self.views.iter().map(|(view, _)| format!("DROP VIEW {view};\n")).collect();
        sql += &new.create(&format!("{name}_new"));
        sql += &format!("INSERT INTO {name}_new({names}) SELECT {names} FROM {name};\nDROP TABLE {name};\n");
        sql += &format!("ALTER TABLE {name}_new RENAME TO {name};\n");
        sql.extend(self.attached.iter().cloned());
        sql.extend(self.views.iter().map(|(_, create)| create.clone()));
        sql
    }
}
