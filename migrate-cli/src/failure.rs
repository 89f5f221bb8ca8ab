//! Why a verb did not do what was asked for.

use migrate_core::Error;
use serde_json::{Value, json};

use crate::exit::Exit;

/// Why a verb did not do what was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A name for programs: `usage`, `findings`, `failed`, or that of the runtime's error, `history-diverged`.
    pub(crate) kind: &'static str,
    /// What happened, then `help:` lines.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, kind: "usage", message: message.into() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, kind: "failed", message: message.into() }
    }

    #[cfg(feature = "directory")]
    pub(crate) fn found(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Found, kind: "findings", message: message.into() }
    }

    pub(crate) fn value(&self) -> Value {
        json!({ "kind": self.kind, "message": self.message })
    }

    /// As the runtime says it, with what its help is called on a command line.
    pub(crate) fn of(error: &Error) -> Failure {
        let help = help(error).map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        Failure { exit: exit(error), kind: kind(error), message: format!("{error}{help}") }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::of(&error)
    }
}

/// What the runtime's help is called on a command line.
pub(crate) fn help(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Ambiguous(_) => "on the command line that is `adopt --at VERSION`",
        Error::Locked { .. } | Error::LockFile { .. } => "on the command line that is `--lock-timeout SECONDS`",
        Error::PastTarget { recognised: false, .. } => "on the command line that is `down --to VERSION`",
        Error::MissingFunction { .. } => {
            "only the application has it: start that, or give it these verbs with `migrate_cli::run_prepared`"
        }
        Error::RestRefused { source, .. } => return help(source),
        _ => return None,
    })
}

pub(crate) fn exit(error: &Error) -> Exit {
    match error {
        Error::Ambiguous(_)
        | Error::UnrelatedDatabase { .. }
        | Error::Squashed { .. }
        | Error::DatabaseTooNew { .. }
        | Error::HistoryDiverged { .. }
        | Error::ForeignHistory { .. }
        | Error::PastTarget { .. }
        | Error::NoDown { .. }
        | Error::OutOfOrder { .. }
        | Error::NoRepair { .. }
        | Error::Drift { .. } => Exit::Refused,
        Error::UnknownTarget { .. } => Exit::Usage,
        Error::RestRefused { source, .. } => exit(source),
        _ => Exit::Failed,
    }
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::NotADatabase { .. } => "not-a-database",
        Error::InTransaction => "in-transaction",
        Error::ReadOnly { .. } => "read-only",
        Error::Locked { .. } => "locked",
        Error::LockFile { .. } => "lock-file",
        Error::Backup { .. } => "backup",
        Error::StaleBuild { .. } => "stale-build",
        Error::MissingFunction { .. } => "missing-function",
        Error::SqliteTooOld { .. } => "sqlite-too-old",
        Error::Attached { .. } => "attached",
        Error::NoJournal => "no-journal",
        Error::Shadowed { .. } => "shadowed",
        Error::ForeignHistory { .. } => "foreign-history",
        Error::UnrelatedDatabase { .. } => "unrelated-database",
        Error::Ambiguous(_) => "ambiguous",
        Error::Squashed { .. } => "squashed",
        Error::DatabaseTooNew { .. } => "database-too-new",
        Error::HistoryDiverged { .. } => "history-diverged",
        Error::PastTarget { .. } => "past-target",
        Error::NoDown { .. } => "no-down",
        Error::OutOfOrder { .. } => "out-of-order",
        Error::NoRepair { .. } => "no-repair",
        Error::UnknownTarget { .. } => "unknown-target",
        Error::Statement(_) => "statement",
        Error::Step { .. } => "step",
        Error::StepMisbehaved { .. } => "step-misbehaved",
        Error::ForeignKeys { .. } => "foreign-keys",
        Error::Drift { .. } => "drift",
        Error::TransactionLost { .. } => "transaction-lost",
        Error::RestRefused { .. } => "rest-refused",
        Error::ForeignKeysStuck { .. } => "foreign-keys-stuck",
        Error::Sqlite { .. } => "sqlite",
        _ => "failed",
    }
}
