//! Why a verb did not do what was asked for.

use migrate_core::Error;
use migrate_core::rusqlite::{self, ffi};
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

    /// As the runtime says it, in the words of a command line.
    pub(crate) fn of(error: &Error) -> Failure {
        if let Error::Sqlite { source, .. } = error
            && is_hot(source)
        {
            return hot();
        }
        let help = help(error).map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        Failure { exit: exit(error), kind: kind(error), message: format!("{}{help}", in_words(error)) }
    }

    /// Something could not be done, since SQLite could not.
    pub(crate) fn of_sqlite(what: &str, error: &rusqlite::Error) -> Failure {
        if is_hot(error) { hot() } else { Failure::failed(format!("{what}: {error}")) }
    }

    /// With the name that the program was started under.
    pub(crate) fn called(mut self, program: &str) -> Failure {
        self.message = self.message.replace("`cargo migrate ", &format!("`{program} "));
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::of(&error)
    }
}

/// What the runtime calls its options, and what the command line does.
const WORDS: [(&str, &str); 7] = [
    ("`DriftPolicy::Warn`", "`--drift warn`"),
    ("call `adopt_at` again", "use `adopt --at VERSION` again"),
    ("`adopt_at`", "`adopt --at VERSION`"),
    ("`allow_down(true)`", "`down --to VERSION`"),
    ("raise `lock_timeout`", "raise `--lock-timeout`"),
    ("`BackupPolicy::Never`", "`--backup never`"),
    (", in code `.out_of_order(true)`", ""),
];

fn in_words(error: &Error) -> String {
    let text = error.to_string();
    WORDS.iter().fold(text, |text, (ours, theirs)| text.replace(ours, theirs))
}

/// Whether the database has a journal to be rolled back, and the connection may not write.
fn is_hot(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
}

fn hot() -> Failure {
    Failure {
        kind: "interrupted",
        ..Failure::failed(
            "the last program that wrote to it was interrupted, and what it began has to be rolled back before anybody can \
             read; this verb does not write, so nothing was done\nhelp: nothing that was committed is lost: whoever opens \
             the database for writing rolls it back; start the application, or use `cargo migrate backup` or `cargo migrate \
             up`, and ask again; leave the file that ends in `-journal` where it is",
        )
    }
}

/// Whether what SQLite read is damaged.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == ffi::SQLITE_CORRUPT)
}

/// What only a command line has to say of an error.
fn help(error: &Error) -> Option<&'static str> {
    match error {
        Error::MissingFunction { .. } => {
            Some("only the application has it: start that, or give it these verbs with `migrate_cli::run_prepared`")
        }
        Error::RestRefused { source, .. } => help(source),
        _ => None,
    }
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
        | Error::Drift { .. }
        | Error::Removes { .. } => Exit::Refused,
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
        Error::Removes { .. } => "removes",
        Error::TransactionLost { .. } => "transaction-lost",
        Error::RestRefused { .. } => "rest-refused",
        Error::ForeignKeysStuck { .. } => "foreign-keys-stuck",
        Error::Sqlite { .. } => "sqlite",
        _ => "failed",
    }
}
