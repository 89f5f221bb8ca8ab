//! Where a database is, migration by migration.

use std::fmt;

use crate::decide::{Decision, Start};
use crate::error::Error;
use crate::expected::{Comparison, list};
use crate::history::Origin;
use crate::inspect::Found;
use crate::set::{Migration, Set};
use crate::version::Version;

/// Where a database is. Its `Display` is a table for people.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use db::Version;
/// use migrate::{Origin, RowState};
///
/// db::migrator().target(Version::CreateNotes).run(&mut conn)?;
/// db::migrator().target(Version::AddTags).run(&mut conn)?;
/// let status = db::MIGRATIONS.status(&conn)?;
/// let states: Vec<_> = status.rows().iter().map(|row| row.state).collect();
/// assert_eq!(states[1..], [RowState::Recorded(Origin::Applied), RowState::Pending]);
/// assert_eq!(status.pending().collect::<Vec<_>>(), [Version::DropDrafts]);
/// // Nothing stands in the way of a run.
/// assert!(status.refusal().is_none() && status.unknown().is_empty() && status.difference().is_same());
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Status<V> {
    rows: Vec<StatusRow<V>>,
    unknown: Vec<String>,
    headline: String,
    refusal: Option<Error>,
    difference: Comparison,
}

/// One migration of the list, as the database has it.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// db::MIGRATIONS.run(&mut conn)?;
/// for row in db::MIGRATIONS.status(&conn)?.rows() {
///     println!("{} {:?} {}", row.name, row.state, row.applied_at.as_deref().unwrap_or("-"));
///     assert!(row.applied_at.is_some());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusRow<V> {
    /// Which.
    pub version: V,
    /// Its name.
    pub name: String,
    /// What is to be said of it.
    pub state: RowState,
    /// When it was recorded, as the history has it (UTC); `None` where it was not.
    pub applied_at: Option<String>,
}

/// What is to be said of a migration.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::RowState;
///
/// let status = db::MIGRATIONS.status(&conn)?;
/// assert!(status.rows().iter().all(|row| row.state == RowState::Pending), "the database is empty");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowState {
    /// It is in the history.
    Recorded(Origin),
    /// It is not in the history, but the schema shows that the database has it: a run would mark it.
    Recognised,
    /// It has not run.
    Pending,
}

impl RowState {
    fn is_pending(self) -> bool {
        matches!(self, RowState::Pending | RowState::Recorded(Origin::Started))
    }
}

impl<V: Version> Status<V> {
    pub(crate) fn new(set: &Set, decision: Result<Decision, Error>, found: &Found) -> Status<V> {
        let history = found.history.rows();
        let recognised = match &decision {
            Ok(Decision { start: Start::Adopted(_), at, .. }) => *at,
            _ => 0,
        };
        let row = |(index, migration): (usize, &Migration)| {
            let recorded = history.iter().find(|row| row.name == migration.name);
            let state = match recorded {
                Some(row) => RowState::Recorded(row.origin.unwrap_or(Origin::Applied)),
                None if index < recognised => RowState::Recognised,
                None => RowState::Pending,
            };
            let applied_at = recorded.map(|row| row.applied_at.clone());
            Some(StatusRow {
                version: V::from_index(index)?,
                name: migration.name.clone().into_owned(),
                state,
                applied_at,
            })
        };
        let unknown = history.iter().filter(|row| !set.migrations.iter().any(|m| m.name == row.name));
        let headline = match &decision {
            Ok(Decision { start: Start::Fresh, .. }) => "empty database".to_owned(),
            Ok(Decision { start: Start::Adopted(evidence), at, .. }) => {
                format!("{}, {evidence} {}", evidence.database(), set.position_name(*at))
            }
            Ok(Decision { start: Start::OutOfOrder, at, .. }) => {
                let lacks = |migration: &&Migration| !history.iter().any(|row| row.name == migration.name);
                let names =
                    set.migrations.iter().take(*at).filter(lacks).map(|migration| format!("`{}`", migration.name));
                let names = list(&names.collect::<Vec<_>>());
                format!("at {}, and before it the history lacks {names}", set.position_name(*at))
            }
            Ok(decision) => format!("at {}", set.position_name(decision.at)),
            Err(_) => "a run would refuse this database".to_owned(),
        };
        let (difference, refusal) = match decision {
            Ok(decision) => (decision.difference, None),
            Err(error) => (Comparison::default(), Some(error)),
        };
        Status {
            rows: set.migrations.iter().enumerate().filter_map(row).collect(),
            unknown: unknown.map(|row| row.name.clone()).collect(),
            headline,
            refusal,
            difference,
        }
    }

    /// Every migration of the list, in order.
    #[must_use]
    pub fn rows(&self) -> &[StatusRow<V>] {
        &self.rows
    }

    /// Those that have not run, or were interrupted outside a transaction.
    pub fn pending(&self) -> impl Iterator<Item = V> + '_ {
        self.rows.iter().filter(|row| row.state.is_pending()).map(|row| row.version)
    }

    /// Names in the history that the list does not have.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Why a run would refuse this database; `None` if it would not.
    #[must_use]
    pub fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    /// How the schema differs from the one that the database's version is proved to have.
    #[must_use]
    pub fn difference(&self) -> &Comparison {
        &self.difference
    }
}

impl<V> fmt::Display for Status<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)?;
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
        for row in &self.rows {
            let state = match row.state {
                RowState::Recorded(origin) => origin.word(),
                RowState::Recognised => "recognised",
                RowState::Pending => "pending",
            };
            let at = row.applied_at.as_deref().unwrap_or_default();
            write!(f, "\n  {}", format!("{:width$}  {state:<10}  {at}", row.name).trim_end())?;
        }
        for name in &self.unknown {
            write!(f, "\n  {name:width$}  unknown")?;
        }
        if !self.difference.is_same() {
            write!(f, "\nthe schema differs: {}", self.difference)?;
        }
        if !self.difference.foreign.is_empty() {
            write!(f, "\nmade by none of these migrations: {}", list(&self.difference.foreign))?;
        }
        match &self.refusal {
            Some(error) => write!(f, "\n{error}"),
            None => Ok(()),
        }
    }
}
