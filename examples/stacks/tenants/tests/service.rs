//! The service as it is started: a real process, real ports, files of every release.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use tempfile::TempDir;
use tenants::db::{self, Version};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long a request may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(folder: &Path) -> Result<Service> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tenants"))
            .arg(folder)
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("it has an output")?).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening on ").ok_or("it listens")?.to_owned();
        Ok(Service { process, address })
    }

    fn get(&self, path: &str) -> Result<(u16, String)> {
        let url = format!("http://{}{path}", self.address);
        let mut answer =
            ureq::get(&url).config().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().call()?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    fn post(&self, path: &str, body: &str) -> Result<u16> {
        let url = format!("http://{}{path}", self.address);
        Ok(ureq::post(&url)
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .send(body)?
            .status()
            .as_u16())
    }

    /// Ends it; the answer is what it said to its log.
    fn end(mut self) -> Result<String> {
        self.process.kill()?;
        let mut said = String::new();
        self.process.stderr.take().ok_or("it has an error output")?.read_to_string(&mut said)?;
        Ok(said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A file as a release left it.
fn file(folder: &Path, tenant: &str, version: Version, notes: &[&str]) -> Result {
    let mut conn = Connection::open(folder.join(tenant).with_extension("db"))?;
    db::migrator().target(version).run(&mut conn)?;
    for note in notes {
        conn.execute("INSERT INTO notes (body) VALUES (?1)", [note])?;
    }
    Ok(())
}

#[test]
fn sixty_tenants_of_every_release_are_served_at_once() -> Result {
    let folder = TempDir::new()?;
    for n in 0..60 {
        file(folder.path(), &format!("tenant-{n}"), Version::ALL[n % 3], &["tea", "rain"])?;
    }
    let service = Service::start(folder.path())?;
    thread::scope(|scope| {
        let ask = |n: usize| service.get(&format!("/tenant-{n}/notes"));
        // Each is asked for twice at the same time.
        let asked: Vec<_> = (0..120).map(|n| scope.spawn(move || ask(n / 2))).collect();
        asked.into_iter().try_for_each(|asked| {
            let (code, body) = asked.join().expect("it does not panic")?;
            assert_eq!((code, body.as_str()), (200, r#"{"notes":["tea","rain"]}"#));
            Result::Ok(())
        })
    })?;
    for n in 0..60 {
        let conn = Connection::open(folder.path().join(format!("tenant-{n}.db")))?;
        assert!(db::is_schema_current(&conn)?, "{n}");
    }
    Ok(())
}

#[test]
fn a_new_tenant_is_made_once_however_many_ask() -> Result {
    let folder = TempDir::new()?;
    let service = Service::start(folder.path())?;
    assert_eq!(service.get("/new/notes")?.0, 404);
    thread::scope(|scope| {
        let service = &service;
        let asked: Vec<_> =
            (0..20).map(|n| scope.spawn(move || service.post("/new/notes", &format!("note {n}")))).collect();
        asked.into_iter().try_for_each(|asked| {
            assert_eq!(asked.join().expect("it does not panic")?, 201);
            Result::Ok(())
        })
    })?;
    assert_eq!(service.get("/new/notes")?.1.matches("note ").count(), 20);
    assert_eq!(service.get("/health")?, (200, r#"{"refused":0}"#.to_owned()));
    Ok(())
}

/// What a tenant is told whose database cannot be used.
fn refused(why: &str) -> (u16, String) {
    (503, format!(r#"{{"error":"{why}"}}"#))
}

const DAMAGED: &str = "your database is damaged; nothing is written to it until somebody has looked after it";
const BUSY: &str = "your database is in use elsewhere; try again";
const NOT_MIGRATED: &str = "your database could not be brought up to date; it is as it was";

#[test]
fn who_cannot_be_brought_on_is_the_only_one_who_waits() -> Result {
    let folder = TempDir::new()?;
    file(folder.path(), "well", Version::CreateNotes, &["tea"])?;
    file(folder.path(), "twice", Version::AddPinned, &["tea", "tea"])?;
    let garbage = b"this is no database, but long enough to be taken for one ...".repeat(99);
    std::fs::write(folder.path().join("damaged.db"), &garbage)?;
    let service = Service::start(folder.path())?;

    assert_eq!(service.get("/twice/notes")?, refused(NOT_MIGRATED));
    // The second time it is not tried again.
    for _ in 0..2 {
        assert_eq!(service.get("/damaged/notes")?, refused(DAMAGED));
        assert_eq!(service.post("/damaged/notes", "x")?, 503);
    }
    assert_eq!(service.get("/health")?, (200, r#"{"refused":2}"#.to_owned()));
    assert!(std::fs::read(folder.path().join("damaged.db"))? == garbage);
    assert_eq!(service.get("/well/notes")?, (200, r#"{"notes":["tea"]}"#.to_owned()));
    for name in ["..%2Fwell", "A", "a%20b", "-%00"] {
        assert_eq!(service.post(&format!("/{name}/notes"), "x")?, 400, "{name}");
    }

    // Somebody looks after it, and no restart is needed.
    let conn = Connection::open(folder.path().join("twice.db"))?;
    assert_eq!(db::MIGRATIONS.status(&conn)?.pending().collect::<Vec<_>>(), [Version::NotesAreUnique]);
    conn.execute("DELETE FROM notes WHERE id = 2", [])?;
    drop(conn);
    let answer = until(|| service.get("/twice/notes"), |(code, _)| *code == 200)?;
    assert_eq!(answer, (200, r#"{"notes":["tea"]}"#.to_owned()));

    let said = service.end()?;
    assert!(said.contains("UNIQUE constraint failed: notes.body"), "{said}");
    assert!(said.contains("nothing was changed, still at `002_add_pinned.sql`"), "{said}");
    assert_eq!(said.matches("is not an SQLite database").count(), 1, "{said}");
    Ok(())
}

/// Asks again until the answer is the one that is waited for, and gives up after ten seconds.
fn until<T>(mut ask: impl FnMut() -> Result<T>, is_it: impl Fn(&T) -> bool) -> Result<T> {
    let begun = Instant::now();
    loop {
        let answer = ask()?;
        if is_it(&answer) || begun.elapsed() > Duration::from_secs(10) {
            return Ok(answer);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Tokio has 512 threads for what blocks. If each of these requests had one, `well` would not be served.
#[test]
fn a_crowd_before_a_locked_database_holds_up_nobody_else() -> Result {
    const CROWD: usize = 560;
    let folder = TempDir::new()?;
    file(folder.path(), "held", Version::CreateNotes, &["tea"])?;
    let holder = Connection::open(folder.path().join("held.db"))?;
    holder.execute_batch("BEGIN IMMEDIATE")?;
    let service = Service::start(folder.path())?;
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..CROWD).map(|_| scope.spawn(|| service.get("/held/notes"))).collect();
        // The first of them waits for the lock now, and all others for him.
        thread::sleep(Duration::from_millis(700));
        // One after the other they would wait for half an hour, and these two as long; so each of these gives up before.
        assert_eq!(service.post("/well/notes", "rain")?, 201);
        assert_eq!(service.get("/well/notes")?, (200, r#"{"notes":["rain"]}"#.to_owned()));
        for asked in crowd {
            assert_eq!(asked.join().expect("it does not panic")?, refused(BUSY));
        }
        Result::Ok(())
    })?;
    holder.execute_batch("COMMIT")?;
    assert_eq!(until(|| service.get("/held/notes"), |(code, _)| *code == 200)?.1, r#"{"notes":["tea"]}"#);
    Ok(())
}

#[test]
fn a_database_that_turns_out_to_be_damaged_is_shut_too() -> Result {
    let folder = TempDir::new()?;
    let long = "x".repeat(1000);
    let notes: Vec<String> = (0..40).map(|n| format!("{n} {long}")).collect();
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    file(folder.path(), "torn", Version::NotesAreUnique, &notes)?;
    let path = folder.path().join("torn.db");
    // The schema and the history can be read, what comes after them cannot.
    let mut bytes = std::fs::read(&path)?;
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xee);
    std::fs::write(&path, bytes)?;
    let service = Service::start(folder.path())?;
    for _ in 0..2 {
        assert_eq!(service.get("/torn/notes")?, refused(DAMAGED));
    }
    assert_eq!(service.post("/well/notes", "tea")?, 201);
    assert!(service.end()?.contains("malformed"));
    Ok(())
}

#[test]
fn a_file_of_another_application_is_not_touched() -> Result {
    let folder = TempDir::new()?;
    let path = folder.path().join("other.db");
    Connection::open(&path)?.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")?;
    let before = std::fs::read(&path)?;
    let service = Service::start(folder.path())?;
    assert_eq!(service.get("/other/notes")?, refused(NOT_MIGRATED));
    assert!(std::fs::read(&path)? == before, "not even its journal mode");
    Ok(())
}
