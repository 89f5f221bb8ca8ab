//! The scenarios, the same for every peer. A peer's binary is `fn main() { harness::main::<ThePeer>() }`, and is called as
//!
//! ```text
//! PEER SCENARIO N DATABASE [--wal] [--sync off] [--variant NAME] [--repeat K] [--files K]
//! ```
//!
//! It does the scenario a number of times, checks afterwards that the schema, the rows and the history are what they have
//! to be, and prints one line of `key=value`.

mod check;
mod scenarios;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A library for migrations, and the way its users call it.
pub trait Peer {
    /// Its connection.
    type Connection;
    /// The list of migrations, in the form that an application makes once and keeps.
    type List;

    /// Makes the list. `variant` names an option of the peer; the empty one is what its documentation shows first.
    fn list(variant: &str) -> Self::List;
    /// Opens a database, or makes an empty one.
    fn open(path: &Path) -> Self::Connection;
    /// Closes it, and returns when it is closed.
    fn close(conn: Self::Connection);
    /// Runs SQL that may have several statements.
    fn execute(conn: &mut Self::Connection, sql: &str);
    /// The column `value` of the only row.
    fn number(conn: &mut Self::Connection, sql: &str) -> i64;
    /// The column `value` of the only row.
    fn text(conn: &mut Self::Connection, sql: &str) -> String;
    /// Brings a database to the newest migration.
    fn run(list: &Self::List, conn: &mut Self::Connection);
    /// Brings a database to the migration of this number, counted from 1.
    fn run_to(list: &Self::List, conn: &mut Self::Connection, number: usize);
    /// How many migrations the peer's own history says are applied.
    fn history(conn: &mut Self::Connection) -> i64;
}

/// What the command line asks for.
struct Asked {
    scenario: String,
    count: usize,
    database: PathBuf,
    wal: bool,
    sync: String,
    variant: String,
    repeat: usize,
    files: usize,
}

/// What a scenario came to.
struct Figures {
    /// One for each time that it was done.
    times: Vec<Duration>,
    /// The files to look at afterwards.
    left: Vec<PathBuf>,
}

/// Does what the command line asks for.
pub fn main<P: Peer>() {
    let asked = asked();
    let mut figures = scenarios::run::<P>(&asked);
    // Before the check, which has a peak of its own.
    let peak = peak_kilobytes();
    let digest = check::all::<P>(&asked, &figures.left);
    figures.times.sort();
    let nanoseconds = figures.times.get(figures.times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e9);
    println!("ns={nanoseconds:.1} peak_kb={peak} schema={digest:016x}");
}

fn asked() -> Asked {
    let usage = "usage: SCENARIO N DATABASE [--wal] [--sync off] [--variant NAME] [--repeat K] [--files K]";
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next();
    let mut asked = Asked {
        scenario: next().expect(usage),
        count: next().and_then(|count| count.parse().ok()).expect(usage),
        database: next().expect(usage).into(),
        wal: false,
        sync: String::from("FULL"),
        variant: String::new(),
        repeat: 1,
        files: 1000,
    };
    while let Some(option) = next() {
        match option.as_str() {
            "--wal" => asked.wal = true,
            "--sync" => asked.sync = next().expect(usage),
            "--variant" => asked.variant = next().expect(usage),
            "--files" => asked.files = next().and_then(|count| count.parse().ok()).expect(usage),
            "--repeat" => asked.repeat = next().and_then(|count| count.parse().ok()).expect(usage),
            _ => panic!("{usage}"),
        }
    }
    asked
}

/// The most memory that this process has had; `getrusage` would count what its parent had before `exec`, too.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
