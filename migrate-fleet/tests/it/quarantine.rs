//! Files that failed are left out the next time.

use std::fs;

use migrate::rusqlite::Connection;
use migrate_fleet::{FileState, Fleet, FleetReport};

use crate::kit::{Version, db, directory, tenant, tenants};

#[test]
fn a_file_that_failed_is_left_out_until_it_is_tried_again() {
    let dir = directory();
    let list = dir.path().join("quarantine.jsonl");
    let mut files = tenants(dir.path(), 2);
    let bad = tenant(dir.path(), "bad.db", Version::Count, &["a", "a"]);
    files.push(bad.clone());
    let sweep = |retry| -> FleetReport {
        Fleet::new(&db::MIGRATIONS).max_failures(5).quarantine(&list).retry_quarantined(retry).sweep(&files).unwrap()
    };

    assert_eq!(sweep(false).failures().count(), 1);
    let text = fs::read_to_string(&list).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("bad.db") && text.contains("UNIQUE"), "{text}");

    // Left out, though it would succeed now.
    Connection::open(&bad).unwrap().execute("DELETE FROM notes WHERE id = 2", []).unwrap();
    let report = sweep(false);
    assert!(
        matches!(&report.outcomes()[2].state, FileState::Quarantined { reason } if reason.contains("UNIQUE")),
        "{report}"
    );
    assert!(!report.is_success(), "a quarantined file is not at the newest version");
    assert!(report.to_string().contains("1 in quarantine"), "{report}");

    let report = sweep(true);
    assert!(report.is_success(), "{report}");
    assert_eq!(fs::read_to_string(&list).unwrap(), "");
    assert!(sweep(false).is_success());
}

#[test]
fn a_list_that_cannot_be_read_stops_everything_before_it_begins() {
    let dir = directory();
    let list = dir.path().join("quarantine.jsonl");
    fs::write(&list, "not json\n").unwrap();
    let files = tenants(dir.path(), 1);
    let error = Fleet::new(&db::MIGRATIONS).quarantine(&list).sweep(&files).unwrap_err().to_string();
    assert!(error.contains("quarantine.jsonl` cannot be read: line 1: "), "{error}");
    assert_eq!(Fleet::new(&db::MIGRATIONS).status(&files).unwrap().migrated(), 1, "nothing was done");
}

#[test]
fn a_last_line_that_was_cut_off_is_no_error() {
    let dir = directory();
    let list = dir.path().join("quarantine.jsonl");
    fs::write(&list, "{\"path\":\"x.db\",\"error\":\"y\"}\n{\"path\":\"tenant").unwrap();
    let files = tenants(dir.path(), 1);
    assert!(Fleet::new(&db::MIGRATIONS).quarantine(&list).sweep(&files).unwrap().is_success());
}
