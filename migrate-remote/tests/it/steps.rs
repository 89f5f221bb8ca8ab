//! A run is a few requests. Whichever of them it is: a program, a server and a line that end there take nothing with them.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use migrate::{Atomicity, Outcome};

use crate::kit::{NOTES, copied, directory, dump, list};
use crate::line::{Cut, Line};
use crate::namespaces::{make, with_admin};
use crate::races::{first_version, local, number, program};
use crate::server::{Server, server, sql_in, started};

/// How many requests a run is, from the first version, with each migration by itself.
fn requests(server: &mut Server) -> usize {
    first_version(server);
    let line = Line::to(server, |_| Cut::No);
    line.remote().run_with(&list(&NOTES).migrations.migrator().atomicity(Atomicity::Each)).unwrap();
    server.empty();
    let requests = line.requests.load(Ordering::SeqCst);
    assert!(requests >= 8, "{requests}");
    requests
}

/// Waits for a process to be known, and kills it.
fn kill(id: &AtomicU32) {
    let begun = Instant::now();
    while id.load(Ordering::SeqCst) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(1));
    }
    let id = id.load(Ordering::SeqCst).to_string();
    assert!(Command::new("kill").args(["-s", "KILL", &id]).status().unwrap().success());
}

#[test]
fn a_program_is_killed_at_every_one() {
    let mut server = started!();
    let (directory, expected) = (directory(&NOTES), local(true, Atomicity::Each));
    let notes = list(&NOTES).migrations;
    let requests = requests(&mut server);
    for which in 0..requests {
        for is_before in [true, false] {
            first_version(&server);
            let id = Arc::new(AtomicU32::new(0));
            let [before, after] = [Arc::clone(&id), Arc::clone(&id)];
            let line = Line::watched(
                &server,
                move |number| {
                    if number == which && is_before {
                        kill(&before);
                        return Cut::Request;
                    }
                    Cut::No
                },
                move |number| {
                    if number == which && !is_before {
                        kill(&after);
                    }
                },
            );
            let mut running = program(&line.address(), directory.path());
            id.store(running.id(), Ordering::SeqCst);
            assert!(!running.wait().unwrap().success(), "request {which}, {is_before}: it was not killed");
            // At every moment it is at a version, and goes on from there.
            server.remote().run_with(&notes.migrator().atomicity(Atomicity::Each)).unwrap();
            assert_eq!(dump(&copied(&mut server)), expected, "request {which}, {is_before}");
            server.empty();
        }
    }
    println!("{} programs killed, before and behind each of {requests} requests", 2 * requests);
}

#[test]
fn a_server_is_killed_at_every_one() {
    let Some(mut server) = server() else { return };
    let expected = local(true, Atomicity::Each);
    let notes = list(&NOTES).migrations;
    let requests = requests(&mut server);
    for which in 0..requests {
        for is_before in [true, false] {
            first_version(&server);
            let (id, killed) = (AtomicU32::new(server.id()), Arc::new(AtomicBool::new(false)));
            let told = Arc::clone(&killed);
            let strike = move |number: usize, here: bool| {
                if number == which && here && !told.load(Ordering::SeqCst) {
                    kill(&id);
                    told.store(true, Ordering::SeqCst);
                }
            };
            let strike = Arc::new(strike);
            let again = Arc::clone(&strike);
            let line = Line::watched(
                &server,
                move |number| {
                    strike(number, is_before);
                    if number == which { Cut::Answer } else { Cut::No }
                },
                move |number| again(number, !is_before),
            );
            let report = scope(|scope| {
                let remote = line.remote().retry_for(Duration::from_secs(120));
                let notes = &notes;
                let running = scope.spawn(move || remote.run_with(&notes.migrator().atomicity(Atomicity::Each)));
                while !killed.load(Ordering::SeqCst) && !running.is_finished() {
                    sleep(Duration::from_millis(1));
                }
                server.kill();
                server.start();
                running.join().unwrap().unwrap()
            });
            assert!(killed.load(Ordering::SeqCst), "request {which}, {is_before}: it was not killed");
            // The program notices nothing but that it took longer.
            assert_eq!(report.applied().count(), 4, "request {which}, {is_before}: {report}");
            assert_eq!(dump(&copied(&mut server)), expected, "request {which}, {is_before}");
            server.empty();
        }
    }
    println!("{} servers killed, before and behind each of {requests} requests", 2 * requests);
}

/// `REMOTE_CUTS` for more, 0 for every byte.
#[test]
fn a_line_is_cut_at_any_byte() {
    let Some((mut server, admin)) = with_admin() else { return };
    let add = "UPDATE counter SET n = n + 1;";
    let files = [
        ("001_counter.sql", "CREATE TABLE counter (n INTEGER NOT NULL);\nINSERT INTO counter VALUES (0);"),
        ("002_one.sql", add),
        ("003_two.sql", add),
    ];
    let (first, all) = (list(&files[..1]).migrations, list(&files).migrations);
    let mut tenants = 0;
    // Each of them in a database of its own, of which the server keeps a hundred at hand.
    let mut run = |cut: Option<(usize, Cut)>| {
        if tenants == 90 {
            server.empty();
            tenants = 0;
        }
        tenants += 1;
        let tenant = format!("tenant{tenants}");
        make(&server, &admin, &tenant);
        server.remote().namespace(&tenant).run(&first).unwrap();
        let line = Line::to(&server, move |number| match cut {
            Some((which, cut)) if which == number => cut,
            _ => Cut::No,
        });
        let report = line.remote().namespace(&tenant).run(&all).unwrap_or_else(|error| panic!("{cut:?}: {error}"));
        assert_eq!((report.outcome(), report.applied().count()), (Outcome::Applied, 2), "{cut:?}: {report}");
        let counted = "SELECT n, (SELECT group_concat(migration_name) FROM schema_migrations) FROM counter";
        let held = sql_in(&server.address(), &tenant, &[counted]);
        assert_eq!(held, ["2|001_counter.sql,002_one.sql,003_two.sql"], "{cut:?}");
        line.lengths.lock().unwrap().clone()
    };
    let lengths = run(None);
    assert!(lengths.len() >= 5, "{lengths:?}");
    let total: usize = lengths.iter().map(|(request, answer)| request + answer).sum();
    let wanted = match number("REMOTE_CUTS", 60) {
        0 => total,
        some => some,
    };
    let (mut at, mut cuts) = (0, 0);
    for (which, (request, answer)) in lengths.into_iter().enumerate() {
        for offset in 0..request + answer {
            at += wanted;
            // Spread evenly, and the first byte and the last one of each in any case.
            let is_end = [0, request - 1, request, request + answer - 1].contains(&offset);
            if at < total && !is_end {
                continue;
            }
            at %= total;
            cuts += 1;
            run(Some((which, if offset < request { Cut::RequestAt(offset) } else { Cut::AnswerAt(offset - request) })));
        }
    }
    println!("cut {cuts} times, of {total} bytes in both directions");
}
