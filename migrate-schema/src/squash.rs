//! Old migrations become part of `base.sql`.

use std::fmt;
use std::path::PathBuf;

use migrate_check::{Declared, Stage, check};
use migrate_core::rusqlite;
use migrate_source::{Finding, Fresh, Listing, Migration, Severity, Source, lock, parse};

use crate::dump::script_of;
use crate::rows::Rows;
use crate::schema::Schema;

/// What has to be written and removed.
///
/// ```
/// use migrate_schema::{Squash, SquashError, squash};
/// use migrate_source::Listing;
///
/// fn base(listing: &Listing, count: usize) -> Result<String, SquashError> {
///     let Squash { base, names, .. } = squash(listing, count, None)?;
///     println!("part of base.sql now: {}", names.join(", "));
///     Ok(base)
/// }
///
/// let listing = Listing::from_files([
///     ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
///     ("002_tags.sql", "CREATE TABLE tags(name TEXT);"),
/// ]);
/// assert!(base(&listing, 1).is_ok_and(|base| base.contains("CREATE TABLE notes")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squash {
    /// The text of `base.sql`.
    pub base: String,
    /// The text of `squashed.lock`.
    pub squashed: String,
    /// The text of `migrations.lock`; `None` where there is none.
    pub lock: Option<String>,
    /// The files that are not needed any longer.
    pub removed: Vec<PathBuf>,
    /// The names of the migrations that become part of `base.sql`, oldest first.
    pub names: Vec<String>,
    /// What the proof says of the directory as it will be; no errors.
    pub findings: Vec<Finding>,
    /// The directory as it will be, to show findings in.
    pub source: Source,
}

/// Why nothing can be squashed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SquashError {
    /// The migrations do not run, or what came of it would not be proved.
    Findings(Vec<Finding>, Box<Source>),
    /// A migration does what `base.sql` cannot hold.
    Unable(String),
}

impl fmt::Display for SquashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SquashError::Findings(findings, _) => {
                let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
                f.write_str(&messages.join("; "))
            }
            SquashError::Unable(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for SquashError {}

impl From<rusqlite::Error> for SquashError {
    fn from(error: rusqlite::Error) -> SquashError {
        SquashError::Unable(error.to_string())
    }
}

const TITLE: &str = "-- What the migrations in squashed.lock made, schema and rows. `cargo migrate squash` wrote it.\n";

/// Makes the first `count` migrations part of `base.sql`: schema and rows, proved equal to what they make.
///
/// Databases that have run all of them go on as before, by `squashed.lock`. Those that have run only some are refused, with
/// the name of the release that they have to pass through.
///
/// ```
/// use migrate_schema::squash;
/// use migrate_source::Listing;
///
/// let listing = Listing::from_files([
///     ("001_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);"),
///     ("002_body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;"),
///     ("003_tags.sql", "CREATE TABLE tags(name TEXT);"),
/// ]);
/// let squash = squash(&listing, 2, Some("1.4")).unwrap();
/// assert!(squash.base.contains("CREATE TABLE notes (\n    id INTEGER PRIMARY KEY,\n    body TEXT\n);"));
/// assert_eq!(squash.removed.len(), 2);
/// ```
///
/// # Errors
///
/// See [`SquashError`].
pub fn squash(listing: &Listing, count: usize, release: Option<&str>) -> Result<Squash, SquashError> {
    let (source, findings) = parse(listing);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(SquashError::Findings(findings, Box::new(source)));
    }
    let Some(old) = source.migrations.get(..count).filter(|old| !old.is_empty() && count < source.migrations.len())
    else {
        let message =
            "a list of migrations is never empty\nhelp: squash up to the one before the newest, or an older one";
        return Err(SquashError::Unable(message.to_owned()));
    };
    old.iter().try_for_each(|migration| refuse(&source, migration))?;
    let failed = |findings: Vec<Finding>| SquashError::Findings(findings, Box::new(source.clone()));
    let stage = Stage::at(&source, count).map_err(failed)?;
    let base = script_of(&stage, &source, TITLE)?;

    let before = source.squashed.iter().flat_map(|squashed| &squashed.entries);
    let entries = before.map(|locked| (locked.name.as_str(), locked.checksum));
    let entries = entries.chain(old.iter().map(|migration| (migration.name.as_str(), migration.checksum)));
    let squashed = lock::render_squashed(entries, release);

    let files: Vec<&str> = old.iter().flat_map(shown).collect();
    let removed: Vec<PathBuf> =
        source.files.iter().filter(|file| files.contains(&file.shown.as_str())).map(|file| file.path.clone()).collect();
    let mut after = listing.clone().with("base.sql", base.as_str()).with("squashed.lock", squashed.as_str());
    for path in &removed {
        let name = path.strip_prefix(&source.dir).unwrap_or(path);
        let parts: Vec<_> = name.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        after = after.without(&parts.join("/"));
    }
    // What the proof of the old directory said is of no use for the new one, and would be called stale.
    after = after.without("proof.lock");
    let lock = source.lock.is_some().then(|| lock::render(&parse(&after.clone().without("migrations.lock")).0));
    if let Some(lock) = &lock {
        after = after.with("migrations.lock", lock.as_str());
    }
    let (made, mut findings) = parse(&after);
    if lock::is_provable(&findings) {
        findings.extend(check(&made, &Declared { steps: steps(&made), ..Declared::default() }).findings);
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(SquashError::Findings(findings, Box::new(made)));
    }
    let again = Stage::at(&made, 0).map_err(|findings| SquashError::Findings(findings, Box::new(made.clone())))?;
    if let Some(what) = differs(&stage, &again, &source)? {
        return Err(SquashError::Unable(format!("`base.sql` would not hold what the migrations make: {what} differs")));
    }
    let names = old.iter().map(|migration| migration.name.clone()).collect();
    Ok(Squash { base, squashed, lock, removed, names, findings, source: made })
}

/// Refuses what is more than schema and rows.
fn refuse(source: &Source, migration: &Migration) -> Result<(), SquashError> {
    let name = &migration.name;
    let unable = |message: String| Err(SquashError::Unable(message));
    if migration.directives.unproved.is_some() {
        return unable(format!(
            "`{name}` is not proved, so that what it makes is not known\nhelp: squash up to the one before it"
        ));
    }
    let step = source.config.steps.iter().find(|step| source.position(&step.migration) == source.position(name));
    match step.map(|step| step.fresh) {
        Some(Fresh::Run) => unable(format!(
            "`{name}` has a Rust step that runs on a fresh database too, and `base.sql` cannot hold what it does\nhelp: \
             squash up to the one before it, or let `migrate.toml` say `fresh = \"skip\"` if a fresh database does not need it"
        )),
        Some(Fresh::Skip) => unable(format!(
            "`migrate.toml` speaks of the Rust step of `{name}`\nhelp: remove `[steps.\"{}\"]` there and in `migrations!`, \
             then squash",
            migration.stem()
        )),
        None => Ok(()),
    }
}

fn steps(source: &Source) -> Vec<String> {
    source.config.steps.iter().map(|step| step.migration.clone()).collect()
}

/// The files of a migration, as messages show them.
fn shown(migration: &Migration) -> impl Iterator<Item = &str> {
    let others = [&migration.down, &migration.witness];
    std::iter::once(migration.up.shown.as_str()).chain(others.into_iter().flatten().map(|script| script.shown.as_str()))
}

/// The first thing that two stages do not share.
fn differs(one: &Stage, two: &Stage, source: &Source) -> rusqlite::Result<Option<String>> {
    let (before, after) = (one.catalog()?, two.catalog()?);
    if let Some(change) = before.changes_to(&after).first() {
        return Ok(Some(format!("{} `{}`", change.object.kind.word(), change.object.name)));
    }
    let schema = Schema::read(one.conn(), &source.config.history_table)?;
    for table in &schema.tables {
        let key = |rows: Rows| {
            let mut values = rows.values;
            values.sort();
            values
        };
        if key(Rows::of(one.conn(), table)?) != key(Rows::of(two.conn(), table)?) {
            return Ok(Some(format!("the rows of `{}`", table.name)));
        }
    }
    for pragma in ["application_id", "user_version", "auto_vacuum"] {
        let value = |stage: &Stage| stage.conn().pragma_query_value(Some("main"), pragma, |row| row.get::<_, i64>(0));
        if value(one)? != value(two)? {
            return Ok(Some(format!("`PRAGMA {pragma}`")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 4] = [
        (
            "001_a.sql",
            "CREATE TABLE a(x INTEGER PRIMARY KEY, y DEFAULT 'it''s'); INSERT INTO a VALUES (1, x'00'), (5, NULL);",
        ),
        ("002_b.sql", "ALTER TABLE a ADD COLUMN z; CREATE VIEW v AS SELECT z FROM a; PRAGMA user_version = 3;"),
        ("002_b.down.sql", "DROP VIEW v; ALTER TABLE a DROP COLUMN z;"),
        ("003_c.sql", "CREATE TABLE c(x);"),
    ];

    #[test]
    fn it_holds_what_was_made() {
        let listing = Listing::from_files(FILES);
        let (source, _) = parse(&listing);
        let listing = listing.with("migrations.lock", lock::render(&source));
        let first = squash(&listing, 1, None).unwrap();
        assert_eq!(first.names, ["001_a.sql"]);
        let after = listing
            .without("001_a.sql")
            .with("base.sql", first.base)
            .with("squashed.lock", first.squashed)
            .with("migrations.lock", first.lock.unwrap());
        let (between, findings) = parse(&after);
        assert_eq!(findings, []);
        let second = squash(&after, 1, Some("2.0")).unwrap();
        assert_eq!(second.removed.len(), 2);
        insta::assert_snapshot!(format!("{}\n{}\n{}", second.base, second.squashed, second.lock.unwrap()));
        assert_eq!(between.squashed.unwrap().entries.len(), 1);
        let (last, _) = parse(&Listing::from_files(FILES));
        let all = check(&last, &Declared::default()).set.unwrap();
        let rest = check(&second.source, &Declared::default()).set.unwrap();
        assert_eq!(rest.chain_at(1), all.chain_at(3), "a history goes on over a squash");
        assert_eq!(rest.fingerprint_at(1), all.fingerprint_at(3));
    }

    #[test]
    fn what_base_cannot_hold_is_refused() {
        let check = |count: usize, more: (&str, &str), expected: &str| {
            let error = squash(&Listing::from_files(FILES).with(more.0, more.1), count, None).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(3, ("x.md", ""), "never empty");
        check(0, ("x.md", ""), "never empty");
        check(2, ("migrate.toml", "[steps.\"001_a\"]\nfresh = \"run\"\n"), "has a Rust step that runs");
        check(2, ("migrate.toml", "[steps.\"001_a\"]\nfresh = \"skip\"\n"), "remove `[steps.\"001_a\"]`");
        check(
            2,
            ("002_b.sql", "--! unproved: no module -- here\n--! marker: table u\nCREATE TABLE u(unproved);"),
            "not proved",
        );
    }
}
