//! Ids, pages and code agree.

use std::fs;
use std::path::Path;

use migrate_source::IDS;

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_id_has_a_page() {
    for id in IDS {
        let path = crate_dir().join("../docs/findings").join(format!("{id}.md"));
        let page = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        assert!(page.starts_with(&format!("# {id}\n\n")), "{id}: the page begins with its id");
        let lines = page.lines().count();
        assert!((5..=30).contains(&lines), "{id}: {lines} lines");
        for part in ["```text\n", "**Why:** ", "**What to do:** "] {
            assert!(page.contains(part), "{id}: the page lacks {part:?}");
        }
        assert!(page.contains(&format!("[{id}]")), "{id}: the page shows the message");
    }
}

#[test]
fn the_ids_are_sorted_and_unique() {
    assert!(IDS.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn every_id_is_reported_by_a_test() {
    let snapshots = crate_dir().join("tests/it/snapshots");
    let mut text = String::new();
    for entry in fs::read_dir(snapshots).unwrap() {
        text.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let unseen: Vec<&&str> = IDS.iter().filter(|id| !text.contains(&format!("[{id}]"))).collect();
    assert!(unseen.is_empty(), "no snapshot shows {unseen:?}");
}
