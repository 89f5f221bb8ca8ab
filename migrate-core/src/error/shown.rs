//! Parts of messages.

use std::fmt;
use std::path::Path;

use rusqlite::ffi;

use super::Error;
use crate::engine::code;
use crate::expected::list;
use crate::other::OtherTool;

/// What keeps the lock of `alone` from being had.
pub(super) struct LockFile<'a>(pub(super) &'a Path, pub(super) &'a std::io::Error);

impl LockFile<'_> {
    fn is_held(&self) -> bool {
        self.1.kind() == std::io::ErrorKind::WouldBlock
    }

    pub(super) fn help(&self) -> &'static str {
        if self.is_held() {
            "wait until that is done, or raise `lock_timeout`"
        } else {
            "let the program write beside the database; `BackupPolicy::Never` needs no such file for other migrations"
        }
    }
}

impl fmt::Display for LockFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.display();
        if self.is_held() {
            return write!(f, "another process or thread migrates or backs up this database: it holds `{path}`");
        }
        write!(f, "`{path}` could not be made, which a backup and a migration outside a transaction need: {}", self.1)
    }
}

/// Files that were added and removed since a program was compiled.
pub(super) struct StaleFiles<'a>(pub(super) &'a [String], pub(super) &'a [String]);

impl fmt::Display for StaleFiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("added", self.0), ("removed", self.1)];
        let shown: Vec<String> = parts
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(word, names)| {
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("{} {word} since it was compiled", list(&quoted))
            })
            .collect();
        f.write_str(&shown.join(", "))
    }
}

/// The release to pass through.
pub(super) fn release_of(release: &Option<String>) -> String {
    match release {
        Some(release) => format!("release {release} of the application"),
        None => "an older release of the application, which still has them,".to_owned(),
    }
}

/// Whose table it is that has the name of the history.
pub(super) fn whose(tool: Option<OtherTool>, columns: &[String]) -> String {
    let columns = list(columns);
    match tool {
        Some(tool) => format!("is the history of {tool} (its columns are {columns})"),
        None => format!("is not a history of migrations (its columns are {columns})"),
    }
}

/// What becomes of a database with the history of another tool.
pub(super) fn adopted_then(tool: Option<OtherTool>) -> String {
    tool.map(|tool| format!("; then the history of {tool} is read once, and left as it is")).unwrap_or_default()
}

/// A refusal's first words, which end before what it says of the state.
pub(super) fn before_state(refusal: &Error) -> String {
    let text = refusal.to_string();
    text.split("; nothing was changed").next().unwrap_or_default().to_owned()
}

pub(super) fn sqlite_help(source: &rusqlite::Error) -> &'static str {
    match code(source) {
        Some(ffi::SQLITE_CORRUPT) => "\nhelp: restore a backup; `PRAGMA integrity_check` tells more",
        Some(ffi::SQLITE_FULL) => "\nhelp: make room on the disk, and start again",
        Some(ffi::SQLITE_CANTOPEN) => "\nhelp: check the path, and that its folder can be written to",
        Some(ffi::SQLITE_NOMEM) => "\nhelp: start again with more memory",
        Some(ffi::SQLITE_IOERR) => "\nhelp: check the disk, and start again",
        Some(ffi::SQLITE_AUTH) => "\nhelp: let the connection's authorizer allow it",
        Some(ffi::SQLITE_INTERRUPT) => "\nhelp: start again; the run was interrupted",
        _ => "",
    }
}
