//! What can go wrong.

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be brought to the current schema.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),

    /// No note has this number.
    #[error("there is no note {0}")]
    NoSuchNote(i64),

    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] migrate::rusqlite::Error),
}
