//! rqlite: real nodes, alone and three of them. Without `MIGRATE_RQLITED` these tests say that they are skipped.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use migrate::{Atomicity, Outcome};
use migrate_remote::{Answer, Engine, Error, Recency, Remote, Rqlite, Value};
use tempfile::TempDir;

use crate::kit::{NOTES, list};
use crate::server::free_port;

/// A node, stopped when it is dropped.
struct Node {
    directory: TempDir,
    http: u16,
    raft: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("MIGRATE_RQLITED").map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("MIGRATE_NEEDS_RQLITED").is_none(), "MIGRATE_RQLITED is not set");
        eprintln!("skipped: MIGRATE_RQLITED does not name a node's program; `migrate-remote/rqlited` fetches one");
    }
    path
}

impl Node {
    fn new(arguments: &[&str]) -> Node {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Node { directory: tempfile::tempdir().unwrap(), http: free_port(), raft: free_port(), arguments, process: None }
    }

    fn alone(arguments: &[&str]) -> Option<Node> {
        program()?;
        let mut node = Node::new(arguments);
        node.start();
        node.wait();
        Some(node)
    }

    fn start(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        let process = Command::new(program().unwrap())
            .args(["-http-addr", &format!("127.0.0.1:{}", self.http)])
            .args(["-raft-addr", &format!("127.0.0.1:{}", self.raft)])
            .args(&self.arguments)
            .arg(self.directory.path().join("data"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    /// Until it has a leader.
    fn wait(&self) {
        let begun = Instant::now();
        while self.engine().read(&["SELECT 1"], Recency::Newest).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no leader: {}", self.log());
            sleep(Duration::from_millis(100));
        }
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn engine(&self) -> Rqlite {
        Rqlite::new(&format!("rqlite://127.0.0.1:{}", self.http)).unwrap()
    }

    fn remote(&self) -> Remote<Rqlite> {
        Remote::with_engine(self.engine())
    }

    /// As an application would: statements that are committed by themselves.
    fn sql(&self, statements: &[&str]) {
        let body = serde_json::json!(statements).to_string();
        let agent = ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build());
        let url = format!("http://127.0.0.1:{}/db/execute?transaction", self.http);
        let mut answer = agent.post(url).content_type("application/json").send(body.as_bytes()).unwrap();
        let answer = answer.body_mut().read_to_string().unwrap();
        assert!(!answer.contains("error"), "{statements:?}: {answer}");
    }

    /// What it holds itself: the schema, the rows, and the history without times.
    fn content(&self) -> Vec<String> {
        let queries: Vec<&str> = CONTENT.to_vec();
        let answers = self.engine().read(&queries, Recency::Newest).unwrap();
        answers.into_iter().flat_map(lines).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

const CONTENT: [&str; 4] = [
    "SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
    "SELECT 'note ' || id || ' ' || title || ' ' || coalesce(body, 'NULL') || ' ' || pinned FROM notes ORDER BY id",
    "SELECT 'tag ' || id || ' ' || note_id || ' ' || name FROM tags ORDER BY id",
    "SELECT id || ' ' || migration_name || ' ' || checksum || ' ' || chain || ' ' || origin FROM schema_migrations ORDER BY id",
];

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
    for known in [0, 1, 2, 4, 5] {
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
        assert_eq!(node.content(), local(&conn), "from {known}");
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
    let before = node.content();
    let unique = (
        "003_unique.sql",
        "--! allow(may-fail-on-data): this is what the test is about\nCREATE TABLE more(x);\nCREATE UNIQUE INDEX titles ON notes(title);",
    );
    let error = node.remote().run(&list(&[NOTES[0], NOTES[1], unique]).migrations).unwrap_err();
    let Error::Statement(failed) = &error else { panic!("{error}") };
    assert!(failed.to_string().contains("003_unique.sql:3:1: UNIQUE constraint failed: notes.title"), "{error}");
    assert!(error.to_string().contains("nothing was changed, still at `002_pin.sql`"), "{error}");
    assert_eq!(node.content(), before);

    let report = node.remote().dry_run(&list(&NOTES).migrations).unwrap();
    assert!(report.is_dry_run() && report.entries().len() == 3, "{report}");
    assert_eq!(node.content(), before);
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
    for round in 0..kills {
        let mut first = Node::new(&["-node-id", "1"]);
        let joined = |id: &str| Node::new(&["-node-id", id, "-join", &format!("127.0.0.1:{}", first.raft)]);
        let mut others = [joined("2"), joined("3")];
        first.start();
        first.wait();
        others.iter_mut().for_each(Node::start);
        others.iter().for_each(Node::wait);
        first.remote().run(&list(&files[..1]).migrations).unwrap();

        let there = others[0].remote().retry_for(Duration::from_secs(60));
        let report = thread::scope(|scope| {
            let runner = scope.spawn(|| there.run_with(&all.migrator().atomicity(Atomicity::Each)));
            sleep(Duration::from_millis(40 + 60 * round as u64));
            first.kill();
            runner.join().unwrap()
        });
        if let Err(error) = report {
            // The error has to be one that says that it is not known, or that nobody is there; the next start knows.
            assert!(
                matches!(error, Error::InDoubt { .. } | Error::Unreachable { .. } | Error::Server { .. }),
                "{error}"
            );
            others[1].wait();
            others[1].remote().retry_for(Duration::from_secs(60)).run(&all).unwrap();
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
            let url = format!("http://127.0.0.1:{}/db/query?level=none", node.http);
            let agent = ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build());
            let own = || {
                let body = serde_json::json!([counted, history]).to_string();
                let mut answer = agent.post(&url).content_type("application/json").send(body.as_bytes()).unwrap();
                answer.body_mut().read_to_string().unwrap()
            };
            let begun = Instant::now();
            // A follower hears of the last entry a moment later.
            while !held(&first).iter().all(|text| own().contains(text.as_str())) {
                assert!(begun.elapsed() < Duration::from_secs(20), "round {round}: {}", own());
                sleep(Duration::from_millis(100));
            }
        }
    }
    println!("{kills} leaders killed, 11 migrations each: 0 lost, 0 doubled, three nodes alike");
}
