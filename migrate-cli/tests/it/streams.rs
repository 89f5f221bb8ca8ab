//! What goes where: pipes, colours, odd arguments.

use std::process::Stdio;

use crate::kit::{Package, snapshot, words};

#[test]
fn a_pipe_that_nobody_reads() {
    let package = Package::notes();
    package.up("latest");
    for line in ["check --list", "status -d app.db", "status -d app.db --json", "--help", "schema --json", "man"] {
        let mut child = package.command(words(line)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
        assert!(output.status.success(), "{line}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full() {
    let package = Package::notes();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = package.command(words("check --list")).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: the output cannot be written: "), "{output:?}");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let package = Package::notes();
    let odd = OsStr::from_bytes(b"odd\xff.db");
    let output = package.command([OsStr::new("up"), OsStr::new("-d"), odd]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(package.path("").join(odd).is_file());
    let output = package.command([OsStr::new("new"), odd]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = package.command([OsStr::new("check"), OsStr::new("--dir"), odd]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn colours() {
    let package = Package::notes();
    package.up("1");
    let is_colored = |line: &str, env: &[(&str, &str)]| {
        let output = package.command(words(line)).envs(env.iter().copied()).output().unwrap();
        (output.stdout.contains(&0x1b), output.stderr.contains(&0x1b))
    };
    assert_eq!(is_colored("status -d app.db", &[]), (false, false));
    assert_eq!(is_colored("status -d app.db --color always", &[]), (true, false));
    assert_eq!(is_colored("up -d . --color always", &[]), (false, true));
    assert_eq!(is_colored("up -d .", &[("CLICOLOR_FORCE", "1")]), (false, true));
    assert_eq!(is_colored("up -d .", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), (false, false));
    assert_eq!(is_colored("up -d . --color never", &[("CLICOLOR_FORCE", "1")]), (false, false));
    assert_eq!(is_colored("status -d app.db --json --color always", &[]), (false, false));
}

#[test]
fn results_on_one_stream_the_rest_on_the_other() {
    let package = Package::notes();
    package.up("1");
    let status = package.output(&words("status -d app.db"));
    assert_eq!(
        String::from_utf8_lossy(&status.stderr),
        "app.db: 1 migration is pending: `up` applies it, `plan` shows it\n"
    );
    // For programs there is nothing but the result.
    assert_eq!(package.output(&words("status -d app.db --json")).stderr, b"");
    snapshot!(package.story(&["status -d app.db --json --json", "dump --stdout --json"]));
}
