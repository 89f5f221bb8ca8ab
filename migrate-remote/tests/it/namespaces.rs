//! Several databases in one server: sqld with `--enable-namespaces`.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use migrate::rusqlite::Connection;
use migrate::{AnyVersion, Migrations, Outcome};
use migrate_remote::{Error, Remote};

use crate::kit::{NOTES, copied_of, dump, list};
use crate::server::{Server, free_port, program, sql_in, started};

/// A server with these namespaces, beside that which it has by itself.
fn with_namespaces(names: &[&str]) -> Option<Server> {
    let (server, admin) = with_admin()?;
    names.iter().for_each(|name| make(&server, &admin, name));
    Some(server)
}

/// A server that can have namespaces, and where they are made.
pub(crate) fn with_admin() -> Option<(Server, String)> {
    program()?;
    let admin = format!("127.0.0.1:{}", free_port());
    Some((Server::with(&["--enable-namespaces", "--admin-listen-addr", &admin])?, admin))
}

pub(crate) fn make(server: &Server, admin: &str, name: &str) {
    let agent = ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build());
    let create = || {
        let request = agent.post(format!("http://{admin}/v1/namespaces/{name}/create"));
        request.content_type("application/json").send("{}")
    };
    let begun = Instant::now();
    while create().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "`{name}` cannot be made: {}", server.log());
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn each_from_its_own_version_and_nothing_crosses() {
    let Some(mut server) = with_namespaces(&["north", "south", "empty"]) else { return };
    let (address, notes) = (server.address(), list(&NOTES).migrations);
    let at = |name: &str| Remote::new(&address).unwrap().namespace(name);
    let rows = |name: &str| format!("INSERT INTO notes (title, body) VALUES ('{name}', 'here'), ('{name}', 'too')");
    let local = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, known) in [("north", 1), ("south", 4)] {
        let older = list(&NOTES[..known]).migrations;
        let path = local.path().join(name);
        let mut conn = Connection::open(&path).unwrap();
        older.run(&mut conn).unwrap();
        conn.execute_batch(&rows(name)).unwrap();
        notes.run(&mut conn).unwrap();
        files.push((name, path));
        at(name).run(&older).unwrap();
        sql_in(&address, name, &[&rows(name)]);
    }

    let reports = scope(|scope| {
        ["north", "south"]
            .map(|name| {
                let (remote, notes) = (at(name), &notes);
                scope.spawn(move || remote.run(notes).unwrap())
            })
            .map(|running| running.join().unwrap())
    });
    assert_eq!(
        reports.map(|report| (report.outcome(), report.applied().count())),
        [(Outcome::Applied, 4), (Outcome::Applied, 1)]
    );
    for (name, path) in &files {
        assert_eq!(at(name).run(&notes).unwrap().outcome(), Outcome::Current);
        assert_eq!(dump(&copied_of(&mut server, name)), dump(path), "{name}");
        let theirs = format!("SELECT count(*) FROM notes WHERE title NOT IN ('welcome', '{name}')");
        assert_eq!(sql_in(&address, name, &[&theirs]), ["0"], "{name}");
    }
    for name in ["default", "empty"] {
        assert_eq!(sql_in(&address, name, &["SELECT count(*) FROM sqlite_schema"]), ["0"], "{name}");
    }
}

/// In the address, and by the host's name: of `127.0.0.1` that is the first number.
#[test]
fn named_in_the_address() {
    let Some(server) = with_namespaces(&["north", "127", "some%20one"]) else { return };
    let (address, notes) = (server.address(), list(&NOTES).migrations);
    let held = |name: &str| sql_in(&address, name, &["SELECT count(*) FROM sqlite_schema WHERE name = 'notes'"]);
    for (written, name) in [
        (address.clone(), "127"),
        (format!("{address}/?namespace=north"), "north"),
        (format!("libsql://127.0.0.1:{}?tls=0&namespace=some%20one", server.port), "some one"),
        // A name without a dot says nothing of a namespace.
        (format!("http://localhost:{}", server.port), "default"),
    ] {
        assert_eq!(held(name), ["0"], "{written}");
        let remote = Remote::new(&written).unwrap();
        assert_eq!(remote.run(&notes).unwrap().outcome(), Outcome::Fresh, "{written}");
        assert_eq!(held(name), ["1"], "{written}");
        assert!(remote.status(&notes).unwrap().pending().next().is_none(), "{written}");
    }
}

#[test]
fn one_that_is_not_there() {
    let Some(server) = with_namespaces(&[]) else { return };
    let notes = list(&NOTES).migrations;
    let error = refused(&server.remote().namespace("nobody"), &notes);
    assert!(error.contains("/?namespace=nobody answered with status 404") && error.contains("`nobody`"), "{error}");
    // Who names none, and means the one that is there without.
    let error = refused(&server.remote(), &notes);
    assert!(error.contains("Namespace `127` doesn't exist") && error.contains("`?namespace=NAME`"), "{error}");
    assert_eq!(server.sql(&["SELECT count(*) FROM sqlite_schema"]), ["0"]);
}

/// Such a server takes no notice of the name that is asked for: the wrong database would be migrated.
#[test]
fn a_server_that_has_only_one() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    let error = refused(&server.remote().namespace("north"), &notes);
    assert!(
        error.contains("the database that answers is `default`") && error.contains("--enable-namespaces"),
        "{error}"
    );
    assert_eq!(server.sql(&["SELECT count(*) FROM sqlite_schema"]), ["0"]);
    assert_eq!(server.remote().namespace("default").run(&notes).unwrap().outcome(), Outcome::Fresh);
}

fn refused(remote: &Remote, notes: &Migrations<AnyVersion>) -> String {
    let errors = [
        remote.run(notes).unwrap_err(),
        remote.dry_run(notes).unwrap_err(),
        remote.plan(notes).unwrap_err(),
        remote.status(notes).unwrap_err(),
    ];
    for error in &errors {
        assert!(matches!(error, Error::NoDatabase { .. }), "{error}");
        assert_eq!(error.to_string(), errors[0].to_string());
        assert!(error.to_string().contains("nothing was changed"), "{error}");
    }
    errors[0].to_string()
}
