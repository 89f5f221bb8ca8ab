//! What is on the server, as far as decisions need it; and a copy of that in memory, on which they are made.

use std::time::Duration;

use migrate_core::elsewhere;
use migrate_core::rusqlite::types::Value;
use migrate_core::rusqlite::{self, Connection, params_from_iter};
use migrate_sql::quote;

use crate::engine::{Answer, Engine, Failure, Recency, Rows};

/// What the server said at one moment.
pub(crate) struct Seen {
    objects: Vec<Object>,
    history_table: String,
    history: Option<Rows>,
    others: Vec<(&'static str, Rows)>,
    pub(crate) schema_version: i64,
    user_version: i64,
    pub(crate) sqlite_version: String,
    /// Violations of foreign keys, by table and parent; or why they could not be counted.
    pub(crate) violations: Result<Vec<(String, String, i64)>, String>,
}

struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
/// A number that another schema most likely does not have, and that every node of a cluster has.
pub(crate) const SCHEMA_MARK: &str =
    "(SELECT count(*) * 1000000000 + coalesce(sum(length(sql)), 0) FROM main.sqlite_master WHERE sql IS NOT NULL)";

const NUMBERS: &str = "SELECT schema_version, user_version FROM pragma_schema_version, pragma_user_version";
const VERSION: &str = "SELECT sqlite_version()";
const VIOLATIONS: &str = "SELECT \"table\", coalesce(parent, ''), count(*) FROM pragma_foreign_key_check GROUP BY 1, 2";

impl Seen {
    /// Looks. Violations are counted only where something is to be changed: that reads every table with a foreign key.
    pub(crate) fn read(
        engine: &(impl Engine + ?Sized),
        history_table: &str,
        recency: Recency,
        violations: bool,
    ) -> Result<Seen, Failure> {
        let others: Vec<&'static str> =
            elsewhere::other_tables().filter(|name| !name.eq_ignore_ascii_case(history_table)).collect();
        let rows_of = |table: &str| format!("SELECT * FROM main.{}", quote(table));
        let tables: Vec<String> = std::iter::once(history_table).chain(others.iter().copied()).map(rows_of).collect();
        let mut queries = vec![SCHEMA, NUMBERS, VERSION, if violations { VIOLATIONS } else { "SELECT 1 WHERE 0" }];
        queries.extend(tables.iter().map(String::as_str));
        let mut answers = engine.read(&queries, recency)?.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err("there is no answer".to_owned()));
        let needed =
            |what: &str, answer: Answer| answer.map_err(|why| Failure::Refused(format!("reading {what}: {why}")));
        let objects = objects(needed("the schema", next())?);
        let numbers = needed("the schema's version", next())?;
        let Some([schema_version, user_version]) =
            numbers.integers().as_deref().and_then(|n| <[i64; 2]>::try_from(n).ok())
        else {
            return Err(Failure::Refused("reading the schema's version: there is none".to_owned()));
        };
        let sqlite_version = match needed("the version of SQLite", next())?.first() {
            Some(Value::Text(version)) => version.clone(),
            _ => String::new(),
        };
        let violations = next().map(counted);
        let is_there = |table: &str| {
            objects.iter().any(|object| object.kind == "table" && object.name.eq_ignore_ascii_case(table))
        };
        // What is there has to be read; what is not, or is a view, has no rows that count.
        let mut rows = |table: &str| match next() {
            answer if is_there(table) => needed("a history", answer).map(Some),
            _ => Ok(None),
        };
        let history = rows(history_table)?;
        let mut found = Vec::new();
        for name in others {
            found.extend(rows(name)?.map(|rows| (name, rows)));
        }
        let history_table = history_table.to_owned();
        Ok(Seen {
            objects,
            history_table,
            history,
            others: found,
            schema_version,
            user_version,
            sqlite_version,
            violations,
        })
    }

    /// Whether the history has a row of each of these names.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        let Some(history) = &self.history else { return names.is_empty() };
        let Some(column) = history.columns.iter().position(|column| column.eq_ignore_ascii_case("migration_name"))
        else {
            return false;
        };
        let has = |name: &&str| {
            history.rows.iter().any(|row| matches!(row.get(column), Some(Value::Text(text)) if text == name))
        };
        names.iter().all(has)
    }

    /// How long a migration ran, as the history has it.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        let history = self.history.as_ref()?;
        let column = |name: &str| history.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        let (names, durations) = (column("migration_name")?, column("duration")?);
        let row = history.rows.iter().find(|row| matches!(row.get(names), Some(Value::Text(text)) if text == name))?;
        let Some(Value::Integer(microseconds)) = row.get(durations) else { return None };
        u64::try_from(*microseconds).ok().map(Duration::from_micros)
    }

    /// How many rows the history has, and the newest one's number; `None` where there is no table.
    pub(crate) fn history_end(&self) -> Option<(i64, i64)> {
        let history = self.history.as_ref()?;
        let id = history.columns.iter().position(|column| column.eq_ignore_ascii_case("id"))?;
        let number = |row: &Vec<Value>| if let Some(Value::Integer(id)) = row.get(id) { Some(*id) } else { None };
        let last = history.rows.iter().filter_map(number).max().unwrap_or_default();
        Some((i64::try_from(history.rows.len()).unwrap_or(i64::MAX), last))
    }

    /// As [`SCHEMA_MARK`] counts it.
    pub(crate) fn schema_mark(&self) -> i64 {
        let letters: usize = self.objects.iter().map(|object| object.sql.chars().count()).sum();
        i64::try_from(self.objects.len() * 1_000_000_000 + letters).unwrap_or(i64::MAX)
    }

    /// Whether the history table is one from before there were digests in it.
    pub(crate) fn is_three_columns(&self) -> bool {
        self.history.as_ref().is_some_and(|history| history.columns.len() == 3)
    }

    /// The same schema, the same history, and no other rows.
    pub(crate) fn copy(&self) -> rusqlite::Result<Connection> {
        let conn = Connection::open_in_memory()?;
        conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; PRAGMA user_version = {}", self.user_version))?;
        let (tables, rest): (Vec<&Object>, Vec<&Object>) =
            self.objects.iter().partition(|object| object.kind == "table");
        tables.into_iter().try_for_each(|table| table.make(&conn))?;
        // Before there are triggers.
        let history = self.history.iter().map(|rows| (self.history_table.as_str(), rows));
        for (table, rows) in history.chain(self.others.iter().map(|(table, rows)| (*table, rows))) {
            fill(&conn, table, rows, &self.history_table)?;
        }
        rest.into_iter().try_for_each(|object| object.make(&conn))?;
        Ok(conn)
    }
}

impl Object {
    fn make(&self, conn: &Connection) -> rusqlite::Result<()> {
        if self.name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_")) {
            return Ok(());
        }
        // A virtual table has made those in which it keeps its data.
        let there = "SELECT count(*) FROM sqlite_master WHERE type = ?1 AND name = ?2 COLLATE NOCASE";
        if conn.query_row(there, [&self.kind, &self.name], |row| row.get::<_, i64>(0))? > 0 {
            return Ok(());
        }
        let Err(error) = conn.execute_batch(&self.sql) else { return Ok(()) };
        // A module, a function or a word that only the server has. Something of its name has to be there all the same.
        log::debug!(target: crate::LOG, "{} `{}` is not understood here: {error}", self.kind, self.name);
        let (name, table) = (quote(&self.name), quote(&self.table));
        let instead = match self.kind.as_str() {
            "table" => format!("CREATE TABLE {name}(not_understood)"),
            "view" => format!("CREATE VIEW {name} AS SELECT 0 AS not_understood"),
            "index" => format!("CREATE INDEX {name} ON {table}((0))"),
            _ => format!("CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN SELECT 0; END"),
        };
        conn.execute_batch(&instead)
    }
}

/// Copies rows of a table that may be anybody's: what it cannot take is of another form than ours.
fn fill(conn: &Connection, table: &str, rows: &Rows, history_table: &str) -> rusqlite::Result<()> {
    let columns: Vec<String> = rows.columns.iter().map(|column| quote(column)).collect();
    let values: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    if columns.is_empty() {
        return Ok(());
    }
    let sql = format!("INSERT INTO main.{} ({}) VALUES ({})", quote(table), columns.join(", "), values.join(", "));
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; BEGIN")?;
    let filled = conn.prepare(&sql).and_then(|mut statement| {
        rows.rows.iter().try_for_each(|row| statement.execute(params_from_iter(row)).map(|_| ()))
    });
    conn.execute_batch("COMMIT; PRAGMA ignore_check_constraints = OFF")?;
    // A history of ours takes its rows; of another table of that name only the columns are looked at.
    let is_named = |column: &String| column.eq_ignore_ascii_case("migration_name");
    if table == history_table && !rows.columns.iter().any(is_named) { Ok(()) } else { filled }
}

fn objects(rows: Rows) -> Vec<Object> {
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let object = |row: Vec<Value>| Object {
        kind: text(row.first()),
        name: text(row.get(1)),
        table: text(row.get(2)),
        sql: text(row.get(3)),
    };
    rows.rows.into_iter().map(object).collect()
}

fn counted(rows: Rows) -> Vec<(String, String, i64)> {
    let count = |row: Vec<Value>| match <[Value; 3]>::try_from(row) {
        Ok([Value::Text(table), Value::Text(parent), Value::Integer(count)]) => Some((table, parent, count)),
        _ => None,
    };
    rows.rows.into_iter().filter_map(count).collect()
}
