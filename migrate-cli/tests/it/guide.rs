//! The guide is complete: whatever the code has a name for has a place on its page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use migrate_check::{Declared, check};
use migrate_source::{Listing, Target, parse, parse_marker};

use crate::kit::Package;
use crate::links::files;
use crate::page::docs;

fn page(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn source(path: &str) -> String {
    fs::read_to_string(docs().join("..").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The words between back quotes.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words that a reader knows, by its own message about one that it does not.
fn known(files: &[(&str, &str)]) -> Vec<String> {
    let (_, findings) = parse(&Listing::from_files(files.iter().copied()));
    let help = findings.iter().flat_map(|finding| &finding.help).find(|help| help.starts_with("write "));
    quoted(help.expect("a help line").split(", or begin").next().unwrap_or_default())
}

/// Every one of these is written so in a page, with something around it.
#[track_caller]
fn has(name: &str, words: &[String], around: impl Fn(&str) -> String) {
    let text = page(name);
    let missing: Vec<&String> = words.iter().filter(|word| !text.contains(&around(word))).collect();
    assert!(missing.is_empty(), "docs/{name} lacks {missing:?}, as {}", around("…"));
}

fn heading(word: &str) -> String {
    format!("\n### `{word}`\n")
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

#[test]
fn every_directive_has_a_section() {
    let directives = known(&[("001_a.sql", "--! qqqqqq: x\nCREATE TABLE a(x);")]);
    assert!(directives.len() >= 7 && directives.contains(&"allow".to_owned()), "{directives:?}");
    has("directives.md", &directives, |word| format!("\n## `{word}`\n"));
    let help = parse_marker("qqqqqq x").expect_err("no marker").help.expect("a help line");
    has("directives.md", &quoted(&help), |word| format!("--! marker: {word} "));
}

#[test]
fn what_can_be_allowed_is_listed() {
    let ids: Vec<&str> = migrate_check::IDS.iter().chain(migrate_source::IDS).copied().collect();
    let head: BTreeSet<String> = ids.iter().map(|id| format!("--! allow({id}): a reason\n")).collect();
    let text = format!("{}CREATE TABLE a(x);", head.into_iter().collect::<String>());
    let (source, findings) = parse(&Listing::from_files([("001_a.sql", text.as_str())]));
    assert!(findings.is_empty(), "{findings:?}");
    let checked = check(&source, &Declared::default());
    let refused: Vec<String> = checked.findings.iter().flat_map(|finding| quoted(&finding.message)).collect();
    assert!(refused.contains(&"does-not-run".to_owned()), "{refused:?}");
    let text = page("directives.md");
    let section = text.split("\n## `allow`\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    for id in ids {
        let listed = section.contains(&format!("[`{id}`](findings/{id}.md)"));
        assert_eq!(listed, !refused.contains(&id.to_owned()) || id == "bad-allow", "{id}");
    }
}

#[test]
fn every_option_of_the_directory_has_a_section() {
    let with = |toml: &'static str| known(&[("001_a.sql", "CREATE TABLE a(x);"), ("migrate.toml", toml)]);
    let options = with("qqqqqq = 1");
    assert!(options.len() >= 7 && options.contains(&"shared".to_owned()), "{options:?}");
    has("configuration.md", &options, heading);
    let keys = [with("functions = [{ name = \"f\", qqqqqq = 1 }]"), with("[steps.\"001_a\"]\nqqqqqq = 1")].concat();
    assert_eq!(keys.len(), 4, "{keys:?}");
    has("configuration.md", &keys, |word| format!("\n| `{word}` |"));
    has("configuration.md", &Target::ALL.map(|target| target.name().to_owned()), code);
}

#[test]
fn its_options_are_read() {
    let text = page("configuration.md");
    let toml = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let files = [("003_require_titles.sql", "CREATE TABLE entries(title TEXT);"), ("migrate.toml", toml)];
    let (_, findings) = parse(&Listing::from_files(files));
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn every_option_of_the_macro_and_of_the_package_has_a_place() {
    let options = source("migrate-macros/src/input/option.rs");
    let list = options.split("const OPTIONS").nth(1).and_then(|rest| rest.split(';').nth(1)).expect("the options");
    let options: Vec<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(options.contains(&"markers".to_owned()), "{options:?}");
    has("configuration.md", &options, heading);

    let package = Package::with(&[]);
    package.write("Cargo.toml", "[package]\nname = \"app\"\n\n[package.metadata.migrate]\nqqqqqq = 1\n");
    let said = package.output(&["check"]).stderr;
    let said = String::from_utf8(said).expect("UTF-8");
    let keys = quoted(said.split("help: ").nth(1).expect("a help line"));
    assert!(keys.len() >= 2 && keys.contains(&"dir".to_owned()), "{said}");
    has("configuration.md", &keys, |word| format!("\n| `{word}` |"));

    let manifest = source("Cargo.toml");
    let features = manifest.split("\n[features]\n").nth(1).and_then(|rest| rest.split("\n[").next()).expect("features");
    let names = features.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let names: Vec<String> = names.map(|(name, _)| name.to_owned()).filter(|name| name != "default").collect();
    assert!(names.len() >= 3, "{names:?}");
    has("configuration.md", &names, |word| format!("\n| `{word}` |"));
}

/// The public methods in `impl` blocks of a type, wherever in the runtime they are.
fn methods(of: &str) -> Vec<String> {
    let mut methods = Vec::new();
    for file in files(&docs().join("../migrate-core/src"), "rs") {
        let text = fs::read_to_string(&file).expect("a source");
        for block in text.split("\nimpl").skip(1) {
            let (head, body) = block.split_once('\n').unwrap_or((block, ""));
            let is_of = head.split(" for ").count() == 1 && head.contains(&format!(" {of}<"));
            let body = body.split("\n}").next().unwrap_or_default();
            // What is hidden is for tools.
            for item in body.split("\n\n").filter(|item| is_of && !item.contains("#[doc(hidden)]")) {
                let named = item.split("\n    pub fn ").nth(1).or(item.strip_prefix("    pub fn "));
                methods.extend(named.and_then(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
            }
        }
    }
    methods
}

#[test]
fn every_method_of_the_runtime_has_a_place() {
    let migrator = methods("Migrator");
    assert!(migrator.len() >= 22 && migrator.contains(&"accept_edit".to_owned()), "{migrator:?}");
    has("runtime.md", &migrator, |word| heading(if word == "new" { "Migrator::new" } else { word }));
    let list = methods("Migrations");
    assert!(list.len() >= 6 && list.contains(&"is_schema_current".to_owned()), "{list:?}");
    has("runtime.md", &list, |word| heading(&format!("Migrations::{word}")));
    for (of, least) in [("Report", 12), ("Plan", 5), ("Status", 5)] {
        let methods = methods(of);
        assert!(methods.len() >= least, "{of}: {methods:?}");
        has("runtime.md", &methods, code);
    }
}

/// The variants of a public `enum` in a file.
fn variants(path: &str, of: &str) -> Vec<String> {
    let text = source(path);
    let start = format!("\npub enum {of} {{");
    let start = if text.contains(&start) { start } else { format!("\npub enum {of}<") };
    let body = text.split(&start).nth(1).and_then(|rest| rest.split("\n}").next()).expect("an enum");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names.filter_map(|line| line.split([',', '(', ' ']).next()).map(str::to_owned).collect()
}

#[test]
fn every_error_event_and_policy_is_named() {
    let core = "migrate-core/src/";
    for (file, of, least) in [
        ("error.rs", "Error", 30),
        ("error/parts.rs", "State", 4),
        ("observer.rs", "Event", 9),
        ("plan.rs", "PlanStep", 8),
        ("report.rs", "EntryKind", 3),
    ] {
        let names = variants(&format!("{core}{file}"), of);
        assert!(names.len() >= least, "{of}: {names:?}");
        has("runtime.md", &names, code);
    }
    for (file, of) in [("backup.rs", "BackupPolicy"), ("policy.rs", "DriftPolicy"), ("policy.rs", "Atomicity")] {
        let text = page("runtime.md");
        for name in variants(&format!("{core}{file}"), of) {
            assert!(text.contains(&format!("`{of}::{name}`")) || text.contains(&code(&name)), "{of}::{name}");
        }
    }
    has("concepts.md", &["applied", "fresh", "adopted", "started"].map(str::to_owned), |word| {
        format!("\n| `{word}` |")
    });
}

#[test]
fn every_word_is_explained() {
    let words =
        ["migration", "version", "history", "pending", "fresh", "legacy", "adopted", "marker", "schema", "snapshot"];
    let more = ["fingerprint", "drift", "finding", "witness rows", "plan", "report", "checksum", "chain", "newer"];
    let text = page("concepts.md").to_lowercase();
    let is_explained =
        |word: &str| text.contains(&format!("**{word}**")) || text.contains(&format!("\n## the {word}\n"));
    let missing: Vec<&str> = words.into_iter().chain(more).filter(|word| !is_explained(word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// `UPDATE_GUIDE=1` writes the page anew.
#[test]
fn every_finding_is_listed() {
    let listed = Package::with(&[]).json("check --list --json");
    let list = listed["list"].as_array().unwrap_or_else(|| panic!("{listed}"));
    let row = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_else(|| panic!("{finding}")).replace('|', "\\|");
        format!("| [`{0}`]({0}.md) | {1} | {2} |\n", text("id"), text("severity"), text("summary"))
    };
    let rows: String = list.iter().map(row).collect();
    assert_eq!(list.len(), migrate_source::IDS.iter().chain(migrate_check::IDS).collect::<BTreeSet<_>>().len());
    let text = format!(
        "# Findings\n\nEverything that the compiler, and `cargo migrate check`, may say of a directory. An error stops the build. A warning does not, unless \
        the build denies warnings. Information is said on request.\n\nMany can be acknowledged in the file: [`allow`](../directives.md#allow). The same pages: \
        `cargo migrate check --explain ID`.\n\n| id | severity | |\n|---|---|---|\n{rows}"
    );
    let path = docs().join("findings/README.md");
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        fs::write(&path, &text).expect("written");
    }
    assert!(fs::read_to_string(&path).ok().as_deref() == Some(&text), "UPDATE_GUIDE=1 writes docs/findings/README.md");
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = page("SUMMARY.md");
    let listed: BTreeSet<&str> = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let there: Vec<String> = files(&docs(), "md").iter().map(|path| relative(path)).collect();
    let there: BTreeSet<&str> = there.iter().map(String::as_str).filter(|name| *name != "SUMMARY.md").collect();
    let only_one: Vec<_> = listed.symmetric_difference(&there).collect();
    assert!(only_one.is_empty(), "not in both, docs and docs/SUMMARY.md: {only_one:?}");
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(docs()).expect("a page");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
