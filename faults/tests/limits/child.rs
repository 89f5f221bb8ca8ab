//! Tests that need a process of their own: what they change is the process's.

use std::io::Write as _;
use std::process::Command;

const NAME: &str = "LIMITS_CHILD";

/// Runs the body of a test in a process of its own.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var(NAME).is_ok_and(|name| name == test) {
        return body();
    }
    let program = std::env::current_exe().expect("this program");
    let output =
        Command::new(program).args([test, "--exact", "--nocapture"]).env(NAME, test).output().expect("a child");
    let said = String::from_utf8_lossy(&output.stdout);
    for line in said.lines().filter(|line| line.starts_with("limits: ")) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "there is no test `{test}`: {said}");
}
