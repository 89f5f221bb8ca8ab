//! The same code without a browser. `run` takes it into WebAssembly.

use browser::{Notes, first_release};

#[test]
fn notes_of_the_first_release_and_their_tags_stay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.db").to_str().unwrap().to_owned();
    assert!(first_release(&path).is_ok_and(|report| report.starts_with("fresh database")));
    let Ok(notes) = Notes::open(&path) else { panic!("it opens") };
    assert!(notes.report().contains("2 migrations applied"), "{}", notes.report());
    assert!(notes.add("coffee", "black").is_ok() && notes.is_current().is_ok_and(|current| current));
    assert!(notes.list().is_ok_and(|list| list == ["tea (3): green", "coffee (6): black"]));
    drop(notes);
    assert!(Notes::open(&path).is_ok_and(|notes| notes.report().starts_with("current")));
}
