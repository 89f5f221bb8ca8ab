//! The schema from before a script, by the names from after it.
//!
//! SQLite renames: what refers to a table or a column (keys, indexes, views, triggers) has the new name then too, and is not
//! taken for changed.

use migrate_check::{Renamed, Stage, renamed};
use migrate_source::{Script, Source};
use migrate_sql::quote;

use super::read;
use crate::diff::Rename;
use crate::schema::Schema;

/// What scripts rename, and the schema at the stage with only that done.
pub(super) fn before<'a>(
    stage: &Stage,
    source: &Source,
    scripts: impl IntoIterator<Item = &'a Script>,
) -> (Vec<Rename>, Schema) {
    let before = read(stage, source);
    let mut renamed = renamed(scripts);
    renamed.retain(|renamed| match &renamed.table {
        None => before.table(&renamed.old).is_some(),
        Some((table, _)) => before.table(table).is_some_and(|table| table.column(&renamed.old).is_some()),
    });
    if renamed.is_empty() {
        return (Vec::new(), before);
    }
    let look = |conn: &_| Schema::read(conn, &source.config.history_table).ok();
    match stage.look_after(&statements(&renamed), look) {
        Ok(Some(before)) => (renamed.into_iter().map(rename).collect(), before),
        // A view that is broken, or a name that something else still has: then things are known by their names.
        _ => (Vec::new(), before),
    }
}

fn rename(Renamed { table, old, new }: Renamed) -> Rename {
    Rename { table: table.map(|(_, table)| table), old, new }
}

/// Through names that nothing has, since two may have changed places: columns first, by the old names of their tables.
fn statements(renamed: &[Renamed]) -> String {
    let mut steps = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (at, Renamed { table, old, new }) in renamed.iter().enumerate() {
        let (old, new, aside) = (quote(old), quote(new), quote(&format!("migrate renamed {at}")));
        match table {
            Some((table, _)) => {
                let table = quote(table);
                steps[0].push(format!("ALTER TABLE {table} RENAME COLUMN {old} TO {aside};\n"));
                steps[1].push(format!("ALTER TABLE {table} RENAME COLUMN {aside} TO {new};\n"));
            }
            None => {
                steps[2].push(format!("ALTER TABLE {old} RENAME TO {aside};\n"));
                steps[3].push(format!("ALTER TABLE {aside} RENAME TO {new};\n"));
            }
        }
    }
    steps.concat().concat()
}
