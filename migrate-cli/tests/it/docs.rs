//! `docs/cli.md`: its examples run, and it has every verb.

use std::fs;
use std::path::Path;

use crate::kit::{Package, words};

/// Times and other numbers are others at every run.
fn without_numbers(text: &str) -> String {
    let mut without = String::new();
    for character in text.chars() {
        let character = if character.is_ascii_digit() { '0' } else { character };
        if !(character == '0' && without.ends_with('0')) {
            without.push(character);
        }
    }
    without
}

/// What a command prints, on both outputs.
fn prints(package: &Package, line: &str) -> String {
    let output = package.command(words(line)).output().expect("the program runs");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    let own = package.path("").canonicalize().expect("a path");
    text.replace(&own.display().to_string(), "/home/you/app").trim_matches('\n').to_owned()
}

/// A block of commands with what they print now.
fn rerun(package: &Package, block: &str) -> String {
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ cargo migrate "));
    let runs = commands.map(|line| {
        let text = prints(package, line);
        if text.is_empty() { format!("$ cargo migrate {line}\n") } else { format!("$ cargo migrate {line}\n{text}\n") }
    });
    runs.collect()
}

/// `UPDATE_DOCS=1` writes what the commands print.
#[test]
fn its_examples_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let text = fs::read_to_string(&path).expect("docs/cli.md");
    let package = Package::with(&[]);
    let (mut now, mut file) = (String::new(), None);
    for (at, part) in text.split("```").enumerate() {
        let (kind, body) = part.split_once('\n').unwrap_or((part, ""));
        let changed = (at % 2 == 1 && kind == "console").then(|| rerun(&package, body));
        match changed {
            Some(body_now) if without_numbers(&body_now) != without_numbers(body) => {
                assert!(std::env::var_os("UPDATE_DOCS").is_some(), "docs/cli.md says\n{body}\nand it is\n{body_now}");
                now.push_str(&format!("```console\n{body_now}"));
            }
            _ if at > 0 => now.push_str(&format!("```{part}")),
            _ => now.push_str(part),
        }
        if let (1, "sql", Some(name)) = (at % 2, kind, file.take()) {
            package.write(name, body);
        }
        let last = part.trim_end().lines().next_back().unwrap_or_default();
        file = last.strip_prefix('`').and_then(|name| name.strip_suffix("`:"));
    }
    if now != text {
        fs::write(path, now).expect("written");
    }
}

#[test]
fn it_has_every_verb() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md")).expect("docs/cli.md");
    let help = Package::with(&[]).output(&["--help"]).stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let commands = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    let verbs: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.len() > 15, "{verbs:?}");
    for verb in verbs {
        assert!(text.contains(&format!("\n### `{verb}`\n")), "{verb}");
    }
}
