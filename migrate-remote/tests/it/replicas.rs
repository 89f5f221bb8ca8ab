//! A replica and its primary: what is written is passed on, and what is read may be old, where that does no harm.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use migrate::{AnyVersion, Atomicity, Migrations, Outcome};
use migrate_remote::{Engine, Error, Recency, Sqld};

use crate::kit::{NOTES, history, list};
use crate::server::{Server, free_port, program};

fn pair() -> Option<(Server, Server)> {
    program()?;
    let grpc = format!("127.0.0.1:{}", free_port());
    let primary = Server::with(&["--grpc-listen-addr", &grpc])?;
    let replica = Server::with(&["--primary-grpc-url", &format!("http://{grpc}")])?;
    Some((primary, replica))
}

const NOTED: [&str; 2] = [
    "INSERT INTO notes (title) VALUES ('one'), ('two')",
    "INSERT INTO tags (note_id, name) SELECT id, title FROM notes",
];

#[test]
fn through_a_replica() {
    let Some((primary, replica)) = pair() else { return };
    primary.remote().run(&list(&NOTES[..1]).migrations).unwrap();
    primary.sql(&NOTED);
    let notes = list(&NOTES).migrations;
    assert_eq!(replica.remote().plan(&notes).unwrap().outcome(), Outcome::Applied);
    let report = replica.remote().run(&notes).unwrap();
    assert_eq!(report.applied().count(), 4, "{report}");
    let status = replica.remote().status(&notes).unwrap();
    assert!(status.pending().next().is_none(), "{status}");
    assert!(history(&primary).ends_with("005_overview.sql applied"));
    assert_eq!(primary.sql(&["SELECT count(*) FROM tags"]), ["3"]);
    assert_eq!(replica.remote().run(&notes).unwrap().outcome(), Outcome::Current);
}

/// Many migrations, each of which can be counted.
fn counted(migrations: usize, update: &str) -> Vec<(String, String)> {
    let first =
        "CREATE TABLE counter (n INTEGER NOT NULL);\nINSERT INTO counter VALUES (0);\nCREATE TABLE many (x INTEGER);";
    let next = (1..=migrations).map(|n| (format!("{:03}_count_{n}.sql", n + 1), update.to_owned()));
    [("001_counter.sql".to_owned(), first.to_owned())].into_iter().chain(next).collect()
}

fn load(files: &[(String, String)]) -> Migrations<AnyVersion> {
    list(&files.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect::<Vec<_>>()).migrations
}

const ADD: &str = "UPDATE counter SET n = n + 1;";

/// Wherever it was migrated, a replica says so at once, though it may not have the rows itself yet.
#[test]
fn the_status_of_a_replica_is_never_old() {
    let Some((primary, replica)) = pair() else { return };
    let all = load(&counted(40, ADD));
    for version in 0..=40 {
        let here = [&primary, &replica][version % 2];
        here.remote().run_with(&all.migrator().target(AnyVersion(version))).unwrap();
        let status = replica.remote().status(&all).unwrap();
        assert_eq!(status.pending().count(), 40 - version, "at {version}: {status}");
        let plan = replica.remote().plan(&all).unwrap();
        assert_eq!(plan.steps().is_empty(), version == 40, "at {version}: {plan}");
    }
}

/// What has to be new is read where it is written: a replica whose primary stands still does not answer it.
#[test]
fn what_has_to_be_new_is_asked_of_the_primary() {
    let Some((primary, replica)) = pair() else { return };
    let notes = list(&NOTES[..1]).migrations;
    replica.remote().run(&notes).unwrap();
    let counted = ["SELECT count(*) FROM schema_migrations"];
    let begun = Instant::now();
    let own = || {
        replica.remote().status(&notes).is_ok()
            && Sqld::new(&replica.address()).unwrap().read(&counted, Recency::Any).unwrap()[0].is_ok()
    };
    while !own() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the replica does not follow");
        sleep(Duration::from_millis(50));
    }
    primary.signal("STOP");
    let impatient = || Sqld::new(&replica.address()).unwrap().timeout(Duration::from_secs(1));
    let own = Sqld::new(&replica.address()).unwrap().read(&counted, Recency::Any);
    let read = [Recency::Newest, Recency::Committed].map(|recency| impatient().read(&counted, recency));
    let remote = replica.remote().timeout(Duration::from_secs(1)).retry_for(Duration::from_millis(300));
    let (status, run) = (remote.status(&notes), replica.remote().run(&notes));
    primary.signal("CONT");
    assert!(own.is_ok(), "{own:?}");
    assert!(read.iter().all(Result::is_err), "{read:?}");
    assert!(matches!(status, Err(Error::Unreachable { .. })), "{status:?}");
    // What was applied stays applied: for a start with nothing to do the primary is not needed.
    assert_eq!(run.unwrap().outcome(), Outcome::Current);
    assert!(replica.remote().status(&notes).unwrap().pending().next().is_none());
}

#[test]
fn some_here_and_some_there() {
    let Some((primary, replica)) = pair() else { return };
    let files = counted(6, ADD);
    primary.remote().run(&load(&files[..1])).unwrap();
    let all = load(&files);
    let reports: Vec<_> = scope(|scope| {
        let one = |number: usize| {
            let (here, all) = ([&primary, &replica][number % 2], &all);
            let atomicity = if number % 4 < 2 { Atomicity::Each } else { Atomicity::All };
            let patient = Duration::from_secs(300);
            let run = move || {
                here.remote().retry_for(patient).run_with(&all.migrator().atomicity(atomicity).lock_timeout(patient))
            };
            scope.spawn(run)
        };
        let running: Vec<_> = (0..8).map(one).collect();
        running.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
    });
    assert!(reports.iter().all(|report| report.after() == Some(AnyVersion(6))));
    assert_eq!(primary.sql(&["SELECT n, (SELECT count(*) FROM schema_migrations) FROM counter"]), ["6|7"]);
    assert!(replica.remote().status(&all).unwrap().pending().next().is_none());
}

/// Through the replica, while the primary is killed: the error says what is known, and the next run brings it to the end.
#[test]
fn the_primary_is_killed_in_the_middle() {
    let Some((mut primary, replica)) = pair() else { return };
    let slow = "UPDATE counter SET n = n + 1 + 0 * (SELECT count(*) FROM many AS a, many AS b WHERE a.x < b.x);";
    let files = counted(12, slow);
    let all = load(&files);
    primary.remote().run(&load(&files[..1])).unwrap();
    primary.sql(&["WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000) INSERT INTO many SELECT x FROM c"]);
    let remote = || replica.remote().timeout(Duration::from_secs(5)).retry_for(Duration::from_secs(1));
    let ended = AtomicBool::new(false);
    let ran = scope(|scope| {
        let running = scope.spawn(|| {
            let ran = remote().run_with(&all.migrator().atomicity(Atomicity::Each));
            ended.store(true, Ordering::SeqCst);
            ran
        });
        let begun = Instant::now();
        let count = ["SELECT count(*) FROM schema_migrations"];
        while primary.sql(&count)[0].parse::<usize>().unwrap() < 3 && !ended.load(Ordering::SeqCst) {
            assert!(begun.elapsed() < Duration::from_secs(120), "{}", replica.log());
            sleep(Duration::from_millis(10));
        }
        primary.kill();
        running.join().unwrap()
    });
    let error = ran.unwrap_err();
    assert!(matches!(error, Error::InDoubt { .. } | Error::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("this run had committed `002_count_1.sql`") && text.contains("help: start"), "{text}");
    assert!(matches!(remote().status(&all), Err(Error::Unreachable { .. })));

    primary.start();
    let report =
        replica.remote().timeout(Duration::from_secs(30)).retry_for(Duration::from_secs(300)).run(&all).unwrap();
    assert_eq!(report.after(), Some(AnyVersion(12)), "{report}");
    assert!(report.applied().count() > 0, "{report}");
    assert_eq!(primary.sql(&["SELECT n, (SELECT count(*) FROM schema_migrations) FROM counter"]), ["12|13"]);
    assert!(replica.remote().status(&all).unwrap().pending().next().is_none());
}
