//! The service as it is started: a real process, real ports, files of every release.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use migrate::rusqlite::Connection;
use tempfile::TempDir;
use tenants::db::{self, Version};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

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
        let mut answer = ureq::get(&url).config().http_status_as_error(false).build().call()?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    fn post(&self, path: &str, body: &str) -> Result<u16> {
        let url = format!("http://{}{path}", self.address);
        Ok(ureq::post(&url).config().http_status_as_error(false).build().send(body)?.status().as_u16())
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
    assert_eq!(service.get("/health")?.0, 200);
    Ok(())
}

#[test]
fn who_cannot_be_brought_on_is_the_only_one_who_waits() -> Result {
    let folder = TempDir::new()?;
    file(folder.path(), "well", Version::CreateNotes, &["tea"])?;
    file(folder.path(), "twice", Version::AddPinned, &["tea", "tea"])?;
    std::fs::write(
        folder.path().join("damaged.db"),
        b"this is no database, but long enough to be taken for one ...".repeat(99),
    )?;
    let service = Service::start(folder.path())?;

    for tenant in ["twice", "damaged"] {
        let (code, body) = service.get(&format!("/{tenant}/notes"))?;
        assert_eq!((code, body.as_str()), (503, r#"{"error":"your database is being looked after"}"#), "{tenant}");
    }
    assert_eq!(service.get("/well/notes")?, (200, r#"{"notes":["tea"]}"#.to_owned()));
    for name in ["..%2Fwell", "A", "a%20b", "-%00"] {
        assert_eq!(service.post(&format!("/{name}/notes"), "x")?, 400, "{name}");
    }

    // Somebody looks after it, and no restart is needed.
    let conn = Connection::open(folder.path().join("twice.db"))?;
    assert_eq!(db::MIGRATIONS.status(&conn)?.pending().collect::<Vec<_>>(), [Version::NotesAreUnique]);
    conn.execute("DELETE FROM notes WHERE id = 2", [])?;
    assert_eq!(service.get("/twice/notes")?, (200, r#"{"notes":["tea"]}"#.to_owned()));

    let said = service.end()?;
    assert!(said.contains("UNIQUE constraint failed: notes.body"), "{said}");
    assert!(said.contains("nothing was changed, still at `002_add_pinned.sql`"), "{said}");
    assert!(said.contains("damaged.db"), "{said}");
    Ok(())
}
