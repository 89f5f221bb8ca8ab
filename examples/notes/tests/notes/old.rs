//! Databases as older releases left them: made by the migrations up to theirs, filled with the SQL of their time.

use std::path::Path;

use migrate::rusqlite::Connection;
use notes::db::{self, Version};

use crate::Result;
use crate::dump::Rows;

/// A database at a version, with rows.
pub(crate) fn make(path: &Path, version: Version) -> Result<Connection> {
    let mut conn = Connection::open(path)?;
    db::migrator().target(version).run(&mut conn)?;
    fill(&conn, version)?;
    Ok(conn)
}

/// The rows, as far as a version has places for them.
pub(crate) fn fill(conn: &Connection, version: Version) -> Result {
    conn.execute_batch(
        "INSERT INTO notes (id, title, body, created_at) VALUES
            (1, 'Bread', 'flour water salt and time', '2025-01-01 10:00:00'),
            (2, 'Tea', '', '2025-02-02 11:11:11'),
            (40, 'Ünïcode', 'it''s \"here\",' || char(10) || 'and there', '2025-03-03 12:12:12');",
    )?;
    if version >= Version::AddTags {
        conn.execute_batch("INSERT INTO tags (note_id, name) VALUES (1, 'food'), (1, 'to-do'), (40, 'food');")?;
    }
    if version >= Version::AddUpdatedAt {
        conn.execute_batch("UPDATE notes SET updated_at = created_at;")?;
    }
    if version >= Version::CountWords {
        conn.execute_batch("UPDATE notes SET words = CASE id WHEN 1 THEN 6 WHEN 2 THEN 1 ELSE 5 END;")?;
    }
    Ok(())
}

/// What of the rows of the newest version an older one can have had.
pub(crate) fn without_later(rows: &Rows, version: Version) -> Rows {
    let mut rows = rows.clone();
    if version < Version::AddTags {
        rows.insert("tags".to_owned(), Vec::new());
    }
    rows
}
