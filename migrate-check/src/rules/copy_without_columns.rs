//! Rows are copied from one table into another without naming the columns: `SELECT *`, or `INSERT INTO new SELECT …`.
//!
//! Such a copy goes by the order of the columns. Two databases of the same version can have them in two orders, a fresh one as
//! `schema.sql` writes them and an upgraded one as they were added, and the copy then puts values into the wrong columns, without
//! an error.
//!
//! Name the columns on both sides:
//!
//! ```sql
//! INSERT INTO notes_new (id, body) SELECT id, body FROM notes;
//! ```

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::plain;
use crate::acts::{Act, Insert, Said, top_level};
use crate::facts::Facts;
use crate::lineage::Lineage;
use crate::place;

pub(super) const ID: &str = "copy-without-columns";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for said in &lineage.said {
            let Act::Insert(insert) = &said.act else { continue };
            let Some(copy) = Copy::of(facts, lineage, said, insert) else { continue };
            let target = &insert.table.text;
            let (message, span) = match copy.star {
                Some(star) => (
                    format!("`*` copies the columns of `{}` in whatever order they are in", copy.from),
                    said.span(star..star + 1),
                ),
                None if !insert.has_columns => (
                    format!("rows are copied into `{target}` in whatever order its columns are in"),
                    said.span_of(&insert.table),
                ),
                None => continue,
            };
            let finding = Finding::error(ID, message, place::subject(said.script, span));
            findings.push(finding.help(copy.help(facts, lineage, target, insert.has_columns)));
        }
    }
}

/// A query that reads a table.
struct Copy {
    from: String,
    /// The `*` among what it selects.
    star: Option<usize>,
}

impl Copy {
    fn of(facts: &Facts<'_>, lineage: &Lineage<'_>, said: &Said<'_>, insert: &Insert<'_>) -> Option<Copy> {
        let timeline = &facts.replay.timeline;
        let is_table = |name: &str| {
            let made =
                |act: &Act<'_>| matches!(act, Act::Create { kind: Kind::Table, name: made, .. } if made.is(name));
            [Kind::Table, Kind::View].iter().any(|kind| timeline.at(*kind, name, lineage.index).is_some())
                || lineage.said.iter().any(|said| made(&said.act))
        };
        let words: Vec<_> = top_level(&said.words, insert.source).collect();
        let select = words.iter().position(|(_, word)| word.is_word("SELECT"))?;
        let from = words.iter().skip(select).position(|(_, word)| word.is_word("FROM"))? + select;
        let mut at = words.get(from + 1)?.0;
        if said.words.get(at + 1).is_some_and(|word| word.text == ".") {
            at += 2;
        }
        let table = said.words.get(at)?.name()?;
        let is_call = said.words.get(at + 1).is_some_and(|word| word.text == "(");
        if is_call || !is_table(&table) {
            return None;
        }
        let items = &words[select..from];
        let star = items.windows(2).find(|pair| {
            let before = pair[0].1;
            let item =
                [".", ","].contains(&before.text) || ["SELECT", "DISTINCT", "ALL"].iter().any(|w| before.is_word(w));
            pair[1].1.text == "*" && item
        });
        Some(Copy { from: table.into_owned(), star: star.map(|pair| pair[1].0) })
    }

    /// The statement to write, where both tables are known.
    fn help(&self, facts: &Facts<'_>, lineage: &Lineage<'_>, target: &str, has_columns: bool) -> String {
        let timeline = &facts.replay.timeline;
        let columns = [Kind::Table, Kind::View].iter().find_map(|kind| timeline.at(*kind, &self.from, lineage.index));
        match columns {
            Some(shape) if self.star.is_some() && !has_columns && shape.columns.len() <= 12 => {
                let names: Vec<String> = shape.columns.iter().map(|column| plain(column)).collect();
                let names = names.join(", ");
                let (target, from) = (plain(target), plain(&self.from));
                format!("name the columns: `INSERT INTO {target} ({names}) SELECT {names} FROM {from}`")
            }
            _ if self.star.is_some() => "name the columns in place of `*`".to_owned(),
            _ => format!("name the columns behind `INTO {}`", plain(target)),
        }
    }
}
