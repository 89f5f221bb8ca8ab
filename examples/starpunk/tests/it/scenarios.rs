//! The four kinds of database, each brought to the current schema.

use migrate::{Evidence, Outcome};
use starpunk::db::{self, Version};

use crate::Result;
use crate::files::{BASE, File, LEGACY_ROWS, NAMES, kept_rows};

#[test]
fn fresh() -> Result {
    let file = File::new()?;
    assert!(!file.is_current()?);
    let report = file.start()?;
    assert_eq!(report.outcome(), Outcome::Fresh);
    assert_eq!(report.applied().count(), 0, "made with schema.sql alone");
    assert_eq!(file.history()?, NAMES.map(|name| format!("{name} fresh")));
    file.assert_current()
}

#[test]
fn legacy() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS])?;
    assert!(!file.is_current()?);
    let report = file.start()?;
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!((report.before(), report.after()), (None, Some(Version::LATEST)));
    assert_eq!(file.history()?, NAMES.map(|name| format!("{name} applied")));
    assert_eq!(file.kept_rows()?, kept_rows());
    assert_eq!(file.query("SELECT code_verifier FROM auth_state")?, [""]);
    assert_eq!(file.query("SELECT * FROM tokens")?, [""; 0], "plain text is dropped");
    file.assert_current()
}

#[test]
fn middle() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS])?;
    db::migrator().target(Version::AddCodeVerifierToAuthState).run(&mut file.connect()?)?;
    assert!(!file.is_current()?);
    let first = file.query("SELECT * FROM schema_migrations")?;
    let report = file.start()?;
    assert_eq!(report.outcome(), Outcome::Applied);
    assert_eq!(report.before(), Some(Version::AddCodeVerifierToAuthState));
    let applied: Vec<&str> = report.applied().map(|entry| entry.name.as_str()).collect();
    assert_eq!(applied, [NAMES[1]]);
    assert_eq!(file.query("SELECT * FROM schema_migrations WHERE id = 1")?, first, "what was recorded stays");
    assert_eq!(file.kept_rows()?, kept_rows());
    file.assert_current()
}

#[test]
fn current() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS])?;
    file.start()?;
    assert!(file.is_current()?);
    let bytes = file.bytes()?;
    // Nor does it take a lock: another connection has it.
    let writer = file.connect()?;
    writer.execute_batch("BEGIN IMMEDIATE")?;
    let report = file.start()?;
    writer.execute_batch("ROLLBACK")?;
    assert_eq!(report.outcome(), Outcome::Current);
    assert_eq!(report.entries(), []);
    assert_eq!(file.bytes()?, bytes, "a start with nothing to do writes nothing");
    assert_eq!(file.kept_rows()?, kept_rows());
    file.assert_current()
}
