//! What is between a program and its server: nothing, somebody else, a door, a line that breaks.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use migrate::{Atomicity, Outcome};
use migrate_remote::{Error, Remote};

use crate::kit::{NOTES, copied, dump, history, list};
use crate::line::{Cut, Line, message};
use crate::server::{Server, free_port, program, started};

/// Whichever request is cut, and however: applied once, and reported as applied.
#[test]
fn every_request_is_cut_once() {
    let mut server = started!();
    let notes = list(&NOTES).migrations;
    let each = notes.migrator().atomicity(Atomicity::Each);
    let undisturbed = {
        first_version(&server);
        let line = Line::to(&server, |_| Cut::No);
        line.remote().run_with(&each).unwrap();
        line.requests.load(Ordering::SeqCst)
    };
    let expected = dump(&copied(&mut server));
    assert!(undisturbed >= 8, "{undisturbed}");
    server.empty();
    for cut in [Cut::Request, Cut::Answer, Cut::Half] {
        for which in 0..undisturbed {
            first_version(&server);
            let line = Line::to(&server, move |number| if number == which { cut } else { Cut::No });
            let report = line.remote().run_with(&each).unwrap();
            assert_eq!(report.outcome(), Outcome::Applied, "request {which}: {report}");
            assert_eq!(report.applied().count(), 4, "request {which}: {report}");
            assert_eq!(dump(&copied(&mut server)), expected, "request {which}");
            server.empty();
        }
    }
}

fn first_version(server: &Server) {
    server.remote().run(&list(&NOTES[..1]).migrations).unwrap();
    server.sql(&[
        "INSERT INTO notes (title) VALUES ('one'), ('two')",
        "INSERT INTO tags (note_id, name) SELECT id, title FROM notes",
    ]);
}

/// A line that dies behind the commit and stays dead: what is not known is said to be not known.
#[test]
fn a_line_that_stays_dead() {
    let server = started!();
    first_version(&server);
    let notes = list(&NOTES).migrations;
    // One look at the newest row, one at everything, one question about the statements; then the migrations.
    for (answer, row) in [(Cut::Answer, 5), (Cut::Request, 1)] {
        let line = Line::to(&server, move |number| match number {
            0..3 => Cut::No,
            3 => answer,
            _ => Cut::Request,
        });
        let error = line.remote().retry_for(Duration::from_secs(1)).run(&notes).unwrap_err();
        let Error::InDoubt { migrations, .. } = &error else { panic!("{error}") };
        assert_eq!(migrations.len(), 4);
        let text = error.to_string();
        assert!(
            text.contains("is not known")
                && text.contains("or at `005_overview.sql`")
                && text.contains("nothing is applied twice"),
            "{text}"
        );
        assert_eq!(server.sql(&["SELECT count(*) FROM schema_migrations"]), [row.to_string()]);
        let report = server.remote().run(&notes).unwrap();
        assert_eq!(report.outcome(), if row == 5 { Outcome::Current } else { Outcome::Applied });
        if row == 5 {
            server.sql(&[
                "DROP VIEW overview",
                "DROP TABLE search",
                "DROP TABLE tags",
                "DROP TABLE notes",
                "DROP TABLE schema_migrations",
            ]);
            first_version(&server);
        }
    }
}

/// Nothing is cut, but nothing arrives either.
#[test]
fn a_line_that_falls_silent() {
    let server = started!();
    first_version(&server);
    let line = Line::to(&server, |number| if number == 3 { Cut::Silence } else { Cut::No });
    let remote = line.remote().timeout(Duration::from_millis(700)).retry_for(Duration::from_secs(120));
    let report = remote.run(&list(&NOTES).migrations).unwrap();
    assert_eq!(report.applied().count(), 4, "{report}");
}

#[test]
fn nobody_there() {
    if program().is_none() {
        return;
    }
    let notes = list(&NOTES).migrations;
    let address = format!("http://127.0.0.1:{}", free_port());
    let remote = Remote::new(&address).unwrap().retry_for(Duration::from_millis(300));
    for error in [remote.run(&notes).unwrap_err(), remote.status(&notes).unwrap_err()] {
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&address) && text.contains("nothing was changed") && text.contains("help: start it"),
            "{text}"
        );
    }

    // It comes up while it is being tried.
    let mut server = Server::with(&[]).unwrap();
    server.kill();
    let (remote, notes) = (server.remote().retry_for(Duration::from_secs(120)), list(&NOTES).migrations);
    let running = spawn(move || remote.run(&notes).unwrap().outcome());
    sleep(Duration::from_millis(500));
    server.start();
    assert_eq!(running.join().unwrap(), Outcome::Fresh);
}

/// Answers every request with this.
fn somebody_else(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    spawn(move || {
        for mut client in listener.incoming().flatten() {
            spawn(move || {
                let _ = message(&mut client);
                let _ = client.write_all(answer.as_bytes());
            });
        }
    });
    address
}

#[test]
fn somebody_else_there() {
    let notes = list(&NOTES).migrations;
    let told = |answer: &'static str| {
        let remote = Remote::new(&somebody_else(answer)).unwrap().retry_for(Duration::from_millis(300));
        remote.run(&notes).unwrap_err()
    };
    let page = told("HTTP/1.1 200 OK\r\ncontent-length: 13\r\ncontent-type: text/html\r\n\r\n<h1>hello</h1>");
    assert!(matches!(page, Error::NoServer { .. }), "{page}");
    let json = told("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    assert!(matches!(json, Error::NoServer { .. }), "{json}");
    let moved = told("HTTP/1.1 308 Moved\r\ncontent-length: 0\r\nlocation: https://elsewhere/?token=secret\r\n\r\n");
    assert!(moved.to_string().contains("points to `https://elsewhere/`"), "{moved}");
    let broken = told("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(broken, Error::Unreachable { .. }), "{broken}");
    let ssh = told("SSH-2.0-OpenSSH_9.9\r\n");
    assert!(ssh.to_string().contains("nothing was changed"), "{ssh}");
}

#[test]
fn a_wrong_path() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    let error = Remote::new(&format!("{}/some/where", server.address())).unwrap().run(&notes).unwrap_err();
    assert!(matches!(error, Error::NoServer { .. }), "{error}");
    assert!(error.to_string().contains("status 404"), "{error}");
}

/// Another client holds the write lock, and is idle: the server takes it away after five seconds.
#[test]
fn the_server_is_busy() {
    let server = started!();
    first_version(&server);
    let config = ureq::Agent::config_builder().proxy(None).build();
    let hold = r#"{"requests":[{"type":"execute","stmt":{"sql":"BEGIN IMMEDIATE"}},{"type":"execute","stmt":{"sql":"INSERT INTO notes (title) VALUES ('held')"}}]}"#;
    let held = ureq::Agent::from(config)
        .post(format!("{}/v3/pipeline", server.address()))
        .content_type("application/json")
        .send(hold)
        .unwrap();
    assert_eq!(held.status(), 200);
    let begun = Instant::now();
    let report = server.remote().run(&list(&NOTES).migrations).unwrap();
    assert_eq!(report.applied().count(), 4);
    assert!(begun.elapsed() > Duration::from_secs(3), "it was not held");
    assert_eq!(server.sql(&["SELECT count(*) FROM notes WHERE title = 'held'"]), ["0"]);
}

/// A migration that takes its time on the server, by the number of rows there; and what it leaves behind.
const SLOW: [(&str, &str); 2] = [
    (
        "001_tables.sql",
        "CREATE TABLE many (x INTEGER);\nCREATE TABLE counted (n INTEGER NOT NULL);\nINSERT INTO counted VALUES (0);",
    ),
    ("002_count.sql", "UPDATE counted SET n = n + (SELECT count(*) FROM many AS a, many AS b WHERE a.x < b.x);"),
];

fn slow(server: &Server) {
    server.remote().run(&list(&SLOW[..1]).migrations).unwrap();
    server.sql(&["WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 8000) INSERT INTO many SELECT x FROM c"]);
}

/// The program gives up waiting while the server is still at it: what it reads then waits until that has come to an end.
#[test]
fn a_request_that_is_still_being_carried_out() {
    let server = started!();
    slow(&server);
    let line = Line::to(&server, |_| Cut::No);
    let report = line
        .remote()
        .timeout(Duration::from_millis(400))
        .retry_for(Duration::from_secs(120))
        .run(&list(&SLOW).migrations)
        .unwrap();
    assert_eq!(report.applied().count(), 1, "{report}");
    assert_eq!(server.sql(&["SELECT n FROM counted"]), ["31996000"]);
}

/// The line is cut each time, and the server rolls back what nobody waits for.
#[test]
fn a_migration_that_takes_longer_than_a_request_may() {
    let server = started!();
    slow(&server);
    let remote = || server.remote().timeout(Duration::from_millis(150)).retry_for(Duration::from_millis(300));
    // On a busy machine a mere look may take as long; that is another error, and not what this is about.
    let tried = || remote().run(&list(&SLOW).migrations).unwrap_err();
    let error = (0..20).map(|_| tried()).find(|error| !matches!(error, Error::Unreachable { .. })).unwrap();
    assert!(matches!(error, Error::InDoubt { .. }), "{error}");
    assert!(error.to_string().contains("raise `timeout`"), "{error}");
    assert_eq!(server.sql(&["SELECT n, (SELECT count(*) FROM schema_migrations) FROM counted"]), ["0|1"]);
    server.remote().run(&list(&SLOW).migrations).unwrap();
    assert_eq!(server.sql(&["SELECT n FROM counted"]), ["31996000"]);
}

/// The server ends what takes longer than five seconds once somebody waits: all of it is rolled back, and said.
#[test]
fn a_migration_that_is_too_long_for_others() {
    let server = started!();
    let update = "UPDATE counted SET n = (SELECT count(*) FROM many AS a, many AS b WHERE a.x < b.x);\n".repeat(40);
    let files = [
        ("001_tables.sql", "CREATE TABLE many (x INTEGER);\nCREATE TABLE counted (n INTEGER);"),
        ("002_count.sql", update.as_str()),
    ];
    server.remote().run(&list(&files[..1]).migrations).unwrap();
    let fill = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 7000) INSERT INTO many SELECT x FROM c";
    server.sql(&[fill, "INSERT INTO counted VALUES (0)", "CREATE TABLE others (x)"]);
    let migrations = list(&files).migrations;
    let begun = Instant::now();
    let (address, stop) = (server.address(), Arc::new(AtomicUsize::new(0)));
    let stopped = Arc::clone(&stop);
    let others = spawn(move || {
        while stopped.load(Ordering::SeqCst) == 0 {
            crate::server::sql_at(&address, &["INSERT INTO others VALUES (1)"]);
            sleep(Duration::from_millis(100));
        }
    });
    let error = server.remote().run_with(&migrations.migrator().lock_timeout(Duration::from_millis(50))).unwrap_err();
    stop.store(1, Ordering::SeqCst);
    others.join().unwrap();
    assert!(matches!(error, Error::Busy { .. }), "{error} ({:?})", begun.elapsed());
    let text = error.to_string();
    assert!(
        text.contains("txn_timeout_s") && text.contains("nothing was changed, still at `001_tables.sql`"),
        "{text}"
    );
    assert_eq!(server.sql(&["SELECT n FROM counted"]), ["0"]);
    assert_eq!(history(&server), "001_tables.sql fresh");
}
