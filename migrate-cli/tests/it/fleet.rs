//! `fleet`: many databases at once.

use crate::kit::{NOTES, Package, TAGS, snapshot};

/// Three migrations, of which the newest refuses two notes of one body; tenants at each version.
fn tenants() -> Package {
    let package = Package::with(&[
        ("001_create_notes.sql", NOTES),
        ("002_add_tags.sql", TAGS),
        (
            "003_one_of_a_kind.sql",
            "--! allow(may-fail-on-data): a dry run finds them\nCREATE UNIQUE INDEX notes_body ON notes(body);\n",
        ),
    ]);
    std::fs::create_dir(package.path("tenants")).unwrap();
    for (name, to) in [("a.db", "latest"), ("b.db", "1"), ("c.db", "1"), ("d.db", "2")] {
        assert!(package.output(&["up", "-d", &format!("tenants/{name}"), "--to", to]).status.success());
    }
    package.sql("tenants/c.db", "INSERT INTO notes (body) VALUES ('rain'), ('rain')");
    package
}

#[test]
fn looked_at_tried_and_brought_on() {
    let package = tenants();
    snapshot!(package.story(&[
        "fleet status -d tenants/*.db",
        "fleet dry-run -d tenants/*.db",
        "fleet up -d tenants/*.db --threads 1 --canary 4",
        "fleet status -d tenants/*.db",
        "fleet up -d tenants/*.db --max-failures 1 --quarantine failed.jsonl",
        "fleet up -d tenants/*.db --quarantine failed.jsonl",
        "fleet status -d tenants/*.db",
    ]));
    assert!(package.read("failed.jsonl").contains("UNIQUE"));
    package.sql("tenants/c.db", "DELETE FROM notes WHERE id = 2");
    snapshot!(package.story(&[
        "fleet up -d tenants/*.db --quarantine failed.jsonl --retry-quarantined",
        "fleet status -d tenants/*.db",
    ]));
    assert_eq!(package.read("failed.jsonl"), "");
}

#[test]
fn a_list_names_them() {
    let package = tenants();
    package.write("list.txt", "tenants/b.db\n\ntenants/d.db\ntenants/none.db\n");
    package.write("empty.txt", "\n");
    snapshot!(package.story(&[
        "fleet up --files-from list.txt --threads 1 --max-failures 1",
        "fleet status --files-from empty.txt",
        "fleet status --files-from nowhere.txt",
        "fleet up --retry-quarantined -d tenants/*.db",
    ]));
    assert!(!package.path("tenants/none.db").exists());
}

#[test]
fn a_rust_step_is_left_to_the_application() {
    let package = tenants();
    package.write("migrations/migrate.toml", "[steps.\"002_add_tags\"]\nfresh = \"run\"\n");
    snapshot!(package.story(&["fleet up -d tenants/*.db", "fleet up -d tenants/a.db -d tenants/d.db"]));
}

#[test]
fn programs_get_every_file() {
    let package = tenants();
    let value = package.json("fleet up --json --max-failures 1 -d tenants/*.db");
    assert_eq!((&value["version"], &value["verb"], &value["exit"]), (&1.into(), &"fleet up".into(), &"failed".into()));
    assert_eq!((&value["current"], &value["migrated"], &value["failed"]), (&1.into(), &2.into(), &1.into()));
    assert_eq!(value["files"][1]["path"], "tenants/b.db");
    assert_eq!(value["files"][1]["from"], "001_create_notes.sql");
    assert_eq!(value["files"][1]["migrations"], 2);
    assert_eq!(value["files"][2]["error"]["kind"], "statement", "{value}");
}
