//! A database file for one test, and questions about it.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use migrate::rusqlite::Connection;
use migrate::rusqlite::types::Value;
use starpunk::db::{self, Version};
use starpunk::{Error, Site};
use tempfile::TempDir;

use crate::Result;

pub(crate) const BASE: &str = include_str!("../../migrations/base.sql");
pub(crate) const SCHEMA: &str = include_str!("../../migrations/schema.sql");
pub(crate) const FIRST: &str = include_str!("../../migrations/001_add_code_verifier_to_auth_state.sql");
pub(crate) const SECOND: &str = include_str!("../../migrations/002_secure_tokens_and_authorization_codes.sql");

pub(crate) const NAMES: [&str; 2] =
    ["001_add_code_verifier_to_auth_state.sql", "002_secure_tokens_and_authorization_codes.sql"];

/// Rows that fit the schema from before migrations.
pub(crate) const LEGACY_ROWS: &str = "
    INSERT INTO notes (slug, content, published) VALUES ('hello', 'Hello, web', 1), ('draft', 'Not yet', 0);
    INSERT INTO sessions (session_token_hash, me, expires_at) VALUES ('5e55', 'https://me.example/', '2099-01-01');
    INSERT INTO tokens (token, me) VALUES ('in plain text', 'https://me.example/');
    INSERT INTO auth_state (state, expires_at, redirect_uri) VALUES ('under way', '2099-01-01', '/admin');
";

/// A directory with one database.
pub(crate) struct File {
    dir: TempDir,
}

impl File {
    pub(crate) fn new() -> Result<File> {
        Ok(File { dir: tempfile::tempdir()? })
    }

    /// A database that was made with plain SQL, by something that is not `migrate`.
    pub(crate) fn of(scripts: &[&str]) -> Result<File> {
        let file = File::new()?;
        let conn = file.connect()?;
        conn.pragma_update(None, "synchronous", false)?;
        scripts.iter().try_for_each(|script| conn.execute_batch(script))?;
        Ok(file)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("starpunk.db")
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.path())?)
    }

    /// A connection of our own, to look.
    pub(crate) fn connect(&self) -> Result<Connection> {
        Ok(Connection::open(self.path())?)
    }

    pub(crate) fn is_current(&self) -> Result<bool> {
        Ok(db::is_schema_current(&self.connect()?)?)
    }

    /// Starts the application; the answer is the report.
    pub(crate) fn start(&self) -> std::result::Result<migrate::Report<Version>, Error> {
        Site::open(&self.path()).map(|(_, report)| report)
    }

    /// What the history says: names and origins, in order.
    pub(crate) fn history(&self) -> Result<Vec<String>> {
        self.query("SELECT migration_name || ' ' || origin FROM schema_migrations ORDER BY id")
    }

    /// A query's rows, values joined by a bar.
    pub(crate) fn query(&self, sql: &str) -> Result<Vec<String>> {
        let conn = self.connect()?;
        let mut statement = conn.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| {
                Ok(match row.get(column)? {
                    Value::Null => "NULL".to_owned(),
                    Value::Integer(value) => value.to_string(),
                    Value::Real(value) => value.to_string(),
                    Value::Text(value) => value,
                    Value::Blob(value) => format!("{value:?}"),
                })
            });
            lines.push(values.collect::<Result<Vec<_>>>()?.join("|"));
        }
        Ok(lines)
    }

    /// Every table with its columns, and every index with its own: SQLite's answer, not that of `migrate`.
    pub(crate) fn schema(&self) -> Result<Vec<String>> {
        self.query(
            "SELECT 'table', t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk
                FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.schema = 'main' AND t.name NOT IN ('sqlite_schema', 'schema_migrations')
            UNION ALL
            SELECT 'index', t.name, i.name, c.name, i.\"unique\", i.origin, c.seqno
                FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
                WHERE t.schema = 'main' AND t.name <> 'schema_migrations'
            ORDER BY 1, 2, 3, 4",
        )
    }

    /// The rows that were there before migrations, and outlive them.
    pub(crate) fn kept_rows(&self) -> Result<Vec<String>> {
        let mut rows = self.query("SELECT id, slug, content, published FROM notes ORDER BY id")?;
        rows.extend(self.query("SELECT session_token_hash, me, expires_at FROM sessions")?);
        rows.extend(self.query("SELECT state, expires_at, redirect_uri FROM auth_state")?);
        Ok(rows)
    }

    /// What every start must end with, whatever there was before: the schema of a new database, and each migration once.
    #[track_caller]
    pub(crate) fn assert_current(&self) -> Result {
        assert_eq!(&self.schema()?, current_schema()?);
        assert_eq!(self.query("SELECT migration_name FROM schema_migrations ORDER BY id")?, NAMES);
        assert!(self.is_current()?);
        let status = db::MIGRATIONS.status(&self.connect()?)?;
        assert!(status.difference().is_same() && status.refusal().is_none(), "{status}");
        Ok(())
    }
}

/// The schema that `schema.sql` makes, where nothing else runs.
fn current_schema() -> Result<&'static Vec<String>> {
    static SCHEMA_ALONE: OnceLock<Vec<String>> = OnceLock::new();
    match SCHEMA_ALONE.get() {
        Some(schema) => Ok(schema),
        None => {
            let schema = File::of(&[SCHEMA])?.schema()?;
            Ok(SCHEMA_ALONE.get_or_init(|| schema))
        }
    }
}

/// The rows of [`LEGACY_ROWS`] that outlive the migrations: all but the token.
pub(crate) fn kept_rows() -> [&'static str; 4] {
    ["1|hello|Hello, web|1", "2|draft|Not yet|0", "5e55|https://me.example/|2099-01-01", "under way|2099-01-01|/admin"]
}
