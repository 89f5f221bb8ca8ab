//! `cargo migrate`: the command line of `migrate`, and the same for an application of your own.
//!
//! [`run`] is the whole program: it reads the migrations from a directory. [`run_with`] has the verbs that concern a
//! database, for a list that was compiled into an application: with it `myapp migrate status` works on a user's machine,
//! where there is no directory, and its Rust steps run.
//!
//! Results go to `out`, everything else to `err`; the answer is an [`Exit`]. Every verb, the exit codes and the
//! JSON are in the repository's `docs/cli.md`.
//!
//! # Features
//!
//! * `directory` (default): [`run`], and with it the proof. An application that only calls [`run_with`] leaves it out with
//!   `default-features = false`; SQLite is then bundled only if the application says so.

mod args;
mod exit;
mod failure;
mod terminal;

#[cfg(feature = "directory")]
mod config;
#[cfg(feature = "directory")]
mod declared;
#[cfg(feature = "directory")]
mod directory;
#[cfg(feature = "directory")]
mod pages;

mod database;
mod verbs;

use std::ffi::OsString;
use std::io::Write;

use clap::{ArgMatches, Command, FromArgMatches};
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{Migrations, Version};
use serde_json::json;

use crate::args::{Embedded, When};
pub use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Colors, Terminal};
use crate::verbs::Task;

/// Runs the program: `args` as the operating system gives them, the program's own name first.
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let exit = migrate_cli::run(["cargo-migrate", "--version"], &mut out, &mut err);
/// assert_eq!(exit, migrate_cli::Exit::Fine);
/// assert!(String::from_utf8(out).unwrap().starts_with("cargo-migrate "));
/// ```
#[cfg(feature = "directory")]
pub fn run<A>(args: impl IntoIterator<Item = A>, out: &mut dyn Write, err: &mut dyn Write) -> Exit
where
    A: Into<OsString>,
{
    let mut args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    // `cargo migrate up` runs `cargo-migrate migrate up`.
    if args.get(1).is_some_and(|arg| arg == "migrate") {
        args.remove(1);
    }
    let cli: args::files::Cli = match parse(<args::files::Cli as clap::CommandFactory>::command(), args, out, err) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let mut terminal = Terminal::new(&cli.shown, out, err);
    let done = verbs::on_directory(&cli, &mut terminal);
    finish(cli.verb.word(), done, &mut terminal)
}

/// Runs a verb that concerns a database, with a list that is compiled in: `status`, `plan`, `up`, `down`, `redo`,
/// `verify`, `adopt`, `backup`, `repair`.
///
/// `args` begin with what help is to call the program: `["notes migrate", "status", "--database", "notes.db"]`.
///
/// ```
/// # use migrate_core::{AnyVersion, Migrations};
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("001_notes.sql"), "CREATE TABLE notes(body TEXT);")?;
/// # let migrations: Migrations<AnyVersion> = migrate_check::load(dir.path())?.migrations;
/// # let file = dir.path().join("notes.db");
/// use migrate_cli::{Exit, run_with};
///
/// // `migrations` is the `MIGRATIONS` that `migrations!` makes.
/// let args = ["notes migrate".into(), "up".into(), "--database".into(), file.into_os_string()];
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// assert_eq!(run_with(&migrations, args, &mut out, &mut err), Exit::Fine);
/// assert!(String::from_utf8(out)?.contains("fresh database: 1 migration marked as applied"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_with<V: Version, A>(
    migrations: &Migrations<V>,
    args: impl IntoIterator<Item = A>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit
where
    A: Into<OsString>,
{
    run_prepared(migrations, &|_| Ok(()), args, out, err)
}

/// As [`run_with`], with something to be done with every connection before it is used: functions that the migrations
/// need are registered, or the key of an encrypted database is given.
///
/// ```
/// # use migrate_core::{AnyVersion, Migrations};
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("001_notes.sql"), "CREATE TABLE notes(body TEXT);")?;
/// # let migrations: Migrations<AnyVersion> = migrate_check::load(dir.path())?.migrations;
/// # let file = dir.path().join("notes.db");
/// # let args = ["notes migrate".into(), "up".into(), "--database".into(), file.into_os_string()];
/// # let (mut out, mut err) = (Vec::new(), Vec::new());
/// use migrate_core::rusqlite::Connection;
///
/// let prepare = |conn: &Connection| conn.pragma_update(None, "cache_size", -64_000);
/// let exit = migrate_cli::run_prepared(&migrations, &prepare, args, &mut out, &mut err);
/// # assert_eq!(exit, migrate_cli::Exit::Fine);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_prepared<V: Version, A>(
    migrations: &Migrations<V>,
    prepare: &(dyn Fn(&Connection) -> rusqlite::Result<()> + Sync),
    args: impl IntoIterator<Item = A>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit
where
    A: Into<OsString>,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let name = args.first().map_or("migrate".into(), |name| name.to_string_lossy()).into_owned();
    let cli: Embedded = match parse(args::embedded(&name), args, out, err) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let mut terminal = Terminal::new(&cli.shown, out, err);
    let task = Task { program: &name, ..Task::new(migrations, prepare) };
    let done = verbs::on_database(&task, &cli.verb, &mut terminal);
    finish(cli.verb.word(), done, &mut terminal)
}

fn parse<C: FromArgMatches>(
    command: Command,
    args: Vec<OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<C, Exit> {
    // Needed before anything is understood: a program that asks for JSON gets it for a mistake too.
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let json = has("--json");
    let when = if has("--color=never") { When::Never } else { When::Auto };
    let matches = command.try_get_matches_from(args);
    let parsed = matches.and_then(|matches: ArgMatches| C::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let asked = !error.use_stderr();
        let (text, colors) = (error.render(), Colors::of(when));
        // Whoever closed the pipe does not want to read on.
        let _ = match asked {
            true if colors.out => write!(out, "{}", text.ansi()),
            true => write!(out, "{text}"),
            false if colors.err => write!(err, "{}", text.ansi()),
            false => write!(err, "{text}"),
        };
        if asked {
            return Exit::Fine;
        }
        if json {
            let failure = Failure::usage(text.to_string().trim_start_matches("error: ").trim_end());
            let _ = writeln!(out, "{}", json!({ "version": 1, "exit": "usage", "error": failure.value() }));
        }
        Exit::Usage
    })
}

fn finish(verb: &str, done: Result<Exit, Failure>, terminal: &mut Terminal<'_>) -> Exit {
    let done = done.and_then(|exit| terminal.flush().map(|()| exit));
    let failure = match done {
        Ok(exit) => return exit,
        Err(failure) => failure,
    };
    if terminal.json {
        let mut value = json!({ "version": 1, "verb": verb, "exit": failure.exit.word(), "error": failure.value() });
        if !terminal.findings.is_empty() {
            value["findings"] = std::mem::take(&mut terminal.findings).into();
        }
        // If the output is what failed, the error output says so.
        let _ = terminal.value(&value);
    }
    terminal.error(&failure.message);
    failure.exit
}
