//! Several programs at once, and programs and servers that are killed.

use std::process::{Command, Stdio};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use migrate::{AnyVersion, Atomicity, EntryKind, Outcome};
use migrate_remote::Remote;

use crate::kit::{NOTES, copied, directory, dump, list};
use crate::line::{Cut, Line};
use crate::server::{Server, server, started};

/// What local runs make of the same list, from the same start.
pub(crate) fn local(rows: bool, atomicity: Atomicity) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let mut conn = Connection::open(&path).unwrap();
    if rows {
        list(&NOTES[..1]).migrations.run(&mut conn).unwrap();
        PEOPLE.iter().for_each(|sql| conn.execute_batch(sql).unwrap());
    }
    list(&NOTES).migrations.migrator().atomicity(atomicity).run(&mut conn).unwrap();
    drop(conn);
    dump(&path)
}

const PEOPLE: [&str; 2] = [
    "INSERT INTO notes (title) VALUES ('one'), ('two'), ('three')",
    "INSERT INTO tags (note_id, name) SELECT id, title FROM notes",
];

/// A database of the first version, with rows.
pub(crate) fn first_version(server: &Server) {
    server.remote().run(&list(&NOTES[..1]).migrations).unwrap();
    server.sql(&PEOPLE);
}

pub(crate) fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn eight_at_once_apply_everything_once() {
    let mut server = started!();
    for round in 0..number("REMOTE_RACES", 4) {
        let (rows, each) = (round % 2 == 1, round % 4 > 1);
        if rows {
            first_version(&server);
        }
        let notes = list(&NOTES).migrations;
        let atomicity = if each { Atomicity::Each } else { Atomicity::All };
        let reports: Vec<_> = scope(|scope| {
            let one = || server.remote().run_with(&notes.migrator().atomicity(atomicity)).unwrap();
            let running: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        // Every one of them ended at the newest, and no migration was applied by two.
        let mut applied: Vec<_> =
            reports.iter().flat_map(|report| report.applied().map(|entry| entry.version)).collect();
        let told = applied.len();
        applied.sort();
        applied.dedup();
        assert_eq!(applied.len(), told, "round {round}");
        assert!(reports.iter().any(|report| report.outcome() != Outcome::Current));
        let recorded: usize = reports
            .iter()
            .flat_map(|report| report.entries())
            .filter(|entry| entry.kind != EntryKind::Reverted)
            .count();
        assert_eq!(recorded, if rows { 4 } else { 5 }, "round {round}");
        assert_eq!(dump(&copied(&mut server)), local(rows, atomicity), "round {round}");
        server.empty();
    }
}

/// The schema stays as it is, so that only the history tells who was first; and what is applied twice can be counted.
#[test]
fn eight_at_once_count_to_three() {
    let mut server = started!();
    let add = "UPDATE counter SET n = n + 1;";
    let files = [
        ("001_counter.sql", "CREATE TABLE counter (n INTEGER NOT NULL);\nINSERT INTO counter VALUES (0);"),
        ("002_one.sql", add),
        ("003_two.sql", add),
        ("004_three.sql", add),
    ];
    let all = list(&files).migrations;
    for round in 0..number("REMOTE_RACES", 4) {
        server.remote().run(&list(&files[..1]).migrations).unwrap();
        let atomicity = if round % 2 == 0 { Atomicity::Each } else { Atomicity::All };
        scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| server.remote().run_with(&all.migrator().atomicity(atomicity)).unwrap());
            }
        });
        assert_eq!(
            server.sql(&["SELECT n, (SELECT count(*) FROM schema_migrations) FROM counter"]),
            ["3|4"],
            "round {round}"
        );
        server.empty();
    }
}

/// Another program does the rest, between two requests of this one: it has applied one, and is where the other one has brought it.
#[test]
fn who_is_overtaken_says_where_the_database_is() {
    let server = started!();
    first_version(&server);
    let notes = list(&NOTES).migrations;
    let other = server.remote();
    let overtake = move |number: usize| {
        // Behind two looks, a question about the statements, and the second migration.
        if number == 3 {
            assert_eq!(other.run(&list(&NOTES).migrations).unwrap().applied().count(), 3);
        }
    };
    let line = Line::watched(&server, |_| Cut::No, overtake);
    let report = line.remote().run_with(&notes.migrator().atomicity(Atomicity::Each)).unwrap();
    assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 1), "{report}");
    assert_eq!(report.after(), Some(AnyVersion(4)), "{report}");
    assert!(report.to_string().ends_with("was at `001_create_notes.sql`, now at `005_overview.sql`"), "{report}");
}

/// Not a test by itself: what the tests below start, and kill.
#[test]
fn a_program_of_its_own() {
    let (Ok(address), Ok(directory)) = (std::env::var("REMOTE_ADDRESS"), std::env::var("REMOTE_DIRECTORY")) else {
        return;
    };
    let notes = migrate_check::load(directory.as_ref()).unwrap().migrations;
    let remote = Remote::new(&address).unwrap();
    println!("ready");
    remote.run_with(&notes.migrator().atomicity(Atomicity::Each)).unwrap();
}

pub(crate) fn program(address: &str, directory: &std::path::Path) -> std::process::Child {
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "races::a_program_of_its_own", "--nocapture"])
        .env("REMOTE_ADDRESS", address)
        .env("REMOTE_DIRECTORY", directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    while std::io::BufRead::read_line(&mut out, &mut line).unwrap() > 0 && !line.contains("ready") {}
    program.stdout = Some(out.into_inner());
    program
}

/// The moments of the kills: spread over the time that an undisturbed run takes, and a little more.
fn moment(round: usize, whole: Duration) -> Duration {
    whole.mul_f64((round as f64 * 0.618_033_988_75).fract() * 1.2)
}

fn undisturbed(server: &mut Server, directory: &std::path::Path) -> Duration {
    first_version(server);
    let mut program = program(&server.address(), directory);
    let begun = Instant::now();
    assert!(program.wait().unwrap().success());
    let whole = begun.elapsed();
    server.empty();
    whole
}

#[test]
fn programs_that_are_killed() {
    let mut server = started!();
    let directory = directory(&NOTES);
    let expected = local(true, Atomicity::Each);
    let whole = undisturbed(&mut server, directory.path());
    let (mut killed, kills) = (0, number("REMOTE_KILLS", 8));
    for round in 0..kills {
        first_version(&server);
        let mut program = program(&server.address(), directory.path());
        sleep(moment(round, whole));
        killed += usize::from(program.try_wait().unwrap().is_none());
        let _ = program.kill();
        program.wait().unwrap();
        // At every moment it is at a version, and goes on from there.
        server.remote().run_with(&list(&NOTES).migrations.migrator().atomicity(Atomicity::Each)).unwrap();
        assert_eq!(dump(&copied(&mut server)), expected, "round {round}");
        server.empty();
    }
    println!("killed {killed} of {kills} before their end ({whole:?} undisturbed)");
}

#[test]
fn servers_that_are_killed() {
    let Some(mut server) = server() else { return };
    let directory = directory(&NOTES);
    let expected = local(true, Atomicity::Each);
    let whole = undisturbed(&mut server, directory.path());
    for round in 0..number("REMOTE_KILLS", 8) {
        first_version(&server);
        let mut program = program(&server.address(), directory.path());
        sleep(moment(round, whole));
        server.kill();
        sleep(Duration::from_millis(30));
        server.start();
        // The program notices nothing but that it took longer.
        assert!(program.wait().unwrap().success(), "round {round}");
        assert_eq!(dump(&copied(&mut server)), expected, "round {round}");
        server.empty();
    }
}
