//! A real terminal: a line moves while migrations run, and is gone afterwards.

use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::kit::{NOTES, Package};

/// A tmux server of its own, ended with the test.
struct Tmux {
    socket: String,
}

impl Tmux {
    /// `None` where there is no tmux.
    fn start(package: &Package) -> Option<Tmux> {
        Command::new("tmux").arg("-V").output().ok().filter(|output| output.status.success())?;
        let tmux = Tmux { socket: package.path("tmux.socket").display().to_string() };
        let shell = "env -u NO_COLOR -u DATABASE_URL PS1='ready> ' sh";
        let output = tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", shell]);
        assert!(output.status.success(), "{output:?}");
        tmux.wait_for("ready>");
        Some(tmux)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new("tmux").args(["-S", &self.socket]).args(args).output().expect("tmux runs")
    }

    fn types(&self, line: &str) {
        self.run(&["send-keys", "-l", line]);
        self.run(&["send-keys", "Enter"]);
    }

    /// What is on the screen, with its colours as escapes.
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no `{text}`:\n{screen}");
            sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn progress_and_colours() {
    let package = Package::with(&[("001_create_notes.sql", NOTES)]);
    let Some(tmux) = Tmux::start(&package) else {
        #[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
        {
            eprintln!("skipped: there is no tmux");
        }
        return;
    };
    package.up("latest");
    // Some seconds of work on these rows, and none on the few of the proof.
    package.sql(
        "app.db",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO notes SELECT i, i FROM n;",
    );
    let slow = "--! adopt: run\nUPDATE notes SET body = (SELECT count(*) FROM notes AS a WHERE a.id + notes.id > 0);\n";
    package.write("migrations/002_count.sql", slow);
    let program = env!("CARGO_BIN_EXE_cargo-migrate");
    tmux.types(&format!("cd {} && clear", package.path("").display()));
    tmux.types(&format!("{program} status -d app.db"));
    let status = tmux.wait_for("1 migration is pending");
    assert!(status.contains("\u{1b}[33m  002_count.sql"), "{status:?}");

    tmux.types(&format!("clear; {program} up -d app.db; echo done=$?"));
    let running = tmux.wait_for("[1/1] 002_count.sql");
    assert!(!running.contains("applied"), "{running}");
    let done = tmux.wait_for("done=0");
    assert!(done.contains("1 migration applied"), "{done}");
    assert!(!done.contains("[1/1]"), "the line is still there:\n{done}");

    // Measured before, it is known how much is left. (With optimisation it would be over before that is said.)
    if cfg!(debug_assertions) {
        package.write("migrations/003_again.sql", &slow.replace("> 0", "> 1"));
        tmux.types(&format!("clear; {program} up -d app.db --rehearse; echo done=$?"));
        let measured = tmux.wait_for(" s left");
        assert!(measured.contains("[1/1] 003_again.sql") && measured.contains(" %, about "), "{measured}");
        let done = tmux.wait_for("done=0");
        assert!(done.contains("1 migration applied") && !done.contains("[1/1]"), "{done}");
    }

    tmux.types(&format!("clear; {program} up -d .; echo done=$?"));
    let failed = tmux.wait_for("done=4");
    assert!(failed.contains("\u{1b}[1m\u{1b}[31merror:"), "{failed:?}");
}

#[test]
fn what_only_the_author_knows_is_asked() {
    let package = Package::with(&[("001_create_notes.sql", NOTES)]);
    package.write("migrations/schema.sql", &NOTES.replace("body TEXT", "body INTEGER"));
    let Some(tmux) = Tmux::start(&package) else { return };
    let program = env!("CARGO_BIN_EXE_cargo-migrate");
    tmux.types(&format!("cd {} && clear", package.path("").display()));
    // Whoever only presses Enter has said nothing.
    tmux.types(&format!("{program} diff numbers; echo done=$?"));
    tmux.wait_for("the new type of `notes.body` changes values: '007' becomes 7");
    tmux.run(&["send-keys", "Enter"]);
    tmux.wait_for("done=2");
    assert_eq!(package.names("migrations").len(), 2);
    tmux.types(&format!("clear; {program} diff numbers; echo done=$?"));
    tmux.wait_for("> stop, and write nothing");
    tmux.run(&["send-keys", "Up"]);
    tmux.wait_for("> that is right");
    tmux.run(&["send-keys", "Enter"]);
    tmux.wait_for("done=0");
    assert!(package.read("migrations/002_numbers.sql").contains("its values are converted"));
}
