//! How the program ends.

use std::process::ExitCode;

/// How the program ended.
///
/// ```
/// assert_eq!(migrate_cli::Exit::Found.code(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// 0: all is well; what was asked for is done.
    Fine,
    /// 1: something was found: pending migrations, findings, drift, damage.
    Found,
    /// 2: the arguments or the configuration are wrong.
    Usage,
    /// 3: the database is refused: its history diverged, it is too new, or it cannot be told what it is.
    Refused,
    /// 4: it could not run: a file, a lock, a statement.
    Failed,
}

impl Exit {
    /// The number that the operating system gets.
    ///
    /// ```
    /// assert_eq!(migrate_cli::Exit::Fine.code(), 0);
    /// ```
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Failed => 4,
        }
    }

    /// What JSON calls it.
    ///
    /// ```
    /// assert_eq!(migrate_cli::Exit::Refused.word(), "refused");
    /// ```
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Exit::Fine => "fine",
            Exit::Found => "found",
            Exit::Usage => "usage",
            Exit::Refused => "refused",
            Exit::Failed => "failed",
        }
    }

    /// Of two, the one that asks for more attention: that with the higher number.
    pub(crate) fn worst(self, other: Exit) -> Exit {
        if other.code() > self.code() { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
