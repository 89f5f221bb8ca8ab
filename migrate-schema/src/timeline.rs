//! The schema after every migration.

use migrate_check::Stage;
use migrate_source::{Finding, Source};
use serde::Serialize;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The migration that leads to it: `002_add_tags.sql`; `None` for what was before the first one.
    pub name: Option<String>,
    /// The text of its script; of `base.sql` for what was before the first one.
    pub sql: String,
    /// The schema.
    pub schema: Schema,
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
        let base = source.base.as_ref().map(|base| base.text.clone()).unwrap_or_default();
        let mut versions = vec![Version { name: None, sql: base, schema: read(&stage, source) }];
        for migration in &source.migrations {
            stage.advance(source)?;
            let (name, sql) = (Some(migration.name.clone()), migration.up.text.clone());
            versions.push(Version { name, sql, schema: read(&stage, source) });
        }
        Ok(Timeline { versions })
    }
}

/// A schema that SQLite has just made can be read.
fn read(stage: &Stage, source: &Source) -> Schema {
    Schema::read(stage.conn(), &source.config.history_table).unwrap_or_default()
}
