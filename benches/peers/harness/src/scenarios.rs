//! What is timed. Everything that is not (making the database, copying it) is done outside the clock.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, iter};

use crate::{Asked, Figures, Peer};

/// What an application asks first; it makes SQLite read the schema.
const FIRST_QUERY: &str = "SELECT count(*) AS value FROM t0";

/// How often a repeated call is made between two looks at the clock.
const BATCH: u32 = 100;

pub(crate) fn run<P: Peer>(asked: &Asked) -> Figures {
    match asked.scenario.as_str() {
        "prepare" => prepare::<P>(asked),
        "load" => load::<P>(asked),
        "first-call" => first_call::<P>(asked),
        "repeated-call" => repeated_call::<P>(asked),
        "start" => start::<P>(asked, 1),
        // The same without migrations, and with the call made eleven times: instructions are counted by difference.
        "start-bare" => start::<P>(asked, 0),
        "start-eleven" => start::<P>(asked, 11),
        "fresh" => fresh::<P>(asked),
        "upgrade-one" => upgrade::<P>(asked, "before"),
        "upgrade-all" => upgrade::<P>(asked, "first"),
        "files" => files::<P>(asked),
        other => panic!("no scenario `{other}`"),
    }
}

/// Databases to begin with, made by the peer itself: after the first migration, before the last, and up to date.
fn prepare<P: Peer>(asked: &Asked) -> Figures {
    let list = P::list(&asked.variant);
    for (name, number) in [("first", 1), ("before", asked.count - 1), ("current", asked.count)] {
        let path = file(asked, name);
        remove(&path);
        let mut conn = open::<P>(asked, &path);
        P::execute(&mut conn, "PRAGMA synchronous = OFF");
        if number > 0 {
            P::run_to(&list, &mut conn, number);
        }
        P::close(conn);
    }
    sync();
    Figures { times: Vec::new(), left: vec![file(asked, "current")] }
}

/// Making the list.
fn load<P: Peer>(asked: &Asked) -> Figures {
    let times = timed(asked.repeat, || {
        let begun = Instant::now();
        black_box(P::list(&asked.variant));
        begun.elapsed()
    });
    Figures { times, left: Vec::new() }
}

/// Nothing to do, on a connection that has done something else before.
fn first_call<P: Peer>(asked: &Asked) -> Figures {
    let path = file(asked, "current");
    let list = P::list(&asked.variant);
    let times = timed(asked.repeat, || {
        let mut conn = open::<P>(asked, &path);
        P::number(&mut conn, FIRST_QUERY);
        let begun = Instant::now();
        P::run(&list, &mut conn);
        let time = begun.elapsed();
        P::close(conn);
        time
    });
    Figures { times, left: vec![path] }
}

/// Nothing to do, and asked again.
fn repeated_call<P: Peer>(asked: &Asked) -> Figures {
    let path = file(asked, "current");
    let list = P::list(&asked.variant);
    let mut conn = open::<P>(asked, &path);
    P::number(&mut conn, FIRST_QUERY);
    let times = timed(asked.repeat, || {
        let begun = Instant::now();
        for _ in 0..BATCH {
            P::run(&list, &mut conn);
        }
        begun.elapsed() / BATCH
    });
    P::close(conn);
    Figures { times, left: vec![path] }
}

/// Open, nothing to do, first query. Without a call, the database is one without a history.
fn start<P: Peer>(asked: &Asked, calls: usize) -> Figures {
    let path = file(asked, if calls == 0 { "plain" } else { "current" });
    let list = (calls > 0).then(|| P::list(&asked.variant));
    let once = || {
        let begun = Instant::now();
        let mut conn = P::open(&path);
        for list in iter::repeat_n(list.as_ref(), calls).flatten() {
            P::run(list, &mut conn);
        }
        P::number(&mut conn, FIRST_QUERY);
        (begun.elapsed(), conn)
    };
    if asked.repeat == 1 {
        // Under callgrind it is done once: nothing warms it up, and what closing gives back to the allocator is not counted.
        let (time, conn) = once();
        std::mem::forget(conn);
        return Figures { times: vec![time], left: Vec::new() };
    }
    let times = timed(asked.repeat, || {
        let (time, conn) = once();
        P::close(conn);
        time
    });
    Figures { times, left: if calls > 0 { vec![path] } else { Vec::new() } }
}

/// An empty file.
fn fresh<P: Peer>(asked: &Asked) -> Figures {
    let path = file(asked, "fresh");
    let list = P::list(&asked.variant);
    let times = timed_once(asked.repeat, || {
        remove(&path);
        let mut conn = open::<P>(asked, &path);
        let begun = Instant::now();
        P::run(&list, &mut conn);
        let time = begun.elapsed();
        P::close(conn);
        time
    });
    Figures { times, left: vec![path] }
}

/// From a prepared database to the newest migration.
fn upgrade<P: Peer>(asked: &Asked, from: &str) -> Figures {
    let path = file(asked, "upgraded");
    let list = P::list(&asked.variant);
    let times = timed_once(asked.repeat, || {
        copy(&file(asked, from), &path);
        let mut conn = open::<P>(asked, &path);
        let begun = Instant::now();
        P::run(&list, &mut conn);
        let time = begun.elapsed();
        P::close(conn);
        time
    });
    Figures { times, left: vec![path] }
}

/// Many files, one after another: open, one migration, close. The time is that of one file.
fn files<P: Peer>(asked: &Asked) -> Figures {
    let paths: Vec<PathBuf> = (0..asked.files).map(|index| file(asked, &format!("many-{index}"))).collect();
    let list = P::list(&asked.variant);
    let mut times = Vec::new();
    for _ in 0..asked.repeat {
        for path in &paths {
            remove(path);
            fs::copy(file(asked, "before"), path).expect("a copy");
        }
        sync();
        let begun = Instant::now();
        for path in &paths {
            let mut conn = open::<P>(asked, path);
            P::run(&list, &mut conn);
            P::close(conn);
        }
        times.push(begun.elapsed() / asked.files as u32);
    }
    Figures { times, left: paths }
}

/// A warm-up of a tenth, and then as often as asked for.
fn timed(repeat: usize, mut once: impl FnMut() -> Duration) -> Vec<Duration> {
    for _ in 0..repeat / 10 + 1 {
        once();
    }
    timed_once(repeat, once)
}

fn timed_once(repeat: usize, mut once: impl FnMut() -> Duration) -> Vec<Duration> {
    (0..repeat).map(|_| once()).collect()
}

fn open<P: Peer>(asked: &Asked, path: &Path) -> P::Connection {
    let mut conn = P::open(path);
    P::execute(&mut conn, if asked.wal { "PRAGMA journal_mode = WAL" } else { "PRAGMA journal_mode = DELETE" });
    P::execute(&mut conn, &format!("PRAGMA synchronous = {}", asked.sync));
    conn
}

/// `DATABASE.name`
pub(crate) fn file(asked: &Asked, name: &str) -> PathBuf {
    let mut path = asked.database.clone().into_os_string();
    path.push(format!(".{name}"));
    path.into()
}

/// The file, what SQLite keeps beside it, and backups.
pub(crate) fn remove(path: &Path) {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(path.with_file_name(format!("{name}{suffix}")));
    }
    if name.contains("many") {
        return;
    }
    let beside = fs::read_dir(path.parent().expect("a directory")).expect("a directory");
    for entry in beside.flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(&format!("{name}.")) && other.ends_with(".backup") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A copy that is on the disk, so that nobody's first `fsync` has to write it.
fn copy(from: &Path, to: &Path) {
    remove(to);
    fs::copy(from, to).expect("a copy");
    fs::File::open(to).and_then(|file| file.sync_all()).expect("a copy on the disk");
}

fn sync() {
    let status = Command::new("sync").status();
    assert!(status.is_ok_and(|status| status.success()), "`sync` does not run");
}
