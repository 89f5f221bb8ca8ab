//! Databases on a server: a real one, where `MIGRATE_SQLD` says where its program is.

use std::env;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::kit::{NOTES, Package, TAGS, filters, words};

/// A server that ends with its test.
struct Server {
    child: Child,
    address: String,
    _directory: TempDir,
}

impl Server {
    /// `None` where there is no program, and then the test says so.
    fn start() -> Option<Server> {
        Server::with(&[])
    }

    fn with(arguments: &[&str]) -> Option<Server> {
        let Some(program) = env::var_os("MIGRATE_SQLD") else {
            assert!(env::var_os("MIGRATE_NEEDS_SQLD").is_none(), "MIGRATE_SQLD does not say where sqld is");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: MIGRATE_SQLD is not set\n");
            return None;
        };
        let directory = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let child = Command::new(program)
            .arg("--no-welcome")
            .arg("--db-path")
            .arg(directory.path().join("db"))
            .args(["--http-listen-addr", &free.to_string()])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sqld starts");
        let begun = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "sqld does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Some(Server { child, address: format!("http://{free}"), _directory: directory })
    }

    /// What a user sees, with a name for the address.
    fn story(&self, package: &Package, lines: &[&str]) -> String {
        let shown = |line: &&str| {
            let said = line.replace("SERVER", &self.address);
            package.shows(&said).replace(&self.address, "http://db.example:8080")
        };
        lines.iter().map(shown).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn brought_on_and_back() {
    let Some(server) = Server::start() else { return };
    let package = Package::notes();
    let story = server.story(
        &package,
        &[
            "plan -d SERVER",
            "up -d SERVER --dry-run",
            "up -d SERVER --to 1",
            "status -d SERVER",
            "up -d SERVER --rehearse",
            "up -d SERVER",
            "down -d SERVER --to 1",
            "down -d SERVER --to 2",
            "status -d SERVER",
        ],
    );
    filters().bind(|| insta::assert_snapshot!(story));
}

#[test]
fn the_same_list_makes_the_same_in_a_file_and_on_a_server() {
    let Some(server) = Server::start() else { return };
    let package = Package::notes();
    package.up("latest");
    let status = |database: &str| {
        let line = format!("status --json -d {database}");
        let mut value = package.json(&line)["databases"][0].clone();
        for migration in value["migrations"].as_array_mut().expect("migrations") {
            migration["applied_at"] = "then".into();
        }
        value["database"] = "the database".into();
        value
    };
    assert!(package.output(&words(&format!("up -d {}", server.address))).status.success());
    assert_eq!(status("app.db"), status(&server.address));
    assert_eq!(status("app.db")["at"], "002_add_tags.sql");
}

/// Two databases of one server, each by its address.
#[test]
fn namespaces() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let Some(server) = Server::with(&["--enable-namespaces", "--admin-listen-addr", &free.to_string()]) else { return };
    let package = Package::notes();
    for name in ["north", "south"] {
        let begun = Instant::now();
        while !created(free, name) {
            assert!(begun.elapsed() < Duration::from_secs(60), "`{name}` cannot be made");
            thread::sleep(Duration::from_millis(50));
        }
    }
    let story = server.story(
        &package,
        &[
            "up -d SERVER/?namespace=north",
            "up -d SERVER/?namespace=south --to 1",
            "status -d SERVER/?namespace=north",
            "status -d SERVER/?namespace=south",
            "up -d SERVER/?namespace=nobody",
            "status --json -d SERVER/?namespace=nobody",
            "up -d SERVER",
        ],
    );
    filters().bind(|| insta::assert_snapshot!(story));
}

/// Makes a namespace, at the server's other address.
fn created(admin: std::net::SocketAddr, name: &str) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = TcpStream::connect(admin) else { return false };
    let head = format!("POST /v1/namespaces/{name}/create HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n");
    let body = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let mut answer = String::new();
    let said = stream.write_all(format!("{head}{body}").as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    said.is_ok() && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn what_a_server_does_not_do() {
    let Some(server) = Server::start() else { return };
    let package = Package::with(&[("001_create_notes.sql", NOTES), ("002_add_tags.sql", TAGS)]);
    package.write("migrations/migrate.toml", "[steps.\"002_add_tags\"]\nfresh = \"run\"\n");
    let story = server.story(
        &package,
        &[
            "up -d SERVER",
            "status -d SERVER",
            "up -d SERVER --backup always",
            "verify -d SERVER",
            "backup -d SERVER",
            "adopt -d SERVER --at 1",
            "fleet status -d SERVER",
        ],
    );
    filters().bind(|| insta::assert_snapshot!(story));
}

#[test]
fn nobody_is_there() {
    let package = Package::notes();
    // A port that nobody has: it was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let line = format!("status -d http://{free}");
    let shown = package.shows(&line).replace(&free.to_string(), "127.0.0.1:1");
    filters().bind(|| insta::assert_snapshot!(shown));
    let secret = package.shows("status -d http://user:secret@[");
    assert!(!secret.replace("$ cargo migrate status -d http://user:secret@[", "").contains("secret"), "{secret}");
}
