//! A package in a temporary directory, and the program in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use migrate_core::rusqlite::Connection;
use tempfile::TempDir;

/// A package: Cargo.toml, and whatever a test writes.
pub(crate) struct Package {
    dir: TempDir,
}

pub(crate) const NOTES: &str = "CREATE TABLE notes (\n    id INTEGER PRIMARY KEY,\n    body TEXT NOT NULL\n);\n";
pub(crate) const TAGS: &str =
    "CREATE TABLE tags (\n    note_id INTEGER NOT NULL REFERENCES notes,\n    name TEXT NOT NULL\n);\n";

impl Package {
    /// With these migrations.
    pub(crate) fn with(migrations: &[(&str, &str)]) -> Package {
        let package = Package { dir: tempfile::tempdir().expect("a directory") };
        package.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n");
        for (name, text) in migrations {
            package.write(&format!("migrations/{name}"), text);
        }
        package
    }

    /// Two migrations, the second one with a down script.
    pub(crate) fn notes() -> Package {
        Package::with(&[
            ("001_create_notes.sql", NOTES),
            ("002_add_tags.sql", TAGS),
            ("002_add_tags.down.sql", "DROP TABLE tags;\n"),
        ])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("removed");
    }

    /// The names directly in a directory of the package.
    pub(crate) fn names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(dir)).expect("a directory");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Every file with its bytes and when it was written.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        fn walk(dir: &Path, files: &mut BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
            for entry in fs::read_dir(dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    walk(&path, files);
                } else {
                    let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
                    files.insert(path.clone(), (fs::read(&path).expect("bytes"), modified));
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(self.dir.path(), &mut files);
        files
    }

    pub(crate) fn conn(&self, name: &str) -> Connection {
        Connection::open(self.path(name)).expect("a database")
    }

    pub(crate) fn sql(&self, name: &str, sql: &str) {
        self.conn(name).execute_batch(sql).expect(sql);
    }

    /// The program in the package's directory, without what the surroundings say.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        command.current_dir(self.dir.path()).args(args);
        for name in [
            "DATABASE_URL",
            "LIBSQL_AUTH_TOKEN",
            "TURSO_AUTH_TOKEN",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "TERM",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program runs")
    }

    /// What a user sees: the command, both outputs, the exit code.
    pub(crate) fn shows(&self, line: &str) -> String {
        self.shown(line, self.command(words(line)))
    }

    pub(crate) fn shown(&self, line: &str, mut command: Command) -> String {
        let output = command.output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let (out, err) = (text(output.stdout), text(output.stderr));
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        let err = if err.is_empty() { err } else { format!("--- error output\n{err}") };
        let code = if code == "0" { String::new() } else { format!("--- exit code {code}\n") };
        self.without_times(&format!("$ cargo migrate {line}\n{out}{err}{code}"))
    }

    /// Several commands, one after the other.
    pub(crate) fn story(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.shows(line)).collect::<Vec<_>>().join("\n")
    }

    /// The result of a command as JSON.
    pub(crate) fn json(&self, line: &str) -> serde_json::Value {
        let output = self.output(&words(line));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
    }

    /// Brings `app.db` to a version.
    #[track_caller]
    pub(crate) fn up(&self, to: &str) {
        let output = self.output(&["up", "-d", "app.db", "--to", to]);
        assert!(output.status.success(), "{output:?}");
    }

    fn without_times(&self, text: &str) -> String {
        let own = self.dir.path().canonicalize().expect("a path").display().to_string();
        text.replace(&own, "[dir]").replace(&self.dir.path().display().to_string(), "[dir]")
    }
}

/// The words of a line; none of them has a space in it.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Compares with a snapshot, but for times.
macro_rules! snapshot {
    ($text:expr, @$snapshot:literal) => {
        crate::kit::filters().bind(|| insta::assert_snapshot!($text, @$snapshot))
    };
    ($text:expr) => {
        crate::kit::filters().bind(|| insta::assert_snapshot!($text))
    };
}
pub(crate) use snapshot;

pub(crate) fn filters() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    for (pattern, replacement) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
        (r"\d{8}T\d{6}Z(-\d+)?", "[stamp]"),
        (r"\d+\.\d ms", "[n] ms"),
        (r#""milliseconds": ?[\d.]+(e-?\d+)?"#, r#""milliseconds": [n]"#),
        (r"\d+\.\d s by another", "[n] s by another"),
        (r"; in \d+\.\d s", "; in [n] s"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.set_omit_expression(true);
    settings
}
