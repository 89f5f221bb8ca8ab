//! What a fleet costs beside raw SQLite: `cargo bench -p migrate-fleet -- [FILES …]`, by default 1,000.
//!
//! Each scenario is run by `migrate-fleet` and by raw rusqlite with the same number of threads, in turn, three times (or `FLEET_ROUNDS`); the
//! medians and their ratio are printed. Raw opens each file and does the physical minimum, so it knows nothing of what is in it.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use migrate::BackupPolicy;
use migrate::rusqlite::{Connection, OpenFlags};
use migrate_fleet::{Fleet, FleetReport};

mod db {
    migrate::migrations!("tests/fixtures/tenant");
}

/// What is done with each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Look,
    TryOut,
    Apply,
    ApplyWithBackup,
    NothingToDo,
}

fn main() {
    // `cargo bench` hands over `--bench`.
    let mut counts: Vec<usize> = env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts.push(1000);
    }
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    say("| files | threads | | raw | migrate-fleet | files a second | ratio |\n|---|---|---|---|---|---|---|");
    for count in counts {
        for threads in [1, cores, 4 * cores] {
            for work in [Work::Look, Work::NothingToDo, Work::TryOut, Work::Apply, Work::ApplyWithBackup] {
                measure(count, threads, work);
            }
        }
    }
}

fn measure(count: usize, threads: usize, work: Work) {
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    let rounds = env::var("FLEET_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    for _ in 0..rounds {
        let files = Files::new(count, work);
        raw.push(timed(|| by_hand(&files.paths, threads, work)));
        let files = Files::new(count, work);
        ours.push(timed(|| by_fleet(&files.paths, threads, work)));
    }
    let (raw, ours) = (median(raw), median(ours));
    let what = match work {
        Work::Look => "look (`status`)",
        Work::NothingToDo => "sweep, nothing to do",
        Work::TryOut => "dry run",
        Work::Apply => "sweep, two migrations, no backup",
        Work::ApplyWithBackup => "sweep, two migrations, backup",
    };
    let rate = count as f64 / ours.as_secs_f64();
    say(&format!(
        "| {count} | {threads} | {what} | {:.2} s | {:.2} s | {rate:.0} | {:.2} |",
        raw.as_secs_f64(),
        ours.as_secs_f64(),
        ours.as_secs_f64() / raw.as_secs_f64()
    ));
}

fn by_fleet(files: &[PathBuf], threads: usize, work: Work) {
    let backup = if work == Work::ApplyWithBackup { BackupPolicy::BeforeDestructive } else { BackupPolicy::Never };
    let fleet = Fleet::new(&db::MIGRATIONS).threads(threads).configure(move |migrator| migrator.backup(backup));
    let report: FleetReport = match work {
        Work::Look => fleet.status(files),
        Work::TryOut => fleet.dry_run(files),
        _ => fleet.sweep(files),
    }
    .expect("no quarantine list");
    assert!(report.is_success(), "{report}");
    let expected = if work == Work::NothingToDo { 0 } else { files.len() };
    assert_eq!(report.migrated(), expected);
}

fn by_hand(files: &[PathBuf], threads: usize, work: Work) {
    let left = Mutex::new(files.iter());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(file) = next(&left) {
                    one_by_hand(file, work);
                }
            });
        }
    });
}

fn next<'a>(left: &Mutex<std::slice::Iter<'a, PathBuf>>) -> Option<&'a PathBuf> {
    left.lock().expect("nobody panicked").next()
}

fn one_by_hand(file: &Path, work: Work) {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .expect("opened");
    let newest = "SELECT migration_name FROM schema_migrations ORDER BY id DESC LIMIT 1";
    conn.query_row(newest, [], |row| row.get::<_, String>(0)).expect("a history");
    let end = match work {
        Work::Look | Work::NothingToDo => return,
        Work::TryOut => "ROLLBACK",
        Work::Apply | Work::ApplyWithBackup => "COMMIT",
    };
    conn.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").expect("begun");
    for migration in db::MIGRATIONS.iter().skip(2) {
        conn.execute_batch(migration.sql).expect("it runs");
        conn.execute("INSERT INTO schema_migrations (migration_name) VALUES (?1)", [migration.name]).expect("recorded");
    }
    conn.execute_batch(end).expect("ended");
}

/// Databases that the second release left, or the newest.
struct Files {
    _directory: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

impl Files {
    fn new(count: usize, work: Work) -> Files {
        let directory = tempfile::Builder::new().prefix("fleet-").tempdir_in(env::temp_dir()).expect("a directory");
        let template = directory.path().join("template");
        let version = if work == Work::NothingToDo { db::Version::LATEST } else { db::Version::Count };
        let mut conn = Connection::open(&template).expect("opened");
        db::migrator().target(version).run(&mut conn).expect("migrated");
        let slug = if work == Work::NothingToDo {
            "title, slug) SELECT 'note ' || value, value"
        } else {
            "title) SELECT 'note ' || value"
        };
        let rows = format!("INSERT INTO notes ({slug} FROM generate_series(1, 100)");
        conn.execute(&rows.replace("generate_series(1, 100)", SERIES), []).expect("rows");
        conn.close().expect("closed");
        let paths: Vec<PathBuf> = (0..count).map(|n| directory.path().join(format!("{n}.db"))).collect();
        for path in &paths {
            fs::copy(&template, path).expect("copied");
        }
        Files { _directory: directory, paths }
    }
}

const SERIES: &str =
    "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 100) SELECT value FROM s)";

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn say(line: &str) {
    writeln!(io::stdout(), "{line}").expect("standard output");
}
