//! Pages of the guide that are a walk, taken: `docs/getting-started.md`, `docs/directives.md`, `docs/runtime.md`, `docs/switching.md`,
//! `docs/testing.md`.

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

#[test]
fn what_is_refused_of_another_tool() {
    let page = Page::take("switching.md");
    for (file, version, body) in
        [("drift.db", 3, "rain"), ("mended.db", 3, "rain"), ("bare.db", 3, "rain"), ("other.db", 3, " rain")]
    {
        let conn = page.conn(file);
        let found = conn.query_row("SELECT body, day FROM notes", [], |row| row.get::<_, String>(0)).expect("a note");
        assert_eq!(found, body, "{file}");
        let history = "SELECT count(*) FROM schema_migrations";
        assert_eq!(conn.query_row(history, [], |row| row.get(0)), Ok(version), "{file}");
    }
    assert!(page.text.contains("but the schema is not that of `2024-02-01-000000_add_day.sql`"));
    assert!(page.text.contains("the schema differs from that of `2024-02-01-000000_add_day.sql`"));
    assert!(page.text.contains("cannot be told whether `2024-03-01-000000_trim_bodies.sql` ran"));
}

#[test]
fn the_files_of_releases() {
    let page = Page::take("testing.md");
    for (file, columns) in [("001_create_entries.db", 3), ("002_add_titles.db", 4)] {
        let conn = page.conn(&format!("tests/released/{file}"));
        let found = "SELECT (SELECT count(*) FROM pragma_table_info('entries')) * (SELECT count(*) FROM entries)";
        assert_eq!(conn.query_row(found, [], |row| row.get(0)), Ok(columns), "{file}");
    }
    // What is asked of each file is asked.
    page.write("migrations/003_forget.sql", "UPDATE entries SET day = 'some day';\n");
    let (code, out, _) = page.sh("cargo test -q --test releases released 2>&1");
    assert!(code != Some(0) && out.contains("001_create_entries.db"), "{out}");
    page.sh("cargo clean -q -p journal");
}
