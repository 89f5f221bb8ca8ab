//! The runner in Python that this project descends from: a table of three columns, named as ours, with the files' names.

use std::path::Path;

use migrate::rusqlite::Connection;

use crate::{Result, by_hand};

/// Brings a file from nothing to this many migrations.
pub fn bring(path: &Path, count: usize) -> Result<()> {
    let mut conn = Connection::open(path)?;
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            migration_name TEXT UNIQUE NOT NULL,
            applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        );
        CREATE INDEX IF NOT EXISTS idx_schema_migrations_name ON schema_migrations(migration_name);",
    )?;
    for (name, sql) in NAMES.iter().zip(by_hand::before::STEPS).take(count) {
        let tx = conn.transaction()?;
        tx.execute_batch(sql)?;
        tx.execute("INSERT INTO schema_migrations (migration_name) VALUES (?)", [name])?;
        tx.commit()?;
    }
    Ok(())
}

const NAMES: [&str; crate::COUNT] = [
    "001_create_library.sql",
    "002_add_year.sql",
    "003_fill_year.sql",
    "004_rebuild_author.sql",
    "005_index_books.sql",
    "006_add_shelf.sql",
];
