//! The first lines of a rule's file are its page. `UPDATE_PAGES=1 cargo test` writes the pages anew.

use std::fs;
use std::path::Path;

use migrate_check::IDS;

#[test]
fn every_rule_is_a_file_whose_first_lines_are_its_page() {
    for id in IDS {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rule = package.join("src/rules").join(format!("{}.rs", id.replace('-', "_")));
        let source = fs::read_to_string(&rule).unwrap_or_else(|error| panic!("{}: {error}", rule.display()));
        assert!(source.contains(&format!("const ID: &str = \"{id}\";")), "{}", rule.display());
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let body: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        let expected = format!("# {id}\n\n{}\n", body.join("\n"));
        let page = package.join("../docs/findings").join(format!("{id}.md"));
        if std::env::var_os("UPDATE_PAGES").is_some() {
            fs::write(&page, &expected).unwrap();
        }
        let found = fs::read_to_string(&page).unwrap_or_default();
        assert_eq!(found, expected, "{}: run the tests with UPDATE_PAGES=1", page.display());
    }
}

#[test]
fn the_list_is_sorted_and_complete() {
    let mut sorted = IDS.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted, IDS);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut files: Vec<String> = fs::read_dir(rules)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".rs"))
        .filter(|name| !["broken.rs", "explain.rs", "lost.rs", "refused.rs"].contains(&name.as_str()))
        .map(|name| name.trim_end_matches(".rs").replace('_', "-"))
        .collect();
    files.sort();
    assert_eq!(files, IDS);
}
