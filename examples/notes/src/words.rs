//! Counting words, and the Rust step that did so for the notes that were there before it.

use migrate::rusqlite::{Connection, Result, params};

/// The number of words in a text.
pub(crate) fn count(text: &str) -> i64 {
    text.split_whitespace().fold(0, |words, _| words + 1)
}

/// Counts the words of every note: the step after `006_count_words.sql`, in the same transaction.
pub(crate) fn count_all(conn: &Connection) -> Result<()> {
    let mut notes = conn.prepare("SELECT id, title, body FROM notes")?;
    let mut update = conn.prepare("UPDATE notes SET words = ?2 WHERE id = ?1")?;
    let mut rows = notes.query([])?;
    while let Some(row) = rows.next()? {
        let (id, title, body): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        update.execute(params![id, count(&title) + count(&body)])?;
    }
    Ok(())
}
