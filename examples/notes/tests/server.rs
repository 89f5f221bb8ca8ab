//! The application's migrations on a real server: the session in `docs/remote.md`, taken. Without `MIGRATE_SQLD` it says that it is skipped.
//!
//! `UPDATE_GUIDE=1` writes what is printed now into it.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A server that ends with its test.
struct Server {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Server {
    fn start() -> Result<Option<Server>> {
        let Some(program) = env::var_os("MIGRATE_SQLD") else {
            assert!(env::var_os("MIGRATE_NEEDS_SQLD").is_none(), "MIGRATE_SQLD does not say where sqld is");
            writeln!(io::stderr(), "skipped: MIGRATE_SQLD is not set")?;
            return Ok(None);
        };
        let directory = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(program)
            .args(["--no-welcome", "--http-listen-addr", &address.to_string(), "--db-path"])
            .arg(directory.path().join("db"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Server { child, address, _directory: directory };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "sqld does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(server))
    }

    /// What a line prints that is written for the address in the guide.
    fn prints(&self, line: &str) -> Result<String> {
        let words = line.replace(WRITTEN, &self.address.to_string());
        let words = words.split_whitespace().map(|word| word.trim_matches('\'')).skip(1);
        let output = Command::new(env!("CARGO_BIN_EXE_notes")).args(words).env("NO_COLOR", "1").output()?;
        let exit = match output.status.code() {
            Some(0) => String::new(),
            code => format!("[exit {}]\n", code.unwrap_or(-1)),
        };
        let text = format!("{}{}{exit}", String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        Ok(text.replace(&self.address.to_string(), WRITTEN))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the guide.
const WRITTEN: &str = "127.0.0.1:8080";

#[test]
fn the_session_in_the_guide() -> Result {
    let Some(server) = Server::start()? else { return Ok(()) };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/remote.md");
    let text = fs::read_to_string(&path)?;
    let (mut found, mut commands) = (String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        found.push_str(&format!("{line}\n"));
        if line != "```console" {
            continue;
        }
        for command in lines.by_ref().take_while(|line| *line != "```").filter_map(|line| line.strip_prefix("$ ")) {
            commands += 1;
            found.push_str(&format!("$ {command}\n{}", server.prints(command)?));
        }
        found.push_str("```\n");
    }
    assert!(commands >= 4, "{commands}");
    if env::var_os("UPDATE_GUIDE").is_some() && without_times(&found) != without_times(&text) {
        fs::write(&path, &found)?;
        return Ok(());
    }
    assert_eq!(without_times(&found), without_times(&text), "UPDATE_GUIDE=1 writes what is printed now");
    Ok(())
}

/// What is older has notes whose words a Rust step would have to count.
#[test]
fn an_older_one_needs_a_file() -> Result {
    let Some(server) = Server::start()? else { return Ok(()) };
    let up = format!("notes migrate up --database http://{WRITTEN}");
    assert!(server.prints(&format!("{up} --to 5"))?.contains("now at `005_add_search.sql`"));
    let refused = server.prints(&up)?;
    assert!(refused.contains("`006_count_words.sql` cannot be done on a server: its Rust step"), "{refused}");
    assert!(refused.contains("nothing was changed") && refused.ends_with("[exit 4]\n"), "{refused}");
    // The application itself is for files.
    let list = server.prints(&format!("notes http://{WRITTEN} list"))?;
    assert!(list.contains("unable to open database file") && list.ends_with("[exit 1]\n"), "{list}");
    Ok(())
}

/// Days and hours are not the same twice.
fn without_times(text: &str) -> String {
    let is_time =
        |word: &str| word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_digit() || b"-:".contains(&byte));
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(
            |word| {
                if is_time(word.trim_end()) { word.replace(|c: char| c.is_ascii_digit(), "0") } else { word.to_owned() }
            },
        )
        .collect()
}
