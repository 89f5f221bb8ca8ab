//! Invariants of the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates of this workspace that a crate depends on, outside its tests.
fn siblings(manifest: &str) -> Vec<String> {
    let text = read(manifest);
    let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = dependencies.split("\n[").next().unwrap_or_default();
    let name =
        |line: &str| line.split(['.', ' ', '=']).next().filter(|name| name.starts_with("migrate")).map(str::to_owned);
    let mut names: Vec<String> = section.lines().filter_map(name).collect();
    names.sort();
    names
}

#[test]
fn crates_depend_on_each_other_as_the_architecture_says() {
    for (manifest, expected) in [
        ("Cargo.toml", vec!["migrate-core", "migrate-macros"]),
        ("migrate-sql/Cargo.toml", vec![]),
        ("migrate-source/Cargo.toml", vec!["migrate-sql"]),
        ("migrate-core/Cargo.toml", vec!["migrate-sql"]),
        ("migrate-check/Cargo.toml", vec!["migrate-core", "migrate-source", "migrate-sql"]),
        ("migrate-macros/Cargo.toml", vec!["migrate-check", "migrate-source", "migrate-sql"]),
        ("migrate-schema/Cargo.toml", vec!["migrate-check", "migrate-core", "migrate-source", "migrate-sql"]),
        (
            "migrate-cli/Cargo.toml",
            vec![
                "migrate-check",
                "migrate-core",
                "migrate-fleet",
                "migrate-remote",
                "migrate-schema",
                "migrate-source",
                "migrate-sql",
            ],
        ),
        ("migrate-fleet/Cargo.toml", vec!["migrate-core"]),
        ("migrate-remote/Cargo.toml", vec!["migrate-core", "migrate-sql"]),
    ] {
        assert_eq!(siblings(manifest), expected, "{manifest}");
    }
}

/// The crates in a tree, each with its version.
fn tree(package: &str) -> BTreeSet<String> {
    tree_with(package, &[])
}

fn tree_with(package: &str, features: &[&str]) -> BTreeSet<String> {
    let cargo = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", package, "-e", "normal", "--prefix", "none", "--no-dedupe"])
        .args(features)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let text = String::from_utf8_lossy(&cargo.stdout);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn an_application_pays_for_rusqlite_and_little_else() {
    let own: BTreeSet<String> = tree("migrate-core").difference(&tree("rusqlite")).cloned().collect();
    // `thiserror-impl` and what is below it run in the compiler only.
    let compiler = ["thiserror-impl", "proc-macro2", "quote", "syn", "unicode-ident"];
    let paid: Vec<&String> = own.iter().filter(|name| !compiler.contains(&name.as_str())).collect();
    assert_eq!(paid, ["hmac-sha256", "log", "migrate-core", "migrate-sql", "thiserror"]);
}

#[test]
fn without_verify_the_macro_has_no_sqlite() {
    let sqlite = ["rusqlite", "libsqlite3-sys", "migrate-core", "migrate-check"];
    let has = |features: &[&str]| sqlite.map(|name| tree_with("migrate-macros", features).contains(name));
    assert_eq!((has(&[]), has(&["--no-default-features"])), ([true; 4], [false; 4]));
    // JSON is for tools; a build reads and writes none.
    assert!(!tree("migrate-macros").contains("serde_json"));
}

#[test]
fn an_application_that_has_the_verbs_on_a_database_has_no_proof() {
    let has = |features: &[&str]| {
        ["migrate-check", "migrate-schema"].map(|name| tree_with("migrate-cli", features).contains(name))
    };
    assert_eq!((has(&[]), has(&["--no-default-features"])), ([true; 2], [false; 2]));
}

#[test]
fn the_changelog_has_the_version() {
    assert!(read("CHANGELOG.md").contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_crate_inherits_the_lints_and_the_licence() {
    for entry in fs::read_dir(root()).expect("root").chain(fs::read_dir(root().join("examples")).expect("examples")) {
        let folder = entry.expect("entry").path();
        let manifest = folder.join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&manifest) else { continue };
        // Workspaces of their own, and the one crate that has `unsafe` code: a VFS is a table of C functions.
        let lints = match folder.file_name().and_then(|name| name.to_str()) {
            Some("fuzz" | "stacks") => continue,
            Some("faults") => "[lints.rust]",
            _ => "[lints]\nworkspace = true",
        };
        for line in ["license.workspace = true", "publish.workspace = true", lints] {
            assert!(text.contains(line), "{}: {line}", manifest.display());
        }
    }
}

#[test]
fn every_finding_has_a_page_and_every_page_a_finding() {
    let ids: BTreeSet<String> = migrate_source::IDS.iter().chain(migrate_check::IDS).map(|&id| id.to_owned()).collect();
    let pages = fs::read_dir(root().join("docs/findings")).expect("pages");
    let stem = |entry: fs::DirEntry| entry.path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let pages: BTreeSet<String> =
        pages.filter_map(|entry| stem(entry.expect("entry"))).filter(|name| name != "README").collect();
    assert_eq!(ids, pages);
}

#[test]
fn nothing_is_left_over() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let Ok(listed) = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()) else { return };
    let left: Vec<&str> =
        listed.lines().filter(|name| name.ends_with(".orig") || name.ends_with(".snap.new")).collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn files_stay_files_of_one_idea() {
    let mut long = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "target" | ".git") {
                folders.push(path);
            } else if name.ends_with(".rs") && fs::read_to_string(&path).expect("text").lines().count() > 450 {
                long.push(path);
            }
        }
    }
    assert_eq!(long, Vec::<PathBuf>::new());
}
