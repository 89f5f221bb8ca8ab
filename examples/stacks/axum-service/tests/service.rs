//! The service as it is started: real processes, real ports.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use migrate::rusqlite::Connection;
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

mod released {
    migrate::migrations!("migrations");
}

mod next_release {
    migrate::migrations!("tests/next-release");
}

fn file() -> Result<(TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("notes.db");
    Ok((dir, path))
}

fn command(file: &Path, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-service"));
    command.arg(file).arg(address).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A service that was started, and is ended with the test.
struct Service {
    process: Child,
    out: BufReader<ChildStdout>,
    report: String,
    address: String,
}

impl Service {
    fn start(file: &Path) -> Result<Service> {
        Service::spawn(file)?.ready()
    }

    /// Started, and not waited for.
    fn spawn(file: &Path) -> Result<Service> {
        let mut process = command(file, "127.0.0.1:0").spawn()?;
        let out = BufReader::new(process.stdout.take().ok_or("it has an output")?);
        Ok(Service { process, out, report: String::new(), address: String::new() })
    }

    fn ready(mut self) -> Result<Service> {
        self.out.read_line(&mut self.report)?;
        let mut line = String::new();
        self.out.read_line(&mut line)?;
        let Some(address) = line.trim_end().strip_prefix("listening on ") else {
            let mut said = String::new();
            self.process.stderr.take().ok_or("it has an error output")?.read_to_string(&mut said)?;
            return Err(format!("it does not listen: {}{line}{said}", self.report).into());
        };
        self.address = address.to_owned();
        Ok(self)
    }

    fn get(&self, path: &str) -> Result<(u16, String)> {
        let url = format!("http://{}{path}", self.address);
        let mut answer = ureq::get(&url).config().http_status_as_error(false).build().call()?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    fn post(&self, path: &str, body: &str) -> Result<u16> {
        Ok(ureq::post(format!("http://{}{path}", self.address)).send(body)?.status().as_u16())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_migrates_and_then_it_listens() -> Result {
    let (_dir, file) = file()?;
    released::migrator().target(released::Version::CreateNotes).run(&mut Connection::open(&file)?)?;
    let service = Service::start(&file)?;
    assert!(service.report.starts_with("1 migration applied in "), "{}", service.report);
    assert_eq!(service.post("/notes", "bread")?, 201);
    assert_eq!(service.get("/notes")?, (200, r#"{"notes":1}"#.to_owned()));
    let (status, health) = service.get("/health")?;
    assert_eq!(status, 200, "{health}");
    let expect = r#"{"current":true,"expects":"002_add_tags.sql","problem":null,"version":"002_add_tags.sql"}"#;
    assert_eq!(health, expect);
    Ok(())
}

#[test]
fn four_workers_at_once_on_one_file() -> Result {
    for old in [false, true] {
        let (_dir, file) = file()?;
        if old {
            released::migrator().target(released::Version::CreateNotes).run(&mut Connection::open(&file)?)?;
        }
        let workers = (0..4).map(|_| Service::spawn(&file)).collect::<Result<Vec<_>>>()?;
        let workers = workers.into_iter().map(Service::ready).collect::<Result<Vec<_>>>()?;
        let idle = workers.iter().filter(|worker| worker.report.starts_with("current: ")).count();
        assert_eq!(idle, 3, "one of them migrates");
        for worker in &workers {
            assert_eq!(worker.get("/health")?.0, 200);
            assert_eq!(worker.post("/notes", "from one of them")?, 201);
        }
        assert_eq!(workers[0].get("/notes")?.1, r#"{"notes":4}"#);
    }
    Ok(())
}

#[test]
fn a_database_that_is_too_new_ends_it_before_it_listens() -> Result {
    let (_dir, file) = file()?;
    next_release::MIGRATIONS.run(&mut Connection::open(&file)?)?;
    // The address is taken: if it were asked for first, this would be the error.
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let output = command(&file, &taken.local_addr()?.to_string()).output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(String::from_utf8(output.stdout)?, "");
    assert!(said.starts_with("error: the database is at `003_add_pins.sql`, and this program knows 2 "), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    // And on an address that is free nobody answers.
    let address = taken.local_addr()?;
    drop(taken);
    assert_eq!(command(&file, &address.to_string()).output()?.status.code(), Some(1));
    assert!(TcpStream::connect(address).is_err());
    Ok(())
}

#[test]
fn a_schema_that_is_changed_by_hand_makes_it_unwell() -> Result {
    let (_dir, file) = file()?;
    let service = Service::start(&file)?;
    assert_eq!(service.get("/health")?.0, 200);
    let by_hand = Connection::open(&file)?;
    // No marker is gone, and nothing fails yet.
    by_hand.execute_batch("ALTER TABLE notes ADD COLUMN colour TEXT")?;
    let (status, health) = service.get("/health")?;
    assert_eq!(status, 503, "{health}");
    assert!(health.contains("the schema differs"), "{health}");
    // Now there is.
    by_hand.execute_batch("DROP TABLE tags")?;
    let (status, health) = service.get("/health")?;
    assert_eq!(status, 503, "{health}");
    assert!(health.contains(r#""current":false"#), "{health}");
    Ok(())
}

#[test]
fn a_newer_release_beside_it_makes_it_unwell() -> Result {
    let (_dir, file) = file()?;
    let service = Service::start(&file)?;
    next_release::MIGRATIONS.run(&mut Connection::open(&file)?)?;
    let (status, health) = service.get("/health")?;
    assert_eq!(status, 503, "{health}");
    assert!(health.contains("the database is at `003_add_pins.sql`"), "{health}");
    assert!(health.contains(r#""version":"002_add_tags.sql""#), "{health}");
    Ok(())
}
