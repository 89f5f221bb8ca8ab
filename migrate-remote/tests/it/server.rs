//! Real servers: processes of sqld on ports of this machine.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use migrate_remote::Remote;
use tempfile::TempDir;

/// A server, stopped when it is dropped.
pub(crate) struct Server {
    directory: TempDir,
    pub(crate) port: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

/// A new server with an empty database; `None`, and a word about it, where there is none to start.
pub(crate) fn server() -> Option<Server> {
    Server::with(&[])
}

/// Skips a test where there is no server.
macro_rules! started {
    () => {
        match crate::server::server() {
            Some(server) => server,
            None => return,
        }
    };
}
pub(crate) use started;

/// The server's program.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("MIGRATE_SQLD").map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("MIGRATE_NEEDS_SQLD").is_none(), "MIGRATE_SQLD is not set");
        eprintln!("skipped: MIGRATE_SQLD does not name a server; `migrate-remote/sqld` fetches one");
    }
    path
}

impl Server {
    pub(crate) fn with(arguments: &[&str]) -> Option<Server> {
        let directory = tempfile::tempdir().unwrap();
        program()?;
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut server = Server { directory, port: free_port(), arguments, process: None };
        server.start();
        Some(server)
    }

    pub(crate) fn start(&mut self) {
        let begun = Instant::now();
        let mut process = self.spawn();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not start:\n{}", self.log());
            sleep(Duration::from_millis(10));
            // Whoever had the port may not have let go of it yet.
            if process.try_wait().unwrap().is_some() {
                sleep(Duration::from_millis(200));
                process = self.spawn();
            }
        }
        self.process = Some(process);
    }

    fn spawn(&self) -> Child {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        Command::new(program().unwrap())
            .arg("--no-welcome")
            .arg("--db-path")
            .arg(self.directory.path().join("data"))
            .args(["--http-listen-addr", &format!("127.0.0.1:{}", self.port)])
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Begins anew with an empty database.
    pub(crate) fn empty(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.directory.path().join("data")).unwrap();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.directory.path().join(format!("copy.db{end}")));
        }
        self.start();
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn remote(&self) -> Remote {
        Remote::new(&self.address()).unwrap()
    }

    /// The database file of a namespace, `default` where there are none; only while the server is stopped.
    pub(crate) fn file_of(&self, namespace: &str) -> PathBuf {
        self.directory.path().join("data/dbs").join(namespace).join("data")
    }

    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// `STOP`, and `CONT`: it neither answers nor ends meanwhile.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs statements, each by itself, and says what the last one answers: rows with `|` between their cells.
    pub(crate) fn sql(&self, statements: &[&str]) -> Vec<String> {
        sql_at(&self.address(), statements)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that no outgoing connection gets while its server is away for a moment: systems take those for them from above.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(12_000 + number % 18_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// As an application would: without anything of this crate's.
pub(crate) fn sql_at(address: &str, statements: &[&str]) -> Vec<String> {
    sql_in(address, "default", statements)
}

/// The same in a namespace.
pub(crate) fn sql_in(address: &str, namespace: &str, statements: &[&str]) -> Vec<String> {
    let mut requests: Vec<serde_json::Value> =
        statements.iter().map(|sql| serde_json::json!({"type": "execute", "stmt": {"sql": sql}})).collect();
    requests.push(serde_json::json!({"type": "close"}));
    let body = serde_json::json!({"requests": requests}).to_string();
    let config = ureq::Agent::config_builder().proxy(None).build();
    let mut answer = ureq::Agent::from(config)
        .post(format!("{address}/v2/pipeline"))
        .content_type("application/json")
        .header("x-namespace-bin", STANDARD_NO_PAD.encode(namespace))
        .send(body.as_bytes())
        .unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let results = answer["results"].as_array().unwrap();
    for (result, sql) in results.iter().zip(statements) {
        assert_eq!(result["type"], "ok", "{sql}: {result}");
    }
    let rows = results[statements.len() - 1]["response"]["result"]["rows"].as_array().unwrap();
    let cell = |cell: &serde_json::Value| match &cell["value"] {
        serde_json::Value::Null => "NULL".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(|row| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}
