//! What can go wrong.

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be brought to the current schema.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),

    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] migrate::rusqlite::Error),
}
