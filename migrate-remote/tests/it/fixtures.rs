//! What the proof lets pass with `target = "sqld"` or `"rqlite"`, the server runs; what it refuses, the server refuses.

use std::fs;
use std::path::{Path, PathBuf};

use migrate::rusqlite::Connection;
use migrate_check::{Declared, check};
use migrate_core::{AnyVersion, Migrations, Target as Goal};
use migrate_source::{Severity, Source, Target};

use crate::kit::copied;
use crate::node::Node;
use crate::server::{Server, started};

/// The directories that the rules are tested with, and some as they are out there.
fn directories() -> Vec<PathBuf> {
    let below =
        |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut found: Vec<PathBuf> = below(&root()).flat_map(|rule| below(&rule).collect::<Vec<_>>()).collect();
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrate-check/tests/fixtures")
}

fn source(directory: &Path, target: Target) -> Source {
    let (mut source, findings) = migrate_source::load(directory, "migrations");
    assert!(findings.is_empty(), "{}: {findings:?}", directory.display());
    source.config.target = target;
    source
}

/// What the proof lets pass for a server, and the names of what it refuses.
fn passed(target: Target) -> (Vec<(PathBuf, Migrations<AnyVersion>)>, Vec<String>) {
    let (mut passed, mut refused) = (Vec::new(), Vec::new());
    for directory in directories() {
        let name = directory.file_name().unwrap().to_string_lossy();
        let rule = directory.parent().unwrap().file_name().unwrap().to_string_lossy();
        if name.starts_with("bad") || rule == "too-slow" {
            continue;
        }
        let source = source(&directory, target);
        if !source.config.functions.is_empty() || !source.config.collations.is_empty() {
            continue;
        }
        let checked = check(&source, &Declared::default());
        match checked.set.filter(|_| checked.findings.iter().all(|finding| finding.severity < Severity::Error)) {
            Some(set) => passed.push((directory, Migrations::new(set, Vec::new().into()))),
            None => refused.push(format!("{rule}/{name}")),
        }
    }
    (passed, refused)
}

/// The first migration alone, so that the others are run and not only marked.
const GOALS: [Goal<AnyVersion>; 2] = [Goal::At(AnyVersion(0)), Goal::Latest];

#[test]
fn what_the_proof_lets_pass_the_server_runs() {
    let mut server = started!();
    let (passed, refused) = passed(Target::Sqld);
    for (directory, migrations) in &passed {
        let file = server.directory().join("local.db");
        let mut local = Connection::open(&file).unwrap();
        for goal in GOALS {
            let migrator = || migrations.migrator().target(goal);
            migrator().run(&mut local).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
            let run = server.remote().run_with(&migrator());
            run.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        }
        drop(local);
        let set = migrations.set();
        let decides = |sql: &str| ["random", "CURRENT_", "'now'"].iter().any(|word| sql.contains(word));
        let has_same_rows = !set.migrations.iter().any(|migration| decides(&migration.up.sql));
        let content =
            |file: &Path| content(file, &set.options.history_table, &["applied_at", "duration"], has_same_rows);
        assert_eq!(content(&copied(&mut server)), content(&file), "{}", directory.display());
        fs::remove_file(file).unwrap();
        server.empty();
    }
    assert!(passed.len() > 60, "{}", passed.len());
    println!("{} directories ran, {} were refused by the proof: {refused:?}", passed.len(), refused.len());
}

/// On rqlite, rows and all: what chance or the clock would decide is among what the proof refuses.
#[test]
fn what_the_proof_lets_pass_a_node_runs() {
    let Some(node) = Node::alone(&[]) else { return };
    let (passed, refused) = passed(Target::Rqlite);
    let folder = tempfile::tempdir().unwrap();
    for (number, (directory, migrations)) in passed.iter().enumerate() {
        node.empty();
        let file = folder.path().join(number.to_string());
        let mut local = Connection::open(&file).unwrap();
        for goal in GOALS {
            let migrator = || migrations.migrator().target(goal);
            let run = node.remote().run_with(&migrator());
            run.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
            migrator().run(&mut local).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        }
        drop(local);
        let own = ["applied_at", "duration", "schema_version"];
        let content = |file: &Path| content(file, &migrations.set().options.history_table, &own, true);
        assert_eq!(content(&node.copied()), content(&file), "{}", directory.display());
    }
    assert!(passed.len() > 30, "{}", passed.len());
    println!("{} directories ran, {} were refused by the proof: {refused:?}", passed.len(), refused.len());
}

/// The schema, and the rows of every table, but for what a run alone has in the history; only those of the history, where chance
/// decides the others.
fn content(file: &Path, history: &str, own: &[&str], all: bool) -> Vec<String> {
    let conn = Connection::open(file).unwrap();
    let list = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut lines = list("SELECT concat_ws('|', type, name, tbl_name, sql) FROM sqlite_schema ORDER BY name");
    for table in
        list("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name <> 'sqlite_schema'")
    {
        if !all && table != history {
            continue;
        }
        let columns = list(&format!("SELECT name FROM pragma_table_xinfo('{table}')"));
        let columns = columns.iter().filter(|name| table != history || !own.contains(&name.as_str()));
        let columns: Vec<String> = columns.map(|name| format!("quote(\"{name}\")")).collect();
        lines.extend(list(&format!(
            "SELECT '{table}: ' || concat_ws(', ', {}) FROM \"{table}\" ORDER BY 1",
            columns.join(", ")
        )));
    }
    lines
}

#[test]
fn what_the_proof_refuses_the_server_refuses() {
    let server = started!();
    let tables = ["CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT, tag TEXT)"];
    for sql in [
        "ANALYZE",
        "VACUUM",
        "PRAGMA auto_vacuum = 1",
        "PRAGMA main.journal_mode = DELETE",
        "PRAGMA optimize",
        "PRAGMA writable_schema",
        "CREATE VIEW tags AS SELECT group_concat(tag, ', ' ORDER BY tag) FROM notes",
        "UPDATE notes SET body = json_pretty(body)",
    ] {
        let directory = crate::kit::directory(&[("001_notes.sql", &format!("{};\n{sql};", tables[0]))]);
        let checked = check(&source(directory.path(), Target::Sqld), &Declared::default());
        let ids = ["refused-by-target", "newer-than-min-sqlite", "needs-no-transaction"];
        assert!(checked.findings.iter().any(|finding| ids.contains(&finding.id)), "{sql}: {:?}", checked.findings);
        assert!(refuses(&server, &["BEGIN", tables[0], sql, "ROLLBACK"]), "{sql}");
    }
    assert!(!refuses(&server, &["BEGIN", tables[0], "UPDATE notes SET body = json(body)", "ROLLBACK"]));
}

fn refuses(server: &Server, statements: &[&str]) -> bool {
    let requests: Vec<serde_json::Value> =
        statements.iter().map(|sql| serde_json::json!({"type": "execute", "stmt": {"sql": sql}})).collect();
    let body = serde_json::json!({ "requests": requests }).to_string();
    let agent = ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build());
    let mut answer = agent.post(format!("{}/v2/pipeline", server.address())).send(body.as_bytes()).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    answer["results"].as_array().unwrap().iter().any(|result| result["type"] != "ok")
}
