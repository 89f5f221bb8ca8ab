//! Sweeps, dry runs and looks.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use migrate::rusqlite::Connection;
use migrate_fleet::{FileError, FileState, Fleet, FleetEvent, Stopped};

use crate::kit::{Version, bytes, count, db, directory, tenant, tenants};

#[test]
fn every_file_comes_to_the_newest_version_from_wherever_it_is() {
    let dir = directory();
    let mut files: Vec<_> = Version::ALL
        .iter()
        .map(|&version| tenant(dir.path(), &format!("{version}.db"), version, &["Shopping", "Cooking"]))
        .collect();
    let empty = dir.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    files.push(empty.clone());

    let report = Fleet::new(&db::MIGRATIONS).sweep(&files).unwrap();

    assert!(report.is_success(), "{report}");
    assert_eq!((report.migrated(), report.current()), (4, 1), "{report}");
    for file in &files {
        let conn = Connection::open(file).unwrap();
        assert!(db::is_schema_current(&conn).unwrap(), "{}", file.display());
        let notes = if *file == empty { 0 } else { 2 };
        assert_eq!((count(file, "notes"), count(file, "tags")), (notes, notes), "{}", file.display());
    }
    let FileState::Migrated { from, to, count, backup } = &report.outcomes()[1].state else { panic!("{report}") };
    assert_eq!(from.as_deref(), Some("002_count.sql"));
    assert_eq!(to.as_deref(), Some("004_require_slugs.sql"));
    assert_eq!(*count, 2);
    assert!(backup.as_ref().is_some_and(|path| path.exists()), "the fourth migration drops a table");
}

#[test]
fn a_file_that_is_not_there_is_a_failure_and_is_not_made() {
    let dir = directory();
    let missing = dir.path().join("missing.db");
    for report in [
        Fleet::new(&db::MIGRATIONS).sweep([&missing]).unwrap(),
        Fleet::new(&db::MIGRATIONS).dry_run([&missing]).unwrap(),
        Fleet::new(&db::MIGRATIONS).status([&missing]).unwrap(),
    ] {
        assert!(matches!(report.outcomes()[0].state, FileState::Failed(FileError::Missing)), "{report}");
        assert!(report.to_string().contains("missing.db: there is no such file"), "{report}");
    }
    assert!(!missing.exists());
}

#[test]
fn a_dry_run_finds_whose_data_refuses_and_writes_nothing() {
    let dir = directory();
    let mut files = tenants(dir.path(), 6);
    files.push(tenant(dir.path(), "twice.db", Version::Count, &["Shopping", "Shopping"]));
    files.push(tenant(dir.path(), "thrice.db", Version::CreateNotes, &["a", "a", "a"]));
    let before = bytes(dir.path());

    let report = Fleet::new(&db::MIGRATIONS).dry_run(&files).unwrap();

    let failed: Vec<_> = report.failures().map(|outcome| outcome.path.file_name().unwrap().to_owned()).collect();
    assert_eq!(failed, ["twice.db", "thrice.db"], "{report}");
    assert_eq!(report.stopped(), None, "every file is tried");
    assert_eq!(report.migrated(), 6);
    assert!(report.to_string().starts_with("8 files: 6 would be migrated, 2 failed; in "), "{report}");
    assert!(report.to_string().contains("UNIQUE constraint failed: notes.title"), "{report}");
    assert_eq!(bytes(dir.path()), before);
}

#[test]
fn a_look_says_where_every_file_is_and_writes_nothing() {
    let dir = directory();
    let files = [
        tenant(dir.path(), "old.db", Version::CreateNotes, &[]),
        tenant(dir.path(), "current.db", Version::LATEST, &[]),
    ];
    let before = bytes(dir.path());
    let report = Fleet::new(&db::MIGRATIONS).status(&files).unwrap();
    assert_eq!((report.migrated(), report.current()), (1, 1), "{report}");
    let FileState::Migrated { from, to, count, .. } = &report.outcomes()[0].state else { panic!("{report}") };
    assert_eq!(
        (from.as_deref(), to.as_deref(), *count),
        (Some("001_create_notes.sql"), Some("004_require_slugs.sql"), 3)
    );
    assert_eq!(bytes(dir.path()), before);
}

#[test]
fn where_the_canary_dies_nobody_else_is_touched() {
    let dir = directory();
    let mut files = tenants(dir.path(), 9);
    // The first of the three that are spread over all.
    files.insert(0, tenant(dir.path(), "twice.db", Version::Count, &["Shopping", "Shopping"]));
    let before = bytes(dir.path());

    let report = Fleet::new(&db::MIGRATIONS).threads(1).canary(3).max_failures(100).sweep(&files).unwrap();

    assert_eq!(report.stopped(), Some(Stopped::Canary), "{report}");
    assert!(report.to_string().contains("stopped: one of the first files failed"), "{report}");
    assert_eq!((report.migrated(), report.failures().count()), (0, 1), "{report}");
    assert_eq!(bytes(dir.path()), before, "the canary itself was rolled back");
}

#[test]
fn the_canary_is_spread_over_the_files_and_comes_first() {
    let dir = directory();
    let files = tenants(dir.path(), 9);
    let order = Mutex::new(Vec::new());
    let passed = AtomicUsize::new(0);
    let fleet = Fleet::new(&db::MIGRATIONS).threads(1).canary(3).observer(|event| match event {
        FleetEvent::Done { outcome, .. } => order.lock().unwrap().push(outcome.path.clone()),
        FleetEvent::CanaryPassed { count } => {
            assert_eq!(order.lock().unwrap().len(), *count);
            passed.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    });
    let report = fleet.sweep(&files).unwrap();
    drop(fleet);
    assert!(report.is_success(), "{report}");
    assert_eq!(passed.into_inner(), 1);
    let first: Vec<_> = order.into_inner().unwrap().into_iter().take(3).collect();
    assert_eq!(first, [files[0].clone(), files[3].clone(), files[6].clone()]);
}

#[test]
fn more_failures_than_may_be_stop_the_sweep() {
    let dir = directory();
    let bad: Vec<_> = (0..4).map(|n| tenant(dir.path(), &format!("bad-{n}.db"), Version::Count, &["a", "a"])).collect();
    let good = tenants(dir.path(), 4);
    let files: Vec<_> = bad.iter().chain(&good).collect();

    let report = Fleet::new(&db::MIGRATIONS).threads(1).max_failures(2).sweep(&files).unwrap();
    assert_eq!(report.stopped(), Some(Stopped::Failures), "{report}");
    assert_eq!(report.failures().count(), 3, "{report}");
    assert_eq!(report.to_json()["not_tried"], 5);

    let report = Fleet::new(&db::MIGRATIONS).threads(3).max_failures(4).sweep(&files).unwrap();
    assert_eq!((report.stopped(), report.migrated(), report.failures().count()), (None, 4, 4), "{report}");
}

#[test]
fn one_file_by_two_names_is_migrated_once() {
    let dir = directory();
    let file = tenant(dir.path(), "tenant.db", Version::Count, &["Shopping"]);
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let report = Fleet::new(&db::MIGRATIONS).max_failures(1).sweep([&file, &file, &link]).unwrap();
    assert_eq!(report.outcomes().len(), 2, "{report}");
    assert!(
        matches!(&report.outcomes()[1].state, FileState::Failed(FileError::Same(other)) if *other == file),
        "{report}"
    );
    assert_eq!(count(&file, "tags"), 1);
}

#[test]
fn a_sweep_can_be_cancelled() {
    let dir = directory();
    let files = tenants(dir.path(), 5);
    let cancel = AtomicBool::new(false);
    let fleet = Fleet::new(&db::MIGRATIONS).threads(1).cancel(&cancel).observer(|event| {
        if let FleetEvent::Done { done: 2, .. } = event {
            cancel.store(true, Ordering::Relaxed);
        }
    });
    let report = fleet.sweep(&files).unwrap();
    assert_eq!((report.migrated(), report.stopped()), (2, Some(Stopped::Cancelled)), "{report}");
    assert!(!report.is_success());

    let rest = Fleet::new(&db::MIGRATIONS).sweep(&files).unwrap();
    assert_eq!((rest.migrated(), rest.current()), (3, 2), "{rest}");
}

#[test]
fn what_panics_is_one_file_and_not_the_sweep() {
    let dir = directory();
    let files = tenants(dir.path(), 3);
    let before = bytes(dir.path());
    let calls = AtomicUsize::new(0);
    let fleet = Fleet::new(&db::MIGRATIONS).threads(1).max_failures(1).prepare(|_| {
        assert_ne!(calls.fetch_add(1, Ordering::Relaxed), 1, "the second one panics");
        Ok::<(), migrate::rusqlite::Error>(())
    });
    let report = fleet.sweep(&files).unwrap();
    assert_eq!((report.migrated(), report.failures().count()), (2, 1), "{report}");
    assert!(
        report.to_string().contains("it panicked: ") && report.to_string().contains("the second one panics"),
        "{report}"
    );
    assert_eq!(bytes(dir.path())[&files[1]], before[&files[1]]);
}

#[test]
fn options_of_the_run_are_those_that_were_configured() {
    let dir = directory();
    let files = tenants(dir.path(), 2);
    let report =
        Fleet::new(&db::MIGRATIONS).configure(|it| it.backup(migrate::BackupPolicy::Never)).sweep(&files).unwrap();
    assert!(report.is_success(), "{report}");
    assert_eq!(bytes(dir.path()).len(), 2, "no backups");
}

#[test]
fn the_json_has_everything() {
    let dir = directory();
    let files =
        [tenant(dir.path(), "a.db", Version::Count, &["x"]), tenant(dir.path(), "b.db", Version::Count, &["x", "x"])];
    let json = Fleet::new(&db::MIGRATIONS).max_failures(1).sweep(&files).unwrap().to_json();
    assert_eq!(
        (&json["migrated"], &json["failed"], &json["stopped"]),
        (&1.into(), &1.into(), &serde_json::Value::Null)
    );
    assert_eq!(json["files"][0]["state"], "migrated");
    assert_eq!(json["files"][0]["from"], "002_count.sql");
    assert_eq!(json["files"][1]["state"], "failed");
    assert!(json["files"][1]["error"].as_str().unwrap().contains("UNIQUE"), "{json}");
}
