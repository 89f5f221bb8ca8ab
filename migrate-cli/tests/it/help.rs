//! What a user reads first.

use crate::kit::{Package, snapshot};

#[test]
fn the_whole_program() {
    let package = Package::with(&[]);
    snapshot!(package.story(&["--help", "--version", "", "upp", "up --too 3", "migrate --version"]));
}

#[test]
fn every_verb() {
    let package = Package::with(&[]);
    let verbs = [
        "init",
        "new",
        "check",
        "dump",
        "lock",
        "schema",
        "timeline",
        "status",
        "plan",
        "up",
        "down",
        "redo",
        "verify",
        "adopt",
        "backup",
        "repair",
        "repair accept-edit",
        "repair forget",
        "completions",
        "man",
    ];
    for verb in verbs {
        let name = format!("help_{}", verb.replace([' ', '-'], "_"));
        let text = package.shows(&format!("{verb} --help"));
        crate::kit::filters().bind(|| insta::assert_snapshot!(name, text));
    }
}
