//! A rebuild gives new rowids to the rows of a table that has no `INTEGER PRIMARY KEY`, and something refers to them.
//!
//! Without such a key the rowid belongs to nobody: the copy numbers the rows anew. A full-text index with external content, and
//! whatever else has stored a rowid, then speaks of other rows.
//!
//! Copy the rowid with the rest, or give the new table an `INTEGER PRIMARY KEY`:
//!
//! ```sql
//! INSERT INTO notes_new (rowid, body) SELECT rowid, body FROM notes;
//! ```

use migrate_core::__private::Kind;
use migrate_source::Finding;
use migrate_sql::Token;

use crate::acts::{Act, Insert, Said};
use crate::facts::Facts;
use crate::lineage::{Fate, Lineage};
use crate::place;
use crate::tables::Table;
use crate::words::words;

pub(super) const ID: &str = "rowids-change";

const ROWID: [&str; 3] = ["rowid", "_rowid_", "oid"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lineage in facts.lineages {
        for (fate, _) in lineage.rebuilt() {
            let Some((said, insert, referrer)) = change(facts, lineage, fate) else { continue };
            let message =
                format!("the rows of `{}` get new rowids, and `{referrer}` refers to the old ones", fate.name);
            let subject = place::subject(said.script, said.span_of(&insert.table));
            findings
                .push(Finding::warning(ID, message, subject).help("copy `rowid` as the first column, on both sides"));
        }
    }
}

/// Whether this is said of a table in a migration.
pub(super) fn says(facts: &Facts<'_>, index: usize, table: &str) -> bool {
    let mut lineages = facts.lineages.iter().filter(|lineage| lineage.index == index);
    lineages.any(|lineage| {
        let mut rebuilt = lineage.rebuilt().filter(|(fate, _)| fate.name.eq_ignore_ascii_case(table));
        rebuilt.any(|(fate, _)| change(facts, lineage, fate).is_some())
    })
}

/// The copy that numbers the rows anew, and what refers to them.
fn change<'l, 'a>(
    facts: &Facts<'a>,
    lineage: &'l Lineage<'a>,
    fate: &Fate,
) -> Option<(&'l Said<'a>, &'l Insert<'a>, &'a str)> {
    let before = facts.replay.timeline.at(Kind::Table, &fate.name, lineage.index)?;
    let copies = || fate.copies.iter().filter_map(|&at| lineage.said.get(at));
    let copied = copies().any(|said| said.words.iter().any(is_rowid));
    if Table::of(&before.sql).keeps_ids() || copied {
        return None;
    }
    let referrer = referrer(facts, lineage, &fate.name)?;
    copies().find_map(|said| match &said.act {
        Act::Insert(insert) => Some((said, insert, referrer)),
        _ => None,
    })
}

/// A full-text index that keeps the rowids of a table, and is there before and after.
fn referrer<'a>(facts: &Facts<'a>, lineage: &Lineage<'_>, table: &str) -> Option<&'a str> {
    let timeline = &facts.replay.timeline;
    let indexes = |name: &&str| {
        let at = |position| timeline.at(Kind::Table, name, position);
        let (Some(before), true) = (at(lineage.index), at(lineage.position()).is_some()) else { return false };
        let is_virtual = before.sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL"));
        is_virtual && option(&before.sql, "content").is_some_and(|content| content.eq_ignore_ascii_case(table))
    };
    // One that is filled again has the new rowids.
    let refilled =
        |name: &&str| lineage.said.iter().any(|said| matches!(&said.act, Act::Insert(insert) if insert.table.is(name)));
    timeline.names(Kind::Table).filter(indexes).find(|name| !refilled(name))
}

/// The value of `name = 'value'` among the arguments of a virtual table.
fn option(sql: &str, name: &str) -> Option<String> {
    let words = words(sql);
    let at = words.windows(2).position(|pair| pair[0].is_word(name) && pair[1].text == "=")?;
    Some(words.get(at + 2)?.name()?.into_owned())
}

fn is_rowid(word: &Token<'_>) -> bool {
    ROWID.iter().any(|name| word.is_word(name))
}
