//! Starts as an application does: opens a database, runs the migrations of a directory, and says in one line how it went.
//!
//! ```text
//! starter LIST DATABASE [option value]...      one start; the exit code is 0, 1 for an error of the run, 2 for a mistake
//! starter serve                                one start for each line of standard input: the same words, with tabs between
//! ```
//!
//! Options: `journal`, `foreign_keys`, `cache_size` and `busy_timeout` are pragmas that are set after opening; `timeout` is the lock
//! timeout in milliseconds; `atomicity` is `all` or `each`; `backup` is `never` or `always`; `wal`, if
//! `true`, puts the database into WAL mode afterwards; `gate` is a file whose lock is waited for before opening;
//! `stop` names a point, and may be given more than once: there it says `at POINT` and waits for a line.
//!
//! A point is called after what comes next: `gate`, `open`, `read`, `lock`, `decide`, `backup`, `apply`, `commit`; and `applied`,
//! `committed` for what is over. `apply:3` is the third time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use migrate_check::Loaded;
use migrate_core::{Atomicity, BackupPolicy, Error, Event, Migrator, Outcome, Report};
use rusqlite::Connection;

type Mistake = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if arguments == ["serve"] { serve() } else { Start::parse(&arguments).and_then(|start| once(&start)) };
    done.unwrap_or_else(|mistake| {
        eprintln!("starter: {mistake}");
        ExitCode::from(2)
    })
}

fn once(start: &Start) -> Result<ExitCode, Mistake> {
    let loaded = migrate_check::load(&start.list)?;
    Ok(if start.run(&loaded)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lists are proved once; connections are opened anew.
fn serve() -> Result<ExitCode, Mistake> {
    let mut lists: HashMap<PathBuf, Loaded> = HashMap::new();
    while let Some(line) = heard()? {
        let words: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let start = Start::parse(&words)?;
        if !lists.contains_key(&start.list) {
            lists.insert(start.list.clone(), migrate_check::load(&start.list)?);
        }
        start.run(&lists[&start.list])?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The next line of standard input.
fn heard() -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end_matches('\n').to_owned()))
}

#[derive(Default)]
struct Start {
    list: PathBuf,
    database: PathBuf,
    pragmas: Vec<(String, String)>,
    timeout: Option<Duration>,
    atomicity: Atomicity,
    backup: BackupPolicy,
    wal: bool,
    gate: Option<PathBuf>,
    stops: Vec<String>,
}

impl Start {
    fn parse(words: &[String]) -> Result<Start, Mistake> {
        let [list, database, options @ ..] = words else { return Err("a list, a database, and options".into()) };
        let mut start = Start { list: list.into(), database: database.into(), ..Start::default() };
        for option in options.chunks(2) {
            let [name, value] = option else { return Err(format!("`{}` without a value", option[0]).into()) };
            match name.as_str() {
                "journal" => start.pragmas.push(("journal_mode".to_owned(), value.clone())),
                "foreign_keys" | "cache_size" | "busy_timeout" => start.pragmas.push((name.clone(), value.clone())),
                "timeout" => start.timeout = Some(Duration::from_millis(value.parse()?)),
                "atomicity" => start.atomicity = if value == "each" { Atomicity::Each } else { Atomicity::All },
                "backup" if value == "never" => start.backup = BackupPolicy::Never,
                "backup" => start.backup = BackupPolicy::Always,
                "wal" => start.wal = value.parse()?,
                "gate" => start.gate = Some(value.into()),
                "stop" => start.stops.push(value.clone()),
                _ => return Err(format!("`{name}` is no option").into()),
            }
        }
        Ok(start)
    }

    /// One start; the answer is whether it went well.
    fn run(&self, loaded: &Loaded) -> Result<bool, Mistake> {
        let stops = Stops { at: &self.stops, seen: RefCell::default() };
        if let Some(gate) = &self.gate {
            let gate = File::open(gate)?;
            println!("at gate");
            gate.lock_shared()?;
        }
        stops.reach("open");
        let mut conn = open(&self.database, &self.pragmas)?;
        stops.reach("read");
        let observer = |event: &Event<'_>| stops.event(event);
        let mut migrator = Migrator::new(&loaded.migrations)
            .atomicity(self.atomicity)
            .backup(self.backup)
            .wal(self.wal)
            .observer(&observer);
        if let Some(timeout) = self.timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        let begun = Instant::now();
        let done = migrator.run(&mut conn);
        drop(conn);
        let (word, kind, names, message) = match &done {
            Ok(report) => ("ok", outcome(report), names(report), report.to_string()),
            Err(error) => ("error", kind(error), String::new(), error.to_string()),
        };
        println!("{word}\t{kind}\t{names}\t{}\t{}", begun.elapsed().as_millis(), message.replace('\n', " | "));
        Ok(done.is_ok())
    }
}

fn open(path: &Path, pragmas: &[(String, String)]) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    for (name, value) in pragmas {
        conn.pragma_update(None, name, value)?;
    }
    Ok(conn)
}

fn outcome<V>(report: &Report<V>) -> &'static str
where
    V: migrate_core::Version,
{
    match report.outcome() {
        Outcome::Current => "current",
        Outcome::Fresh => "fresh",
        Outcome::Applied => "applied",
        Outcome::Adopted(_) => "adopted",
        _ => "other",
    }
}

/// What this start recorded.
fn names<V>(report: &Report<V>) -> String
where
    V: migrate_core::Version,
{
    let names: Vec<&str> = report.entries().iter().map(|entry| entry.name.as_str()).collect();
    names.join(" ")
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Locked { .. } => "locked",
        Error::LockFile { .. } => "lock-file",
        Error::DatabaseTooNew { .. } => "too-new",
        _ => "other",
    }
}

/// The points at which to stop.
struct Stops<'a> {
    at: &'a [String],
    seen: RefCell<HashMap<&'static str, usize>>,
}

impl Stops<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Planned { .. } => self.reach("lock"),
            Event::WaitingForLock if !self.at.is_empty() => println!("waiting"),
            Event::Locked => self.reach("decide"),
            Event::BackupStarted { .. } => self.reach("backup"),
            Event::MigrationStarted { .. } => self.reach("apply"),
            Event::MigrationFinished { .. } => self.reach("applied"),
            Event::Committing => self.reach("commit"),
            Event::Committed { .. } => self.reach("committed"),
            _ => {}
        }
    }

    fn reach(&self, point: &'static str) {
        let mut seen = self.seen.borrow_mut();
        let times = seen.entry(point).or_default();
        *times += 1;
        let nth = format!("{point}:{times}");
        if self.at.iter().any(|stop| stop == point || *stop == nth) {
            println!("at {point}");
            // Where nobody is left to say anything, there is nobody to wait for.
            let _ = heard();
        }
    }
}
