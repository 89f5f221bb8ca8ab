//! The application on real files of every age.

mod dump;
mod old;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use migrate::rusqlite::{Connection, OpenFlags};
use migrate::{Error, Outcome, Version as _};
use notes::Notes;
use notes::db::{self, Version};
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A directory for one test, and the database in it.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> Result<Files> {
        Ok(Files { dir: tempfile::tempdir()? })
    }

    fn db(&self) -> PathBuf {
        self.dir.path().join("notes.db")
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.db())?)
    }

    /// The names of all files: a run leaves no journal behind.
    fn names(&self) -> Result<Vec<String>> {
        let name = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        fs::read_dir(self.dir.path())?.map(name).collect()
    }

    /// Runs the program on the database.
    fn notes(&self, args: &[&str]) -> Result<Output> {
        Ok(Command::new(env!("CARGO_BIN_EXE_notes")).arg(self.db()).args(args).output()?)
    }

    /// Runs the program, which must succeed; the answer is what it printed, without the times.
    #[track_caller]
    fn prints(&self, args: &[&str], expect: &str) -> Result {
        self.prints_and_says(args, expect, "")
    }

    /// As `prints`, with what goes to the error output.
    #[track_caller]
    fn prints_and_says(&self, args: &[&str], expect: &str, said: &str) -> Result {
        let output = self.notes(args)?;
        let shown = |text: Vec<u8>| -> Result<String> {
            let text = String::from_utf8(text)?.replace(self.db().to_str().unwrap_or_default(), "notes.db");
            Ok(text.lines().map(without_times).collect::<Vec<_>>().join("\n"))
        };
        assert_eq!((shown(output.stdout)?.as_str(), shown(output.stderr)?.as_str()), (expect, said));
        assert_eq!(output.status.code(), Some(0));
        Ok(())
    }
}

/// `applied in 1.2 ms`, `2026-11-22 13:15:54` and the names of backups are others at every run.
fn without_times(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let is_time = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_digit() || b"-:.".contains(&byte));
        let is_backup = word.ends_with(".backup");
        if is_time || is_backup { "_" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The versions, oldest first.
fn versions() -> impl Iterator<Item = Version> {
    Version::ALL.iter().copied()
}

#[test]
fn every_version_ends_equal_to_a_fresh_one() -> Result {
    let fresh = Files::new()?;
    let (notes, report) = Notes::open(&fresh.db())?;
    assert_eq!(report.outcome(), Outcome::Fresh);
    drop(notes);
    let conn = Connection::open(fresh.db())?;
    old::fill(&conn, Version::LATEST)?;
    let (schema, rows) = (dump::schema(&conn)?, dump::rows(&conn)?);

    for version in versions() {
        let files = Files::new()?;
        old::make(&files.db(), version)?;
        let (notes, report) = Notes::open(&files.db())?;
        drop(notes);

        let expect = if version == Version::LATEST { Outcome::Current } else { Outcome::Applied };
        assert_eq!((report.outcome(), report.before(), report.after()), (expect, Some(version), Some(Version::LATEST)));
        let applied: Vec<Version> = report.applied().map(|entry| entry.version).collect();
        assert_eq!(applied, versions().filter(|other| *other > version).collect::<Vec<_>>());

        let conn = Connection::open(files.db())?;
        assert_eq!(dump::schema(&conn)?, schema, "from {version}");
        assert_eq!(dump::rows(&conn)?, old::without_later(&rows, version), "from {version}");
        dump::assert_sound(&conn)?;
        let status = db::MIGRATIONS.status(&conn)?;
        assert!(status.difference().is_same() && status.refusal().is_none(), "{status}");
        assert_eq!(status.pending().count(), 0);
        assert!(db::is_schema_current(&conn)?);
    }
    Ok(())
}

#[test]
fn the_schema_is_current_only_at_the_newest_version() -> Result {
    for version in versions() {
        let files = Files::new()?;
        let conn = old::make(&files.db(), version)?;
        assert_eq!(db::is_schema_current(&conn)?, version == Version::LATEST, "{version}");
    }
    Ok(())
}

#[test]
fn tags_outlive_the_rebuild_of_their_notes() -> Result {
    let before_rebuild = || -> Result<(Files, Connection)> {
        let files = Files::new()?;
        let conn = old::make(&files.db(), Version::AddUpdatedAt)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        Ok((files, conn))
    };
    let tags = |conn: &Connection| conn.query_row("SELECT count(*) FROM tags", [], |row| row.get::<_, i64>(0));

    let (_files, mut conn) = before_rebuild()?;
    let there = tags(&conn)?;
    assert!(there > 0);
    db::migrator().target(Version::MakeNotesStrict).run(&mut conn)?;
    assert_eq!(tags(&conn)?, there);
    // The connection enforces its keys again, and the renamed table is still the parent.
    assert!(conn.execute("INSERT INTO tags VALUES (77, 'orphan')", []).is_err());
    conn.execute("DELETE FROM notes", [])?;
    assert_eq!(tags(&conn)?, 0);

    // The same SQL on a connection with foreign keys on: this is what the run prevents.
    let (_files, conn) = before_rebuild()?;
    let rebuild = db::MIGRATIONS.iter().find(|migration| migration.version == Version::MakeNotesStrict);
    conn.execute_batch(rebuild.ok_or("004 is gone")?.sql)?;
    assert_eq!(tags(&conn)?, 0);
    Ok(())
}

#[test]
fn the_first_run_is_fresh_and_the_second_writes_nothing() -> Result {
    let files = Files::new()?;
    let empty = "no notes yet; to write one: notes notes.db add TITLE BODY";
    let fresh = "fresh database: 6 migrations marked as applied; now at `006_count_words.sql`";
    files.prints(&[], &format!("{fresh}\n{empty}"))?;
    let bytes = files.bytes()?;
    // It takes no lock either: another connection has it.
    let writer = Connection::open(files.db())?;
    writer.execute_batch("BEGIN IMMEDIATE")?;
    files.prints(&[], &format!("current: at `006_count_words.sql`, nothing to do\n{empty}"))?;
    writer.execute_batch("ROLLBACK")?;
    assert_eq!(files.bytes()?, bytes);
    assert_eq!(files.names()?, ["notes.db"]);
    Ok(())
}

#[test]
fn an_older_file_says_what_was_applied() -> Result {
    let files = Files::new()?;
    drop(old::make(&files.db(), Version::MakeNotesStrict)?);
    let report = "2 migrations applied in _ ms: `005_add_search.sql`, `006_count_words.sql`; \
                  was at `004_make_notes_strict.sql`, now at `006_count_words.sql`; backup: _";
    let printed = format!("{report}\n   1  _ _  Bread #food #to-do (6 words)");
    let said = "making a backup: _\n[1/2] 005_add_search.sql\n[2/2] 006_count_words.sql";
    files.prints_and_says(&["search", "water", "flour"], &printed, said)?;
    files.prints(&["search", "water", "flour"], "   1  _ _  Bread #food #to-do (6 words)")?;
    Ok(())
}

#[test]
fn a_current_file_may_be_read_only() -> Result {
    let files = Files::new()?;
    drop(old::make(&files.db(), Version::LATEST)?);
    let bytes = files.bytes()?;
    set_read_only(&files.db(), true)?;

    files.prints(&["search", "salt"], "   1  _ _  Bread #food #to-do (6 words)")?;
    let mut conn = Connection::open_with_flags(files.db(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    assert_eq!(db::MIGRATIONS.run(&mut conn)?.outcome(), Outcome::Current);
    assert!(db::is_schema_current(&conn)?);

    assert_eq!(files.bytes()?, bytes);
    assert_eq!(files.names()?, ["notes.db"]);
    set_read_only(&files.db(), false)
}

#[test]
fn an_older_file_that_cannot_be_written_is_refused() -> Result {
    let files = Files::new()?;
    drop(old::make(&files.db(), Version::AddSearch)?);
    let bytes = files.bytes()?;
    let mut conn = Connection::open_with_flags(files.db(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match db::MIGRATIONS.run(&mut conn) {
        Err(Error::ReadOnly { at, pending }) => {
            assert_eq!((at.as_str(), pending.join(" ").as_str()), ("`005_add_search.sql`", "`006_count_words.sql`"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(files.bytes()?, bytes);
    Ok(())
}

#[test]
fn a_note_from_before_its_times_gets_them() -> Result {
    let files = Files::new()?;
    let conn = old::make(&files.db(), Version::CreateNotes)?;
    conn.execute("INSERT INTO notes (id, title, body, created_at) VALUES (50, 'No time', '', NULL)", [])?;
    drop(conn);
    let (notes, _) = Notes::open(&files.db())?;
    let newest = notes.list()?.into_iter().next().ok_or("no notes")?;
    assert_eq!((newest.id, newest.words), (50, 2));
    assert!(newest.updated_at.as_str() > "2026");
    Ok(())
}

#[test]
fn adding_listing_tagging_searching() -> Result {
    let files = Files::new()?;
    drop(Notes::open(&files.db())?);
    files.prints(&["add", "Bread", "flour water salt"], "note 1")?;
    files.prints(&["add", "Tea", ""], "note 2")?;
    files.prints(&["tag", "1", "food"], "")?;
    files.prints(&["tag", "1", "food"], "")?;
    files.prints(&["search", "WATER"], "   1  _ _  Bread #food (4 words)")?;
    // Not a query language.
    files.prints(&["search", "water\" OR \"tea"], "")?;
    files.prints(&["search", "water", "NOT", "-salt"], "")?;
    let list = files.notes(&["list"])?;
    assert_eq!(String::from_utf8(list.stdout)?.lines().count(), 2);
    Ok(())
}

#[test]
fn mistakes_end_with_1_and_a_message() -> Result {
    let files = Files::new()?;
    drop(Notes::open(&files.db())?);
    let check = |args: &[&str], expect: &str| -> Result {
        let output = files.notes(args)?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), said.lines().next()), (Some(1), Some(expect)));
        assert_eq!(output.stdout, b"");
        Ok(())
    };
    check(&["tag", "7", "food"], "error: there is no note 7")?;
    check(&["tag", "seven", "food"], "error: `seven` is not the number of a note")?;
    check(&["add", "Bread"], "error: `add` has other arguments than these")?;
    check(&["search"], "error: `search` has other arguments than these")?;
    check(&["remove", "1"], "error: there is no verb `remove`")?;
    fs::write(files.db(), "my notes, in a text file")?;
    let path = files.db().display().to_string();
    check(&["list"], &format!("error: `{path}` is not an SQLite database; nothing was changed"))
}

/// A permission that root does not need; a connection with `SQLITE_OPEN_READ_ONLY` needs it as anybody.
fn set_read_only(path: &Path, read_only: bool) -> Result {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(read_only);
    Ok(fs::set_permissions(path, permissions)?)
}

#[test]
fn the_versions_are_those_of_the_directory() {
    assert_eq!(versions().map(|version| version.index()).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(Version::LATEST.to_string(), "006_count_words.sql");
}

#[test]
fn the_schema_is_looked_after_with_its_own_verbs() -> Result {
    let files = Files::new()?;
    drop(old::make(&files.db(), Version::AddUpdatedAt)?);
    let migrate = |verb: &str| -> Result<(Option<i32>, String)> {
        let args = ["migrate", verb, "--database"];
        let output =
            Command::new(env!("CARGO_BIN_EXE_notes")).args(args).arg(files.db()).env_remove("NO_COLOR").output()?;
        Ok((
            output.status.code(),
            String::from_utf8(output.stdout)?.replace(files.db().to_str().unwrap_or_default(), "notes.db"),
        ))
    };
    let (code, status) = migrate("status")?;
    assert_eq!(code, Some(1), "{status}");
    assert!(status.starts_with("notes.db: at `003_add_updated_at.sql`\n"), "{status}");
    assert!(status.ends_with("\n  006_count_words.sql        pending\n"), "{status}");
    let (code, plan) = migrate("plan")?;
    assert_eq!(code, Some(1), "{plan}");
    assert!(plan.contains("apply  006_count_words.sql, then its Rust step"), "{plan}");
    // Other than `cargo migrate up`, which has the SQL and not the step.
    let (code, up) = migrate("up")?;
    assert_eq!(code, Some(0), "{up}");
    assert!(up.contains("3 migrations applied in "), "{up}");
    assert_eq!(migrate("status")?.0, Some(0));
    assert_eq!(migrate("verify")?.0, Some(0));
    Ok(())
}
