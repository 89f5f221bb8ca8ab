//! Whether this program and its database still fit.

use migrate::RowState;
use migrate::rusqlite::Connection;
use serde_json::{Value, json};

use crate::db::{self, Version};

/// What `/health` says.
pub(crate) struct Health {
    /// The newest migration of ours that the database has.
    version: Option<Version>,
    /// Whether everything is there that this program asks for.
    has_markers: bool,
    /// What stands in the way: another release's migrations, a schema that somebody changed.
    problem: Option<String>,
}

impl Health {
    /// Reads only: a health check must not migrate, nor wait for those who do.
    ///
    /// `is_schema_current` is one statement, and asks whether what this program needs is there. `status` reads the schema and
    /// the history, and knows why not. It also sees what the markers cannot: that a newer release has been here.
    pub(crate) fn of(conn: &Connection) -> Result<Health, migrate::Error> {
        let has_markers = db::is_schema_current(conn)?;
        let status = db::MIGRATIONS.status(conn)?;
        let recorded = status.rows().iter().rev().find(|row| matches!(row.state, RowState::Recorded(_)));
        let problem = match status.refusal() {
            // The first line says what; the rest is for whoever can do something about it.
            Some(error) => error.to_string().lines().next().map(str::to_owned),
            None if !status.difference().is_same() => Some(format!("the schema differs: {}", status.difference())),
            None => None,
        };
        Ok(Health { version: recorded.map(|row| row.version), has_markers, problem })
    }

    pub(crate) fn is_well(&self) -> bool {
        self.has_markers && self.problem.is_none() && self.version == Some(Version::LATEST)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "version": self.version.map(|version| version.to_string()),
            "expects": Version::LATEST.to_string(),
            "current": self.is_well(),
            "problem": self.problem,
        })
    }
}
