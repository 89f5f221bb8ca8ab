//! Database files of real releases.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use migrate_core::{Outcome, Version};

use super::Upgrades;
use super::tried::{Attempts, Failure, Tried, call};
use super::walk::{closed, copied, counts};

impl<V: Version> Upgrades<'_, V> {
    /// Tries the upgrade of every database file in a directory to the newest version, on a copy.
    ///
    /// What is checked says [`assert_released_files_upgrade!`](crate::assert_released_files_upgrade), and what
    /// [`check_each_file`](Upgrades::check_each_file) was told; checks of [`check`](Upgrades::check) are not asked, since they are about
    /// the rows of this test. Files that are no databases are left alone.
    ///
    /// # Errors
    ///
    /// All files that failed, each with the reason; or that there is none.
    pub fn released_files(&self, directory: &Path) -> Result<Tried, Failure> {
        let files = databases(directory).map_err(Failure::one)?;
        if files.is_empty() {
            let why = format!(
                "there is no database in {}\nhelp: put a file of each release there; `write_release` makes one",
                directory.display()
            );
            return Err(Failure::one(why));
        }
        let scratch = tempfile::tempdir().map_err(|error| Failure::one(format!("no temporary directory: {error}")))?;
        let mut attempts = Attempts::default();
        for file in &files {
            attempts.tried.files += 1;
            let copy = scratch.path().join("released.db");
            if let Err(why) = copied(file, &copy).and_then(|()| self.upgrade(&copy, &mut attempts.tried)) {
                attempts.fails(&file.display().to_string(), &why);
            }
        }
        attempts.end()
    }

    /// Writes the database of this release into a directory, with the rows that were declared, for
    /// [`released_files`](Upgrades::released_files) to find: at the newest version, which names the file. `None` where there is
    /// one of that name already; it stays as it is.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/tour"); }
    /// # use migrate::testing::Upgrades;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let directory = directory.path();
    /// let upgrades = Upgrades::new(&db::MIGRATIONS)
    ///     .rows(db::Version::CreateNotes, "INSERT INTO notes (title) VALUES ('Shopping')");
    ///
    /// let written = upgrades.write_release(directory).unwrap();
    /// assert_eq!(written, Some(directory.join("003_add_slugs.db")));
    /// assert_eq!(upgrades.released_files(directory).unwrap().to_string(), "1 file");
    /// ```
    ///
    /// # Errors
    ///
    /// A failure that says which migration, which rows or which file could not be.
    pub fn write_release(&self, directory: &Path) -> Result<Option<PathBuf>, Failure> {
        let newest = self.migrations.iter().last().map_or("base", |migration| migration.name);
        let path = directory.join(newest.trim_end_matches(".sql")).with_extension("db");
        if path.exists() {
            return Ok(None);
        }
        fs::create_dir_all(directory).map_err(|error| Failure::one(format!("{}: {error}", directory.display())))?;
        // Under another name until it is whole, so that a test that runs meanwhile does not see half of it.
        let draft = tempfile::Builder::new()
            .prefix(".release-")
            .tempdir_in(directory)
            .map_err(|error| Failure::one(format!("{}: {error}", directory.display())))?;
        let file = draft.path().join("release.db");
        let mut conn = self.opened(&file).map_err(Failure::one)?;
        for position in 0..=self.len() {
            self.arrive(&mut conn, position).map_err(Failure::one)?;
        }
        closed(conn).map_err(Failure::one)?;
        fs::rename(&file, &path).map_err(|error| Failure::one(format!("{}: {error}", path.display())))?;
        Ok(Some(path))
    }

    fn upgrade(&self, file: &Path, tried: &mut Tried) -> Result<(), String> {
        let mut conn = self.opened(file)?;
        let before = counts(&conn)?;
        let run = |conn: &mut _| self.migrator().run(conn).map_err(|error| error.to_string());
        run(&mut conn)?;
        self.judge(&conn, &before)?;
        for check in &self.each_file {
            tried.checks += 1;
            call(check, &conn).map_err(|why| format!("the check of each file: {why}"))?;
        }
        let again = run(&mut conn)?;
        if again.outcome() != Outcome::Current {
            return Err(format!("a second run should have nothing to do, but: {again}"));
        }
        closed(conn)
    }
}

/// The files of a directory that begin as SQLite's do, by name; an encrypted one does not, but may be called `*.db`.
fn databases(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error| format!("{} cannot be read: {error}", directory.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_file() && (is_named_so(&path) || begins_so(&path).map_err(cannot)?) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_named_so(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["db", "sqlite", "sqlite3"].iter().any(|name| extension == *name))
}

fn begins_so(path: &Path) -> std::io::Result<bool> {
    let mut head = [0; 16];
    let read = File::open(path)?.read(&mut head)?;
    Ok(head[..read] == *b"SQLite format 3\0")
}
