//! Databases on a server: a real one, where `MIGRATE_SQLD` says where its program is.

use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
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
            let _ = std::io::stderr().write_all(b"skipped: MIGRATE_SQLD is not set\n");
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

    /// Runs statements on one connection.
    fn sql(&self, statements: &[&str]) {
        let execute = |sql: &&str| serde_json::json!({ "type": "execute", "stmt": { "sql": sql } });
        let requests: Vec<_> = statements.iter().map(execute).collect();
        let body = serde_json::json!({ "requests": requests }).to_string();
        let address = self.address.trim_start_matches("http://");
        let answer = post(address, "/v3/pipeline", &body).expect("sqld answers");
        assert!(!answer.contains("\"error\""), "{answer}");
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
    post(admin, &format!("/v1/namespaces/{name}/create"), "{}").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn post(to: impl ToSocketAddrs, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(to)?;
    let head = format!("POST {path} HTTP/1.1\r\nhost: db\r\nconnection: close\r\ncontent-type: application/json\r\n");
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn what_is_there_is_recorded_and_repaired() {
    let Some(server) = Server::start() else { return };
    let package = Package::notes();
    server.sql(&[NOTES, TAGS.split_once(';').map_or(TAGS, |(first, _)| first)]);
    let mut story = server.story(&package, &["status -d SERVER", "adopt -d SERVER --at 1", "adopt -d SERVER --at 2"]);
    // Somebody changes a file that was applied, one is lost, and rows lose their parents.
    package.write("migrations/002_add_tags.sql", &format!("{TAGS}\nDELETE FROM tags WHERE name = '';\n"));
    let unknown = |name: &str| {
        let sql = "INSERT INTO schema_migrations (migration_name, checksum, origin) VALUES";
        format!("{sql} ('{name}', '{}', 'applied')", "0".repeat(64))
    };
    let (third, fourth) = (unknown("003_drafts.sql"), unknown("004_more.sql"));
    server.sql(&[&third, &fourth, "PRAGMA foreign_keys = OFF", "INSERT INTO tags (note_id, name) VALUES (7, 'lost')"]);
    story += "\n";
    story += &server.story(
        &package,
        &[
            "verify -d SERVER",
            "repair forget -d SERVER 3",
            "repair forget -d SERVER 3 4",
            "repair accept-edit -d SERVER 1",
            "up -d SERVER",
            "repair accept-edit -d SERVER 2",
            "up -d SERVER",
            "verify -d SERVER",
        ],
    );
    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags (name TEXT");
    story += "\n";
    story += &server.story(&package, &["verify -d SERVER", "status -d SERVER"]);
    filters().bind(|| insta::assert_snapshot!(story));
}

/// What is developed on a server of one's own.
#[test]
fn redone() {
    let Some(server) = Server::start() else { return };
    let package = Package::notes();
    package.write("migrations/002_add_tags.down.sql", "DROP TABLE tags;\n");
    let mut story = server.story(&package, &["up -d SERVER --to 1", "up -d SERVER", "redo -d SERVER"]);
    package.write("migrations/002_add_tags.sql", &format!("{TAGS}\nCREATE INDEX tags_by_name ON tags(name);\n"));
    story += "\n";
    story += &server.story(&package, &["redo -d SERVER", "status -d SERVER"]);
    filters().bind(|| insta::assert_snapshot!(story));
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
