//! Messages that are to be sent, in the same file, and so in the same transactions, as what they are about.
//!
//! The tables are this library's own, and so are their migrations. All that an application has to do is to call [`install`]
//! when it starts; whether before its own migrations or after them makes no difference.

use migrate::rusqlite::{self, Connection};

mod db {
    migrate::migrations!("migrations");
}

/// The tables could not be made, or brought to what this release of the library needs.
///
/// An error of its own: which tool the library uses for this, and which release of it, is nobody else's business.
#[derive(Debug)]
pub struct InstallError(migrate::Error);

impl std::fmt::Display for InstallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "outbox: {}", self.0)
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Makes the tables of this library, or brings those of an older release of it to what this one needs.
///
/// # Errors
///
/// [`InstallError`]; the file is then as it was.
pub fn install(conn: &mut Connection) -> Result<(), InstallError> {
    db::MIGRATIONS.run(conn).map(drop).map_err(InstallError)
}

/// Puts a message into the box; in a transaction of the caller's, if there is one.
///
/// # Errors
///
/// SQLite's.
pub fn put(conn: &Connection, body: &str) -> rusqlite::Result<()> {
    conn.execute("INSERT INTO outbox_messages (body) VALUES (?1)", [body]).map(drop)
}

/// The message that has been tried least often, counted as tried once more.
///
/// # Errors
///
/// SQLite's; `QueryReturnedNoRows` where the box is empty.
pub fn next(conn: &Connection) -> rusqlite::Result<(i64, String)> {
    let sql = "UPDATE outbox_messages SET attempts = attempts + 1
               WHERE id = (SELECT id FROM outbox_messages ORDER BY attempts, id LIMIT 1) RETURNING id, body";
    conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}
