//! Files as a tool and its application leave them.

use std::path::{Path, PathBuf};

use migrate::rusqlite::Connection;
use switching::{Peer, lines};
use tempfile::TempDir;

use crate::Result;

/// A database file in a directory of its own.
pub(crate) struct File {
    _dir: TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn new() -> Result<File> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("library.db");
        Ok(File { _dir: dir, path })
    }

    /// The tool brings it to one version after the other, and the application writes rows at each.
    pub(crate) fn at(peer: &Peer, version: usize) -> Result<File> {
        let file = File::new()?;
        for version in 0..=version {
            (peer.bring)(&file.path, version)?;
            write(&file.connect()?, version)?;
        }
        Ok(file)
    }

    /// As [`File::at`], with something done to it.
    pub(crate) fn with(peer: &Peer, version: usize, sql: &str) -> Result<File> {
        let file = File::at(peer, version)?;
        file.connect()?.execute_batch(sql)?;
        Ok(file)
    }

    pub(crate) fn connect(&self) -> Result<Connection> {
        connect(&self.path)
    }
}

pub(crate) fn connect(path: &Path) -> Result<Connection> {
    Ok(Connection::open(path)?)
}

/// What the application writes at a version: an author with two books, one of them with a name that has to be kept as it is.
pub(crate) fn write(conn: &Connection, version: usize) -> Result {
    if version == 0 {
        return Ok(());
    }
    conn.execute("INSERT INTO author (id, name) VALUES (?1, 'O''Brien ' || ?1)", [number(version)])?;
    conn.execute("INSERT INTO book (author, title) VALUES (?1, 'one'), (?1, 'two -- '';')", [number(version)])?;
    if version >= 2 {
        conn.execute("UPDATE book SET year = 1990 + ?1 WHERE author = ?1 AND title = 'one'", [number(version)])?;
    }
    Ok(())
}

fn number(version: usize) -> u32 {
    u32::try_from(version).expect("a small number")
}

/// The rows of the application, in the columns that every version has.
pub(crate) fn rows(conn: &Connection) -> Result<String> {
    Ok(lines(conn, "SELECT id, name FROM author ORDER BY id")?
        + &lines(conn, "SELECT id, author, title FROM book ORDER BY id")?)
}

/// The schema but for histories: definitions as SQLite keeps them, and what its pragmas make of them.
pub(crate) fn schema(conn: &Connection) -> Result<String> {
    let mut text = lines(
        conn,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name IN ('author', 'book', 'shelf') ORDER BY type, name",
    )?;
    for table in ["author", "book", "shelf"] {
        text += &lines(conn, &format!("SELECT * FROM pragma_table_xinfo('{table}')"))?;
        text += &lines(conn, &format!("SELECT * FROM pragma_foreign_key_list('{table}')"))?;
        text += &lines(conn, &format!("SELECT * FROM pragma_index_list('{table}')"))?;
    }
    Ok(text)
}

/// Everything: the whole schema and every row of every table.
pub(crate) fn everything(conn: &Connection) -> Result<String> {
    let mut text = lines(conn, "SELECT * FROM sqlite_schema ORDER BY rowid")?;
    let mut statement = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    for table in statement.query_map([], |row| row.get::<_, String>(0))? {
        text += &lines(conn, &format!("SELECT * FROM \"{}\"", table?))?;
    }
    Ok(text + &lines(conn, "PRAGMA user_version")?)
}
