//! rqlite: real nodes, alone and three of them. Without `MIGRATE_RQLITED` these tests say that they are skipped.

use std::sync::atomic::Ordering;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use migrate::{Atomicity, Outcome};
use migrate_remote::{Answer, Engine, Error, Recency, Remote, Rqlite, Value};

use crate::kit::{NOTES, list};
use crate::line::{Cut, Line};
use crate::node::{Node, program};

const CONTENT: [&str; 4] = [
    "SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
    "SELECT 'note ' || id || ' ' || title || ' ' || coalesce(body, 'NULL') || ' ' || pinned FROM notes ORDER BY id",
    "SELECT 'tag ' || id || ' ' || note_id || ' ' || name FROM tags ORDER BY id",
    "SELECT id || ' ' || migration_name || ' ' || checksum || ' ' || chain || ' ' || origin FROM schema_migrations ORDER BY id",
];

/// What it holds itself: the schema, the rows, and the history without times.
fn content(node: &Node) -> Vec<String> {
    let queries: Vec<&str> = CONTENT.to_vec();
    let answers = node.engine().read(&queries, Recency::Newest).unwrap();
    answers.into_iter().flat_map(lines).collect()
}

fn lines(answer: Answer) -> Vec<String> {
    let text = |row: Vec<Value>| match row.into_iter().next() {
        Some(Value::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    answer.unwrap().rows.into_iter().map(text).collect()
}

fn local(conn: &Connection) -> Vec<String> {
    CONTENT
        .iter()
        .flat_map(|sql| {
            let mut statement = conn.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
        })
        .collect()
}

const ROWS: [&str; 2] = [
    "INSERT INTO notes (title, body) VALUES ('milk', 'two bottles'), ('eggs', '')",
    "INSERT INTO tags (note_id, name) SELECT id, 'shopping' FROM notes",
];

#[test]
fn from_every_version_as_in_a_file() {
    let notes = list(&NOTES).migrations;
    for known in 0..=NOTES.len() {
        let Some(node) = Node::alone(&[]) else { return };
        let mut conn = Connection::open_in_memory().unwrap();
        if known > 0 {
            let older = list(&NOTES[..known]).migrations;
            older.run(&mut conn).unwrap();
            node.remote().run(&older).unwrap();
            ROWS.iter().for_each(|sql| conn.execute_batch(sql).unwrap());
            node.sql(&ROWS);
        }
        let here = notes.run(&mut conn).unwrap();
        let there = node.remote().run(&notes).unwrap();
        assert_eq!(there.outcome(), here.outcome(), "from {known}: {there}");
        assert_eq!((there.before(), there.after()), (here.before(), here.after()), "from {known}");
        assert_eq!(content(&node), local(&conn), "from {known}");
        assert_eq!(node.remote().run(&notes).unwrap().outcome(), Outcome::Current, "from {known}");
        assert!(node.remote().status(&notes).unwrap().difference().is_same(), "from {known}");
    }
}

#[test]
fn what_fails_is_rolled_back_and_what_is_tried_too() {
    let Some(node) = Node::alone(&[]) else { return };
    let older = list(&NOTES[..2]).migrations;
    node.remote().run(&older).unwrap();
    node.sql(&["INSERT INTO notes (title) VALUES ('milk'), ('milk')"]);
    let before = content(&node);
    let unique = (
        "003_unique.sql",
        "--! allow(may-fail-on-data): this is what the test is about\nCREATE TABLE more(x);\nCREATE UNIQUE INDEX titles ON notes(title);",
    );
    let error = node.remote().run(&list(&[NOTES[0], NOTES[1], unique]).migrations).unwrap_err();
    let Error::Statement(failed) = &error else { panic!("{error}") };
    assert!(failed.to_string().contains("003_unique.sql:3:1: UNIQUE constraint failed: notes.title"), "{error}");
    assert!(error.to_string().contains("nothing was changed, still at `002_pin.sql`"), "{error}");
    assert_eq!(content(&node), before);

    let report = node.remote().dry_run(&list(&NOTES).migrations).unwrap();
    assert!(report.is_dry_run() && report.entries().len() == 3, "{report}");
    assert_eq!(content(&node), before);
}

#[test]
fn eight_at_once_and_each_is_applied_once() {
    let Some(node) = Node::alone(&[]) else { return };
    let counted = [
        (
            "001_count.sql",
            "CREATE TABLE counts(name TEXT PRIMARY KEY, runs INTEGER NOT NULL);\nINSERT INTO counts VALUES ('runs', 0);",
        ),
        ("002_one.sql", "--! adopt: run -- it leaves no mark\nUPDATE counts SET runs = runs + 1;"),
        ("003_two.sql", "--! adopt: run -- it leaves no mark\nUPDATE counts SET runs = runs + 1;"),
    ];
    node.remote().run(&list(&counted[..1]).migrations).unwrap();
    let all = list(&counted).migrations;
    thread::scope(|scope| {
        let runners: Vec<_> = (0..8).map(|_| scope.spawn(|| node.remote().run(&all))).collect();
        for runner in runners {
            let report = runner.join().unwrap().unwrap();
            assert_eq!(report.after().map(|version| version.0), Some(2), "{report}");
        }
    });
    let answers = node.engine().read(&["SELECT 'runs ' || runs FROM counts"], Recency::Newest).unwrap();
    assert_eq!(answers.into_iter().flat_map(lines).collect::<Vec<_>>(), ["runs 2"]);
}

/// Whichever request is cut, and however: applied once, and reported as applied.
#[test]
fn every_request_is_cut_once() {
    let Some(node) = Node::alone(&[]) else { return };
    let (older, notes) = (list(&NOTES[..1]).migrations, list(&NOTES).migrations);
    let mut conn = Connection::open_in_memory().unwrap();
    older.run(&mut conn).unwrap();
    ROWS.iter().for_each(|sql| conn.execute_batch(sql).unwrap());
    notes.run(&mut conn).unwrap();
    let run = |cut: Option<(usize, Cut)>| {
        node.empty();
        node.remote().run(&older).unwrap();
        node.sql(&ROWS);
        let told = move |number| cut.filter(|(which, _)| *which == number).map_or(Cut::No, |(_, cut)| cut);
        let line = Line::to_port(node.http, told, |_| {});
        let remote = Remote::with_engine(Rqlite::new(&line.address()).unwrap()).retry_for(Duration::from_secs(120));
        let report = remote.run_with(&notes.migrator().atomicity(Atomicity::Each)).unwrap();
        assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 4), "{cut:?}: {report}");
        assert_eq!(content(&node), local(&conn), "{cut:?}");
        line.requests.load(Ordering::SeqCst)
    };
    let undisturbed = run(None);
    assert!(undisturbed >= 6, "{undisturbed}");
    for which in 0..undisturbed {
        for cut in [Cut::Request, Cut::Answer, Cut::Half] {
            run(Some((which, cut)));
        }
    }
    println!("each of {undisturbed} requests cut in three ways");
}

#[test]
fn nodes_that_enforce_foreign_keys_are_refused() {
    let Some(node) = Node::alone(&["-fk"]) else { return };
    let error = node.remote().run(&list(&NOTES).migrations).unwrap_err();
    assert!(error.to_string().contains("the nodes were started with `-fk`"), "{error}");
    let tables = node.engine().read(&["SELECT name FROM sqlite_master"], Recency::Newest).unwrap();
    assert_eq!(tables.into_iter().flat_map(lines).count(), 0);
}

/// The leader is killed while migrations are applied one by one; who began goes on at another node. In the end all nodes hold the same.
#[test]
fn a_leader_that_dies_takes_nothing_with_it() {
    if program().is_none() {
        return;
    }
    let kills: usize = std::env::var("RQLITE_KILLS").map_or(2, |text| text.parse().expect("RQLITE_KILLS is a number"));
    let mut text: Vec<(String, String)> = vec![(
        "001_counts.sql".to_owned(),
        "CREATE TABLE counts(id INTEGER PRIMARY KEY, name TEXT NOT NULL);".to_owned(),
    )];
    for n in 2..=12 {
        let sql = format!("--! adopt: run -- it leaves no mark\nINSERT INTO counts (name) VALUES ('{n}');");
        text.push((format!("{n:03}_count_{n}.sql"), sql));
    }
    let files: Vec<(&str, &str)> = text.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let all = list(&files).migrations;
    let (mut in_the_middle, mut resumed) = (0, 0);
    for round in 0..kills {
        let mut first = Node::new(&["-node-id", "1"]);
        let joined = |id: &str| Node::new(&["-node-id", id, "-join", &format!("127.0.0.1:{}", first.raft)]);
        let mut others = [joined("2"), joined("3")];
        first.start();
        first.wait();
        others.iter_mut().for_each(Node::start);
        others.iter().for_each(Node::wait);
        first.remote().run(&list(&files[..1]).migrations).unwrap();

        let there = others[0].remote().retry_for(Duration::from_secs(120));
        let report = thread::scope(|scope| {
            let runner = scope.spawn(|| there.run_with(&all.migrator().atomicity(Atomicity::Each)));
            // After each of the migrations in turn, as this node itself has them.
            let here = || first.post("/db/query?level=none", "application/json", HISTORY.as_bytes());
            while rows(&here()) < 1 + round % 11 && !runner.is_finished() {
                sleep(Duration::from_millis(2));
            }
            in_the_middle += usize::from(!runner.is_finished());
            first.kill();
            runner.join().unwrap()
        });
        if let Ok(report) = &report {
            assert_eq!(report.applied().count(), 11, "round {round}: {report}");
        }
        if let Err(error) = report {
            resumed += 1;
            println!("round {round}: {error}");
            // It says that it is not known, or that nobody is there; the next start knows.
            assert!(matches!(error, Error::InDoubt { .. } | Error::Unreachable { .. }), "{error}");
            others[1].wait();
            others[1].remote().retry_for(Duration::from_secs(120)).run(&all).unwrap();
        }
        first.start();
        first.wait();
        let counted = "SELECT group_concat(name, ' ') FROM (SELECT name FROM counts ORDER BY id)";
        let history = "SELECT group_concat(id || migration_name || applied_at || checksum, ' ') FROM schema_migrations";
        let held = |node: &Node| -> Vec<String> {
            node.engine().read(&[counted, history], Recency::Newest).unwrap().into_iter().flat_map(lines).collect()
        };
        let expected = "2 3 4 5 6 7 8 9 10 11 12";
        assert_eq!(held(&first)[0], expected, "round {round}");
        for node in others.iter().chain([&first]) {
            let body = serde_json::json!([counted, history]).to_string();
            let own = || node.post("/db/query?level=none", "application/json", body.as_bytes());
            let begun = Instant::now();
            // A follower hears of the last entry a moment later.
            while !held(&first).iter().all(|text| own().contains(text.as_str())) {
                assert!(begun.elapsed() < Duration::from_secs(120), "round {round}: {}", own());
                sleep(Duration::from_millis(100));
            }
        }
    }
    println!(
        "{kills} leaders killed, {in_the_middle} of them in the middle of 11 migrations: 0 lost, 0 doubled, three nodes alike; \
         {} runs noticed nothing, {resumed} had to be started again",
        kills - resumed
    );
}

const HISTORY: &str = r#"["SELECT count(*) FROM schema_migrations"]"#;

fn rows(answer: &str) -> usize {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    answer["results"][0]["values"][0][0].as_u64().unwrap_or_default() as usize
}
