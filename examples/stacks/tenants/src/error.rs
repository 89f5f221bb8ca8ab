//! Why a request is not answered, and what of it may be told to who asked.

use std::fmt;

use migrate::rusqlite::{self, ErrorCode};
use migrate_fleet::TenantError;
use tokio::task::JoinError;

/// Why a request was not answered.
#[derive(Debug)]
pub enum Error {
    /// That cannot be the name of a tenant.
    Name,
    /// There is no such tenant.
    Unknown,
    /// The tenant's database cannot be opened, or not be brought to the current schema. Others have nothing to do with it.
    Tenant(TenantError),
    /// That was so a moment ago, and was not tried again.
    Quarantined(Refusal),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// What was to be done panicked.
    Panicked(JoinError),
}

/// Why a tenant's database cannot be used. It names no file, no table and no row: those are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The file is no database, or a part of it cannot be read.
    Damaged,
    /// Somebody else has it locked.
    Busy,
    /// A newer release of the service has been here.
    TooNew,
    /// A migration was refused, or failed and was rolled back.
    NotMigrated,
}

impl Error {
    /// Whether it is the tenant's database that cannot be used, and why.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Error::Quarantined(refusal) => Some(*refusal),
            Error::Sqlite(error) => match error.sqlite_error_code()? {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Refusal::Damaged),
                ErrorCode::DatabaseBusy => Some(Refusal::Busy),
                _ => None,
            },
            Error::Tenant(TenantError::Migrate { source, .. }) => Some(match &**source {
                migrate::Error::NotADatabase { .. } => Refusal::Damaged,
                migrate::Error::Locked { .. } => Refusal::Busy,
                migrate::Error::DatabaseTooNew { .. } => Refusal::TooNew,
                _ => Refusal::NotMigrated,
            }),
            Error::Tenant(_) => Some(Refusal::Damaged),
            Error::Name | Error::Unknown | Error::Panicked(_) => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Damaged => "your database is damaged; nothing is written to it until somebody has looked after it",
            Refusal::Busy => "your database is in use elsewhere; try again",
            Refusal::TooNew => "your database is of a newer release than this service",
            Refusal::NotMigrated => "your database could not be brought up to date; it is as it was",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Name => f.write_str("that is no tenant's name"),
            Error::Unknown => f.write_str("there is no such tenant"),
            Error::Tenant(error) => error.fmt(f),
            Error::Quarantined(refusal) => refusal.fmt(f),
            Error::Sqlite(error) => error.fmt(f),
            Error::Panicked(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<TenantError> for Error {
    fn from(error: TenantError) -> Error {
        Error::Tenant(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::Sqlite(error)
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Error {
        Error::Panicked(error)
    }
}
