//! `schema.sql`, as the migrations make it.

use std::collections::{BTreeMap, BTreeSet};

use migrate_check::{Declared, Stage, check};
use migrate_core::__private::{Catalog, Entry, Kind, Object};
use migrate_core::rusqlite::{Connection, OptionalExtension, Result};
use migrate_source::{Finding, Script, Source, SourceFile};
use migrate_sql::quote;

use crate::create::CreateTable;
use crate::names::ident;
use crate::rebuild::key;
use crate::rows::Rows;
use crate::schema::{Schema, Table};

/// The text of `schema.sql`.
///
/// ```
/// use migrate_schema::{Dump, dump};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);")]));
/// let Dump { text, is_current } = dump(&source).unwrap();
/// assert!(!is_current, "there is no schema.sql yet");
/// println!("{text}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The text: that of the file where it says the same as the migrations, else as near to it as can be.
    pub text: String,
    /// Whether the file that is there says the same already.
    pub is_current: bool,
}

/// The complete current schema, written to be read and edited: one column on a line, indexes and triggers behind their
/// table, rows that the migrations make as `INSERT`.
///
/// Where there is a `schema.sql`, what it says rightly stays as it is written, comments and order included; the rest is
/// replaced in its place, removed, or added at the end.
///
/// ```
/// use migrate_schema::dump;
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([
///     ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
///     ("002_body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;"),
/// ]));
/// let text = dump(&source).unwrap().text;
/// assert!(text.ends_with("CREATE TABLE notes (\n    id INTEGER PRIMARY KEY,\n    body TEXT\n);\n"), "{text}");
/// ```
///
/// # Errors
///
/// The findings of the proof, where a migration does not run.
pub fn dump(source: &Source) -> std::result::Result<Dump, Vec<Finding>> {
    let stage = Stage::at(source, source.migrations.len())?;
    let catalog = stage.catalog().map_err(|_| Vec::new())?;
    let head = Head { source, stage: &stage, catalog: &catalog };
    if let Some(schema) = &source.schema {
        if head.is_said_by(&schema.text) {
            return Ok(Dump { text: schema.text.clone(), is_current: true });
        }
        for text in [head.edited(schema, true), head.edited(schema, false)] {
            let Ok(text) = text else { continue };
            if head.is_said_by(&text) {
                return Ok(Dump { text, is_current: false });
            }
        }
    }
    let text = head.written(TITLE).map_err(|_| Vec::new())?;
    Ok(Dump { text, is_current: false })
}

/// A script that makes what a stage holds, from nothing.
pub(crate) fn script_of(stage: &Stage, source: &Source, title: &str) -> Result<String> {
    let catalog = stage.catalog()?;
    Head { source, stage, catalog: &catalog }.written(title)
}

const TITLE: &str =
    "-- The complete current schema. `cargo migrate dump` keeps it equal to what the migrations make.\n";

/// What the migrations make.
struct Head<'a> {
    source: &'a Source,
    stage: &'a Stage,
    catalog: &'a Catalog,
}

type Key = (Kind, String);

/// A part of the text.
enum Part {
    Object(Key),
    /// The rows of a table, by its name.
    Rows(String),
}

impl Head<'_> {
    /// Whether a text would be right as `schema.sql`, by the proof's own comparison.
    fn is_said_by(&self, text: &str) -> bool {
        let source = with_schema(self.source, text);
        let path = source.schema.as_ref().map(|schema| schema.shown.clone());
        let about = |finding: &Finding| {
            finding.id.starts_with("schema-")
                || matches!(&finding.subject, migrate_source::Subject::Place(place) if Some(&place.path) == path.as_ref())
        };
        !check(&source, &Declared::default()).findings.iter().any(about)
    }

    /// Everything that belongs into `schema.sql`, in the order of the file: tables by name, each with its indexes, its rows and
    /// its triggers, which are not to fire for these, then views with theirs. Triggers stay in the order in which they were
    /// made, which is that in which they fire.
    fn parts(&self) -> Result<Vec<Part>> {
        let conn = self.stage.conn();
        let mut triggers: Vec<String> = Vec::new();
        let mut statement =
            conn.prepare("SELECT name FROM main.sqlite_master WHERE type = 'trigger' ORDER BY rowid")?;
        for name in statement.query_map([], |row| row.get::<_, String>(0))? {
            triggers.push(name?);
        }
        let mut parts = Vec::new();
        for kind in [Kind::Table, Kind::View] {
            for entry in self.known().filter(|entry| entry.object.kind == kind) {
                let name = entry.object.name.to_ascii_lowercase();
                let on = |other: &Object| other.table.eq_ignore_ascii_case(&name);
                parts.push(Part::Object((kind, name.clone())));
                let indexes = self.known().filter(|entry| entry.object.kind == Kind::Index && on(&entry.object));
                parts.extend(indexes.map(|entry| Part::Object(entry.object.key())));
                parts.extend((kind == Kind::Table).then(|| Part::Rows(name.clone())));
                let own = triggers.iter().filter_map(|name| self.catalog.get(Kind::Trigger, name));
                let own = own.filter(|entry| on(&entry.object) && !Stage::is_unproved(self.source, &entry.object));
                parts.extend(own.map(|entry| Part::Object(entry.object.key())));
            }
        }
        Ok(parts)
    }

    fn known(&self) -> impl Iterator<Item = &Entry> {
        self.catalog.iter().filter(|entry| !Stage::is_unproved(self.source, &entry.object))
    }

    /// An object's statement, without its semicolon.
    fn statement(&self, key: &Key) -> String {
        let Some(entry) = self.catalog.get(key.0, &key.1) else { return String::new() };
        statement(self.stage.conn(), &entry.object.name, &entry.sql)
    }

    /// The rows that the migrations make, by table in lower case: an `INSERT`, and the mark of `AUTOINCREMENT` where it is
    /// above what is left.
    fn rows(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let conn = self.stage.conn();
        let schema = Schema::read(conn, &self.source.config.history_table)?;
        let mut found = BTreeMap::new();
        for table in &schema.tables {
            let rows = Rows::of(conn, table)?;
            let mut statements: Vec<String> = rows.insert(conn, &table.name).into_iter().collect();
            statements.extend(mark(conn, table, statements.is_empty())?);
            found.insert(table.name.to_ascii_lowercase(), statements);
        }
        Ok(found)
    }

    /// What the header of the file keeps for the application.
    fn pragmas(&self) -> Result<String> {
        let mut text = String::new();
        for pragma in ["application_id", "user_version"] {
            let value: i64 = self.stage.conn().pragma_query_value(Some("main"), pragma, |row| row.get(0))?;
            if value != 0 {
                text.push_str(&format!("\nPRAGMA {pragma} = {value};\n"));
            }
        }
        Ok(text)
    }

    /// A text from nothing.
    fn written(&self, title: &str) -> Result<String> {
        let mut text = title.to_owned();
        let mut rows = self.rows()?;
        let mut last: Option<Kind> = None;
        for part in self.parts()? {
            let (statements, apart) = match &part {
                Part::Object(key) => {
                    let apart = key.0 != Kind::Index || last != Some(Kind::Index);
                    last = Some(key.0);
                    (vec![self.statement(key)], apart)
                }
                Part::Rows(table) => (rows.remove(table).unwrap_or_default(), true),
            };
            for statement in statements {
                text.push_str(&format!("{}{statement};\n", if apart { "\n" } else { "" }));
            }
        }
        text.push_str(&self.pragmas()?);
        Ok(text)
    }

    /// The text that is there, with what is wrong replaced; its rows kept, or written anew.
    fn edited(&self, schema: &Script, keep_rows: bool) -> Result<String> {
        let parts = self.parts()?;
        let is_wanted = |key: &Key| parts.iter().any(|part| matches!(part, Part::Object(wanted) if wanted == key));
        let mut rows = if keep_rows { BTreeMap::new() } else { self.rows()? };
        let statements = || schema.statements.iter().map(|span| &schema.text[span.clone()]);
        let inserted: BTreeSet<String> = statements().filter_map(inserted_into).collect();
        let mut done: BTreeSet<Key> = BTreeSet::new();
        let stage = Stage::empty(self.source)?;
        let (mut before, mut text, mut at) = (stage.catalog()?, String::new(), 0);
        for span in &schema.statements {
            let sql = &schema.text[span.clone()];
            let lead = &schema.text[at..span.start];
            at = end_of(&schema.text, span.end);
            let ran = stage.try_sql(sql).is_ok();
            let after = stage.catalog()?;
            let changes = before.changes_to(&after);
            before = after;
            let kept = match (changes.as_slice(), inserted_into(sql)) {
                _ if !ran => None,
                ([], Some(table)) if !is_wanted(&(Kind::Table, table.clone())) => None,
                ([], _) if keep_rows => Some(sql.to_owned()),
                // The rows of a table stand where the first of them stood.
                ([], Some(table)) => rows.remove(&table).filter(|all| !all.is_empty()).map(|all| all.join(";\n")),
                ([change], _) => {
                    let key = change.object.key();
                    let right = self.catalog.get(key.0, &key.1);
                    // What hangs on a table that comes later comes later too.
                    let holds = |entry: &Entry| {
                        let table = entry.object.table.to_ascii_lowercase();
                        let stands = |kind: Kind| done.contains(&(kind, table.clone()));
                        matches!(key.0, Kind::Table | Kind::View) || stands(Kind::Table) || stands(Kind::View)
                    };
                    let stays = change.after.is_some() && is_wanted(&key) && right.is_some_and(holds);
                    (stays && done.insert(key.clone())).then(|| {
                        let same = right.map(Entry::strict) == change.after.map(|after| after.strict);
                        let mut all = vec![if same { sql.to_owned() } else { self.statement(&key) }];
                        // Rows that have no place yet stand before the triggers of their table.
                        let has_rows = key.0 == Kind::Table && !inserted.contains(&key.1);
                        all.extend(has_rows.then(|| rows.remove(&key.1)).flatten().into_iter().flatten());
                        all.join(";\n\n")
                    })
                }
                _ => None,
            };
            match kept {
                Some(kept) => text.push_str(&format!("{lead}{kept}{}", &schema.text[span.end..at])),
                // The head of a file is about the file.
                None if text.is_empty() => text.push_str(lead.rsplit_once("\n\n").map_or("", |(head, _)| head)),
                None => {}
            }
        }
        text.push_str(&schema.text[at..]);
        let mut text = text.trim_end().to_owned();
        for part in &parts {
            let missing = match part {
                Part::Object(key) if done.contains(key) => Vec::new(),
                Part::Object(key) => vec![self.statement(key)],
                Part::Rows(table) => rows.remove(table).unwrap_or_default(),
            };
            missing.iter().for_each(|statement| text.push_str(&format!("\n\n{statement};")));
        }
        if !keep_rows {
            text.push('\n');
            text.push_str(&self.pragmas()?);
        }
        Ok(format!("{}\n", text.trim()))
    }
}

/// Sets the mark of `AUTOINCREMENT`, where the rows that are left do not.
fn mark(conn: &Connection, table: &Table, is_empty: bool) -> Result<Option<String>> {
    let has_marks = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'";
    let Some(key) =
        key(table).filter(|_| conn.prepare(has_marks).and_then(|mut found| found.exists([])).unwrap_or(false))
    else {
        return Ok(None);
    };
    let sql = "SELECT seq FROM main.sqlite_sequence WHERE name = ?1";
    let mark: Option<i64> = conn.query_row(sql, [&table.name], |row| row.get(0)).optional()?;
    let sql = format!("SELECT max({}) FROM main.{}", quote(&key.name), quote(&table.name));
    let last: Option<i64> = conn.query_row(&sql, [], |row| row.get(0))?;
    let name = table.name.replace('\'', "''");
    Ok(mark.filter(|mark| *mark != last.unwrap_or(0).max(0)).map(|mark| match is_empty {
        true => format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', {mark})"),
        false => format!("UPDATE sqlite_sequence SET seq = {mark} WHERE name = '{name}'"),
    }))
}

/// The table that an `INSERT` is for, in lower case.
fn inserted_into(sql: &str) -> Option<String> {
    let mut words = migrate_sql::tokens(sql).filter(migrate_sql::Token::is_significant);
    let first = words.next()?;
    if !["INSERT", "REPLACE", "WITH"].iter().any(|word| first.is_word(word)) {
        return None;
    }
    words.find(|token| token.is_word("INTO"))?;
    let name = words.next()?;
    let name = if words.next().is_some_and(|next| next.text == ".") { words.next()? } else { name };
    Some(name.name()?.to_ascii_lowercase())
}

/// The byte behind a statement's semicolon and a comment on its line.
fn end_of(text: &str, end: usize) -> usize {
    let mut at = end;
    for token in migrate_sql::tokens(&text[end..]) {
        match token.kind {
            migrate_sql::TokenKind::Semicolon if at == end => at = end + token.end(),
            migrate_sql::TokenKind::Space if !token.text.contains('\n') => {}
            migrate_sql::TokenKind::Comment => at = end + token.end(),
            _ => break,
        }
    }
    at
}

/// The statement of an object, laid out, without its semicolon.
pub(crate) fn statement(conn: &Connection, name: &str, sql: &str) -> String {
    match CreateTable::of(sql) {
        Some(table) => table.pretty(&ident(conn, name)),
        None => sql.to_owned(),
    }
}

/// The source with another `schema.sql`.
pub(crate) fn with_schema(source: &Source, text: &str) -> Source {
    let statements = migrate_sql::statements(text).iter().map(|span| span.start..span.end).collect();
    let name = "schema.sql";
    let shown = match &source.schema {
        Some(schema) => schema.shown.clone(),
        None => format!("{}/{name}", source.shown.trim_end_matches('/')),
    };
    let mut source = source.clone();
    source.schema = Some(Script { shown: shown.clone(), text: text.to_owned(), statements });
    source.files.retain(|file| file.shown != shown);
    source.files.push(SourceFile { path: source.dir.join(name), shown, text: Some(text.to_owned()) });
    source
}

#[cfg(test)]
mod tests;
