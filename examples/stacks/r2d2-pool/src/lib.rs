//! Visitors are counted by many threads, through a pool of connections.

use std::path::Path;
use std::time::Duration;

use migrate::Report;
use r2d2::{CustomizeConnection, Pool};
use r2d2_sqlite::SqliteConnectionManager;
use r2d2_sqlite::rusqlite::{self, Connection, TransactionBehavior};

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// The pool that the rest of the application has.
pub type Connections = Pool<SqliteConnectionManager>;

/// Brings the file to the current schema, and then makes the pool: whoever has a pool has the schema.
pub fn open(path: &Path) -> anyhow::Result<(Connections, Report<db::Version>)> {
    let report = migrate(path)?;
    let manager = SqliteConnectionManager::file(path);
    let pool = Pool::builder().max_size(8).connection_customizer(Box::new(Settings)).build(manager)?;
    Ok((pool, report))
}

/// On a connection of its own, which is closed again: an error is then one of `migrate`, said once and at once.
fn migrate(path: &Path) -> anyhow::Result<Report<db::Version>> {
    let mut conn = Connection::open(path)?;
    // The journal mode is a property of the file, and changing it needs the file for a moment. So it is set here, once, and after
    // the migrations: before them it is not certain that the file is ours.
    let report = db::migrator().wal(true).run(&mut conn)?;
    Ok(report)
}

/// What each connection of the pool gets. This runs whenever the pool opens one, also in the middle of the day while others
/// write: settings of the connection, functions and collations, but nothing that locks or changes the file.
#[derive(Debug)]
struct Settings;

impl CustomizeConnection<Connection, rusqlite::Error> for Settings {
    fn on_acquire(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        conn.busy_timeout(Duration::from_secs(10))?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "synchronous", "NORMAL")
    }
}

/// Counts a visit.
pub fn visit(pool: &Connections, name: &str) -> anyhow::Result<()> {
    let mut conn = pool.get()?;
    // A transaction that reads first and then writes could not wait for its turn; this one waits at its beginning.
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("INSERT OR IGNORE INTO visitors (name) VALUES (?1)", [name])?;
    transaction.execute("INSERT INTO visits (visitor_id) SELECT id FROM visitors WHERE name = ?1", [name])?;
    Ok(transaction.commit()?)
}

/// How many visits there were, by how many visitors.
pub fn count(pool: &Connections) -> anyhow::Result<(u32, u32)> {
    let sql = "SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM visitors)";
    Ok(pool.get()?.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
