//! What a run does where there is a choice.

/// What to do where the schema is not the one that its version is proved to have.
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
