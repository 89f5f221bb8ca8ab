//! What a run would do.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::decide::{Action, Decision, Start};
use crate::expected::Comparison;
use crate::history::Origin;
use crate::report::Outcome;
use crate::set::Set;
use crate::version::Version;

/// What a run would do now. Its `Display` is a short list for people.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use db::Version;
/// use migrate::Outcome;
///
/// db::migrator().target(Version::CreateNotes).run(&mut conn)?;
/// let plan = db::MIGRATIONS.plan(&conn)?;
/// assert_eq!(plan.outcome(), Outcome::Applied);
/// assert_eq!(plan.pending().collect::<Vec<_>>(), [Version::AddTags, Version::DropDrafts]);
/// assert_eq!(plan.steps().len(), 2);
/// assert_eq!(plan.backup(), None, "a database in memory has none");
/// assert!(plan.difference().is_same());
/// println!("{plan}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Plan<V> {
    outcome: Outcome,
    from_name: String,
    to_name: String,
    steps: Vec<PlanStep<V>>,
    difference: Comparison,
    backup: Option<PathBuf>,
}

/// One thing that a run would do.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::PlanStep;
///
/// db::migrator().target(db::Version::AddTags).run(&mut conn)?;
/// for step in db::MIGRATIONS.plan(&conn)?.steps() {
///     match step {
///         PlanStep::Apply { name, sql, .. } => println!("-- {name}\n{sql}"),
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanStep<V> {
    /// Make the history table, or bring an older one to the current form.
    PrepareHistory,
    /// Run `base.sql`.
    RunBase,
    /// Run `schema.sql`.
    RunSchema,
    /// Make the current schema at once, as the proof found it: there is no `schema.sql`.
    RunSnapshot,
    /// Record a migration without running it.
    #[non_exhaustive]
    Mark {
        /// Which.
        version: V,
        /// Its name.
        name: String,
        /// What is recorded.
        origin: Origin,
    },
    /// Run a migration and record it.
    #[non_exhaustive]
    Apply {
        /// Which.
        version: V,
        /// Its name.
        name: String,
        /// Its SQL.
        sql: String,
        /// Whether a Rust step follows.
        step: bool,
    },
    /// Write the history in the order of the list, after migrations that ran out of order.
    OrderHistory,
    /// Run the down script of a migration and remove its record.
    #[non_exhaustive]
    Revert {
        /// Which.
        version: V,
        /// Its name.
        name: String,
        /// The SQL of its down script.
        sql: String,
    },
}

impl<V: Version> Plan<V> {
    pub(crate) fn new(set: &Set, decision: &Decision, target: usize, backup: Option<PathBuf>) -> Plan<V> {
        let name = |index: usize| set.migrations[index].name.clone().into_owned();
        let step = |action: &Action| {
            Some(match *action {
                Action::PrepareHistory => PlanStep::PrepareHistory,
                Action::Base => PlanStep::RunBase,
                Action::Schema => PlanStep::RunSchema,
                Action::Snapshot => PlanStep::RunSnapshot,
                Action::Order => PlanStep::OrderHistory,
                Action::Revert(index) => PlanStep::Revert {
                    version: V::from_index(index)?,
                    name: name(index),
                    sql: set.migrations[index]
                        .down
                        .as_ref()
                        .map(|down| down.sql.clone().into_owned())
                        .unwrap_or_default(),
                },
                Action::Mark(index, origin) => {
                    PlanStep::Mark { version: V::from_index(index)?, name: name(index), origin }
                }
                Action::Apply { index, step, .. } => PlanStep::Apply {
                    version: V::from_index(index)?,
                    name: name(index),
                    sql: set.migrations[index].up.sql.clone().into_owned(),
                    step,
                },
            })
        };
        let outcome = match decision.start {
            _ if decision.actions.is_empty() => Outcome::Current,
            Start::Fresh => Outcome::Fresh,
            Start::History if decision.at > target => Outcome::Reverted,
            Start::History => Outcome::Applied,
            Start::OutOfOrder => Outcome::OutOfOrder,
            Start::Adopted(evidence) => Outcome::Adopted(evidence),
        };
        Plan {
            outcome,
            from_name: set.position_name(decision.at),
            to_name: set.position_name(target),
            steps: decision.actions.iter().filter_map(step).collect(),
            difference: decision.difference.clone(),
            backup,
        }
    }

    /// What kind of database it is.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What a run would do, in order; empty where there is nothing to do.
    #[must_use]
    pub fn steps(&self) -> &[PlanStep<V>] {
        &self.steps
    }

    /// The migrations that a run would run, in order.
    pub fn pending(&self) -> impl Iterator<Item = V> + '_ {
        self.steps.iter().filter_map(|step| match step {
            PlanStep::Apply { version, .. } => Some(*version),
            _ => None,
        })
    }

    /// Where a copy of the database would be made first, if it were now; `None` where the policy asks for none.
    #[must_use]
    pub fn backup(&self) -> Option<&Path> {
        self.backup.as_deref()
    }

    /// How the schema differs from the one that the database's version is proved to have.
    #[must_use]
    pub fn difference(&self) -> &Comparison {
        &self.difference
    }
}

impl<V: PartialEq> fmt::Display for Plan<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::Current => return write!(f, "current: at {}, nothing to do", self.to_name),
            Outcome::Fresh => write!(f, "fresh database, to {}", self.to_name)?,
            Outcome::Applied | Outcome::Reverted => write!(f, "from {} to {}", self.from_name, self.to_name)?,
            Outcome::OutOfOrder => write!(f, "out of order, from {} to {}", self.from_name, self.to_name)?,
            Outcome::Adopted(evidence) => {
                write!(f, "{}, {evidence} {}, to {}", evidence.database(), self.from_name, self.to_name)?;
            }
        }
        if let Some(backup) = &self.backup {
            write!(f, "\n  back up to {}", backup.display())?;
        }
        for step in &self.steps {
            match step {
                PlanStep::Revert { name, .. } => write!(f, "\n  revert {name}")?,
                PlanStep::PrepareHistory => write!(f, "\n  prepare the history table")?,
                PlanStep::OrderHistory => write!(f, "\n  order  the history")?,
                PlanStep::RunBase => write!(f, "\n  run    base.sql")?,
                PlanStep::RunSchema => write!(f, "\n  run    schema.sql")?,
                PlanStep::RunSnapshot => write!(f, "\n  run    the snapshot of the current schema")?,
                PlanStep::Mark { name, origin, .. } => write!(f, "\n  mark   {name} ({})", origin.word())?,
                PlanStep::Apply { name, step, .. } => {
                    write!(f, "\n  apply  {name}{}", if *step { ", then its Rust step" } else { "" })?;
                }
            }
        }
        if self.difference.is_same() { Ok(()) } else { write!(f, "\nthe schema differs: {}", self.difference) }
    }
}
