//! The next migration, from an edited `schema.sql`.

mod affinity;
mod questions;
mod renames;
mod seeds;
mod target;
mod work;

use std::collections::BTreeSet;
use std::fmt;

use migrate_check::{Declared, Stage, check};
use migrate_core::rusqlite;
use migrate_source::{Finding, Listing, Severity, Source, Subject, parse};
use serde::Serialize;

pub use questions::Question;
use target::Target;
use work::Work;

use crate::dump::with_schema;
use crate::rebuild::speaks_of;

/// What only the author knows.
///
/// ```
/// use migrate_schema::{Change, Diff, DiffError, Fill, Options, Question, Rename, diff};
/// use migrate_source::Listing;
///
/// let listing = Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);")]);
/// let schema = "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, day TEXT NOT NULL);";
///
/// // Nothing is guessed: what became of `body`, and what do old notes have in `day`?
/// let Err(DiffError::Undecided(questions)) = diff(&listing, "002_days.sql", schema, &Options::default()) else { panic!() };
/// assert!(questions.iter().any(|question| matches!(question, Question::Column { name, .. } if name == "body")));
///
/// let options = Options {
///     renames: vec![Rename { table: Some("notes".into()), old: "body".into(), new: "text".into() }],
///     fills: vec![Fill { table: "notes".into(), column: "day".into(), value: "'2026-01-01'".into() }],
///     ..Options::default()
/// };
/// let Diff { sql, changes, .. } = diff(&listing, "002_days.sql", schema, &options).unwrap();
/// for Change { sign, what, .. } in &changes {
///     println!("{sign} {what}");
/// }
/// assert!(sql.contains("'2026-01-01'"), "{sql}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What is renamed, rather than dropped and made.
    pub renames: Vec<Rename>,
    /// Whether tables, columns and other objects may be dropped.
    pub drop: bool,
    /// Those that may be dropped where not everything may: `notes`, `notes.body`, `notes_index`.
    pub drops: Vec<String>,
    /// The values of columns in rows that exist.
    pub fills: Vec<Fill>,
    /// Columns whose values may become what their new type makes of them: `notes.color`.
    pub converts: Vec<String>,
}

impl Options {
    /// Whether something may be dropped, by its name, or by that of the table and the column.
    fn may_drop(&self, name: &str) -> bool {
        self.drop || self.drops.iter().any(|dropped| dropped.eq_ignore_ascii_case(name))
    }

    /// Whether somebody has said what becomes of the values of a column whose type changes.
    fn is_converted(&self, table: &str, column: &str) -> bool {
        let name = format!("{table}.{column}");
        let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let fills = |fill: &Fill| is(&fill.table, table) && is(&fill.column, column) && speaks_of(&fill.value, column);
        self.converts.iter().any(|converted| is(converted, &name)) || self.fills.iter().any(fills)
    }
}

/// A table or a column that has another name from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rename {
    /// The table of a column, by its new name; `None` where a table itself is renamed.
    pub table: Option<String>,
    /// Its name so far.
    pub old: String,
    /// Its name from now on.
    pub new: String,
}

/// The value of a column in rows that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The table, by its new name.
    pub table: String,
    /// The column.
    pub column: String,
    /// An expression over a row of the table as it was, under its new names. For a column that is there already it stands for
    /// `NULL`, unless it speaks of the column itself: then it says what becomes of its values.
    pub value: String,
}

/// A migration that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The text of the file; empty where nothing differs.
    pub sql: String,
    /// What it does, for people.
    pub changes: Vec<Change>,
    /// What the proof says of it, and of all before it; where nothing was written, what else `schema.sql` differs in.
    pub findings: Vec<Finding>,
    /// The source with it, to show findings in.
    pub source: Source,
}

/// Something that a migration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `+` made, `-` dropped, `~` changed, `>` renamed.
    pub sign: &'static str,
    /// What: `column notes.tags`.
    pub what: String,
    /// Why a table is rebuilt, if it is.
    pub rebuilt: Option<String>,
}

impl Change {
    fn new(sign: &'static str, what: String) -> Change {
        Change { sign, what, rebuilt: None }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { sign, what, rebuilt } = self;
        match rebuilt {
            Some(why) => write!(f, "{sign} {what} (rebuilt: {why})"),
            None => write!(f, "{sign} {what}"),
        }
    }
}

/// Why no migration was written.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiffError {
    /// The migrations, or the schema to come to, do not run.
    Findings(Vec<Finding>, Box<Source>),
    /// Something has to be decided first.
    Undecided(Vec<Question>),
    /// A rename or a fill does not fit what there is.
    Unknown(String),
    /// A virtual table changes, and only its module knows how.
    Virtual(String),
    /// SQLite did not do what was written for it.
    Unable(String),
}

impl fmt::Display for DiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiffError::Findings(findings, _) => {
                let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
                f.write_str(&messages.join("; "))
            }
            DiffError::Undecided(questions) => {
                let questions: Vec<String> = questions.iter().map(ToString::to_string).collect();
                f.write_str(&questions.join("\n"))
            }
            DiffError::Unknown(message) => f.write_str(message),
            DiffError::Virtual(name) => write!(
                f,
                "`{name}` is a virtual table, and only its module knows how it can change\nhelp: write this migration by \
                 hand, beginning with `cargo migrate new`: mostly drop it, make it again as the schema has it, and fill it"
            ),
            DiffError::Unable(message) => write!(
                f,
                "no migration was found that leads there: {message}\nhelp: write this migration by hand: `cargo migrate new`"
            ),
        }
    }
}

impl std::error::Error for DiffError {}

impl From<rusqlite::Error> for DiffError {
    fn from(error: rusqlite::Error) -> DiffError {
        DiffError::Unable(error.to_string())
    }
}

/// Writes the migration that leads from what the migrations make to what a schema says.
///
/// `listing` is the directory, `file` the name of the file to be written, `schema` the text to come to, most often that of
/// `schema.sql`. Nothing is written here. Every statement has run on a database in memory, and what came of it is the
/// schema asked for; the proof has then run over all migrations with this one, and its findings are in the answer.
///
/// ```
/// use migrate_schema::{Options, diff};
/// use migrate_source::Listing;
///
/// let listing = Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]);
/// let schema = "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);";
/// let diff = diff(&listing, "002_body.sql", schema, &Options::default()).unwrap();
/// assert_eq!(diff.sql, "ALTER TABLE notes ADD COLUMN body TEXT;\n");
/// assert_eq!(diff.changes[0].to_string(), "+ column notes.body");
/// ```
///
/// # Errors
///
/// See [`DiffError`].
pub fn diff(listing: &Listing, file: &str, schema: &str, options: &Options) -> Result<Diff, DiffError> {
    let source = parse(listing).0;
    let stage = at_head(&source)?;
    let made = Stage::empty(&source)?;
    if made.try_sql(schema).is_err() {
        let source = with_schema(&source, schema);
        let findings = check(&source, &Declared::default()).findings;
        let shown = source.schema.as_ref().map(|schema| schema.shown.clone()).unwrap_or_default();
        let about = |finding: &Finding| matches!(&finding.subject, Subject::Place(place) if place.path == shown);
        let findings = findings.into_iter().filter(|finding| finding.severity == Severity::Error && about(finding));
        return Err(DiffError::Findings(findings.collect(), Box::new(source)));
    }
    let to = Target::of(&made, &source)?;
    let forced = BTreeSet::new();
    let mut work = Work::new(&source, &stage, &to, &made, &forced, options);
    renames::all(&mut work, &to, options)?;
    let now = work.now()?;
    let questions = questions::all(&now, &to, options)?;
    if !questions.is_empty() {
        return Err(DiffError::Undecided(questions));
    }
    work.all()?;
    let (statements, changes) = (work.statements, work.changes);
    let come_to = Target::of(&stage, &source)?;
    if let Some(name) = come_to.differs_from(&to) {
        return Err(DiffError::Unable(format!("{name} would come out differently")));
    }
    Ok(proved(listing, file, schema, script(&statements), changes))
}

/// Writes the rebuild of a table that stays what it is: the place to change it in a way that `ALTER TABLE` cannot.
///
/// Everything is kept: constraints, comments, rowids, the mark of `AUTOINCREMENT`, and the indexes, triggers and views that
/// hang on it.
///
/// ```
/// use migrate_schema::rebuild;
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body);")]));
/// let sql = rebuild(&source, "notes").unwrap();
/// assert!(sql.contains("INSERT INTO notes_new (id, body)\nSELECT id, body\nFROM notes;"), "{sql}");
/// ```
///
/// # Errors
///
/// See [`DiffError`].
pub fn rebuild(source: &Source, table: &str) -> Result<String, DiffError> {
    let stage = at_head(source)?;
    let made = at_head(source)?;
    let to = Target::of(&made, source)?;
    if to.table(table).is_none() {
        let near = migrate_source::nearest(table, to.tables().map(|table| table.name.as_str()));
        let help = near.map(|near| format!("\nhelp: write `{near}`")).unwrap_or_default();
        return Err(DiffError::Unknown(format!("there is no table `{table}`{help}")));
    }
    let forced = BTreeSet::from([table.to_ascii_lowercase()]);
    let options = Options::default();
    let mut work = Work::new(source, &stage, &to, &made, &forced, &options);
    work.all()?;
    Ok(script(&work.statements))
}

/// The text of a file: short statements line by line, the others apart.
fn script(statements: &[String]) -> String {
    let mut text = String::new();
    for (index, sql) in statements.iter().enumerate() {
        let is_long = |sql: &String| sql.contains('\n');
        let apart = index > 0 && (is_long(sql) || is_long(&statements[index - 1]));
        text.push_str(if apart { "\n" } else { "" });
        text.push_str(&format!("{sql};\n"));
    }
    text
}

fn at_head(source: &Source) -> Result<Stage, DiffError> {
    Stage::at(source, source.migrations.len())
        .map_err(|findings| DiffError::Findings(findings, Box::new(source.clone())))
}

/// What the author acknowledges by taking it out of the schema, or by an answer.
const ACKNOWLEDGED: [&str; 8] = [
    "drop-column",
    "drop-table",
    "lost-autoincrement",
    "lost-constraint",
    "lost-index",
    "lost-trigger",
    "lost-view",
    "type-changed",
];

/// Why a finding is none here.
fn reason(id: &str, changes: &[Change]) -> &'static str {
    let is = |sign, change: &Change| change.sign == sign && change.what.starts_with("table ");
    // The proof takes a table that is renamed and then rebuilt for one that goes.
    if id == "drop-table"
        && !changes.iter().any(|change| is("-", change))
        && changes.iter().any(|change| is(">", change))
    {
        return "only its name is another one, and its rows are copied";
    }
    // Nothing is written before it was asked for.
    if id == "type-changed" { "the values are to become those of the new type" } else { "schema.sql does without it" }
}

fn proved(listing: &Listing, file: &str, schema: &str, sql: String, changes: Vec<Change>) -> Diff {
    let look = |sql: &str| {
        let (source, mut findings) = parse(&listing.clone().with(file, sql));
        let source = with_schema(&source, schema);
        if migrate_source::lock::is_provable(&findings) {
            findings.extend(check(&source, &Declared::default()).findings);
        }
        (source, findings)
    };
    if sql.is_empty() {
        let source = with_schema(&parse(listing).0, schema);
        let mut findings = check(&source, &Declared::default()).findings;
        findings.retain(|finding| finding.id.starts_with("schema-"));
        return Diff { sql, changes, findings, source };
    }
    let (source, findings) = look(&sql);
    let is_it = |shown: &str| shown.strip_suffix(file).is_some_and(|dir| dir.is_empty() || dir.ends_with('/'));
    let path = source.migrations.iter().find(|migration| is_it(&migration.up.shown));
    let path = path.map(|migration| migration.up.shown.clone());
    let of_file =
        |finding: &Finding| matches!(&finding.subject, Subject::Place(place) if Some(&place.path) == path.as_ref());
    let ids: BTreeSet<&str> = findings.iter().filter(|finding| of_file(finding)).map(|finding| finding.id).collect();
    let allowed: Vec<String> = ACKNOWLEDGED
        .iter()
        .filter(|id| ids.contains(*id))
        .map(|id| format!("--! allow({id}): {}\n", reason(id, &changes)))
        .collect();
    if allowed.is_empty() {
        return Diff { sql, changes, findings, source };
    }
    let sql = format!("{}\n{sql}", allowed.concat());
    let (source, findings) = look(&sql);
    Diff { sql, changes, findings, source }
}

#[cfg(test)]
mod tests;
