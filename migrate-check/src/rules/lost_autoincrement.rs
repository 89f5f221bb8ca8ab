//! A rebuild loses `AUTOINCREMENT`, or the mark in `sqlite_sequence` that goes with it.
//!
//! `AUTOINCREMENT` promises that no id is ever given twice, also when the row with the highest one has been deleted. The
//! promise is kept in `sqlite_sequence`, one row a table, and `DROP TABLE` deletes that row. The new table starts from the
//! highest id that was copied to it, so the id of a deleted row may be given again, to a row that is another.
//!
//! Without the word it is an error. Where only the mark is left behind it is a warning: it matters if the row with the highest
//! id was deleted before the upgrade, and if something remembers that id. Give the mark to the new table before the rows are
//! copied:
//!
//! ```sql
//! INSERT INTO sqlite_sequence (name, seq) SELECT 'notes_new', seq FROM sqlite_sequence WHERE name = 'notes';
//! ```

use migrate_core::__private::Kind;
use migrate_source::Finding;

use super::lost::allow;
use crate::acts::Act;
use crate::facts::Facts;
use crate::place;
use crate::tables::Table;

pub(super) const ID: &str = "lost-autoincrement";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let timeline = &facts.replay.timeline;
    for lineage in facts.lineages {
        for (fate, made) in lineage.rebuilt() {
            let before = timeline.at(Kind::Table, &fate.name, lineage.index);
            let after = timeline.at(Kind::Table, &fate.name, lineage.position());
            let (Some(before), Some(after)) = (before, after) else { continue };
            let Act::Create { name, .. } = &made.act else { continue };
            let has = |sql: &str| Table::of(sql).columns.iter().any(|column| column.autoincrement);
            if !has(&before.sql) {
                continue;
            }
            let subject = || place::subject(made.script, made.span_of(name));
            if !has(&after.sql) {
                let message =
                    format!("`{}` is rebuilt without AUTOINCREMENT: ids of deleted rows are given again", fate.name);
                let help = allow("add AUTOINCREMENT to its key, or ", ID, "why ids may be given again");
                findings.push(Finding::error(ID, message, subject()).help(help));
            } else if !lineage.said.iter().any(|said| said.names_after(0, "sqlite_sequence")) {
                let message =
                    format!("the rebuild forgets the ids of `{}` that were given to rows deleted since", fate.name);
                let (old, new) = (fate.last_name.replace('\'', "''"), name.text.replace('\'', "''"));
                let help = format!(
                    "write before the copy: `INSERT INTO sqlite_sequence (name, seq) SELECT '{new}', seq FROM \
                     sqlite_sequence WHERE name = '{old}';`"
                );
                findings.push(Finding::warning(ID, message, subject()).help(help));
            }
        }
    }
}
