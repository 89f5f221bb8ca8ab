//! What `is_schema_current` asks of a database.

use crate::set::{Kind, Look};

/// The one statement that looks for all markers: a single row, whose first column says whether everything that can be
/// looked up by name is as it should be, and whose further columns are the SQL of the objects whose definition counts,
/// in the order of the markers.
#[must_use]
pub fn marker_sql(looks: &[Look]) -> String {
    let terms: Vec<String> = looks.iter().filter_map(by_name).collect();
    let mut sql = format!("SELECT {}", all_of(&terms));
    for look in looks {
        if let Look::Definition { kind, name, .. } = look {
            sql.push_str(&format!(
                ", (SELECT sql FROM main.sqlite_master WHERE type = '{}' AND name = {} COLLATE NOCASE)",
                kind.word(),
                text(name)
            ));
        }
    }
    sql
}

fn by_name(look: &Look) -> Option<String> {
    let (found, present) = match look {
        Look::Object { kind, name, present } => (object(*kind, name), present),
        Look::Column { table, column, present } => (
            format!(
                "EXISTS (SELECT 1 FROM pragma_table_xinfo({}, 'main') WHERE name = {} COLLATE NOCASE)",
                text(table),
                text(column)
            ),
            present,
        ),
        Look::Definition { .. } => return None,
    };
    Some(if *present { found } else { format!("NOT {found}") })
}

fn object(kind: Kind, name: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM main.sqlite_master WHERE type = '{}' AND name = {} COLLATE NOCASE)",
        kind.word(),
        text(name)
    )
}

/// A conjunction as a balanced tree: SQLite limits the depth of an expression to 1000.
fn all_of(terms: &[String]) -> String {
    match terms {
        [] => "1".to_owned(),
        [term] => term.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({} AND {})", all_of(left), all_of(right))
        }
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
