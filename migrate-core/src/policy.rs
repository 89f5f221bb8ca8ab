//! What a run does where there is a choice.

/// What to do where the schema is not the one that its version is proved to have.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::{DriftPolicy, Error};
///
/// db::MIGRATIONS.run(&mut conn)?;
/// conn.execute_batch("ALTER TABLE notes ADD COLUMN colour TEXT")?;
///
/// let report = db::MIGRATIONS.run(&mut conn)?;
/// assert_eq!(report.drift().different, ["table `notes`"], "it is said, and the application starts");
/// let refused = db::migrator().drift(DriftPolicy::Error).run(&mut conn);
/// assert!(matches!(refused, Err(Error::Drift { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftPolicy {
    /// Go on, and say so in the log and in the report. Where a table is missing the run is refused all the same: the application could
    /// not work without it.
    #[default]
    Warn,
    /// Roll back.
    Error,
    /// Go on; it is in the report only.
    Ignore,
}

/// How much is committed at once.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # use migrate::rusqlite::Connection;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut conn = Connection::open_in_memory()?;
/// use migrate::Atomicity;
///
/// // Others get their turn between two migrations, and what is done stays done if a later one fails.
/// db::migrator().atomicity(Atomicity::Each).run(&mut conn)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Atomicity {
    /// Everything that is pending, or nothing. Migrations with `transaction: none`, and changes of `foreign_keys`
    /// between migrations, part it all the same: SQLite allows neither inside a transaction.
    #[default]
    All,
    /// Each migration by itself.
    Each,
}
