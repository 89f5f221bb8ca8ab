//! What is sent in one request: statements, records and checks, in the order in which they run, in one transaction.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use migrate_core::__private::{Migration, Script, Set, create_history_sql};
use migrate_core::elsewhere::Ran;
use migrate_core::{EntryKind, Origin, Outcome, Plan, PlanStep, Version};
use migrate_sql::quote;

use crate::copy::{SCHEMA_MARK, Seen};
use crate::engine::Rows;

/// How many rows one INSERT records.
pub(crate) const RECORDED: usize = 200;

/// What is committed together.
pub(crate) struct Group<'a> {
    pub(crate) items: Vec<Item<'a>>,
    pub(crate) records: Vec<Ran>,
    pub(crate) foreign_keys: bool,
    /// The position after it.
    pub(crate) position: usize,
}

/// One statement.
pub(crate) struct Item<'a> {
    pub(crate) sql: Cow<'a, str>,
    pub(crate) part: Part<'a>,
}

/// What a statement is there for; that is what its failure means.
#[derive(Clone)]
pub(crate) enum Part<'a> {
    /// The database is as it was when it was looked at.
    Guard,
    /// The history is written.
    History,
    /// A statement of a script, by its index.
    Script { script: &'a Script, index: usize, what: String },
    /// No foreign key is violated that was not before.
    ForeignKeys,
}

/// What the database has to be like for a decision to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The number of the schema's version, or its mark.
    pub(crate) schema: i64,
    /// Rows of the history, and the newest one's number.
    pub(crate) history: Option<(i64, i64)>,
}

impl Expected {
    pub(crate) fn of(seen: &Seen, by_statement: bool) -> Expected {
        let schema = if by_statement { seen.schema_mark() } else { seen.schema_version };
        Expected { schema, history: seen.history_end() }
    }

    /// What a group says of itself in the end.
    pub(crate) fn read(rows: &Rows) -> Option<Expected> {
        let [count, last, schema] = <[i64; 3]>::try_from(rows.integers()?).ok()?;
        Some(Expected { schema, history: Some((count, last)) })
    }
}

/// What a group is made from.
pub(crate) struct Maker<'a> {
    pub(crate) set: &'a Set,
    pub(crate) seen: &'a Seen,
    /// The position at which the decision begins.
    pub(crate) at: usize,
    pub(crate) is_fresh: bool,
    /// Whether the schema will not be as expected in the end: then every start is to compare it, and tell.
    pub(crate) drifts: bool,
    /// What the statements may ask; `None` where each node asks for itself, and this program's clock has to do.
    pub(crate) now: Option<String>,
}

/// The first steps that can share a transaction, and how many these are.
pub(crate) fn length<V: Version>(set: &Set, plan: &Plan<V>, from: usize, each: bool) -> usize {
    let each = each && plan.outcome() != Outcome::Fresh;
    let mut mode = None;
    let steps = &plan.steps()[from..];
    for (length, step) in steps.iter().enumerate() {
        let wants = match step {
            PlanStep::RunBase | PlanStep::RunSchema | PlanStep::RunSnapshot => Some(false),
            PlanStep::Apply { version, .. } | PlanStep::Revert { version, .. } => {
                Some(set.migrations[version.index()].foreign_keys)
            }
            _ => None,
        };
        // Before it is in order again, the history is no prefix of the list.
        let each = each && !steps[length..].iter().any(|step| matches!(step, PlanStep::OrderHistory));
        if wants.is_some() && mode.is_some() && (wants != mode || each) {
            return length;
        }
        mode = mode.or(wants);
    }
    steps.len()
}

impl<'a> Maker<'a> {
    /// Puts together what these steps do.
    pub(crate) fn group<V: Version>(&self, steps: &[PlanStep<V>], expected: Expected) -> Group<'a> {
        let mut group = Group { items: Vec::new(), records: Vec::new(), foreign_keys: false, position: self.at };
        group.push(self.guard(expected), Part::Guard);
        let mut marks: Vec<(usize, Origin)> = Vec::new();
        let mut ran = false;
        for step in steps {
            if !matches!(step, PlanStep::Mark { .. }) {
                self.mark(&mut group, &mut marks);
            }
            match step {
                PlanStep::PrepareHistory => self.prepare(&mut group),
                PlanStep::RunBase => group.script(self.set.base.as_ref(), "`base.sql`"),
                PlanStep::RunSchema => group.script(self.set.schema.as_ref(), "`schema.sql`"),
                PlanStep::RunSnapshot => group.script(self.set.snapshot.as_ref(), "the snapshot of the current schema"),
                PlanStep::Mark { version, origin, .. } => marks.push((version.index(), *origin)),
                PlanStep::Apply { version, .. } => self.apply(&mut group, version.index()),
                PlanStep::Revert { version, .. } => self.revert(&mut group, version.index()),
                PlanStep::OrderHistory => self.order(&mut group),
                _ => {}
            }
            ran |= !matches!(step, PlanStep::PrepareHistory | PlanStep::Mark { .. } | PlanStep::OrderHistory);
        }
        self.mark(&mut group, &mut marks);
        if ran {
            group.items.extend(self.foreign_keys());
        }
        self.end(&mut group, expected);
        group
    }

    /// Nothing may have come in between: neither in the history, nor in the schema, from which all was decided.
    fn guard(&self, expected: Expected) -> String {
        let mut same = format!("{} = {}", self.schema(), expected.schema);
        if let Some((rows, last)) = expected.history {
            let table = self.table();
            let _ = write!(same, " AND (SELECT count(*) = {rows} AND coalesce(max(id), 0) = {last} FROM {table})");
        }
        format!("SELECT CASE WHEN {same} THEN 1 ELSE json_extract('{{}}', 'moved') END")
    }

    fn prepare(&self, group: &mut Group<'a>) {
        if !self.seen.is_three_columns() {
            return group.push(create_history_sql(&self.set.options.history_table), Part::History);
        }
        for sql in added_columns(&self.table()) {
            group.push(sql, Part::History);
        }
        for Migration { name, checksum, chain, .. } in self.set.migrations.iter().take(self.at) {
            let (table, name) = (self.table(), text(name));
            let digests = format!("checksum = '{checksum}', chain = '{chain}'");
            let sql = format!(
                "UPDATE {table} SET {digests}, origin = coalesce(origin, 'applied') WHERE migration_name = {name}"
            );
            group.push(sql, Part::History);
        }
    }

    fn mark(&self, group: &mut Group<'a>, marks: &mut Vec<(usize, Origin)>) {
        for some in marks.chunks(RECORDED) {
            let row = |&(index, origin): &(usize, Origin)| self.row(index, origin, "NULL");
            let rows: Vec<String> = some.iter().map(row).collect();
            group.push(self.insert(&rows.join(", ")), Part::History);
        }
        for (index, origin) in marks.drain(..) {
            group.record(index, origin, EntryKind::Marked);
            group.position = group.position.max(index + 1);
        }
    }

    /// The row first, since a migration that cannot be recorded need not run; when it ended, and how long it took, is added in
    /// the end.
    fn apply(&self, group: &mut Group<'a>, index: usize) {
        let migration = &self.set.migrations[index];
        let origin = if self.is_fresh { Origin::Fresh } else { Origin::Applied };
        let begun = if self.now.is_none() { format!("-{NOW}") } else { "NULL".to_owned() };
        group.push(self.insert(&self.row(index, origin, &begun)), Part::History);
        group.script(Some(&migration.up), &format!("migration `{}`", migration.name));
        if self.now.is_none() {
            let (table, name) = (self.table(), text(&migration.name));
            let end = format!("applied_at = CURRENT_TIMESTAMP, duration = max(0, duration + {NOW})");
            group.push(format!("UPDATE {table} SET {end} WHERE migration_name = {name}"), Part::History);
        }
        group.record(index, origin, EntryKind::Applied);
        group.foreign_keys = migration.foreign_keys;
        group.position = group.position.max(index + 1);
    }

    fn revert(&self, group: &mut Group<'a>, index: usize) {
        let migration = &self.set.migrations[index];
        group.script(migration.down.as_ref(), &format!("the down script of migration `{}`", migration.name));
        let sql = format!("DELETE FROM {} WHERE migration_name = {}", self.table(), text(&migration.name));
        group.push(sql, Part::History);
        group.record(index, Origin::Applied, EntryKind::Reverted);
        group.foreign_keys = migration.foreign_keys;
        group.position = index;
    }

    /// Everything up to the newest recorded migration is recorded now. Its rows get the numbers that they have, in the order of the list.
    fn order(&self, group: &mut Group<'a>) {
        let table = self.table();
        let recorded = &self.set.migrations[..self.at];
        let names: Vec<String> = recorded.iter().map(|migration| text(&migration.name)).collect();
        // Out of the way first, since every number is taken until its row is.
        let aside = format!("UPDATE {table} SET id = -id WHERE migration_name IN ({})", names.join(", "));
        group.push(aside, Part::History);
        let ordered: Vec<String> = names.iter().enumerate().map(|(n, name)| format!("({}, {name})", n + 1)).collect();
        let numbers = format!("SELECT row_number() OVER (ORDER BY id DESC) AS n, -id AS id FROM {table} WHERE id < 0");
        let sql = format!(
            "WITH numbers AS MATERIALIZED ({numbers}), names (n, name) AS (VALUES {}) \
             UPDATE {table} SET id = numbers.id FROM numbers JOIN names USING (n) WHERE migration_name = name",
            ordered.join(", ")
        );
        group.push(sql, Part::History);
        for (Migration { checksum, chain, .. }, name) in recorded.iter().zip(&names) {
            let digests = format!("checksum = '{checksum}', chain = '{chain}'");
            group.push(format!("UPDATE {table} SET {digests} WHERE migration_name = {name}"), Part::History);
        }
        group.position = group.position.max(self.at);
    }

    /// Fails with the tables that have more violations than before. What was before is of the moment of the look.
    fn foreign_keys(&self) -> Option<Item<'a>> {
        let before = self.seen.violations.as_ref().ok()?;
        let mut known = String::new();
        for (table, parent, count) in before {
            let (table, parent) = (text(table), text(parent));
            let _ = write!(known, " WHEN t = {table} AND p = {parent} THEN {count}");
        }
        let known = if known.is_empty() { "0".to_owned() } else { format!("CASE{known} ELSE 0 END") };
        let sql = format!(
            "SELECT CASE WHEN told IS NULL THEN 1 ELSE json_extract('{{}}', 'foreign keys:' || told) END FROM (\
             SELECT group_concat(char(10) || '`' || t || '`: ' || n || ' row(s) have no row in `' || p || '`', '') AS told FROM (\
             SELECT \"table\" AS t, coalesce(parent, '') AS p, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2) \
             WHERE n > {known})"
        );
        Some(Item { sql: sql.into(), part: Part::ForeignKeys })
    }

    /// The schema's version goes on the newest row, as a local run writes it. Then all rows have to be there: a trigger on the table
    /// may swallow one. What the next group may expect is the answer.
    fn end(&self, group: &mut Group<'a>, expected: Expected) {
        let table = self.table();
        let is_known = !self.drifts && self.now.is_none();
        let version = if is_known { "(SELECT schema_version FROM pragma_schema_version)" } else { "NULL" };
        let stamp = format!("UPDATE {table} SET schema_version = {version} WHERE id = (SELECT max(id) FROM {table})");
        group.push(stamp, Part::History);
        let count = |reverted| group.records.iter().filter(|ran| (ran.kind == EntryKind::Reverted) == reverted).count();
        let change = i64::try_from(count(false)).unwrap_or_default() - i64::try_from(count(true)).unwrap_or_default();
        let rows = expected.history.unwrap_or_default().0 + change;
        let mut complete = format!("count(*) = {rows}");
        if count(false) > 0 {
            let chain = self.set.chain_at(group.position);
            let _ = write!(complete, " AND (SELECT chain FROM {table} ORDER BY id DESC LIMIT 1) = '{chain}'");
        }
        let sql = format!(
            "SELECT CASE WHEN {complete} THEN count(*) ELSE json_extract('{{}}', 'the rows written are not there') END, \
             coalesce(max(id), 0), {} FROM {table}",
            self.schema()
        );
        group.push(sql, Part::History);
    }

    fn insert(&self, rows: &str) -> String {
        let table = self.table();
        format!("INSERT INTO {table} (migration_name, applied_at, checksum, chain, origin, duration) VALUES {rows}")
    }

    fn row(&self, index: usize, origin: Origin, duration: &str) -> String {
        let Migration { name, checksum, chain, .. } = &self.set.migrations[index];
        let (name, origin) = (text(name), origin.word());
        let now = self.now.as_ref().map_or_else(|| "CURRENT_TIMESTAMP".to_owned(), |now| text(now));
        format!("({name}, {now}, '{checksum}', '{chain}', '{origin}', {duration})")
    }

    fn schema(&self) -> &'static str {
        schema(self.now.is_some())
    }

    fn table(&self) -> String {
        format!("main.{}", quote(&self.set.options.history_table))
    }
}

/// What a history of three columns lacks.
pub(crate) fn added_columns(table: &str) -> impl Iterator<Item = String> {
    let columns = ["checksum TEXT", "chain TEXT", "origin TEXT", "duration INTEGER", "schema_version INTEGER"];
    columns.into_iter().map(move |column| format!("ALTER TABLE {table} ADD COLUMN {column}"))
}

/// What tells one schema from another.
pub(crate) fn schema(by_statement: bool) -> &'static str {
    if by_statement { SCHEMA_MARK } else { "(SELECT schema_version FROM pragma_schema_version)" }
}

/// Microseconds, by the server's clock, which counts milliseconds; of the moment at which a statement began.
const NOW: &str = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000";

impl<'a> Group<'a> {
    fn push(&mut self, sql: String, part: Part<'a>) {
        self.items.push(Item { sql: sql.into(), part });
    }

    fn script(&mut self, script: Option<&'a Script>, what: &str) {
        let Some(script) = script else { return };
        for (index, statement) in script.statements.iter().enumerate() {
            let part = Part::Script { script, index, what: what.to_owned() };
            self.items.push(Item { sql: script.text(statement).into(), part });
        }
    }

    fn record(&mut self, index: usize, origin: Origin, kind: EntryKind) {
        self.records.push(Ran { index, origin, kind, duration: Duration::ZERO });
    }
}

/// A text as SQL writes it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
