//! `docs/walk.md`, taken: its files are written, its commands run, and what they print is what it says.
//!
//! `UPDATE_WALK=1` writes what they print into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the walk is.
struct Walk {
    dir: PathBuf,
}

impl Walk {
    /// Runs a command of the document, and gives what it prints.
    fn run(&mut self, command: &str) -> String {
        match command.split_once(' ') {
            Some(("cd", to)) => {
                self.dir = self.dir.join(to);
                return String::new();
            }
            Some(("cargo", "add -q migrate --path ../migrate")) => {
                self.depend();
                return String::new();
            }
            _ => {}
        }
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
            .stdin(std::process::Stdio::null())
            .output()
            .expect("a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let out = text(&output.stdout);
        match output.status.code() {
            Some(0) => out,
            code => format!("{out}{}[exit {}]\n", text(&output.stderr), code.unwrap_or(-1)),
        }
    }

    /// What `cargo add --path` does, with the path from here.
    fn depend(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let manifest = self.dir.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let text = format!("{text}migrate = {{ path = '{}' }}\n\n[workspace]\n", root.display());
        fs::write(manifest, text).expect("a manifest");
        // The versions that are here already, so that nothing is fetched.
        fs::copy(root.join("Cargo.lock"), self.dir.join("Cargo.lock")).expect("the workspace has a Cargo.lock");
    }
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

#[test]
fn the_walk() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walk.md");
    let text = fs::read_to_string(&path).expect("the walk");
    let folder = tempfile::tempdir().expect("a directory");
    let mut walk = Walk { dir: folder.path().to_owned() };
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
        if let Some(file) = named.take() {
            fs::write(walk.dir.join(file), block.join("\n") + "\n").expect("a file");
            found.push_str(&(block.join("\n") + "\n"));
        } else if language == "console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                commands += 1;
                found.push_str(&format!("$ {command}\n{}", walk.run(command)));
            }
        }
        found.push_str("```\n");
    }
    assert!(commands > 10);
    if std::env::var_os("UPDATE_WALK").is_some() && without_times(&found) != without_times(&text) {
        fs::write(&path, &found).expect("the walk");
        return;
    }
    assert_eq!(without_times(&found), without_times(&text), "run the tests with UPDATE_WALK=1");
}
