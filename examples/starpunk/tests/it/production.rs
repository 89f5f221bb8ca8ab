//! What broke in production, before migrations could be told apart from the schema.

use migrate::PlanStep;
use starpunk::Error;
use starpunk::db::{self, Version};

use crate::Result;
use crate::files::{BASE, FIRST, File, LEGACY_ROWS, SCHEMA, SECOND, kept_rows};

/// `schema.sql` speaks of columns that a legacy database does not have yet.
#[test]
fn schema_sql_never_runs_on_a_legacy_database() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS])?;
    // What happened: the start-up ran it on whatever was there.
    assert!(file.connect()?.execute_batch(&SCHEMA.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")).is_err());

    let file = File::of(&[BASE, LEGACY_ROWS])?;
    assert!(!runs_schema(&file)?);
    let report = file.start()?;
    assert_eq!(report.applied().count(), 2);
    assert_eq!(file.kept_rows()?, kept_rows());
    file.assert_current()
}

/// `idx_tokens_me` is in both; whichever runs second fails.
#[test]
fn schema_sql_and_the_migrations_never_both_run() -> Result {
    let index = "CREATE INDEX idx_tokens_me ON tokens(me);";
    assert!(SCHEMA.contains(index) && SECOND.contains(index));

    let fresh = File::new()?;
    assert!(runs_schema(&fresh)? && !applies(&fresh, Version::SecureTokensAndAuthorizationCodes)?);
    fresh.start()?;
    fresh.assert_current()?;

    for scripts in [&[BASE, LEGACY_ROWS][..], &[BASE, LEGACY_ROWS, FIRST]] {
        let older = File::of(scripts)?;
        assert!(!runs_schema(&older)? && applies(&older, Version::SecureTokensAndAuthorizationCodes)?);
        older.start()?;
        older.assert_current()?;
    }
    Ok(())
}

/// The history ends with `001`, and somebody made the tables of `002` by hand, without their indexes.
#[test]
fn a_schema_that_is_ahead_of_its_history_is_refused() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS])?;
    db::migrator().target(Version::AddCodeVerifierToAuthState).run(&mut file.connect()?)?;
    file.connect()?.execute_batch(&without_indexes(SECOND))?;
    file.connect()?
        .execute_batch("INSERT INTO tokens (token_hash, me, expires_at) VALUES ('4a54', 'me', '2099-01-01')")?;
    let bytes = file.bytes()?;

    assert!(!file.is_current()?);
    let error = match file.start() {
        Err(Error::Migrate(error @ migrate::Error::Ambiguous(_))) => error.to_string(),
        other => panic!("{other:?}"),
    };
    for line in [
        "the history ends with `001_add_code_verifier_to_auth_state.sql`, but something of a later migration is there \
         already; nothing was changed",
        "there: table `authorization_codes`, table `tokens` as a later version has it",
        "missing: index `idx_authorization_codes_expires`, index `idx_tokens_expires`, index `idx_tokens_me`",
    ] {
        assert!(error.lines().any(|said| said == line), "{line}\n\nis not in:\n{error}");
    }
    assert_eq!(file.bytes()?, bytes, "nothing was changed");

    // The way out that the message names.
    file.connect()?.execute_batch(&only_indexes(SECOND))?;
    db::migrator().adopt_at(&mut file.connect()?, Version::LATEST)?;
    assert_eq!(file.query("SELECT token_hash FROM tokens")?, ["4a54"]);
    file.assert_current()
}

/// The same without a history: neither version fits, so neither is assumed.
#[test]
fn a_schema_between_two_versions_is_refused() -> Result {
    let file = File::of(&[BASE, LEGACY_ROWS, FIRST, &without_indexes(SECOND)])?;
    let bytes = file.bytes()?;
    match file.start() {
        Err(Error::Migrate(migrate::Error::Ambiguous(ambiguity))) => {
            assert_eq!(ambiguity.missing.len(), 3, "{ambiguity}");
            assert!(ambiguity.there.contains(&"table `authorization_codes`".to_owned()), "{ambiguity}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(file.bytes()?, bytes, "nothing was changed");
    Ok(())
}

/// Whether a start would run `schema.sql`.
fn runs_schema(file: &File) -> Result<bool> {
    Ok(db::MIGRATIONS.plan(&file.connect()?)?.steps().contains(&PlanStep::RunSchema))
}

/// Whether a start would run this migration.
fn applies(file: &File, version: Version) -> Result<bool> {
    Ok(db::MIGRATIONS.plan(&file.connect()?)?.pending().any(|pending| pending == version))
}

fn without_indexes(script: &str) -> String {
    script.lines().filter(|line| !line.starts_with("CREATE INDEX")).collect::<Vec<_>>().join("\n")
}

fn only_indexes(script: &str) -> String {
    script.lines().filter(|line| line.starts_with("CREATE INDEX")).collect::<Vec<_>>().join("\n")
}
