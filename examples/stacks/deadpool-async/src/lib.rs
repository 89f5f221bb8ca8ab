//! Tasks, in a pool of deadpool under tokio.

use std::path::Path;

use deadpool_sqlite::{Config, Hook, HookError, InteractError, Pool, Runtime};
use migrate::Report;
use migrate::rusqlite::{self, Connection};

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// Why there is no pool, or why a query was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be brought to the current schema. The message says why, and in which state it is.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// There is no connection.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// What was to be done on a connection panicked, or the runtime ended.
    #[error("interrupted: {0}")]
    Interrupted(String),
}

impl From<InteractError> for Error {
    fn from(error: InteractError) -> Error {
        // It may hold the payload of a panic, which is not `Sync`: as it is, neither `Box<dyn Error + Send + Sync>` nor
        // `anyhow` take it.
        Error::Interrupted(error.to_string())
    }
}

impl From<deadpool_sqlite::PoolError> for Error {
    fn from(error: deadpool_sqlite::PoolError) -> Error {
        Error::NoConnection(error.to_string())
    }
}

/// Makes the pool, and migrates on its first connection before anybody else has the pool.
pub async fn open(path: &Path) -> Result<(Pool, Report<db::Version>), Error> {
    let pool = Config::new(path)
        .builder(Runtime::Tokio1)
        .expect("a path is all the configuration there is")
        .post_create(Hook::async_fn(|conn, _| {
            Box::pin(async move {
                let done = conn.interact(|conn| settings(conn)).await;
                done.map_err(|error| HookError::message(error.to_string()))?.map_err(HookError::Backend)
            })
        }))
        .build()
        .map_err(|error| Error::NoConnection(error.to_string()))?;
    let report = migrate(&pool).await?;
    Ok((pool, report))
}

/// `interact` runs it on a thread for blocking work, so a long migration, or a wait for another process, holds up nothing
/// else. The first `?` is deadpool's, the second is for the error of the migrations, as it is.
async fn migrate(pool: &Pool) -> Result<Report<db::Version>, Error> {
    let conn = pool.get().await?;
    let report = conn.interact(|conn| db::MIGRATIONS.run(conn)).await??;
    Ok(report)
}

/// What each connection of the pool gets.
fn settings(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "foreign_keys", true)
}

/// Writes a task down.
pub async fn add(pool: &Pool, title: String, priority: i64) -> Result<(), Error> {
    let conn = pool.get().await?;
    let sql = "INSERT INTO tasks (title, priority) VALUES (?1, ?2)";
    conn.interact(move |conn| conn.execute(sql, (title, priority))).await??;
    Ok(())
}

/// The titles of all tasks, the most urgent first.
pub async fn list(pool: &Pool) -> Result<Vec<String>, Error> {
    let conn = pool.get().await?;
    let titles = |conn: &mut Connection| {
        let mut tasks = conn.prepare("SELECT title FROM tasks ORDER BY priority DESC, id")?;
        tasks.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()
    };
    Ok(conn.interact(titles).await??)
}
