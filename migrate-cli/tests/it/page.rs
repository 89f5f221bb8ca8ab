//! A page of the guide, taken: its files are written, its commands run, and what they print is what it says.
//!
//! A block is a file where the line before it is the file's name, in back quotes and with a colon. A block of `console` is commands,
//! each behind `$ `, with what they print. `UPDATE_GUIDE=1` writes what they print now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use migrate_core::rusqlite::fallible_iterator::FallibleIterator;
use migrate_core::rusqlite::types::ValueRef;
use migrate_core::rusqlite::{Batch, Connection};
use tempfile::TempDir;

/// A page that has been taken, and the directory that it left.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) dir: PathBuf,
    folder: TempDir,
}

/// Where the documents are.
pub(crate) fn docs() -> PathBuf {
    root().join("docs")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

impl Page {
    /// Takes a page in an empty directory.
    pub(crate) fn take(name: &str) -> Page {
        Page::open(name).run()
    }

    /// Takes a page in a package that depends on `migrate`, and is called as the page: all share a target directory.
    pub(crate) fn take_in_package(name: &str) -> Page {
        let page = Page::open(name);
        let stem = Path::new(name).file_stem().expect("a name").display();
        page.write("Cargo.toml", &format!("[package]\nname = \"{stem}\"\nedition = \"2024\"\n\n[dependencies]\n"));
        page.depend();
        page.run()
    }

    fn open(name: &str) -> Page {
        let text = fs::read_to_string(docs().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let folder = tempfile::tempdir().expect("a directory");
        Page { name: name.to_owned(), text, dir: folder.path().to_owned(), folder }
    }

    fn run(mut self) -> Page {
        let text = self.text.clone();
        let (mut found, mut named, mut commands) = (String::new(), None, 0);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            found.push_str(&format!("{line}\n"));
            let Some(language) = line.strip_prefix("```") else {
                if !line.is_empty() {
                    named = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
                }
                continue;
            };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match named.take() {
                Some(file) => self.write(file, &(block.join("\n") + "\n")),
                None if language == "console" => {
                    for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                        commands += 1;
                        found.push_str(&format!("$ {command}\n{}", self.prints(command)));
                    }
                    found.push_str("```\n");
                    continue;
                }
                None => {}
            }
            block.iter().for_each(|line| found.push_str(&format!("{line}\n")));
            found.push_str("```\n");
        }
        assert!(commands > 0, "{}: no command", self.name);
        if without_times(&found) != without_times(&text) {
            assert!(
                std::env::var_os("UPDATE_GUIDE").is_some(),
                "{}: UPDATE_GUIDE=1 writes what is printed now:\n{found}",
                self.name
            );
            fs::write(docs().join(&self.name), &found).expect("the page");
            self.text = found;
        }
        if compiles(&text) {
            // What it compiled is of no use to the next run, whose directory is another one.
            self.sh("cargo clean -q -p $(sed -n 's/^name = //p' Cargo.toml | tr -d '\"')");
        }
        self
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.dir.join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// What a command prints.
    fn prints(&mut self, command: &str) -> String {
        if let Some(to) = command.strip_prefix("cd ") {
            self.dir = self.dir.join(to);
            return String::new();
        }
        if command.starts_with("cargo add -q migrate --path ") {
            self.depend();
            return String::new();
        }
        if command.starts_with("cargo add -q --dev migrate --path ") && command.ends_with(" --features testing") {
            let text = fs::read_to_string(self.dir.join("Cargo.toml")).expect("a manifest");
            let path = root().display();
            let more = format!("[dev-dependencies]\nmigrate = {{ path = '{path}', features = [\"testing\"] }}\n");
            self.write("Cargo.toml", &format!("{text}\n{more}"));
            return String::new();
        }
        if let Some(rest) = command.strip_prefix("sqlite3 ") {
            return self.query(rest);
        }
        let (code, out, err) = self.sh(command);
        let both = code != Some(0) || command.starts_with("cargo migrate ");
        let exit = if code == Some(0) { String::new() } else { format!("[exit {}]\n", code.unwrap_or(-1)) };
        let own = self.folder.path().canonicalize().expect("a path").display().to_string();
        format!("{out}{}{exit}", if both { err } else { String::new() }).replace(&own, "/home/you")
    }

    pub(crate) fn sh(&self, command: &str) -> (Option<i32>, String, String) {
        let bin = Path::new(env!("CARGO_BIN_EXE_cargo-migrate")).parent().expect("a directory");
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::join_paths([bin.to_owned()].into_iter().chain(std::env::split_paths(&paths)));
        // Where SQLite is compiled already.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a directory");
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(&self.dir)
            .env("PATH", paths.expect("a path"))
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .env_remove("DATABASE_URL")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// What the program `sqlite3` prints, by the library that is here anyway: `FILE "SQL"`, or `FILE < SCRIPT`.
    fn query(&self, rest: &str) -> String {
        let (file, sql) = rest.split_once(' ').expect("a file and SQL");
        let sql = match sql.strip_prefix("< ") {
            Some(script) => fs::read_to_string(self.dir.join(script)).expect("a script"),
            None => sql.trim_matches('"').to_owned(),
        };
        let conn = self.conn(file);
        // It is off in that program.
        conn.pragma_update(None, "foreign_keys", false).expect("a setting");
        let mut printed = String::new();
        let mut batch = Batch::new(&conn, &sql);
        while let Some(mut statement) = batch.next().unwrap_or_else(|error| panic!("{sql}: {error}")) {
            let count = statement.column_count();
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{sql}: {error}")) {
                let cells: Vec<String> = (0..count).map(|at| cell(row.get_ref(at).expect("a column"))).collect();
                printed.push_str(&format!("{}\n", cells.join("|")));
            }
        }
        printed
    }

    pub(crate) fn conn(&self, file: &str) -> Connection {
        Connection::open(self.dir.join(file)).expect("a database")
    }

    /// What `cargo add` does, with the versions that are here already, so that nothing is fetched.
    fn depend(&self) {
        let manifest = self.dir.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let text = format!("{text}migrate = {{ path = '{}' }}\n\n[workspace]\n", root().display());
        fs::write(manifest, text).expect("a manifest");
        fs::copy(root().join("Cargo.lock"), self.dir.join("Cargo.lock")).expect("the workspace has a Cargo.lock");
    }
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Real(real) => format!("{real:?}"),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether a page compiles something.
fn compiles(text: &str) -> bool {
    ["run", "build", "test"].iter().any(|verb| text.contains(&format!("\n$ cargo {verb} ")))
}

/// Times are not the same twice.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = word.split(['.', '-', ':']).collect();
        (word.contains('.') || word.contains(':') || word.len() == 10)
            && parts.len() > 1
            && parts.into_iter().all(digits)
    };
    let mut shown = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let plain = word.trim_end();
        let (start, end) = (plain.strip_suffix(".backup"), &word[plain.len()..]);
        match start.and_then(|start| start.rsplit_once('.')) {
            Some((start, _)) => shown.push_str(&format!("{start}.<time>.backup{end}")),
            None if is_time(plain) => shown.push_str(&format!("<time>{end}")),
            None => shown.push_str(word),
        }
    }
    shown
}
