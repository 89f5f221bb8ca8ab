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
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{Evidence, OtherTool, Outcome};
///
/// // What rusqlite_migration leaves after the first migration.
/// conn.execute_batch(
///     "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, draft INTEGER NOT NULL DEFAULT 0);
///      PRAGMA user_version = 1",
/// )?;
/// let report = db::MIGRATIONS.run(&mut conn)?;
/// assert_eq!(report.outcome(), Outcome::Adopted(Evidence::OtherHistory(OtherTool::RusqliteMigration)));
/// # Ok(())
/// # }
/// ```
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
    /// `PRAGMA user_version`, which applications that migrate themselves use in the same way
    RusqliteMigration,
}

/// Where a tool keeps its history, and how it is read.
struct Format {
    tool: OtherTool,
    table: &'static str,
    /// All of its columns, where the name of the table alone is no sign.
    exactly: bool,
    columns: &'static [&'static str],
    /// Which migrations have run.
    versions: &'static str,
    /// One that failed half-way, if there is one.
    unfinished: Option<&'static str>,
}

const FORMATS: [Format; 7] = [
    Format {
        tool: OtherTool::Refinery,
        table: "refinery_schema_history",
        exactly: false,
        columns: &["version", "name", "checksum"],
        versions: "SELECT version FROM main.refinery_schema_history",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Sqlx,
        table: "_sqlx_migrations",
        exactly: false,
        columns: &["version", "description", "success"],
        versions: "SELECT version FROM main._sqlx_migrations",
        unfinished: Some("SELECT version FROM main._sqlx_migrations WHERE NOT success"),
    },
    Format {
        tool: OtherTool::Diesel,
        table: "__diesel_schema_migrations",
        exactly: false,
        columns: &["version", "run_on"],
        versions: "SELECT version FROM main.__diesel_schema_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::SeaOrm,
        table: "seaql_migrations",
        exactly: false,
        columns: &["version", "applied_at"],
        versions: "SELECT version FROM main.seaql_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Goose,
        table: "goose_db_version",
        exactly: false,
        columns: &["id", "version_id", "is_applied"],
        // A row for each way that was gone: what counts is the newest of a version. The first is of version 0.
        versions: "SELECT version_id FROM main.goose_db_version AS g WHERE version_id > 0 AND is_applied \
                AND id = (SELECT max(id) FROM main.goose_db_version AS n WHERE n.version_id = g.version_id)",
        unfinished: None,
    },
    Format {
        tool: OtherTool::Dbmate,
        table: "schema_migrations",
        exactly: true,
        columns: &["version"],
        versions: "SELECT version FROM main.schema_migrations",
        unfinished: None,
    },
    Format {
        tool: OtherTool::GolangMigrate,
        table: "schema_migrations",
        exactly: true,
        columns: &["version", "dirty"],
        // One row, with the number of the newest.
        versions: "SELECT CAST(max(version) AS INTEGER) FROM main.schema_migrations",
        unfinished: Some("SELECT version FROM main.schema_migrations WHERE dirty"),
    },
];

/// The history of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherHistory {
    pub(crate) tool: OtherTool,
    /// How many migrations it says have run; golang-migrate keeps the number of the newest.
    pub(crate) ran: i64,
    /// Which, as it names them; none of `user_version`.
    versions: Vec<String>,
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
            let texts = |sql: &str| -> rusqlite::Result<Vec<Option<String>>> {
                conn.prepare(sql)?.query_map([], |row| crate::history::lossy(row, 0))?.collect()
            };
            let versions = texts(format.versions)?;
            let ran = match format.tool {
                OtherTool::GolangMigrate => {
                    versions.iter().flatten().find_map(|number| number.parse().ok()).unwrap_or(0)
                }
                _ => i64::try_from(versions.len()).unwrap_or(i64::MAX),
            };
            let unfinished = format.unfinished.map(texts).transpose()?.unwrap_or_default().into_iter().flatten().next();
            found.push(OtherHistory {
                tool: format.tool,
                ran,
                versions: versions.into_iter().flatten().collect(),
                unfinished,
            });
        }
        let ran = conn.query_row("PRAGMA main.user_version", [], |row| row.get(0))?;
        if found.is_empty() && ran > 0 {
            found.push(OtherHistory {
                tool: OtherTool::RusqliteMigration,
                ran,
                versions: Vec::new(),
                unfinished: None,
            });
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

    /// Why its migrations are not the first ones of the list, though they may be as many: another branch's are in it, or one of
    /// the list is left out. Where no version of the two is the same, the files were named anew, and there is nothing to compare.
    fn against(&self, set: &Set) -> Option<String> {
        let tool = self.tool;
        if tool == OtherTool::GolangMigrate {
            return None;
        }
        let versions: Vec<Option<String>> = self.versions.iter().map(|version| key(tool, version)).collect();
        let listed: Vec<Option<String>> = set.migrations.iter().map(|m| key(tool, &m.name)).collect();
        if !listed.iter().flatten().any(|listed| versions.iter().flatten().any(|version| version == listed)) {
            return None;
        }
        if let Some(at) = versions.iter().position(|version| !listed.contains(version)) {
            return Some(format!("its migration {} is not in this list", self.versions[at]));
        }
        let ran = listed.iter().take(versions.len());
        let left_out = ran.zip(set.migrations.iter()).find(|(listed, _)| !versions.contains(listed));
        left_out.map(|(_, migration)| format!("`{}` is not in it, and a later one is", migration.name))
    }

    fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.tool != OtherTool::RusqliteMigration
    }

    fn says(&self) -> String {
        match self.tool {
            tool if self.is_empty() => format!("the history of {tool} is empty"),
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

/// A version as the tool's table has it, or the name of a file, reduced to what the two have in common: `20240101000000` of
/// `2024-01-01-000000_create.sql`, `1` of `V1__create.sql`.
fn key(tool: OtherTool, name: &str) -> Option<String> {
    if tool == OtherTool::SeaOrm {
        return Some(name.strip_suffix(".sql").unwrap_or(name).to_owned());
    }
    let number = name.strip_prefix(['V', 'U']).unwrap_or(name);
    let end = number.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(number.len());
    let digits = number[..end].replace('-', "");
    (!digits.is_empty()).then(|| digits.trim_start_matches('0').to_owned())
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
            let tool = history.tool;
            let claim = format!("the database has the history of {tool}");
            let why = format!(
                "it says that migration {unfinished} failed half-way, which has to be repaired with {tool} first"
            );
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
        let against = history.against(set);
        let believed = at.filter(|&at| against.is_none() && !(is_number && told(at)));
        if let Some((at, difference)) = believed.and_then(|at| Some((at, fits(at)?))) {
            let evidence = Evidence::OtherHistory(history.tool);
            return Ok(Some(adopted(set, found, wanted, at, evidence, difference)));
        }
        // What `base.sql` holds had a history that began before this list; and a number alone may be about anything.
        let began_before = set.base.is_some() && fits(0).is_some();
        if began_before || is_number {
            continue;
        }
        let at = at.filter(|_| against.is_none() && !history.is_empty());
        let why = match (against, at) {
            (Some(against), _) => against,
            (None, Some(at)) => format!("the schema is not that of {}", set.position_name(at)),
            (None, None) if history.is_empty() => "the database holds objects of these migrations".to_owned(),
            (None, None) => format!("this list, of {}, has no such version", set.migrations.len()),
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

/// The tables that other tools keep their histories in.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.table)
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
