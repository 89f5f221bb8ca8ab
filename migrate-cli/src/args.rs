//! The command line. What a user reads with `--help` is here.

mod examples;

#[cfg(feature = "directory")]
pub(crate) mod files;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// At the end of the program's own help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all is well; what was asked for is done
  1  something was found: pending migrations, findings, drift, damage
  2  the arguments or the configuration are wrong
  3  the database is refused: diverged, too new, or not to be recognised
  4  it could not run: a file, a lock, a statement

Results go to standard output, everything else to the error output.";

/// Bring a database to another version, or see where it is.
#[derive(Debug, Parser)]
#[command(name = "migrate", after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Embedded {
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(subcommand)]
    pub(crate) verb: OnDatabase,
}

/// How results are shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shown {
    /// The result as JSON, on standard output
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Colours: `auto` looks for a terminal and at NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(
        help_heading = "Output",
        help = "Colours: auto, always or never; `auto` looks for a terminal and at NO_COLOR"
    )]
    pub(crate) color: When,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OnDatabase {
    /// Where the database is, migration by migration
    ///
    /// Reads only. The exit code is 1 while something is pending.
    #[command(after_help = examples::STATUS)]
    Status(Databases),
    /// What `up` would do, with the SQL and the backup's path
    ///
    /// Reads only. The exit code is 1 where there is something to do.
    #[command(after_help = examples::PLAN)]
    Plan(Plan),
    /// Bring the database to the latest version, or to another one
    ///
    /// Makes the file if it is not there. What is pending is applied in one transaction, all or nothing; before
    /// anything is destroyed, a copy of the database is made beside it.
    #[command(after_help = examples::UP)]
    Up(Up),
    /// Bring the database back, by the down scripts
    ///
    /// Every migration on the way needs a down script. What the migrations deleted does not come back.
    #[command(after_help = examples::DOWN)]
    Down(Down),
    /// Revert the newest migration and apply it again, while it is developed
    #[command(after_help = examples::REDO)]
    Redo(Redo),
    /// Check the database: history, drift, foreign keys, integrity
    ///
    /// Reads only. The exit code is 1 where something is wrong; pending migrations are not.
    #[command(after_help = examples::VERIFY)]
    Verify(Databases),
    /// Record that the database is at a version already, without running anything
    ///
    /// For a database that was brought there by hand. Its schema has to be that version's.
    #[command(after_help = examples::ADOPT)]
    Adopt(Adopt),
    /// Make a copy of the database beside it
    #[command(after_help = examples::BACKUP)]
    Backup(Databases),
    /// Correct what the history says, while migrations are developed
    ///
    /// Nothing runs, and nothing is written but the history. The schema has to agree with what it says then.
    #[command(subcommand)]
    Repair(Repair),
    /// Many databases with the same migrations: look at all, try all, bring all on
    ///
    /// What is interrupted is run again: each database knows where it is.
    #[command(subcommand)]
    Fleet(Fleet),
}

impl OnDatabase {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            OnDatabase::Status(_) => "status",
            OnDatabase::Plan(_) => "plan",
            OnDatabase::Up(_) => "up",
            OnDatabase::Down(_) => "down",
            OnDatabase::Redo(_) => "redo",
            OnDatabase::Verify(_) => "verify",
            OnDatabase::Adopt(_) => "adopt",
            OnDatabase::Backup(_) => "backup",
            OnDatabase::Repair(_) => "repair",
            OnDatabase::Fleet(_) => "fleet",
        }
    }
}

/// The same where there is no Cargo.toml.
#[cfg(not(feature = "remote"))]
const FILE: &str = "\
The database: a file, a glob in quotes, or `sqlite:FILE`; may be repeated [default: DATABASE_URL]";

#[cfg(feature = "remote")]
const FILE: &str = "\
The database: a file, a glob in quotes, `sqlite:FILE`, or a server's `libsql://…`, `https://…` or `http://…`; may be repeated \
[default: DATABASE_URL]";

#[cfg(not(feature = "remote"))]
const DATABASE: &str = "\
The database: a file, a glob in quotes, or `sqlite:FILE`; may be repeated [default: DATABASE_URL, or `database` in \
[package.metadata.migrate] of Cargo.toml]";

#[cfg(feature = "remote")]
const DATABASE: &str = "\
The database: a file, a glob in quotes, `sqlite:FILE`, or a server's `libsql://…`, `https://…` or `http://…`; may be repeated \
[default: DATABASE_URL, or `database` in [package.metadata.migrate] of Cargo.toml]";

/// The databases that a verb is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct Databases {
    #[arg(long, short, value_name = "FILE", help = DATABASE)]
    pub(crate) database: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) on: Databases,
    #[command(flatten)]
    pub(crate) towards: Towards,
    #[command(flatten)]
    pub(crate) backup: Backup,
    #[command(flatten)]
    pub(crate) order: Order,
}

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Apply migrations that were merged in before recorded ones, after these
    #[arg(long)]
    pub(crate) out_of_order: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Towards {
    /// The version to end at: a number, a name, `base` or `latest`
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) on: Databases,
    #[command(flatten)]
    pub(crate) towards: Towards,
    /// Do it, check it, and roll it back
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do a dry run first, and show from it how far the run is and what is left of its time
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) rehearse: bool,
    #[command(flatten)]
    pub(crate) order: Order,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    #[command(flatten)]
    pub(crate) on: Databases,
    /// The version to end at: a number, a name, or `base` for the state before the first migration
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: String,
    /// Do it, check it, and roll it back
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Redo {
    #[command(flatten)]
    pub(crate) on: Databases,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) on: Databases,
    /// The version whose schema the database has: a number, a name, or `latest`
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(crate) at: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Repair {
    /// Record a migration with the text that its file has now
    ///
    /// For one that was edited after it was applied to this database, and never released. The database must have what
    /// the edit changed.
    #[command(after_help = examples::ACCEPT_EDIT)]
    AcceptEdit(AcceptEdit),
    /// Remove the record of a migration whose file is gone, or of several
    ///
    /// For what was never released. What it did must have been undone.
    #[command(after_help = examples::FORGET)]
    Forget(Forget),
}

impl Repair {
    pub(crate) fn on(&self) -> &Databases {
        match self {
            Repair::AcceptEdit(verb) => &verb.on,
            Repair::Forget(verb) => &verb.on,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct AcceptEdit {
    /// The migration: its number or name
    #[arg(value_name = "VERSION")]
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) on: Databases,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The migrations, as the history calls them
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) on: Databases,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Fleet {
    /// How many databases are at which version
    ///
    /// Reads only. The exit code is 1 while something is pending in any of them.
    #[command(after_help = examples::FLEET_STATUS)]
    Status(Files),
    /// Do what is pending in every database, check it, and roll it back: whose data refuses it?
    ///
    /// Nothing is written. Every database is tried, however many fail.
    #[command(after_help = examples::FLEET_TRY)]
    DryRun(Files),
    /// Bring every database to the latest version
    ///
    /// A database that fails is as it was. Files that are not there are not made.
    #[command(after_help = examples::FLEET_UP)]
    Up(FleetUp),
}

impl Fleet {
    pub(crate) fn files(&self) -> &Files {
        match self {
            Fleet::Status(files) | Fleet::DryRun(files) => files,
            Fleet::Up(verb) => &verb.files,
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Fleet::Status(_) => "fleet status",
            Fleet::DryRun(_) => "fleet dry-run",
            Fleet::Up(_) => "fleet up",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Files {
    #[command(flatten)]
    pub(crate) on: Databases,
    /// Databases from a list, a path a line; `-` is the standard input
    #[arg(long, value_name = "LIST")]
    pub(crate) files_from: Option<PathBuf>,
    /// How many databases are worked on at once [default: the number of cores]
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
    /// Databases that failed and are left out next time: a file, a line of JSON for each
    #[arg(long, value_name = "LIST")]
    pub(crate) quarantine: Option<PathBuf>,
    /// Try those in quarantine too; what succeeds is removed from the list
    #[arg(long, requires = "quarantine")]
    pub(crate) retry_quarantined: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FleetUp {
    #[command(flatten)]
    pub(crate) files: Files,
    /// So many databases first, spread over all; if one fails, no other is touched
    #[arg(long, value_name = "COUNT", default_value = "0")]
    pub(crate) canary: usize,
    /// How many may fail before no other is begun
    #[arg(long, value_name = "COUNT", default_value = "0")]
    pub(crate) max_failures: usize,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// How a run goes about it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) backup: Backup,
    /// How long to wait for another program's lock
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) lock_timeout: Duration,
    /// What to do where the schema is not what its version is proved to have, or a rebuild removes what somebody added
    #[arg(long, value_name = "WHAT", default_value = "warn")]
    pub(crate) drift: Drift,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drift {
    Warn,
    Error,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Backup {
    /// When a copy of the database is made first: `destructive` is before what drops, deletes or overwrites
    #[arg(long, value_name = "WHEN", default_value = "destructive")]
    pub(crate) backup: BackupWhen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackupWhen {
    Never,
    Destructive,
    Always,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "write a number of seconds, such as `5` or `0.5`".to_owned())
}

/// The same for an application: under its own name, and without what only Cargo knows.
pub(crate) fn embedded(name: &str) -> clap::Command {
    use clap::CommandFactory;
    fn renamed(command: clap::Command, name: &str) -> clap::Command {
        let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
        let has_database = command.get_arguments().any(|arg| arg.get_id() == "database");
        let examples = command.get_after_help().map(|text| text.to_string().replace("cargo migrate", name));
        let command =
            verbs.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, |verb| renamed(verb, name)));
        let command = if has_database { command.mut_arg("database", |arg| arg.help(FILE)) } else { command };
        command.after_help(examples.unwrap_or_default())
    }
    renamed(Embedded::command(), name).bin_name(name.to_owned())
}
