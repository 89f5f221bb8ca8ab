//! Notes in a page of a browser, or in Node.

use migrate::rusqlite::{self, Connection};
use wasm_bindgen::prelude::*;

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// Notes, as JavaScript has them.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Notes {
    conn: Connection,
    report: String,
}

#[wasm_bindgen]
impl Notes {
    /// Opens a database of the VFS that is registered, and brings it to the current schema. An error says in which state it is.
    #[wasm_bindgen(constructor)]
    pub fn open(path: &str) -> Result<Notes, JsError> {
        let mut conn = Connection::open(path)?;
        let report = db::MIGRATIONS.run(&mut conn)?.to_string();
        Ok(Notes { conn, report })
    }

    /// What the start did.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> String {
        self.report.clone()
    }

    /// Whether the schema is the current one.
    pub fn is_current(&self) -> Result<bool, JsError> {
        Ok(db::is_schema_current(&self.conn)?)
    }

    /// Writes one down.
    pub fn add(&self, title: &str, tag: &str) -> Result<(), JsError> {
        let sql = "INSERT INTO notes (title, length) VALUES (?1, length(?1))";
        self.conn.execute(sql, [title])?;
        self.conn.execute("INSERT INTO tags (note_id, name) VALUES (last_insert_rowid(), ?1)", [tag])?;
        Ok(())
    }

    /// All of them, with their tags.
    pub fn list(&self) -> Result<Vec<String>, JsError> {
        let sql = "SELECT title || ' (' || length || '): ' || name FROM notes JOIN tags ON note_id = notes.id ORDER BY notes.id";
        let mut notes = self.conn.prepare(sql)?;
        let notes = notes.query_map([], |row| row.get(0))?;
        Ok(notes.collect::<rusqlite::Result<_>>()?)
    }
}

/// Leaves a database as the first release did, with a note in it.
#[wasm_bindgen]
pub fn first_release(path: &str) -> Result<String, JsError> {
    let mut conn = Connection::open(path)?;
    let report = db::migrator().target(db::Version::CreateNotes).run(&mut conn)?;
    conn.execute_batch("INSERT INTO notes VALUES (1, 'tea'); INSERT INTO tags VALUES (1, 'green')")?;
    Ok(report.to_string())
}
