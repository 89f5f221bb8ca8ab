//! A database on a server.

use std::env;

use migrate_core::rusqlite::Connection;
use migrate_core::{Migrator, Plan, Report, Status, Version};
use migrate_remote::{Answer, Engine, Recency, Remote, Rqlite, Sqld};

use crate::failure::Failure;

/// Where a token may be, that does not belong into a command line.
const TOKENS: [&str; 2] = ["LIBSQL_AUTH_TOKEN", "TURSO_AUTH_TOKEN"];

/// A database on a server.
pub(crate) struct Server {
    shown: String,
    remote: Remote<Box<dyn Engine>>,
}

impl Server {
    /// The one at an address; nothing is sent yet.
    pub(super) fn new(address: &str) -> Result<Server, Failure> {
        let engine: Box<dyn Engine> = match address.split_once("://") {
            Some(("rqlite" | "rqlites", _)) => Box::new(Rqlite::new(address)?),
            _ => {
                let token = TOKENS.iter().find_map(|name| env::var(name).ok().filter(|token| !token.is_empty()));
                // One in the address is meant for it.
                let token = token.filter(|_| !address.contains("authToken=") && !address.contains('@'));
                Box::new(token.iter().fold(Sqld::new(address)?, |sqld, token| sqld.auth_token(token)))
            }
        };
        Ok(Server { shown: engine.address(), remote: Remote::with_engine(engine) })
    }

    pub(super) fn shown(&self) -> String {
        self.shown.clone()
    }

    pub(super) fn no_file() -> Failure {
        Failure::usage(
            "this is for files; nothing was done\nhelp: a server makes its own backups; on it there are `status`, `plan`, `up`, \
             `down`, `redo`, `verify`, `adopt` and `repair`",
        )
    }

    pub(crate) fn status<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Status<V>, Failure> {
        Ok(self.remote.status_with(migrator)?)
    }

    pub(crate) fn plan<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Plan<V>, Failure> {
        Ok(self.remote.plan_with(migrator)?)
    }

    /// What changes nothing but the history.
    pub(crate) fn edit_history<V: Version, T>(
        &self,
        migrator: &Migrator<'_, V>,
        edit: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.remote.edit_history(migrator, edit)
    }

    /// What the server answers to queries, or the words in which it refuses them.
    pub(crate) fn read(&self, queries: &[&str]) -> Result<Vec<Answer>, Failure> {
        self.remote.engine().read(queries, Recency::Committed).map_err(|error| Failure::failed(error.to_string()))
    }

    pub(crate) fn run<V: Version>(&self, migrator: &Migrator<'_, V>, dry: bool) -> Result<Report<V>, Failure> {
        Ok(if dry { self.remote.dry_run_with(migrator)? } else { self.remote.run_with(migrator)? })
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.shown).finish()
    }
}

impl From<migrate_remote::Error> for Failure {
    fn from(error: migrate_remote::Error) -> Failure {
        use migrate_remote::Error as Remote;
        let kind = match &error {
            Remote::Refusal(error) => return Failure::of(error),
            Remote::Address { .. } => return Failure::usage(error.to_string()),
            Remote::Unfit { .. } => "unfit",
            Remote::SqliteTooOld { .. } => "sqlite-too-old",
            Remote::Statement(_) => "statement",
            Remote::ForeignKeys { .. } => "foreign-keys",
            Remote::Unreachable { .. } => "unreachable",
            Remote::Busy { .. } => "locked",
            Remote::Unauthorized { .. } => "unauthorized",
            Remote::NoServer { .. } => "no-server",
            Remote::NoDatabase { .. } => "no-database",
            Remote::InDoubt { .. } => "in-doubt",
            _ => "failed",
        };
        Failure { kind, ..Failure::failed(in_words(&error.to_string())) }
    }
}

/// What the crate calls its options, and what the command line has for them.
fn in_words(text: &str) -> String {
    let token = format!("in the variable {}", TOKENS.join(" or "));
    let words = [
        ("raise `lock_timeout`", "raise `--lock-timeout`"),
        (", with `auth_token`", &format!(", {token}")),
        (", with `namespace`, as `?namespace=NAME` behind the address", ", as `?namespace=NAME` behind the address"),
        ("; where a migration takes longer than a request may, raise `timeout`", ""),
        ("commit each by itself with `Atomicity::Each`, ", "bring it on one at a time with `--to`, "),
    ];
    words.iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs))
}
