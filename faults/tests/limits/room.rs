//! No room: a database that may not grow, files that may not, a heap that may not.

use std::fs;

use rusqlite::{Connection, ffi};

use crate::child::alone;
use crate::scene::{Kind, Scene};
use crate::sweep::{Tally, every};
use crate::trial::{Ended, Trial, is};

#[test]
fn a_database_that_may_not_grow() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 150, 512);
        let mut tally = Tally::default();
        let begin = scene.file.as_ref().map_or(0, Vec::len) as u64 / 512;
        let (mut pages, mut fits) = (begin.max(1), 0);
        // Some parts of a run need more than others, so it must have fitted a few times.
        while fits < 5 {
            let point = || {
                let mut trial = Trial::new(&scene, format!("{pages} pages"));
                limit(&trial.conn, pages);
                let outcome = trial.run();
                limit(&trial.conn, u64::from(u32::MAX - 1));
                trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_FULL]))
            };
            fits += u32::from(tally.add(point) == Some(Ended::Well));
            pages += 1;
        }
        tally.end(&format!("{kind:?}, pages"));
    }
}

fn limit(conn: &Connection, pages: u64) {
    conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).expect("a limit");
}

#[test]
fn files_that_may_not_grow() {
    alone("room::files_that_may_not_grow", || {
        // SAFETY: no handler is installed; a write past the limit then fails instead of ending the process.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        for kind in Kind::ALL {
            let scene = Scene::new(kind, 120, 4096);
            let mut tally = Tally::default();
            let (mut bytes, mut fits) = (0, 0);
            while fits < 5 {
                let point = || {
                    let mut trial = Trial::new(&scene, format!("{bytes} bytes"));
                    file_size(bytes);
                    let outcome = trial.run();
                    file_size(libc::RLIM_INFINITY);
                    trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_FULL, ffi::SQLITE_IOERR]))
                };
                fits += u32::from(tally.add(point) == Some(Ended::Well));
                bytes += 512 * every(3);
            }
            tally.end(&format!("{kind:?}, file size"));
        }
    });
}

fn file_size(bytes: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the pointer is to a whole `rlimit`.
    let code = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!(code, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn the_limit_on_files_is_one() {
    alone("room::the_limit_on_files_is_one", || {
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let dir = tempfile::tempdir().expect("a folder");
        file_size(1000);
        assert!(fs::write(dir.path().join("file"), [0; 1001]).is_err());
        file_size(libc::RLIM_INFINITY);
        assert!(fs::write(dir.path().join("file"), [0; 1001]).is_ok());
    });
}

#[test]
fn a_heap_that_may_not_grow() {
    alone("room::a_heap_that_may_not_grow", || {
        for kind in Kind::ALL {
            let scene = Scene::new(kind, 120, 4096);
            let mut tally = Tally::default();
            let (mut more, mut fits) = (0, 0);
            while fits < 3 {
                let point = || {
                    let mut trial = Trial::new(&scene, format!("{more} bytes more than before"));
                    heap(more);
                    let outcome = trial.run();
                    heap(-1);
                    trial.judge(&outcome, |error| is(error, &[ffi::SQLITE_NOMEM]))
                };
                fits += u32::from(tally.add(point) == Some(Ended::Well));
                more += 256 * i64::try_from(every(24)).unwrap_or(24);
            }
            tally.end(&format!("{kind:?}, heap"));
        }
    });
}

/// So much more than there is in use now; all of it where that is negative.
fn heap(more: i64) {
    // SAFETY: these take and give numbers.
    unsafe {
        let limit = if more < 0 { 0 } else { ffi::sqlite3_memory_used() + more + 1 };
        ffi::sqlite3_hard_heap_limit64(limit);
    }
}
