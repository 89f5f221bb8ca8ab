//! `notes FILE [VERB …]`: notes in a single SQLite file. `notes migrate …`: its schema, for whoever looks after it.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use migrate::{Event, Outcome};
use notes::{Note, Notes};

const USAGE: &str = "\
usage: notes FILE                  set the file up, and show what is in it
       notes FILE add TITLE BODY   write a note
       notes FILE list             show all notes
       notes FILE tag ID TAG       give a note a tag
       notes FILE search WORD...   show the notes that have all of these words
       notes migrate VERB          see where a file's schema is, or bring it elsewhere: notes migrate --help";

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "migrate") {
        return migrate(&args[1..]);
    }
    match run(args, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "this is a program, and errors go there")]
            {
                eprintln!("error: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The verbs of `cargo migrate` that concern a database, with the list that is compiled in: Rust steps run.
fn migrate(args: &[OsString]) -> ExitCode {
    let args = iter::once("notes migrate".into()).chain(args.iter().cloned());
    migrate_cli::run_with(&notes::db::MIGRATIONS, args, &mut io::stdout(), &mut io::stderr()).into()
}

/// Why the program ends with 1.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}\n\n{USAGE}")]
    Usage(String),
    #[error(transparent)]
    Notes(#[from] notes::Error),
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// What is asked for.
enum Command {
    Help,
    Overview,
    Add { title: String, body: String },
    List,
    Tag { id: i64, tag: String },
    Search { words: Vec<String> },
}

fn run(args: Vec<OsString>, out: &mut impl Write) -> Result<(), Failure> {
    let (file, command) = parse(args)?;
    if matches!(command, Command::Help) {
        return Ok(writeln!(out, "{USAGE}")?);
    }
    let (mut notes, report) = Notes::open_watched(&file, &tell)?;
    // Where there was nothing to do, only the overview says so.
    if matches!(command, Command::Overview) || report.outcome() != Outcome::Current {
        writeln!(out, "{report}")?;
    }
    match command {
        Command::Help => {}
        Command::Overview => overview(&file, &notes.list()?, out)?,
        Command::Add { title, body } => writeln!(out, "note {}", notes.add(&title, &body)?)?,
        Command::List => show(&notes.list()?, out)?,
        Command::Tag { id, tag } => notes.tag(id, &tag)?,
        Command::Search { words } => show(&notes.search(&words)?, out)?,
    }
    Ok(())
}

/// What may take time is said as it happens, on the error output: the other one is for results.
fn tell(event: &Event<'_>) {
    let mut err = io::stderr().lock();
    // Nobody may be listening.
    let _ = match event {
        Event::WaitingForLock => writeln!(err, "waiting for another program that uses the file"),
        Event::BackupStarted { path, .. } => writeln!(err, "making a backup: {}", path.display()),
        Event::MigrationStarted { name, number, total, .. } if *total > 1 => writeln!(err, "[{number}/{total}] {name}"),
        _ => Ok(()),
    };
}

fn parse(args: Vec<OsString>) -> Result<(PathBuf, Command), Failure> {
    let usage = |what: String| Failure::Usage(what);
    let mut args = args.into_iter();
    let file = args.next().ok_or_else(|| usage("no file is named".to_owned()))?;
    let words = args
        .map(|arg| arg.into_string().map_err(|arg| usage(format!("`{}` is not UTF-8", arg.to_string_lossy()))))
        .collect::<Result<Vec<String>, Failure>>()?;
    let command = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        _ if file == "-h" || file == "--help" => Command::Help,
        [] => Command::Overview,
        ["add", title, body] => Command::Add { title: title.to_owned(), body: body.to_owned() },
        ["list"] => Command::List,
        ["tag", id, tag] => {
            let id = id.parse().map_err(|_| usage(format!("`{id}` is not the number of a note")))?;
            Command::Tag { id, tag: tag.to_owned() }
        }
        ["search", _, ..] => Command::Search { words: words[1..].to_vec() },
        [verb @ ("add" | "list" | "tag" | "search"), ..] => {
            return Err(usage(format!("`{verb}` has other arguments than these")));
        }
        [verb, ..] => return Err(usage(format!("there is no verb `{verb}`"))),
    };
    Ok((file.into(), command))
}

fn overview(file: &Path, notes: &[Note], out: &mut impl Write) -> io::Result<()> {
    const SHOWN: usize = 5;
    if notes.is_empty() {
        return writeln!(out, "no notes yet; to write one: notes {} add TITLE BODY", file.display());
    }
    show(&notes[..notes.len().min(SHOWN)], out)?;
    match notes.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more: notes {} list", file.display()),
    }
}

fn show(notes: &[Note], out: &mut impl Write) -> io::Result<()> {
    for Note { id, title, tags, words, updated_at } in notes {
        let tags: String = tags.iter().map(|tag| format!(" #{tag}")).collect();
        let unit = if *words == 1 { "word" } else { "words" };
        writeln!(out, "{id:>4}  {updated_at}  {title}{tags} ({words} {unit})")?;
    }
    Ok(())
}
