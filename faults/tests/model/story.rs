//! A story: migrations, a database, who starts, and what goes wrong.

use faults::{Fault, Flavour, Random, Survival, Text};
use migrate_core::Atomicity;
use migrate_core::rusqlite::Connection;

use crate::schema::{Schema, Table};

#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) texts: Vec<Text>,
    pub(crate) start: Start,
    pub(crate) atomicity: Atomicity,
    pub(crate) journal: &'static str,
    pub(crate) synchronous: &'static str,
    pub(crate) starters: usize,
    pub(crate) foreign_keys: bool,
}

/// What there is before.
#[derive(Debug)]
pub(crate) enum Start {
    Fresh,
    /// So many migrations are in the history; then came these rows.
    History(usize, String),
    /// The schema of so many migrations, which are now `base.sql`; then came these rows.
    Legacy {
        base: String,
        rows: String,
    },
    /// The schema of so many migrations, without a history.
    Unrecorded(usize, String),
}

impl Story {
    pub(crate) fn of(random: &mut Random) -> Story {
        let mut schema = Schema::default();
        let kind = random.below(8);
        let (legacy, unrecorded) = (kind < 2, kind == 2);
        let mut base = String::new();
        if legacy {
            for _ in 0..1 + random.below(2) {
                base += &create_table(&mut schema, random);
            }
        }
        let base_rows = schema.rows(random);
        let count = 1 + random.below(6);
        let known = if legacy { 0 } else { random.below(count) };
        let (mut texts, mut rows) = (Vec::new(), String::new());
        for index in 0..count {
            if index == known {
                rows = schema.rows(random);
            }
            texts.push(migration(index, &mut schema, random, !legacy && !unrecorded));
        }
        let leave_no_mark = leave_no_mark(&base, &texts);
        if legacy || unrecorded {
            for index in leave_no_mark.iter().copied() {
                texts[index].sql.insert_str(0, "--! adopt: run -- what it does to rows leaves no mark\n");
            }
        }
        let start = match known {
            _ if legacy && random.once_in(5) => Start::Legacy { base, rows: String::new() },
            _ if legacy => Start::Legacy { base, rows: base_rows },
            0 => Start::Fresh,
            // Whether the last one ran could not be told.
            known if unrecorded && !leave_no_mark.contains(&(known - 1)) => Start::Unrecorded(known, rows),
            known => Start::History(known, rows),
        };
        Story {
            texts,
            start,
            atomicity: if random.once_in(3) { Atomicity::Each } else { Atomicity::All },
            journal: random.of::<&str>(&["DELETE", "WAL", "WAL", "TRUNCATE", "PERSIST"]),
            synchronous: random.of::<&str>(&["FULL", "FULL", "NORMAL"]),
            starters: 1 + random.below(3),
            foreign_keys: random.once_in(2),
        }
    }

    /// Where the run begins.
    pub(crate) fn from(&self) -> usize {
        match self.start {
            Start::History(at, _) | Start::Unrecorded(at, _) => at,
            _ => 0,
        }
    }

    /// What is there after a power cut may have lost its order.
    pub(crate) fn survival(&self, random: &mut Random) -> Survival {
        let seed = random.next();
        match random.below(4) {
            0 => Survival::Nothing,
            1 => Survival::Everything,
            2 if self.journal == "WAL" || self.synchronous == "FULL" => Survival::Any(seed),
            _ => Survival::Prefix(seed),
        }
    }

    /// The positions at which a run may stop.
    pub(crate) fn commits(&self, fresh: bool) -> Vec<usize> {
        let (from, end) = (self.from(), self.texts.len());
        let mode = |index: usize| (self.texts[index].outside, self.texts[index].foreign_keys);
        let each = matches!(self.atomicity, Atomicity::Each) && !fresh;
        let based = fresh && matches!(self.start, Start::Legacy { .. });
        let mut commits: Vec<usize> = (from + 1..end)
            .filter(|&index| each || mode(index - 1).0 || mode(index) != mode(index - 1))
            .chain([end])
            .collect();
        // The history table, adopted rows and `base.sql` are committed before what runs outside a transaction.
        if from < end && (mode(from).0 || (based && mode(from).1)) {
            commits.push(from);
        }
        commits
    }
}

/// A fault at one of so many changes and reads.
pub(crate) fn fault(random: &mut Random, (changes, reads): (u64, u64)) -> Fault {
    let mut at = |count: u64| 1 + random.below(count as usize) as u64;
    let (change, read) = (at(changes), at(reads));
    let flavour = *random.of(&[Flavour::Broken, Flavour::Full]);
    match random.below(8) {
        0 => Fault::Never,
        1 => Fault::Change { at: change, flavour },
        2 => Fault::Changes { at: change, flavour },
        3 => Fault::Read { at: read },
        4 => Fault::Reads { at: read },
        n => Fault::PowerCut { at: change, under_way: n == 5 },
    }
}

fn migration(index: usize, schema: &mut Schema, random: &mut Random, drops: bool) -> Text {
    let (mut head, mut sql, mut outside, mut foreign_keys) = (Vec::new(), String::new(), false, false);
    let kind = if schema.tables.is_empty() { 0 } else { random.below(14) };
    match kind {
        0 | 1 => sql = create_table(schema, random),
        10 => {
            outside = true;
            head.push("transaction: none -- it can be begun again".to_owned());
            sql = outside_statements(schema, random);
        }
        11 => {
            let table = schema.pick(random);
            foreign_keys = true;
            head.push("foreign_keys: on -- children go with their parents".to_owned());
            head.push("allow(row-loss): they are to go".to_owned());
            sql = format!("DELETE FROM {} WHERE id % 5 = 0;\n", schema.tables[table].name);
        }
        12 if drops && drop_table(schema, &mut sql) => head.push("allow(drop-table): nobody reads it".to_owned()),
        _ => {
            for _ in 0..1 + random.below(3) {
                sql += &change(schema, random, &mut head);
            }
        }
    }
    head.sort();
    head.dedup();
    let head: String = head.iter().map(|line| format!("--! {line}\n")).collect();
    Text { name: format!("{:03}_m{index}.sql", index + 1), sql: head + &sql, outside, foreign_keys, step: None }
}

/// The migrations after which the schema is what it was before.
fn leave_no_mark(base: &str, texts: &[Text]) -> Vec<usize> {
    let conn = Connection::open_in_memory().expect("memory");
    let run = |sql: &str| conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).expect("a story runs");
    let schema = || -> Vec<String> {
        // A table that was renamed has its name in quotes.
        let sql = "SELECT replace(coalesce(sql, name), '\"', '') FROM sqlite_master ORDER BY name";
        let mut statement = conn.prepare(sql).expect("query");
        let rows = statement.query_map([], |row| row.get(0)).expect("query");
        rows.collect::<Result<_, _>>().expect("rows")
    };
    run(base);
    let mut before = schema();
    let mut same = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        run(&text.sql);
        let after = schema();
        if after == before {
            same.push(index);
        }
        before = after;
    }
    same
}

fn create_table(schema: &mut Schema, random: &mut Random) -> String {
    let parent = (!schema.tables.is_empty() && random.once_in(2)).then(|| schema.pick(random));
    let parent = parent.map(|index| schema.tables[index].name.clone());
    let columns = (0..1 + random.below(3)).map(|_| schema.name("c")).collect();
    let table = Table { name: schema.name("t"), columns, parent, attached: Vec::new(), views: Vec::new() };
    let sql = table.create(&table.name);
    schema.tables.push(table);
    sql
}

fn drop_table(schema: &mut Schema, sql: &mut String) -> bool {
    let is_leaf = |table: &Table| !schema.has_children(&table.name) && table.views.is_empty();
    let Some(leaf) = schema.tables.iter().position(is_leaf).filter(|_| schema.tables.len() > 1) else { return false };
    *sql = format!("DROP TABLE {};\n", schema.tables.remove(leaf).name);
    true
}

fn change(schema: &mut Schema, random: &mut Random, head: &mut Vec<String>) -> String {
    let index = schema.pick(random);
    let column = schema.name("c");
    let object = schema.name("o");
    let table = &mut schema.tables[index];
    let name = table.name.clone();
    let known = random.of(&table.columns).clone();
    match random.below(8) {
        0 => {
            let sql = format!("ALTER TABLE {name} ADD COLUMN {column} TEXT DEFAULT '';\n");
            // What is added comes last, and a rebuild would write it before `parent_id`.
            if table.parent.is_some() {
                return format!("UPDATE {name} SET {known} = upper({known});\n");
            }
            table.columns.push(column);
            sql
        }
        1 => {
            let sql = format!("CREATE INDEX {object} ON {name}({known});\n");
            table.attached.push(sql.clone());
            sql
        }
        2 | 3 => {
            let new = (random.once_in(2) && table.parent.is_none()).then_some(column);
            let sql = table.rebuild(new.clone());
            table.columns.extend(new);
            sql
        }
        4 => {
            let sql = format!("CREATE VIEW {object} AS SELECT id, {known} FROM {name} WHERE {known} <> '';\n");
            table.views.push((object, sql.clone()));
            sql
        }
        5 => {
            let sql = format!(
                "CREATE TRIGGER {object} AFTER UPDATE OF {known} ON {name} WHEN NEW.{known} IS NULL BEGIN UPDATE {name} SET {known} = 'none' WHERE id = NEW.id; END;\n"
            );
            table.attached.push(sql.clone());
            sql
        }
        6 => {
            let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20)";
            format!("{rows} INSERT INTO {name}({known}) SELECT 'made ' || i FROM n;\n")
        }
        _ => {
            head.push("allow(value-loss): it is written anew".to_owned());
            format!("UPDATE {name} SET {known} = {known} || ' +' WHERE id % 2 = 0;\n")
        }
    }
}

/// Statements that may run more than once.
fn outside_statements(schema: &mut Schema, random: &mut Random) -> String {
    let mut sql = String::new();
    for _ in 0..1 + random.below(3) {
        let (index, object) = (schema.pick(random), schema.name("o"));
        let table = &mut schema.tables[index];
        let (name, known) = (table.name.clone(), random.of(&table.columns).clone());
        match random.below(3) {
            0 => {
                sql += &format!("CREATE INDEX IF NOT EXISTS {object} ON {name}({known});\n");
                table.attached.push(format!("CREATE INDEX {object} ON {name}({known});\n"));
            }
            1 => sql += "VACUUM;\n",
            _ => sql += &format!("UPDATE {name} SET {known} = 'same' WHERE id % 4 = 0;\n"),
        }
    }
    sql
}
