//! What a directory becomes, through the public functions.

mod checksums;
mod layouts;
mod locks;
mod mistakes;
mod pages;
mod panics;
mod proofs;
mod values;

use std::fs;
use std::path::Path;

use migrate_source::{Finding, Source, Style, load, render_styled};

/// Loads a directory called `migrations` that holds these files.
fn load_files<B: AsRef<[u8]>>(files: &[(&str, B)]) -> (Source, Vec<Finding>) {
    load_prepared(|dir| {
        for (name, bytes) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    })
}

/// Loads a directory called `migrations` that a function has filled.
fn load_prepared(prepare: impl FnOnce(&Path)) -> (Source, Vec<Finding>) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("migrations");
    fs::create_dir(&dir).unwrap();
    prepare(&dir);
    load(&dir, "migrations")
}

/// All findings as a terminal shows them.
fn rendered(source: &Source, findings: &[Finding]) -> String {
    let texts: Vec<String> = findings.iter().map(|finding| render_styled(finding, source, Style::Plain)).collect();
    if texts.is_empty() { "nothing is wrong".to_owned() } else { texts.join("\n\n") }
}
