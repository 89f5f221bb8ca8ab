//! Articles and their prices: first as text, then in cents, which a Rust step makes of it.

use migrate::rusqlite::{Connection, Result};

/// The schema and its history.
pub mod db {
    migrate::migrations! {
        "migrations",
        after = { "002_add_cents" => crate::fill_cents },
    }
}

/// The step after `002_add_cents.sql`. It does what a step should not do: it panics where a row is not as it was expected to be.
fn fill_cents(conn: &Connection) -> Result<()> {
    let mut articles = conn.prepare("SELECT id, price FROM articles ORDER BY id")?;
    let mut update = conn.prepare("UPDATE articles SET cents = ?2 WHERE id = ?1")?;
    let mut rows = articles.query([])?;
    while let Some(row) = rows.next()? {
        let (id, price): (i64, String) = (row.get(0)?, row.get(1)?);
        let euros: f64 = price.parse().expect("a price is a number");
        update.execute((id, (euros * 100.0).round() as i64))?;
    }
    Ok(())
}
