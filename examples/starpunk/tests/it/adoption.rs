//! Databases that are further than the one from before migrations, and have no history all the same.

use migrate::{Evidence, Outcome};
use starpunk::db::Version;

use crate::Result;
use crate::files::{BASE, FIRST, File, LEGACY_ROWS, NAMES, SCHEMA, kept_rows};

#[test]
fn the_middle_without_history() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS, FIRST])?;
    let report = file.start()?;
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Fingerprint));
    assert_eq!(report.before(), Some(Version::AddCodeVerifierToAuthState));
    assert_eq!(file.history()?, [format!("{} adopted", NAMES[0]), format!("{} applied", NAMES[1])]);
    assert_eq!(file.kept_rows()?, kept_rows());
    file.assert_current()
}

#[test]
fn the_current_schema_without_history() -> Result {
    let token = "INSERT INTO tokens (token_hash, me, expires_at) VALUES ('4a54', 'me', '2099-01-01')";
    let file = File::of(&[SCHEMA, token])?;
    let report = file.start()?;
    assert_eq!(report.applied().count(), 0);
    assert_eq!(file.history()?, NAMES.map(|name| format!("{name} adopted")));
    assert_eq!(file.query("SELECT token_hash FROM tokens")?, ["4a54"], "002 did not run");
    file.assert_current()
}

#[test]
fn the_legacy_schema_with_an_index_of_the_administrator() -> Result {
    let index = "CREATE INDEX my_own_index ON auth_state(redirect_uri)";
    let file = File::of(&[BASE, LEGACY_ROWS, index])?;
    file.start()?;
    assert_eq!(file.history()?, NAMES.map(|name| format!("{name} applied")));
    assert_eq!(file.kept_rows()?, kept_rows());
    file.connect()?.execute_batch("DROP INDEX my_own_index")?;
    file.assert_current()
}

#[test]
fn the_legacy_schema_as_another_release_wrote_it() -> Result {
    // One that declared a default: no fingerprint matches, and all that base.sql makes is there.
    let base = BASE.replace("redirect_uri TEXT", "redirect_uri TEXT DEFAULT '/'");
    assert_ne!(base, BASE);
    let file = File::of(&[&base, LEGACY_ROWS])?;
    let report = file.start()?;
    assert_eq!(report.outcome(), Outcome::Adopted(Evidence::Base));
    assert_eq!(report.drift().different, ["table `auth_state`"]);
    assert_eq!(file.kept_rows()?, kept_rows());
    assert!(file.is_current()?);
    Ok(())
}
