//! A shop: its orders, and the messages about them, which a library keeps.

use std::path::Path;

use migrate::rusqlite::{self, Connection};

/// The schema and its history: the shop's own, not the library's.
pub mod db {
    migrate::migrations!("migrations");
}

/// Opens the shop's file.
pub fn open(path: &Path) -> Result<Connection, Box<dyn std::error::Error + Send + Sync>> {
    let mut conn = Connection::open(path)?;
    db::MIGRATIONS.run(&mut conn)?;
    outbox::install(&mut conn)?;
    Ok(conn)
}

/// Takes an order, and the message about it: both, or neither.
pub fn order(conn: &mut Connection, article: &str, count: u32) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    transaction.execute("INSERT INTO orders (article, count) VALUES (?1, ?2)", (article, count))?;
    outbox::put(&transaction, &format!("{count} × {article} ordered"))?;
    transaction.commit()
}
