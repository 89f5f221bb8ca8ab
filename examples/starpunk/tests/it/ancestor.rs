//! The history table of the Python system that these migrations come from, at each version, taken over in place.

use migrate::Outcome;
use starpunk::db::Version;

use crate::Result;
use crate::files::{BASE, FIRST, File, LEGACY_ROWS, NAMES, SECOND, kept_rows};

const HISTORY: &str = "
    CREATE TABLE schema_migrations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        migration_name TEXT UNIQUE NOT NULL,
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
    );
";

/// A database that the Python system brought to a version, and its rows of the history.
fn ancestor(version: usize) -> Result<(File, Vec<String>)> {
    let file = File::of(&[BASE, LEGACY_ROWS, HISTORY])?;
    let conn = file.connect()?;
    // The table has seen rows come and go.
    let history = [(10, NAMES[0], "2024-01-01 08:00:00"), (20, NAMES[1], "2024-02-01 08:00:00")];
    for (script, row) in [FIRST, SECOND].into_iter().zip(history).take(version) {
        conn.execute_batch(script)?;
        conn.execute("INSERT INTO schema_migrations VALUES (?1, ?2, ?3)", row)?;
    }
    let rows = file.query("SELECT * FROM schema_migrations ORDER BY id")?;
    assert_eq!(rows.len(), version);
    Ok((file, rows))
}

#[test]
fn is_taken_over_at_each_version() -> Result {
    for version in 0..=NAMES.len() {
        let (file, rows) = ancestor(version)?;
        assert_eq!(file.is_current()?, version == NAMES.len());
        let report = file.start()?;
        assert_eq!(report.before(), version.checked_sub(1).map(|index| Version::ALL[index]));
        let applied: Vec<&str> = report.applied().map(|entry| entry.name.as_str()).collect();
        assert_eq!(applied, NAMES[version..], "at {version}");

        let three = "SELECT id, migration_name, applied_at FROM schema_migrations ORDER BY id";
        assert_eq!(file.query(three)?[..version], rows, "its rows are as they were");
        assert_eq!(file.history()?, NAMES.map(|name| format!("{name} applied")));
        assert_eq!(file.kept_rows()?, kept_rows());
        file.assert_current()?;

        // From now on it is like any other.
        let bytes = file.bytes()?;
        assert_eq!(file.start()?.outcome(), Outcome::Current);
        assert_eq!(file.bytes()?, bytes);
    }
    Ok(())
}

#[test]
fn a_version_of_its_own_is_refused() -> Result {
    let (file, _) = ancestor(2)?;
    file.connect()?.execute("INSERT INTO schema_migrations (migration_name) VALUES ('003_python_only.sql')", [])?;
    let bytes = file.bytes()?;
    match file.start() {
        Err(starpunk::Error::Migrate(migrate::Error::DatabaseTooNew { at, .. })) => {
            assert_eq!(at, "003_python_only.sql")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(file.bytes()?, bytes);
    Ok(())
}
