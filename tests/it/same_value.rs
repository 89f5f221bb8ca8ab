//! The macro and the run-time loader make the same value.

use std::path::Path;

use migrate::Migrations;
use migrate::rusqlite::Connection;
use migrate_core::__private::Set;

mod plain {
    migrate::migrations!("tests/fixtures/same/plain");
}

mod full {
    migrate::migrations! {
        "tests/fixtures/same/full",
        after = { "003_fill_slugs" => super::fill },
    }
}

fn fill(conn: &Connection) -> migrate::rusqlite::Result<()> {
    conn.execute("UPDATE notes SET slug = lower(title)", []).map(drop)
}

/// What the macro adds: where the directory was.
fn without_origin<V>(migrations: &Migrations<V>) -> Set {
    Set { origin: None, ..migrations.set().clone() }
}

/// Relative to the package, as the macro shows it; tests run there.
fn loaded(name: &str, steps: &[(&str, migrate::StepFn)]) -> Migrations<migrate::AnyVersion> {
    let dir = Path::new("tests/fixtures/same").join(name);
    migrate_check::load_with_steps(&dir, steps).unwrap_or_else(|error| panic!("{error}")).migrations
}

#[test]
fn for_plain_files_whatever_their_line_ends() {
    assert_eq!(without_origin(&plain::MIGRATIONS), without_origin(&loaded("plain", &[])));
    assert_eq!(plain::Version::ALL.len(), 3);
    assert!(plain::MIGRATIONS.set().migrations[1].up.sql.contains("'two\nlines'"));
}

#[test]
fn for_every_directive_and_option() {
    let steps: [(&str, migrate::StepFn); 1] = [("003_fill_slugs.sql", |conn| Ok(fill(conn)?))];
    let (made, loaded) = (without_origin(&full::MIGRATIONS), without_origin(&loaded("full", &steps)));
    assert_eq!(made, loaded);
    assert_eq!(made.options.history_table, "full_history");
    assert!(made.base.is_some() && made.schema.is_some() && made.migrations[0].down.is_some());
    assert_eq!(made.migrations.iter().filter(|m| m.step.is_some() || !m.transaction || m.foreign_keys).count(), 3);
    assert_eq!(full::Version::Slugs.to_string(), "003_fill_slugs.sql");
}

#[test]
fn a_directory_that_does_not_compile_does_not_load() {
    let error = migrate_check::load(Path::new("tests/ui/duplicate_number")).expect_err("duplicates");
    assert!(error.to_string().contains("[duplicate-number]"), "{error}");
}
