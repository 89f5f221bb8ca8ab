//! docs/stacks.md says what is so: its code is in the examples, its output is theirs.
//!
//! A block of code is that of the file which the line before it names: `` `r2d2-pool/src/lib.rs`: ``. A block of output is what
//! `run` prints for the example that the line before it names: `` `run r2d2-pool`: ``; `UPDATE_STACKS=1` writes it anew.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use regex_lite::Regex;

fn stacks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> PathBuf {
    stacks().join("../../docs/stacks.md")
}

/// A block, where its text begins and ends in the page, and what the line before it names.
struct Block {
    language: String,
    named: String,
    start: usize,
    end: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut named, mut at) = (Vec::new(), String::new(), 0);
    let mut open: Option<(String, usize)> = None;
    for line in page.split_inclusive('\n') {
        match (&open, line.trim_end().strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), at + line.len())),
            (Some((language, start)), Some("")) => {
                blocks.push(Block { language: language.clone(), named: named.clone(), start: *start, end: at });
                (open, named) = (None, String::new());
            }
            (None, None) if !line.trim().is_empty() => {
                let name = line.trim().strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
                named = name.unwrap_or_default().to_owned();
            }
            _ => {}
        }
        at += line.len();
    }
    blocks
}

#[test]
fn the_code_is_that_of_the_examples() {
    let page = fs::read_to_string(page()).unwrap();
    let mut checked = 0;
    for block in blocks(&page).iter().filter(|block| block.language != "console" && !block.named.is_empty()) {
        let source =
            fs::read_to_string(stacks().join(&block.named)).unwrap_or_else(|error| panic!("{}: {error}", block.named));
        let text = &page[block.start..block.end];
        assert!(source.contains(text), "{} does not have this:\n{text}", block.named);
        checked += 1;
    }
    assert!(checked > 8, "{checked}");
    for block in blocks(&page).iter().filter(|block| block.language == "rust") {
        assert!(!block.named.is_empty(), "a block of no file:\n{}", &page[block.start..block.end]);
    }
}

#[test]
fn the_output_is_what_they_print() {
    let mut page_now = fs::read_to_string(page()).unwrap();
    let mut checked = Vec::new();
    for block in blocks(&page_now.clone()).into_iter().rev().filter(|block| block.language == "console") {
        let example =
            block.named.strip_prefix("run ").unwrap_or_else(|| panic!("a block of no example: `{}`", block.named));
        let output = Command::new(stacks().join("run")).arg(example).output().unwrap();
        assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        if same(&page_now[block.start..block.end]) != same(&printed) {
            assert!(
                env::var_os("UPDATE_STACKS").is_some(),
                "{example}: the page says\n{}\nand it prints\n{printed}",
                &page_now[block.start..block.end]
            );
            page_now.replace_range(block.start..block.end, &printed);
        }
        checked.push(example.to_owned());
    }
    if env::var_os("UPDATE_STACKS").is_some() {
        fs::write(page(), page_now).unwrap();
    }
    checked.sort();
    let mut all: Vec<String> = fs::read_dir(stacks())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        // What needs a target that is not everywhere has a `run` of its own.
        .filter(|name| !["guide", "target", "browser"].contains(&name.as_str()))
        .collect();
    all.sort();
    assert_eq!(checked, all, "every example is on the page");
}

/// Without what is another number each time: dates, ports, threads, and how long something took. All other numbers are compared.
fn same(text: &str) -> String {
    let others = [
        (r"\b\d{8}T\d{6}Z", "DATE"),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b", "DATE"),
        (r"\b127\.0\.0\.1:\d+", "ADDRESS"),
        (r"(thread '[^']*') \(\d+\)", "$1"),
        (r" in \d+(\.\d+)? m?s:", " in TIME:"),
        (r"(?m)^ *\d+ µs ", "TIME "),
    ];
    let mut text = text.to_owned();
    for (what, name) in others {
        text = Regex::new(what).unwrap().replace_all(&text, name).into_owned();
    }
    text
}
