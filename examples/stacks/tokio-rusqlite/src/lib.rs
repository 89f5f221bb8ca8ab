//! Readings of sensors, on one connection that has a thread of its own.

use std::path::PathBuf;

use migrate::{Event, Report};
use tokio::sync::mpsc::UnboundedSender;
use tokio_rusqlite::{Connection, rusqlite};

/// The schema and its history.
pub mod db {
    migrate::migrations!("migrations");
}

/// What a run tells the rest of the application while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What runs now.
    pub name: String,
    /// Which of how many.
    pub number: usize,
    /// How many there are.
    pub total: usize,
}

/// Why the file could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// The file cannot be brought to the current schema.
    Migrate(migrate::Error),
    /// The thread of the connection ended.
    Gone,
}

/// Opens the file and brings it to the current schema, on the thread that the connection has.
pub async fn open(
    path: PathBuf,
    progress: UnboundedSender<Progress>,
) -> Result<(Connection, Report<db::Version>), OpenError> {
    let conn = Connection::open(path).await?;
    let report = conn.call(move |conn| migrate(conn, &progress)).await?;
    Ok((conn, report))
}

/// `call` takes whatever error its closure returns: nothing has to be made of it here.
fn migrate(
    conn: &mut rusqlite::Connection,
    progress: &UnboundedSender<Progress>,
) -> Result<Report<db::Version>, migrate::Error> {
    let tell = |event: &Event<'_>| {
        if let Event::MigrationStarted { name, number, total, .. } = *event {
            // Nobody may be listening any more.
            let _ = progress.send(Progress { name: name.to_owned(), number, total });
        }
    };
    // The observer is borrowed, so the options are put together here, where the run is, and not sent to the thread.
    db::migrator().observer(&tell).run(conn)
}

/// What the closure returned is taken out of the wrapper, whose message would put it into quotes.
impl From<tokio_rusqlite::Error<migrate::Error>> for OpenError {
    fn from(error: tokio_rusqlite::Error<migrate::Error>) -> OpenError {
        match error {
            tokio_rusqlite::Error::Error(error) => OpenError::Migrate(error),
            _ => OpenError::Gone,
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> OpenError {
        OpenError::Sqlite(error)
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OpenError::Sqlite(error) => error.fmt(f),
            OpenError::Migrate(error) => error.fmt(f),
            OpenError::Gone => f.write_str("the thread of the connection ended"),
        }
    }
}

impl std::error::Error for OpenError {}

/// The mean of all readings.
pub async fn mean(conn: &Connection) -> Result<Option<f64>, tokio_rusqlite::Error> {
    conn.call(|conn| conn.query_row("SELECT avg(celsius) FROM readings", [], |row| row.get(0))).await
}
