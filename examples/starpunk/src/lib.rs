//! The logins and tokens of a small IndieWeb CMS, whose first releases had no migrations.
//!
//! Databases of four kinds are in use: those from before migrations (`base.sql`), those from the middle of the way,
//! those that are current, and new ones. [`Site::open`] brings each to the current schema, or leaves it as it was.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("starpunk.db");
//! let (site, report) = starpunk::Site::open(&path)?;
//! println!("{report}");
//!
//! let token = site.issue_token("https://me.example/", "https://client.example/", "create")?;
//! assert_eq!(site.token_owner(&token)?.as_deref(), Some("https://me.example/"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;

use std::path::Path;

use hmac_sha256::Hash;
use migrate::Report;
use migrate::rusqlite::{Connection, OptionalExtension, params};

pub use error::Error;

/// The schema and its history.
pub mod db {
    migrate::migrations! {
        "migrations",
        markers = [
            column auth_state.code_verifier,
            no column tokens.token,
            column tokens.token_hash,
            table authorization_codes,
            index idx_tokens_expires,
            index idx_tokens_me,
            index idx_authorization_codes_expires,
        ],
    }
}

/// An open site.
#[derive(Debug)]
pub struct Site {
    conn: Connection,
}

/// What was remembered of a login while the user was away to prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The secret that completes PKCE.
    pub code_verifier: String,
    /// Where to go afterwards.
    pub redirect_uri: Option<String>,
}

impl Site {
    /// Opens a database and brings it to the current schema. The report says what was done.
    ///
    /// # Errors
    ///
    /// [`Error::Migrate`] where the database fits no version, or was written by a newer release; it is then as it was.
    pub fn open(path: &Path) -> Result<(Site, Report<db::Version>), Error> {
        let mut conn = Connection::open(path)?;
        let report = db::MIGRATIONS.run(&mut conn)?;
        Ok((Site { conn }, report))
    }

    /// Remembers a login that begins; it may take ten minutes.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn begin_login(&self, state: &str, login: &Login) -> Result<(), Error> {
        let sql = "INSERT INTO auth_state (state, expires_at, redirect_uri, code_verifier) \
                   VALUES (?1, datetime('now', '+10 minutes'), ?2, ?3)";
        self.conn.execute(sql, params![state, login.redirect_uri, login.code_verifier])?;
        Ok(())
    }

    /// Takes back what was remembered; each state can be used once, and only in time.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn finish_login(&self, state: &str) -> Result<Option<Login>, Error> {
        let sql = "DELETE FROM auth_state WHERE state = ?1 \
                   RETURNING code_verifier, redirect_uri, expires_at > CURRENT_TIMESTAMP";
        let row = self.conn.query_row(sql, [state], |row| {
            let login = Login { code_verifier: row.get(0)?, redirect_uri: row.get(1)? };
            Ok(row.get::<_, bool>(2)?.then_some(login))
        });
        Ok(row.optional()?.flatten())
    }

    /// Makes a token that is good for ninety days. Only its hash is kept.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn issue_token(&self, me: &str, client_id: &str, scope: &str) -> Result<String, Error> {
        let token: String = self.conn.query_row("SELECT hex(randomblob(32))", [], |row| row.get(0))?;
        let sql = "INSERT INTO tokens (token_hash, me, client_id, scope, expires_at) \
                   VALUES (?1, ?2, ?3, ?4, datetime('now', '+90 days'))";
        self.conn.execute(sql, params![hash(&token), me, client_id, scope])?;
        Ok(token)
    }

    /// Whose token this is; `None` where it is nobody's, or not good any longer.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn token_owner(&self, token: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT me FROM tokens \
                   WHERE token_hash = ?1 AND expires_at > CURRENT_TIMESTAMP AND revoked_at IS NULL";
        Ok(self.conn.query_row(sql, [hash(token)], |row| row.get(0)).optional()?)
    }
}

fn hash(token: &str) -> String {
    Hash::hash(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
