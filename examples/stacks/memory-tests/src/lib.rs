//! A shop's database, whose tests each have one of their own.

use migrate::rusqlite::{Connection, Result};

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
}

impl Store {
    /// Brings a database to the current schema: a file when the application starts, one in memory in each of its tests.
    ///
    /// # Errors
    ///
    /// Those of a run.
    pub fn new(mut conn: Connection) -> std::result::Result<Store, migrate::Error> {
        db::MIGRATIONS.run(&mut conn)?;
        Ok(Store { conn })
    }

    /// Adds an article to what is sold.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn add_article(&self, name: &str, cents: i64, stock: i64) -> Result<i64> {
        let sql = "INSERT INTO articles (name, cents, stock) VALUES (?1, ?2, ?3)";
        self.conn.execute(sql, (name, cents, stock))?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Takes an order of one article; the answer is what it costs.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn order(&mut self, customer: &str, article: i64, count: i64) -> Result<i64> {
        let transaction = self.conn.transaction()?;
        transaction.execute("INSERT INTO customers (name) VALUES (?1)", [customer])?;
        transaction.execute(
            "INSERT INTO orders (customer_id, day) VALUES (?1, date('now'))",
            [transaction.last_insert_rowid()],
        )?;
        let order = transaction.last_insert_rowid();
        transaction
            .execute("INSERT INTO lines (order_id, article_id, count) VALUES (?1, ?2, ?3)", [order, article, count])?;
        let cents = transaction.query_row("SELECT cents FROM totals WHERE order_id = ?1", [order], |row| row.get(0))?;
        transaction.commit()?;
        Ok(cents)
    }

    /// How many there are of an article.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn stock(&self, article: i64) -> Result<i64> {
        self.conn.query_row("SELECT stock FROM articles WHERE id = ?1", [article], |row| row.get(0))
    }
}
