//! What only the author can decide.

use std::fmt;

use migrate_core::__private::Kind;

use super::affinity;
use super::target::Target;
use super::{DiffError, Fill, Options, Rename};
use crate::rebuild::{is_null, key, must_have_value, speaks_of};
use crate::schema::{Column, Table};

/// Something to be decided before a migration can be written.
///
/// ```
/// use migrate_schema::{DiffError, Options, Question, diff};
/// use migrate_source::Listing;
///
/// let listing = Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]);
/// let schema = "CREATE TABLE entries(id INTEGER PRIMARY KEY);";
/// let Err(DiffError::Undecided(questions)) = diff(&listing, "002_entries.sql", schema, &Options::default()) else { panic!() };
/// assert!(matches!(&questions[0], Question::Table { name, candidates, .. } if name == "notes" && candidates == &["entries"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// A table is gone: dropped, or renamed to one of these, the likeliest first?
    #[non_exhaustive]
    Table {
        /// Its name.
        name: String,
        /// New tables.
        candidates: Vec<String>,
    },
    /// A column is gone: dropped, or renamed to one of these, the likeliest first?
    #[non_exhaustive]
    Column {
        /// Its table, by its new name.
        table: String,
        /// Its name.
        name: String,
        /// New columns of the table.
        candidates: Vec<String>,
    },
    /// An index, a view or a trigger is gone: is it to be dropped?
    #[non_exhaustive]
    Object {
        /// `index`, `view` or `trigger`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Rows that the migrations insert are not in the schema's text: are they to be deleted?
    #[non_exhaustive]
    Rows {
        /// Their table.
        table: String,
        /// How many.
        count: usize,
    },
    /// What do rows that exist have in this column, which may not be `NULL`?
    #[non_exhaustive]
    Value {
        /// The table, by its new name.
        table: String,
        /// The column.
        column: String,
        /// Whether the column is new; it stands there already, and may be `NULL` so far, where it is not.
        is_new: bool,
    },
    /// The new type of a column makes other values of those that are there: is that right?
    #[non_exhaustive]
    Conversion {
        /// The table, by its new name.
        table: String,
        /// The column.
        column: String,
        /// Its type so far, as written; empty where there is none.
        from: String,
        /// Its type from now on.
        to: String,
        /// What becomes of some value: `'007'` becomes `7`.
        example: (&'static str, &'static str),
    },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Table { name, candidates } => {
                write!(f, "table `{name}` is gone\nhelp: ")?;
                renames(f, "", name, candidates)?;
                write!(f, "`--drop` if it and its rows are to go")
            }
            Question::Column { table, name, candidates } => {
                write!(f, "column `{table}.{name}` is gone\nhelp: ")?;
                renames(f, &format!("{table}."), name, candidates)?;
                write!(f, "`--drop` if it and its values are to go")
            }
            Question::Object { kind, name } => write!(f, "{kind} `{name}` is gone\nhelp: `--drop` if it is to go"),
            Question::Rows { table, count } => {
                let (rows, are, them) = if *count == 1 { ("row", "is", "it") } else { ("rows", "are", "them") };
                write!(
                    f,
                    "{count} {rows} of `{table}` {are} gone, which the migrations insert\nhelp: put {them} into the schema, or \
                     `--drop` if users are to lose {them} too"
                )
            }
            Question::Value { table, column, is_new: true } => write!(
                f,
                "column `{table}.{column}` is NOT NULL without a default, and rows that exist need a value\nhelp: give it a \
                 DEFAULT, or say what they get: `--fill \"{table}.{column}=EXPRESSION\"`"
            ),
            Question::Value { table, column, is_new: false } => write!(
                f,
                "column `{table}.{column}` may not be NULL any longer, and rows that exist may be\nhelp: say what such a row \
                 gets: `--fill \"{table}.{column}=EXPRESSION\"`"
            ),
            Question::Conversion { table, column, from, to, example: (was, now) } => write!(
                f,
                "column `{table}.{column}` is {} and was {}, which changes the values of rows that exist: {was} becomes {now}\n\
                 help: `--convert {table}.{column}` if that is right, or say what they become: `--fill \
                 \"{table}.{column}=EXPRESSION\"`",
                shown_type(to),
                shown_type(from)
            ),
        }
    }
}

/// A declared type, for a sentence.
pub(super) fn shown_type(kind: &str) -> &str {
    if kind.is_empty() { "without a type" } else { kind }
}

fn renames(f: &mut fmt::Formatter<'_>, table: &str, old: &str, candidates: &[String]) -> fmt::Result {
    for candidate in candidates.iter().take(3) {
        write!(f, "`--rename {table}{old}={candidate}` if it is `{candidate}` now, ")?;
    }
    Ok(())
}

/// Everything that is open.
pub(super) fn all(now: &Target, to: &Target, options: &Options) -> Result<Vec<Question>, DiffError> {
    unknown_fills(now, to, options)?;
    unknown_converts(now, to, options)?;
    let mut questions = Vec::new();
    for table in now.tables() {
        match to.table(&table.name) {
            None if !options.may_drop(&table.name) => {
                let candidates = tables_like(table, now, to);
                questions.push(Question::Table { name: table.name.clone(), candidates });
            }
            None => {}
            Some(after) => columns(table, after, options, &mut questions),
        }
    }
    for kind in [Kind::Index, Kind::View, Kind::Trigger] {
        for entry in
            now.objects(kind).filter(|entry| !to.has(kind, &entry.object.name) && !options.may_drop(&entry.object.name))
        {
            // What hangs on a table goes with it, which is asked already.
            if kind == Kind::View || to.has(Kind::Table, &entry.object.table) || to.has(Kind::View, &entry.object.table)
            {
                questions.push(Question::Object { kind: kind.word(), name: entry.object.name.to_string() });
            }
        }
    }
    Ok(questions)
}

fn columns(before: &Table, after: &Table, options: &Options, questions: &mut Vec<Question>) {
    if before.is_virtual || after.is_virtual {
        return;
    }
    let table = &after.name;
    let holds_values = |column: &&Column| column.generated.is_none();
    let stays = |column: &&Column| after.column(&column.name).is_some_and(|now| now.generated.is_none());
    for gone in before.columns.iter().filter(holds_values).filter(|column| !stays(column)) {
        if options.may_drop(&format!("{table}.{}", gone.name)) {
            continue;
        }
        let new = after.columns.iter().filter(holds_values).filter(|column| before.column(&column.name).is_none());
        let mut candidates: Vec<&Column> = new.collect();
        candidates.sort_by_key(|column| !column.kind.eq_ignore_ascii_case(&gone.kind));
        let candidates = candidates.into_iter().map(|column| column.name.clone()).collect();
        questions.push(Question::Column { table: table.clone(), name: gone.name.clone(), candidates });
    }
    for column in after.columns.iter().filter(holds_values).filter(|column| must_have_value(column, after)) {
        let has_default = !is_null(column);
        let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        let filled = options.fills.iter().any(|fill| is(&fill.table, table) && is(&fill.column, &column.name));
        let question = |is_new| Question::Value { table: table.clone(), column: column.name.clone(), is_new };
        match before.column(&column.name) {
            _ if has_default || filled => {}
            None => questions.push(question(true)),
            Some(was) if !must_have_value(was, before) && key(before).is_none_or(|key| key.name != was.name) => {
                questions.push(question(false));
            }
            Some(_) => {}
        }
    }
    for (was, column, example) in affinity::conversions(before, after) {
        if !options.is_converted(table, &column.name) {
            questions.push(Question::Conversion {
                table: table.clone(),
                column: column.name.clone(),
                from: was.kind.clone(),
                to: column.kind.clone(),
                example,
            });
        }
    }
}

/// New tables, those that have most of the columns first.
fn tables_like(table: &Table, now: &Target, to: &Target) -> Vec<String> {
    let common = |other: &Table| other.columns.iter().filter(|column| table.column(&column.name).is_some()).count();
    let mut found: Vec<(usize, String)> = to
        .tables()
        .filter(|other| now.table(&other.name).is_none())
        .map(|other| (common(other), other.name.clone()))
        .filter(|(common, _)| *common > 0)
        .collect();
    found.sort_by(|one, two| two.0.cmp(&one.0).then_with(|| one.1.cmp(&two.1)));
    found.into_iter().map(|(_, name)| name).collect()
}

/// Whether a rename is about something that is there, and leads to something that is to be.
pub(super) fn known(rename: &Rename, now: &Target, to: &Target) -> Result<(), DiffError> {
    let unknown = |what: String, name: &str, names: Vec<&str>| {
        let near = migrate_source::nearest(name, names);
        let help = near.map(|near| format!("\nhelp: write `{near}`")).unwrap_or_default();
        Err(DiffError::Unknown(format!("{what}{help}")))
    };
    let Rename { table, old, new } = rename;
    let names = |target: &Target| target.tables().map(|table| table.name.clone()).collect::<Vec<_>>();
    match table {
        None => {
            let other = [Kind::Index, Kind::View, Kind::Trigger].into_iter().find(|kind| now.has(*kind, old));
            if let Some(kind) = other.filter(|_| now.table(old).is_none()) {
                return Err(DiffError::Unknown(format!(
                    "`{old}` is no table, and SQLite renames nothing else\nhelp: let the {} be dropped and made anew: `--drop`",
                    kind.word()
                )));
            }
            if now.table(old).is_none() {
                let names = names(now);
                let names = names.iter().map(String::as_str).collect();
                return unknown(format!("there is no table `{old}` to rename"), old, names);
            }
            if to.table(new).is_none() {
                let names = names(to);
                let names = names.iter().map(String::as_str).collect();
                return unknown(format!("the schema has no table `{new}`"), new, names);
            }
        }
        Some(name) => {
            let (before, after) = (now.table(name), to.table(name));
            let (Some(before), Some(after)) = (before, after) else {
                let names = names(to);
                let names = names.iter().map(String::as_str).collect();
                return unknown(format!("there is no table `{name}`, before and after"), name, names);
            };
            let columns = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
            for (side, column, what) in [(before, old, "to rename"), (after, new, "in the schema")] {
                if side.column(column).is_none() {
                    let names = columns(side);
                    let names = names.iter().map(String::as_str).collect();
                    return unknown(format!("there is no column `{name}.{column}` {what}"), column, names);
                }
            }
        }
    }
    Ok(())
}

fn unknown_converts(now: &Target, to: &Target, options: &Options) -> Result<(), DiffError> {
    for name in &options.converts {
        // Names may have dots of their own.
        let is = |table: &Table, column: &Column| format!("{}.{}", table.name, column.name).eq_ignore_ascii_case(name);
        let column = |target: &Target| {
            // The same type means another thing in a STRICT table: `ANY` keeps every value there.
            let kind = |table: &Table| {
                let column = table.columns.iter().find(|column| is(table, column))?;
                Some((column.kind.to_ascii_uppercase(), table.strict))
            };
            target.tables().find_map(kind)
        };
        let message = match (column(now), column(to)) {
            (Some(was), Some(is)) if was == is => {
                format!("column `{name}` keeps its type, so nothing is converted\nhelp: leave out `--convert {name}`")
            }
            (Some(_), Some(_)) => continue,
            _ => format!("there is no column `{name}`, before and after, to convert\nhelp: write `TABLE.COLUMN`"),
        };
        return Err(DiffError::Unknown(message));
    }
    Ok(())
}

fn unknown_fills(now: &Target, to: &Target, options: &Options) -> Result<(), DiffError> {
    for Fill { table, column, value } in &options.fills {
        let found = to.table(table).and_then(|table| table.column(column));
        if found.is_none_or(|column| column.generated.is_some()) {
            return Err(DiffError::Unknown(format!("the schema has no column `{table}.{column}` to fill")));
        }
        let Some(before) = now.table(table) else {
            return Err(DiffError::Unknown(format!("table `{table}` is new, and has no rows to fill")));
        };
        let is_full =
            |column: &Column| must_have_value(column, before) || key(before).is_some_and(|key| key.name == column.name);
        if before.column(column).is_some_and(is_full) && !speaks_of(value, column) {
            return Err(DiffError::Unknown(format!(
                "column `{table}.{column}` has a value in every row\nhelp: a fill that names the column changes its values, as \
                 `trim({column})` would"
            )));
        }
    }
    Ok(())
}
