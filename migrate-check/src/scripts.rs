//! The scripts of a source in the runtime's form, each statement with its line and column.

use std::borrow::Cow;

use migrate_core::__private::{Script, Statement};
use migrate_source::Source;

/// Every script that the proof runs.
pub(crate) struct Scripts {
    pub(crate) base: Option<Script>,
    pub(crate) schema: Option<Script>,
    pub(crate) up: Vec<Script>,
    pub(crate) down: Vec<Option<Script>>,
}

/// Which script: the index is that of its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Base,
    Up(usize),
    Down(usize),
    Schema,
}

impl Scripts {
    pub(crate) fn of(source: &Source) -> Scripts {
        let migrations = &source.migrations;
        Scripts {
            base: source.base.as_ref().map(script),
            schema: source.schema.as_ref().map(script),
            up: migrations.iter().map(|migration| script(&migration.up)).collect(),
            down: migrations.iter().map(|migration| migration.down.as_ref().map(script)).collect(),
        }
    }

    pub(crate) fn get(&self, which: Which) -> Option<&Script> {
        match which {
            Which::Base => self.base.as_ref(),
            Which::Schema => self.schema.as_ref(),
            Which::Up(index) => self.up.get(index),
            Which::Down(index) => self.down.get(index)?.as_ref(),
        }
    }

    /// The scripts that lead to the current schema, in the order in which they run.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = (Which, &Script)> {
        let base = self.base.as_ref().map(|script| (Which::Base, script));
        base.into_iter().chain(self.up.iter().enumerate().map(|(index, script)| (Which::Up(index), script)))
    }
}

fn script(script: &migrate_source::Script) -> Script {
    let mut walk = Walk { text: &script.text, at: 0, line: 1, column: 1 };
    let statements = script.statements.iter().map(|range| {
        let (line, column) = walk.to(range.start);
        Statement { start: number(range.start), end: number(range.end), line, column }
    });
    Script {
        path: Cow::Owned(script.shown.clone()),
        statements: Cow::Owned(statements.collect()),
        sql: Cow::Owned(script.text.clone()),
    }
}

/// Counts lines on its way through a text, so that a long script is read once.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Walk<'_> {
    fn to(&mut self, offset: usize) -> (u32, u32) {
        for character in self.text.get(self.at..offset).unwrap_or_default().chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = self.at.max(offset);
        (self.line, self.column)
    }
}

fn number(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_and_columns_are_those_of_the_file() {
        let text = "-- é\nSELECT 'ü'; SELECT 2;\n\n  SELECT 3";
        let statements = migrate_sql::statements(text).iter().map(|s| s.start..s.end).collect();
        let source = migrate_source::Script { shown: "x.sql".to_owned(), text: text.to_owned(), statements };
        let places: Vec<(u32, u32)> = super::script(&source).statements.iter().map(|s| (s.line, s.column)).collect();
        assert_eq!(places, [(2, 1), (2, 13), (4, 3)]);
        for statement in super::script(&source).statements.iter() {
            let counted = migrate_sql::line_column(text, statement.start as usize);
            assert_eq!((statement.line, statement.column), counted);
        }
    }
}
