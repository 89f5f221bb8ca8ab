//! What the names of copies tell apart: databases that lie in one folder, and versions.

use std::fs;
use std::path::Path;

use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, BackupPolicy, Migrations, Migrator};

use crate::kit::list;

const FIRST: &str = "CREATE TABLE a(x TEXT); INSERT INTO a VALUES ('one'), ('two')";

/// The copies in a folder, without the times in their names.
fn copies(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| name.strip_suffix(".backup").map(str::to_owned));
    let mut names: Vec<String> = names.map(|name| name.rsplit_once('.').unwrap().0.to_owned()).collect();
    names.sort();
    names
}

fn run(all: &Migrations<AnyVersion>, path: &Path, to: usize) {
    let migrator = Migrator::new(all).backup(BackupPolicy::Always).keep_backups(1).target(AnyVersion(to));
    migrator.run(&mut Connection::open(path).unwrap()).unwrap();
}

#[test]
fn databases_whose_names_begin_alike_keep_their_own() {
    let all = list(&[FIRST, "UPDATE a SET x = x || 1", "UPDATE a SET x = x || 2"]).make();
    let folder = tempfile::tempdir().unwrap();
    let names = ["app.db", "app-2026-11-23.db", "app", "app.db-2026-11-23", "app.db.2026-11-23", "app.2026-to-2027.db"];
    for name in names {
        run(&all, &folder.path().join(name), 0);
    }
    for to in [1, 2] {
        for name in names {
            run(&all, &folder.path().join(name), to);
        }
        let mut expected = names.map(|name| format!("{name}.00{to}-to-00{}", to + 1));
        expected.sort();
        assert_eq!(copies(folder.path()), expected, "each has its newest");
    }
}

#[test]
fn versions_that_are_dates_are_whole() {
    let dates = ["2024-01-01-000000_a.sql", "2024-02-01-000000_b.sql", "2024-03-01-000000_c.sql"];
    let good = list(&[FIRST, "UPDATE a SET x = x || 1", "UPDATE a SET x = x || 2"]).named(&dates).make();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    run(&good, &path, 0);
    run(&good, &path, 1);
    let first = "app.db.2024-01-01-000000-to-2024-02-01-000000";
    assert_eq!(copies(folder.path()), [first]);

    // A run of other versions that comes to nothing takes no copy away: it is not of the same two.
    let bad = list(&[FIRST, "UPDATE a SET x = x || 1", "UPDATE nothing SET x = 2"]).named(&dates).make();
    let migrator = Migrator::new(&bad).backup(BackupPolicy::Always).keep_backups(1);
    migrator.run(&mut Connection::open(&path).unwrap()).unwrap_err();
    assert_eq!(copies(folder.path()), [first]);
    run(&good, &path, 2);
    assert_eq!(copies(folder.path()), ["app.db.2024-02-01-000000-to-2024-03-01-000000"]);
}
