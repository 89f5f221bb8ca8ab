//! Several databases.

use crate::kit::{Package, snapshot};

fn tenants() -> Package {
    let package = Package::notes();
    std::fs::create_dir(package.path("tenants")).unwrap();
    for (name, to) in [("a.db", "latest"), ("b.db", "1"), ("c.db", "1")] {
        assert!(package.output(&["up", "-d", &format!("tenants/{name}"), "--to", to]).status.success());
    }
    package
}

#[test]
fn each_is_done_and_the_worst_counts() {
    let package = tenants();
    package.write("tenants/b.db-journal.txt", "");
    package.write("tenants/b2.db", "no database, but text");
    snapshot!(package.story(&[
        "status -d tenants/*.db",
        "verify -d tenants/*.db",
        "up -d tenants/*.db",
        "status -d tenants/a.db -d tenants/c.db -d tenants/a.db",
        "down --to 1 -d tenants/*.db",
        "status -d tenants/*.sqlite",
        "status -d tenants/[.db",
    ]));
}

#[test]
fn a_glob_means_databases() {
    let package = tenants();
    package.write("tenants/a.db-wal", "");
    package.write("tenants/a.db.001-to-002.20260101T000000Z.backup", "");
    let status = package.json("status --json -d tenants/*");
    let names: Vec<&str> =
        status["databases"].as_array().unwrap().iter().map(|one| one["database"].as_str().unwrap()).collect();
    assert_eq!(names, ["tenants/a.db", "tenants/b.db", "tenants/c.db"]);
    // A file that is called like a pattern is that file.
    package.sql("[a].db", "SELECT 1");
    assert_eq!(package.json("status --json -d [a].db")["databases"][0]["database"], "[a].db");
}
