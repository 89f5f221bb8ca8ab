//! The rows that the schema's text makes.

use std::collections::BTreeSet;

use migrate_core::__private::{Kind, Object};
use migrate_core::rusqlite::{self, Connection};

use super::Work;
use crate::diff::seeds::Seeds;
use crate::diff::target::Target;
use crate::diff::{Change, DiffError, Question, at_head};
use crate::rows::Rows;
use crate::schema::Table;

impl Work<'_> {
    /// Brings the rows that the migrations make to those that the schema's text makes.
    pub(super) fn rows(&mut self, from: &Target) -> Result<(), DiffError> {
        let to = self.to;
        let (mut statements, mut tables, mut questions) = (Vec::new(), BTreeSet::new(), Vec::new());
        for table in to.tables() {
            let seeds = self.seeds(table)?;
            if seeds.removed > 0 && !self.options.may_drop(&table.name) {
                questions.push(Question::Rows { table: table.name.clone(), count: seeds.removed });
            }
            for (sign, count) in [("-", seeds.removed), ("~", seeds.changed), ("+", seeds.added)] {
                let rows = if count == 1 { "row" } else { "rows" };
                let what = format!("{count} {rows} of {}", table.name);
                self.changes.extend((count > 0).then(|| Change::new(sign, what)));
            }
            tables.extend((!seeds.statements.is_empty()).then(|| table.name.to_ascii_lowercase()));
            statements.extend(seeds.statements);
        }
        if !questions.is_empty() {
            return Err(DiffError::Undecided(questions));
        }
        let triggers = from.objects(Kind::Trigger).map(|entry| &entry.object);
        let triggers: Vec<&Object> =
            triggers.filter(|object| tables.contains(&object.table.to_ascii_lowercase())).collect();
        if !triggers.is_empty() && !self.leads_there(&statements)? {
            // A trigger does more than the schema's text has done, so it is away for as long as that takes.
            let now = self.now()?;
            for trigger in triggers.iter().filter(|trigger| now.has(Kind::Trigger, &trigger.name)) {
                let sql = self.drop(Kind::Trigger, &trigger.name);
                self.run(&sql)?;
            }
        }
        statements.iter().try_for_each(|sql| self.run(sql))?;
        self.marks()
    }

    /// The copy of a rebuild leaves a mark of `AUTOINCREMENT` where there was no row to copy: 0, which is as good as none, but
    /// a row that the schema's text does not make. The proof compares them once anything was written at all.
    fn marks(&mut self) -> Result<(), DiffError> {
        if self.conn().total_changes() == 0 && self.made.conn().total_changes() == 0 {
            return Ok(());
        }
        let read = |conn: &Connection| -> rusqlite::Result<BTreeSet<String>> {
            let has = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'";
            if !conn.prepare(has)?.exists([])? {
                return Ok(BTreeSet::new());
            }
            let mut statement = conn.prepare("SELECT name FROM main.sqlite_sequence WHERE seq = 0")?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        let (left, wanted) = (read(self.conn())?, read(self.made.conn())?);
        let rebuilt =
            |name: &&String| self.changes.iter().any(|c| c.rebuilt.is_some() && c.what == format!("table {name}"));
        let too_many: Vec<String> = left.difference(&wanted).filter(rebuilt).cloned().collect();
        too_many.iter().try_for_each(|name| {
            let name = name.replace('\'', "''");
            self.run(&format!("DELETE FROM sqlite_sequence WHERE name = '{name}' AND seq = 0"))
        })
    }

    /// Whether these statements, after those that are written already, lead to the rows that are to be.
    fn leads_there(&self, statements: &[String]) -> Result<bool, DiffError> {
        let trial = at_head(self.source)?;
        let all: Vec<&str> = self.statements.iter().chain(statements).map(String::as_str).collect();
        if trial.try_sql(&all.join(";\n")).is_err() {
            return Ok(false);
        }
        for table in self.to.tables().filter(|table| !table.is_virtual) {
            let (now, to) = (Rows::of(trial.conn(), table)?, Rows::of(self.made.conn(), table)?);
            if !Seeds::of(trial.conn(), table, now, to).statements.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// From the rows of a table as they are to those that are to be.
    pub(super) fn seeds(&self, table: &Table) -> Result<Seeds, DiffError> {
        let (now, to) = (Rows::of(self.conn(), table)?, Rows::of(self.made.conn(), table)?);
        Ok(Seeds::of(self.conn(), table, now, to))
    }
}
