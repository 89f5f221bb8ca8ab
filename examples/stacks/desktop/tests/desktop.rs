//! The application as a user starts it, in a home of its own.
//!
//! Where its file is, is asked of the operating system; only on Linux can a test say where that is.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use desktop::db::{self, Version};
use migrate::rusqlite::Connection;
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A user's home.
struct Home(TempDir);

impl Home {
    fn new() -> Result<Home> {
        Ok(Home(tempfile::tempdir()?))
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("journal.db")
    }

    fn start(&self, args: &[&str]) -> Result<Output> {
        Ok(Command::new(env!("CARGO_BIN_EXE_desktop")).args(args).env("XDG_DATA_HOME", self.0.path()).output()?)
    }

    /// What the user sees of a start that succeeds.
    fn shows(&self, args: &[&str]) -> Result<String> {
        let output = self.start(args)?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What the user sees of a start that fails.
    fn complains(&self) -> Result<String> {
        let output = self.start(&[])?;
        assert_eq!(output.status.code(), Some(1));
        Ok(String::from_utf8(output.stderr)?)
    }

    /// A file of the first release, with one entry.
    fn old(&self) -> Result {
        fs::create_dir_all(self.folder())?;
        let mut conn = Connection::open(self.file())?;
        db::migrator().target(Version::CreateEntries).run(&mut conn)?;
        conn.execute("INSERT INTO entries (day, body) VALUES ('2026-11-22', 'Rain')", [])?;
        Ok(())
    }

    fn backups(&self) -> Result<Vec<PathBuf>> {
        let all = fs::read_dir(self.folder())?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        Ok(all.into_iter().filter(|path| path.extension().is_some_and(|end| end == "backup")).collect())
    }
}

#[test]
fn the_first_start_makes_the_folder_and_the_second_says_nothing() -> Result {
    let home = Home::new()?;
    let first = home.shows(&["Sun"])?;
    assert_eq!(first, format!("Welcome! Your journal is kept in {}.\n1 entries\n", home.file().display()));
    assert_eq!(home.shows(&[])?, "1 entries\n");
    assert!(home.backups()?.is_empty());
    Ok(())
}

#[test]
fn an_update_shows_its_progress_and_keeps_a_copy() -> Result {
    let home = Home::new()?;
    home.old()?;
    let shown = home.shows(&[])?;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..3],
        ["Making a copy of your journal…", "Updating your journal: 1 of 2…", "Updating your journal: 2 of 2…"]
    );
    assert!(lines[3].starts_with("Your journal as it was is kept in journal.db.001-to-003."), "{shown}");
    let [backup] = &home.backups()?[..] else { panic!("one copy") };
    let copy = Connection::open(backup)?;
    let body: String = copy.query_row("SELECT body FROM entries", [], |row| row.get(0))?;
    assert_eq!(body, "Rain");
    assert!(!db::is_schema_current(&copy)?, "it is the old one");
    Ok(())
}

#[test]
fn the_two_newest_copies_are_kept() -> Result {
    let home = Home::new()?;
    for round in 1..=4 {
        if home.file().exists() {
            fs::remove_file(home.file())?;
        }
        home.old()?;
        home.shows(&[])?;
        assert_eq!(home.backups()?.len(), round.min(2));
    }
    Ok(())
}

#[test]
fn a_journal_of_a_newer_release_asks_for_an_update() -> Result {
    let home = Home::new()?;
    fs::create_dir_all(home.folder())?;
    next_release::MIGRATIONS.run(&mut Connection::open(home.file())?)?;
    let before = fs::read(home.file())?;
    let said = home.complains()?;
    assert!(said.contains("Please update the application."), "{said}");
    assert!(!said.contains("migration"), "{said}");
    assert!(fs::read(home.file())? == before, "and nothing was changed");
    let log = fs::read_to_string(home.folder().join("journal.log"))?;
    assert!(log.contains("unknown here: `004_add_colours.sql`"), "{log}");
    Ok(())
}

mod next_release {
    migrate::migrations!("examples/next-release");
}

#[test]
fn what_is_no_journal_is_left_alone() -> Result {
    let home = Home::new()?;
    fs::create_dir_all(home.folder())?;
    fs::write(home.file(), "Dear diary, this is a text file.\n".repeat(100))?;
    let before = fs::read(home.file())?;
    assert!(home.complains()?.contains("is damaged, or is another kind of file"));
    assert!(fs::read(home.file())? == before);
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_is_named() -> Result {
    let home = Home::new()?;
    fs::write(home.folder(), "a file is in the way")?;
    assert_eq!(home.complains()?, format!("The folder {} cannot be made.\n", home.folder().display()));
    Ok(())
}
