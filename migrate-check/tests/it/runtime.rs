//! What the proof accepts, the runtime applies: to a fresh database, to one from before the history, and from every
//! version on the way, each time to the schema that was proved.

use std::path::Path;

use migrate_check::{Declared, check};
use migrate_core::{AnyVersion, DriftPolicy, Migrations, Migrator, StepFn, Target};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::fixtures;

#[test]
fn good_fixtures_run() {
    for id in migrate_check::IDS {
        for dir in fixtures::directories(&fixtures::root().join(id)) {
            if fixtures::name(&dir).starts_with("good") {
                runs(&dir);
            }
        }
    }
}

#[test]
fn schemas_as_they_are_out_there_raise_no_alarm_and_run() {
    for dir in fixtures::directories(&fixtures::root().join("real-world")) {
        let (source, findings) = migrate_source::load(&dir, "migrations");
        assert!(findings.is_empty(), "{}: {findings:?}", dir.display());
        let checked = check(&source, &Declared::default());
        let said: Vec<String> =
            checked.findings.iter().map(|finding| migrate_source::render(finding, &source)).collect();
        assert!(said.is_empty(), "{}: {}", dir.display(), said.join("\n\n"));
        runs(&dir);
    }
}

fn runs(dir: &Path) {
    let (source, _) = migrate_source::load(dir, "migrations");
    let declared: Declared = fixtures::declared(dir);
    let checked = check(&source, &declared);
    let set = checked.set.unwrap();
    let count = set.migrations.len();
    let base = set.base.as_ref().map(|base| base.sql.clone().into_owned());
    let mut steps: Vec<(usize, StepFn)> = checked.steps.iter().map(|step| (step.unwrap(), no_step as StepFn)).collect();
    steps.sort_by_key(|(index, _)| *index);
    let migrations: Migrations<AnyVersion> = Migrations::new(set, steps.into());
    let to = |conn: &mut Connection, target: Target<AnyVersion>| {
        let migrator = Migrator::new(&migrations).drift(DriftPolicy::Error).target(target);
        migrator.run(conn).unwrap_or_else(|error| panic!("{}: {target:?}: {error}", dir.display()));
    };
    let finish = |conn: &mut Connection| {
        to(conn, Target::Latest);
        assert!(migrations.is_schema_current(conn).unwrap(), "{}", dir.display());
    };

    let files = tempfile::tempdir().unwrap();
    finish(&mut open(&files.path().join("fresh.db")));
    for at in 0..count {
        let mut conn = open(&files.path().join(format!("at-{at}.db")));
        to(&mut conn, Target::At(AnyVersion(at)));
        finish(&mut conn);
    }
    if let Some(base) = base {
        let mut conn = open(&files.path().join("legacy.db"));
        conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; {base}; PRAGMA foreign_keys = ON")).unwrap();
        finish(&mut conn);
    }
}

/// A connection with everything that a fixture's `migrate.toml` declares.
fn open(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, arguments) in [("slugify", 1), ("anything", -1), ("f", -1)] {
        conn.create_scalar_function(name, arguments, flags, |_| Ok("value")).unwrap();
    }
    conn.create_collation("german", |a: &str, b: &str| a.cmp(b)).unwrap();
    conn
}

fn no_step(_: &Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(())
}
