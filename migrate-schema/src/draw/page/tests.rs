use migrate_source::{Listing, parse};

use super::*;

fn timeline(files: &[(&str, &str)]) -> Timeline {
    let (source, _) = parse(&Listing::from_files(files.iter().copied()));
    Timeline::of(&source).unwrap()
}

#[test]
fn what_several_versions_show_is_there_once() {
    let page = html(
        &timeline(&[
            ("1_a.sql", "CREATE TABLE a(x TEXT);"),
            ("2_b.sql", "CREATE TABLE b(y TEXT);"),
            ("3_c.sql", "ALTER TABLE b ADD COLUMN z TEXT;"),
            ("4_d.sql", "DROP TABLE b;"),
        ]),
        "t",
    );
    let boxes: Vec<&str> = page.lines().filter(|line| line.starts_with("<g class=\"face")).collect();
    let versions: Vec<(&str, &str)> = boxes
        .iter()
        .map(|line| {
            (line.split('"').nth(1).unwrap(), line.split("data-v=\"").nth(1).unwrap().split('"').next().unwrap())
        })
        .collect();
    let expected = [
        ("face table added off", "1"),
        ("face table latest", "2-4"),
        ("face table added off", "2"),
        ("face table changed off", "3"),
        ("face table removed latest", "4"),
    ];
    assert_eq!(versions, expected);
    // It stays where it is.
    let place = |line: &str| line.split("translate(").nth(1).unwrap().split(')').next().unwrap().to_owned();
    assert_eq!(place(boxes[2]), place(boxes[4]));
}

#[test]
fn a_base_is_a_version() {
    let with = html(&timeline(&[("base.sql", "CREATE TABLE a(x TEXT);"), ("1_a.sql", "CREATE TABLE b(x TEXT);")]), "t");
    assert!(with.contains("min=\"0\" max=\"1\"") && with.contains(">base</span>"));
    let without = html(&timeline(&[("1_a.sql", "CREATE TABLE b(x TEXT);")]), "t");
    assert!(without.contains("min=\"1\" max=\"1\"") && !without.contains("before the first migration"));
    let nothing = html(&Timeline { versions: Vec::new() }, "t");
    assert!(nothing.contains("min=\"0\" max=\"0\""));
}

#[test]
fn names_are_text() {
    let name = "</script></style></title><b onload=x>{c}{v}{d}";
    let sql = format!(
        "--! allow(no-effect): </script><b>\nCREATE TABLE \"{name}\"(\"{name}\" TEXT DEFAULT '{name}'); CREATE VIEW \"v{name}\" AS SELECT '{name}' AS \"{name}\";"
    );
    let page = html(&timeline(&[("1_a.sql", &sql), ("2_b.sql", "CREATE TABLE t(x TEXT);")]), name);
    assert!(!page.contains("<b onload") && !page.contains("<b>\n"));
    for (tag, count) in [("</script>", 1), ("</style>", 1), ("</title>", page.matches("<title>").count())] {
        assert_eq!(page.matches(tag).count(), count, "{tag}");
    }
    assert!(page.contains("&lt;b onload=x&gt;{c}{v}{d}\nTEXT"));
}

#[test]
fn the_policy_names_what_is_on_the_page() {
    let page = html(&timeline(&[("1_a.sql", "CREATE TABLE a(x TEXT);")]), "t");
    assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let between = |open: &str, close: &str| page.split_once(open).unwrap().1.split_once(close).unwrap().0.to_owned();
    assert!(page.contains(&format!("style-src '{}'", hash(&between("<style>", "</style>")))));
    assert!(page.contains(&format!("script-src '{}'", hash(&between("<script>", "</script>")))));
    assert!(page.contains("default-src 'none'") && !page.contains(" style=\""));
}

#[test]
fn the_same_timeline_gives_the_same_bytes() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/timeline");
    let (source, _) = parse(&migrate_source::read(std::path::Path::new(dir), "timeline").unwrap());
    let timeline = Timeline::of(&source).unwrap();
    let first = html(&timeline, "notes");
    assert!((0..10).all(|_| html(&timeline, "notes") == first));
    assert!(first.len() < 180_000, "{}", first.len());
}

#[test]
fn a_table_with_another_name_is_not_gone() {
    let renamed = "ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME COLUMN x TO y;";
    let page = html(&timeline(&[("1_a.sql", "CREATE TABLE a(x TEXT);"), ("2_b.sql", renamed)]), "t");
    let boxes: Vec<&str> = page.lines().filter(|line| line.starts_with("<g class=\"face")).collect();
    assert!(boxes.iter().any(|line| line.starts_with("<g class=\"face table changed renamed latest\"")), "{boxes:#?}");
    assert!(!page.contains("class=\"face table removed"), "{boxes:#?}");
    assert!(page.contains("<b>b</b> <span class=\"note\">was a</span>") && page.contains("aria-label=\"renamed\">→"));
}
