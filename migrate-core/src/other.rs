//! Histories that other tools keep: read where there is none of ours, never written.
//!
//! The tables are those of refinery, sqlx, diesel, SeaORM, goose, dbmate and golang-migrate; rusqlite_migration has
//! `user_version`.

use std::fmt;

use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::decide::{Decision, Evidence, Wanted, adopted, ambiguous};
use crate::details::details;
use crate::error::Error;
use crate::expected::Schema;
use crate::inspect::Found;
use crate::set::{Kind, Set};

/// A tool that keeps a history of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherTool {
    /// `refinery_schema_history`
    Refinery,
    /// `_sqlx_migrations`
    Sqlx,
    /// `__diesel_schema_migrations`
    Diesel,
    /// `seaql_migrations`
    SeaOrm,
    /// `goose_db_version`
    Goose,
    /// `schema_migrations` with one column `version`
    Dbmate,
    /// `schema_migrations` with the columns `version` and `dirty`
    GolangMigrate,
    /// `PRAGMA user_version`
    RusqliteMigration,
}

/// Where a tool keeps its history, and how it is read.
struct Format {
    tool: OtherTool,
    table: &'static str,
    /// All of its columns, where the name of the table alone is no sign.
    exactly: bool,
    columns: &'static [&'static str],
    /// How many migrations have run.
    count: &'static str,
    /// One that failed half-way, if there is one.
    unfinished: Option<&'static str>,
}

const FORMATS: [Format; 7] = [
    Format {
        tool: OtherTool::Refinery,
        table: "refinery_schema_history",
        exactly: false,
        columns: &["version", "name", "checksum"],
        count: "SELECT count(*) FROM main.refinery_schema_history",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Sqlx,
        table: "_sqlx_migrations",
        exactly: false,
        columns: &["version", "description", "success"],
        count: "SELECT count(*) FROM main._sqlx_migrations",
        unfinished: Some("SELECT version FROM main._sqlx_migrations WHERE NOT success"),
    },
    Format {
        tool: OtherTool::Diesel,
        table: "__diesel_schema_migrations",
        exactly: false,
        columns: &["version", "run_on"],
        count: "SELECT count(*) FROM main.__diesel_schema_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::SeaOrm,
        table: "seaql_migrations",
        exactly: false,
        columns: &["version", "applied_at"],
        count: "SELECT count(*) FROM main.seaql_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Goose,
        table: "goose_db_version",
        exactly: false,
        columns: &["id", "version_id", "is_applied"],
        // A row for each way that was gone: what counts is the newest of a version. The first is of version 0.
        count: "SELECT count(*) FROM main.goose_db_version AS g WHERE version_id > 0 AND is_applied \
                AND id = (SELECT max(id) FROM main.goose_db_version AS n WHERE n.version_id = g.version_id)",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Dbmate,
        table: "schema_migrations",
        exactly: true,
        columns: &["version"],
        count: "SELECT count(*) FROM main.schema_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::GolangMigrate,
        table: "schema_migrations",
        exactly: true,
        columns: &["version", "dirty"],
        // One row, with the number of the newest.
        count: "SELECT CAST(max(version) AS INTEGER) FROM main.schema_migrations",
        unfinished: Some("SELECT version FROM main.schema_migrations WHERE dirty"),
    },
];

/// The history of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherHistory {
    pub(crate) tool: OtherTool,
    /// How many migrations it says have run; golang-migrate keeps the number of the newest.
    pub(crate) ran: i64,
    /// One that failed half-way.
    pub(crate) unfinished: Option<String>,
}

impl OtherHistory {
    /// Reads them all. `user_version` is the application's own as long as nothing says otherwise, so it stands behind them.
    pub(crate) fn read(conn: &Connection, live: &Catalog, history_table: &str) -> rusqlite::Result<Vec<OtherHistory>> {
        let mut found = Vec::new();
        for format in &FORMATS {
            let ours = format.table.eq_ignore_ascii_case(history_table);
            if ours || live.get(Kind::Table, format.table).is_none() || !has_columns(conn, format)? {
                continue;
            }
            let ran = conn.query_row(format.count, [], |row| row.get::<_, Option<i64>>(0))?.unwrap_or_default();
            let unfinished = match format.unfinished {
                Some(sql) => {
                    conn.prepare(sql)?.query_map([], |row| crate::history::lossy(row, 0))?.next().transpose()?.flatten()
                }
                None => None,
            };
            found.push(OtherHistory { tool: format.tool, ran, unfinished });
        }
        let ran = conn.query_row("PRAGMA main.user_version", [], |row| row.get(0))?;
        if found.is_empty() && ran > 0 {
            found.push(OtherHistory { tool: OtherTool::RusqliteMigration, ran, unfinished: None });
        }
        Ok(found)
    }

    /// The position that it says the database is at; `None` where the list has none like it.
    fn position(&self, set: &Set) -> Option<usize> {
        if self.tool == OtherTool::GolangMigrate {
            let number =
                |name: &str| name.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<i64>().ok();
            return set.migrations.iter().position(|m| number(&m.name) == Some(self.ran)).map(|index| index + 1);
        }
        usize::try_from(self.ran).ok().filter(|&ran| ran <= set.migrations.len())
    }

    fn says(&self) -> String {
        match self.tool {
            OtherTool::GolangMigrate => format!("the history of {} ends with {}", self.tool, self.ran),
            OtherTool::RusqliteMigration => format!("`user_version` is {}", self.ran),
            tool => format!(
                "the history of {tool} has {} {}",
                self.ran,
                if self.ran == 1 { "migration" } else { "migrations" }
            ),
        }
    }
}

fn has_columns(conn: &Connection, format: &Format) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare("SELECT lower(name) FROM pragma_table_xinfo(?1, 'main')")?;
    let names: Vec<String> = statement.query_map([format.table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let has = |column: &&str| names.iter().any(|name| name == column);
    Ok(format.columns.iter().all(has) && (!format.exactly || names.len() == format.columns.len()))
}

/// The tool that keeps its history under the name of ours, by its columns.
pub(crate) fn by_columns(columns: &[String]) -> Option<OtherTool> {
    let same = |format: &&Format| {
        columns.len() == format.columns.len() && format.columns.iter().all(|column| columns.iter().any(|c| c == column))
    };
    FORMATS.iter().filter(|format| format.exactly).find(same).map(|format| format.tool)
}

/// What another tool's history says, where it and the schema agree; a refusal where they do not. `None`: there is no such
/// history, or it says nothing of these migrations.
pub(crate) fn decide(set: &Set, found: &Found, wanted: Wanted) -> Result<Option<Decision>, Error> {
    let fits = |position: usize| {
        let schema = Schema::at(set, position).compare(&found.live, &found.known);
        schema.is_same().then_some(schema)
    };
    for history in &found.others {
        if let Some(unfinished) = &history.unfinished {
            let claim = format!("the history of {} says that its migration {unfinished} failed half-way", history.tool);
            let why = "that has to be repaired with that tool first".to_owned();
            return Err(ambiguous(set, found, claim, why, Vec::new()));
        }
    }
    for history in &found.others {
        let at = history.position(set);
        // What the list itself says of migrations that leave no mark counts for more than a number.
        let told = |at: usize| {
            let same = |index: usize| set.fingerprint_at(index + 1) == set.fingerprint_at(at);
            set.migrations.iter().enumerate().any(|(index, migration)| migration.adopt.is_some() && same(index))
        };
        let is_number = history.tool == OtherTool::RusqliteMigration;
        let believed = at.filter(|&at| !(is_number && told(at)));
        if let Some((at, difference)) = believed.and_then(|at| Some((at, fits(at)?))) {
            let evidence = Evidence::OtherHistory(history.tool);
            return Ok(Some(adopted(set, found, wanted, at, evidence, difference)));
        }
        // What `base.sql` holds had a history that began before this list; and a number alone may be about anything.
        let began_before = set.base.is_some() && fits(0).is_some();
        if began_before || is_number {
            continue;
        }
        let why = match at {
            Some(at) => format!("the schema is not that of {}", set.position_name(at)),
            None => format!("this list, of {}, has no such version", set.migrations.len()),
        };
        let mut refusal = ambiguous(set, found, history.says(), why, Vec::new());
        // What that version lacks is the question here, not which other one is nearer.
        if let (Some(at), Error::Ambiguous(ambiguity)) = (at, &mut refusal) {
            let mut difference = Schema::at(set, at).compare(&found.live, &found.known);
            difference.details = details(set, at, &found.live, &difference);
            ambiguity.missing = difference.missing.clone();
            (ambiguity.nearest, ambiguity.difference) = (set.position_name(at), difference);
        }
        return Err(refusal);
    }
    Ok(None)
}

/// Whether nothing is there but histories of other tools, without a migration.
pub(crate) fn is_all(found: &Found) -> bool {
    let is_history = |table: &str| FORMATS.iter().any(|format| format.table.eq_ignore_ascii_case(table));
    let nothing = |history: &OtherHistory| history.ran == 0 && history.unfinished.is_none();
    let histories = !found.others.is_empty() && found.others.iter().all(nothing);
    histories && found.live.iter().all(|entry| is_history(&entry.object.table))
}

impl fmt::Display for OtherTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OtherTool::Refinery => "refinery",
            OtherTool::Sqlx => "sqlx",
            OtherTool::Diesel => "diesel",
            OtherTool::SeaOrm => "SeaORM",
            OtherTool::Goose => "goose",
            OtherTool::Dbmate => "dbmate",
            OtherTool::GolangMigrate => "golang-migrate",
            OtherTool::RusqliteMigration => "rusqlite_migration",
        })
    }
}
