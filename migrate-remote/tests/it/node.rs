//! A real node of rqlite.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use migrate_remote::{Engine, Recency, Remote, Rqlite};
use tempfile::TempDir;

use crate::server::free_port;

/// A node, stopped when it is dropped.
pub(crate) struct Node {
    directory: TempDir,
    pub(crate) http: u16,
    pub(crate) raft: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("MIGRATE_RQLITED").map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("MIGRATE_NEEDS_RQLITED").is_none(), "MIGRATE_RQLITED is not set");
        eprintln!("skipped: MIGRATE_RQLITED does not name a node's program; `migrate-remote/rqlited` fetches one");
    }
    path
}

impl Node {
    pub(crate) fn new(arguments: &[&str]) -> Node {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Node { directory: tempfile::tempdir().unwrap(), http: free_port(), raft: free_port(), arguments, process: None }
    }

    pub(crate) fn alone(arguments: &[&str]) -> Option<Node> {
        program()?;
        let mut node = Node::new(arguments);
        node.start();
        node.wait();
        Some(node)
    }

    pub(crate) fn start(&mut self) {
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
    pub(crate) fn wait(&self) {
        let begun = Instant::now();
        while self.engine().read(&["SELECT 1"], Recency::Newest).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "no leader: {}", self.log());
            sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn engine(&self) -> Rqlite {
        Rqlite::new(&format!("rqlite://127.0.0.1:{}", self.http)).unwrap()
    }

    pub(crate) fn remote(&self) -> Remote<Rqlite> {
        Remote::with_engine(self.engine())
    }

    /// As an application would: statements that are committed by themselves.
    pub(crate) fn sql(&self, statements: &[&str]) {
        let body = serde_json::json!(statements).to_string();
        let answer = self.post("/db/execute?transaction", "application/json", body.as_bytes());
        assert!(!answer.contains("error"), "{statements:?}: {answer}");
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> String {
        let mut answer =
            agent().post(format!("http://127.0.0.1:{}{path}", self.http)).content_type(kind).send(body).unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// Begins anew with an empty database.
    pub(crate) fn empty(&self) {
        let file = self.directory.path().join("empty.db");
        Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 0; VACUUM").unwrap();
        let said = self.post("/db/load", "application/octet-stream", &std::fs::read(file).unwrap());
        assert!(!said.contains("error"), "{said}");
    }

    /// Its database as a file.
    pub(crate) fn copied(&self) -> PathBuf {
        let url = format!("http://127.0.0.1:{}/db/backup", self.http);
        let file = self.directory.path().join("copy.db");
        std::fs::write(&file, agent().get(url).call().unwrap().body_mut().read_to_vec().unwrap()).unwrap();
        file
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build())
}
