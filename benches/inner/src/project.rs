//! A directory of migrations with its proof, and two databases.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{fs, io};

use migrate_check::{Declared, proof_lock};
use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, Migrations};
use migrate_source::{Severity, proof};

use crate::sql::{file_name, migration};

/// The table of the history.
pub const HISTORY: &str = "schema_migrations";

/// A list of migrations, and where its databases are.
///
/// What is slow to find out, the proof, is kept beside the migrations as `proof.lock`: under callgrind only what is
/// counted is to take long.
#[derive(Debug)]
pub struct Project {
    dir: PathBuf,
    migrations: Migrations<AnyVersion>,
}

impl Project {
    /// The project of so many migrations in a directory: what was left there, or a new one.
    ///
    /// # Errors
    ///
    /// Of the file system. Panics if what the migrations do is wrong.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let made = inner::Project::at(dir.path(), 10)?;
    /// assert_eq!(made.migrations().iter().count(), 10);
    /// let opened = inner::Project::at(dir.path(), 10)?;
    /// assert_eq!(opened.migrations().set(), made.migrations().set());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn at(dir: &Path, count: usize) -> io::Result<Project> {
        // The databases are made last: without them the directory is not a whole one.
        if dir.join("current.db").exists() {
            let project = Project { migrations: list(&dir.join("migrations"))?, dir: dir.to_owned() };
            assert_eq!(project.migrations.iter().count(), count, "{} is of another size", dir.display());
            return Ok(project);
        }
        let files = dir.join("migrations");
        fs::create_dir_all(&files)?;
        for index in 0..count {
            fs::write(files.join(file_name(index)), migration(index))?;
        }
        let (source, _) = migrate_source::load(&files, "migrations");
        let proved = proof_lock(&source, &Declared::default()).expect("migrations without an error");
        fs::write(files.join("proof.lock"), proved)?;
        let project = Project { migrations: list(&files)?, dir: dir.to_owned() };
        project.make_databases(count);
        Ok(project)
    }

    /// The list, as the macro makes it where it does not run the migrations itself.
    #[must_use]
    pub fn migrations(&self) -> &Migrations<AnyVersion> {
        &self.migrations
    }

    /// A database that every migration has run on.
    #[must_use]
    pub fn current(&self) -> PathBuf {
        self.dir.join("current.db")
    }

    /// A database that all migrations but the newest have run on; an empty one where there is only one.
    #[must_use]
    pub fn behind(&self) -> PathBuf {
        self.dir.join("behind.db")
    }

    fn make_databases(&self, count: usize) {
        let behind = self.behind();
        for path in [&behind, &self.dir.join("draft.db")] {
            let _ = fs::remove_file(path);
        }
        let mut conn = Connection::open(&behind).expect("a database");
        if count > 1 {
            self.migrations.migrator().target(AnyVersion(count - 2)).run(&mut conn).expect("all but one");
        }
        drop(conn);
        let draft = self.dir.join("draft.db");
        fs::copy(behind, &draft).expect("a copy");
        let mut conn = Connection::open(&draft).expect("a database");
        self.migrations.run(&mut conn).expect("the newest");
        drop(conn);
        fs::rename(draft, self.current()).expect("a database in its place");
    }
}

/// What the macro does without its feature `verify`.
fn list(files: &Path) -> io::Result<Migrations<AnyVersion>> {
    let (source, findings) = migrate_source::load(files, "migrations");
    assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{findings:?}");
    let proved = proof::read(&source).map_err(|finding| io::Error::other(finding.message))?;
    Ok(Migrations::new(proof::assemble(&source, proved, &[]), Cow::Borrowed(&[])))
}
