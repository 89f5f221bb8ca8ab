//! Notes in a single SQLite file.
//!
//! [`Notes::open`] is where migrations come in: whatever release wrote the file, after it the schema is the one that
//! the rest of this code was written for.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("notes.db");
//! let (notes, report) = notes::Notes::open(&path)?;
//! println!("{report}");
//!
//! let id = notes.add("Bread", "flour water salt")?;
//! assert_eq!(notes.search(&["water"])?[0].id, id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod words;

use std::path::Path;

use migrate::rusqlite::{Connection, Row, params, params_from_iter};
use migrate::{Event, Observer, Report};

pub use error::Error;

/// The schema and its history.
pub mod db {
    migrate::migrations! {
        "migrations",
        after = { "006_count_words" => crate::words::count_all },
    }
}

/// An open file of notes.
#[derive(Debug)]
pub struct Notes {
    conn: Connection,
}

/// A note, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Its tags, in the order of the alphabet.
    pub tags: Vec<String>,
    /// The number of words in title and body.
    pub words: i64,
    /// When it was last changed (UTC).
    pub updated_at: String,
}

impl Notes {
    /// Opens a file, makes it if it is not there, and brings it to the current schema. The report says what was done.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`] where the file cannot be opened, [`Error::Migrate`] where it is not a file of notes, or one of a
    /// newer release; it is then as it was.
    pub fn open(path: &Path) -> Result<(Notes, Report<db::Version>), Error> {
        Notes::open_watched(path, &|_: &Event<'_>| ())
    }

    /// As [`Notes::open`], telling somebody what happens while it happens.
    ///
    /// # Errors
    ///
    /// Those of [`Notes::open`].
    pub fn open_watched(path: &Path, observer: &dyn Observer) -> Result<(Notes, Report<db::Version>), Error> {
        let mut conn = Connection::open(path)?;
        let report = db::migrator().observer(observer).run(&mut conn)?;
        // On in the SQLite that is bundled, and off in most others.
        conn.pragma_update(None, "foreign_keys", true)?;
        Ok((Notes { conn }, report))
    }

    /// Writes a note; the answer is its number.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn add(&self, title: &str, body: &str) -> Result<i64, Error> {
        let sql = "INSERT INTO notes (title, body, words) VALUES (?1, ?2, ?3)";
        self.conn.execute(sql, params![title, body, words::count(title) + words::count(body)])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Gives a note a tag; one that it has already changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchNote`], and SQLite's.
    pub fn tag(&mut self, id: i64, tag: &str) -> Result<(), Error> {
        let transaction = self.conn.transaction()?;
        let found = transaction.execute("UPDATE notes SET updated_at = CURRENT_TIMESTAMP WHERE id = ?1", [id])?;
        if found == 0 {
            return Err(Error::NoSuchNote(id));
        }
        transaction.execute("INSERT OR IGNORE INTO tags (note_id, name) VALUES (?1, ?2)", params![id, tag])?;
        Ok(transaction.commit()?)
    }

    /// All notes, the one that was changed last first.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn list(&self) -> Result<Vec<Note>, Error> {
        self.notes("ORDER BY updated_at DESC, id DESC", &[])
    }

    /// The notes that have all of these words in title or body, the best match first.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn search<S: AsRef<str>>(&self, words: &[S]) -> Result<Vec<Note>, Error> {
        // In quotes nothing is an operator of FTS5's query language.
        let quoted: Vec<String> =
            words.iter().map(|word| format!("\"{}\"", word.as_ref().replace('"', "\"\""))).collect();
        let rest = "JOIN notes_search ON notes_search.rowid = notes.id WHERE notes_search MATCH ?1 ORDER BY rank";
        self.notes(rest, &[&quoted.join(" ")])
    }

    fn notes(&self, rest: &str, parameters: &[&str]) -> Result<Vec<Note>, Error> {
        let mut notes = self
            .conn
            .prepare(&format!("SELECT notes.id, notes.title, notes.words, notes.updated_at FROM notes {rest}"))?;
        let mut tags = self.conn.prepare("SELECT name FROM tags WHERE note_id = ?1 ORDER BY name")?;
        let note = |row: &Row<'_>| {
            let id = row.get(0)?;
            let tags = tags.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(Note { id, title: row.get(1)?, tags, words: row.get(2)?, updated_at: row.get(3)? })
        };
        let found = notes.query_map(params_from_iter(parameters), note)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
