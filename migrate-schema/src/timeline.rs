//! The schema after every migration.

mod renamed;

use migrate_check::Stage;
use migrate_source::{Finding, Script, Source};
use serde::Serialize;

use crate::diff::Rename;
use crate::draw::{Difference, changes_and_renames};
use crate::schema::Schema;

/// The schema before the first migration, and after each.
///
/// It serializes as the JSON of `cargo migrate timeline --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Oldest first; the first one is `base.sql`, or nothing.
    pub versions: Vec<Version>,
}

/// A version.
///
/// ```
/// use migrate_schema::{Timeline, Version};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(body TEXT);")]));
/// for Version { name, schema, .. } in &Timeline::of(&source).unwrap().versions {
///     println!("{}: {} tables", name.as_deref().unwrap_or("before the first"), schema.tables.len());
/// }
/// ```
///
/// What is renamed by `ALTER TABLE … RENAME` is known:
///
/// ```
/// use migrate_schema::{How, Timeline};
/// use migrate_source::{Listing, parse};
///
/// let files = [
///     ("001_notes.sql", "CREATE TABLE notes(body TEXT);"),
///     ("002_text.sql", "ALTER TABLE notes RENAME COLUMN body TO text;"),
/// ];
/// let timeline = Timeline::of(&parse(&Listing::from_files(files)).0).unwrap();
/// let changes = timeline.versions[2].changes();
/// assert_eq!(changes.len(), 1);
/// assert_eq!((changes[0].how, changes[0].name.as_str(), changes[0].note.as_str()), (How::Renamed, "text", "was body"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The migration that leads to it: `002_add_tags.sql`; `None` for what was before the first one.
    pub name: Option<String>,
    /// The text of its script; of `base.sql` for what was before the first one.
    pub sql: String,
    /// The schema.
    pub schema: Schema,
    /// What its script renames.
    pub renames: Vec<Rename>,
    /// The schema from before it, with what it renames by the new names.
    #[serde(skip)]
    pub before: Schema,
}

impl Timeline {
    /// Runs the migrations in memory and looks at the schema after each.
    ///
    /// ```
    /// use migrate_schema::Timeline;
    /// use migrate_source::{Listing, parse};
    ///
    /// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(body TEXT);")]));
    /// let timeline = Timeline::of(&source).unwrap();
    /// assert_eq!(timeline.versions[1].name.as_deref(), Some("001_notes.sql"));
    /// ```
    ///
    /// # Errors
    ///
    /// The findings of the proof, where a migration does not run.
    pub fn of(source: &Source) -> Result<Timeline, Vec<Finding>> {
        let mut stage = Stage::at(source, 0)?;
        let sql = source.base.as_ref().map(|base| base.text.clone()).unwrap_or_default();
        let schema = read(&stage, source);
        let mut versions = vec![Version { name: None, sql, schema, renames: Vec::new(), before: Schema::default() }];
        for migration in &source.migrations {
            let (renames, before) = renamed::before(&stage, source, [&migration.up]);
            stage.advance(source)?;
            let (name, sql) = (Some(migration.name.clone()), migration.up.text.clone());
            versions.push(Version { name, sql, schema: read(&stage, source), renames, before });
        }
        Ok(Timeline { versions })
    }
}

impl Version {
    /// What its script changed.
    ///
    /// ```
    /// use migrate_schema::Timeline;
    /// use migrate_source::{Listing, parse};
    ///
    /// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(body TEXT);")]));
    /// assert_eq!(Timeline::of(&source).unwrap().versions[1].changes()[0].name, "notes");
    /// ```
    #[must_use]
    pub fn changes(&self) -> Vec<Difference> {
        changes_and_renames(&self.before, &self.schema, &self.renames)
    }
}

/// What changes on the way from one position to another, up or, by the scripts for that, down.
///
/// ```
/// use migrate_schema::{How, changes_between};
/// use migrate_source::{Listing, parse};
///
/// let files = [
///     ("001_notes.sql", "CREATE TABLE notes(body TEXT);"),
///     ("002_text.sql", "ALTER TABLE notes RENAME COLUMN body TO text;"),
/// ];
/// let (source, _) = parse(&Listing::from_files(files));
/// assert_eq!(changes_between(&source, 1, 2).unwrap()[0].how, How::Renamed);
/// ```
///
/// # Errors
///
/// The findings of the proof, where a migration does not run.
pub fn changes_between(source: &Source, from: usize, to: usize) -> Result<Vec<Difference>, Vec<Finding>> {
    let stage = Stage::at(source, from)?;
    let scripts: Vec<&Script> = if from <= to {
        source.migrations.iter().take(to).skip(from).map(|migration| &migration.up).collect()
    } else {
        let downs = source.migrations.iter().take(from).skip(to).rev();
        downs.filter_map(|migration| migration.down.as_ref()).collect()
    };
    let (renames, before) = renamed::before(&stage, source, scripts);
    Ok(changes_and_renames(&before, &read(&Stage::at(source, to)?, source), &renames))
}

/// A schema that SQLite has just made can be read.
fn read(stage: &Stage, source: &Source) -> Schema {
    Schema::read(stage.conn(), &source.config.history_table).unwrap_or_default()
}

#[cfg(test)]
mod tests;
