//! Pages of the guide that are a walk, taken: `docs/getting-started.md`, `docs/directives.md`, `docs/runtime.md`.

use crate::page::Page;

#[test]
fn the_first_ten_minutes() {
    let page = Page::take("getting-started.md");
    for (file, expected) in [("diary.db", 3), ("released.db", 3), ("ancient.db", 2)] {
        let entries = "SELECT count(*) FROM entries WHERE mood = 3";
        let count: i64 = page.conn(file).query_row(entries, [], |row| row.get(0)).expect("a count");
        assert_eq!(count, expected, "{file}");
    }
}

#[test]
fn the_directives() {
    let page = Page::take("directives.md");
    let (code, out, err) = page.sh("cargo migrate check --deny-warnings");
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn the_runtime() {
    let page = Page::take_in_package("runtime.md");
    let (code, out, err) = page.sh("cargo migrate verify --database app.db");
    assert_eq!(code, Some(0), "{out}{err}");
}
