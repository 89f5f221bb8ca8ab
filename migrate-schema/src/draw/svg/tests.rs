use migrate_core::rusqlite::Connection;

use super::*;

fn schema(sql: &str) -> Schema {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(sql).unwrap();
    Schema::read(&conn, "schema_migrations").unwrap()
}

const NOTES: &str = "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE notes(id INTEGER PRIMARY KEY, author INTEGER REFERENCES users ON DELETE CASCADE,
      words INT AS (1) STORED); CREATE INDEX by_author ON notes(author);
    CREATE VIEW recent AS SELECT id FROM notes;";

/// What is drawn, without the style.
fn body(svg: &str) -> &str {
    svg.split_once("</style>\n").unwrap().1
}

#[test]
fn a_small_schema() {
    let svg = svg(&schema(NOTES));
    insta::assert_snapshot!(body(&svg).replace("><", ">\n<"));
}

#[test]
fn it_is_xml_and_no_name_leaves_its_place() {
    let hostile = "CREATE TABLE \"</svg><script>alert(1)</script>\"(\"\"\" onload='x'\" TEXT, \"a&b\u{1}\" \"]]>\");
        CREATE TABLE c(x REFERENCES \"</svg><script>alert(1)</script>\"(\"a&b\u{1}\"))";
    for sql in [NOTES, hostile, ""] {
        let svg = svg(&schema(sql));
        let document = roxmltree::Document::parse(&svg).unwrap();
        let mut names = document.descendants().map(|node| node.tag_name().name());
        let known = ["", "svg", "style", "rect", "g", "path", "text", "tspan", "title", "circle"];
        assert!(names.all(|name| known.contains(&name)));
        assert!(document.descendants().all(|node| node.attributes().all(|it| !it.name().starts_with("on"))));
    }
}

#[test]
fn every_colour_is_there_in_light_and_dark() {
    let svg = svg(&schema(NOTES));
    let style = svg.split_once("</style>").unwrap().0;
    assert!(!style.contains("var("), "{style}");
    let (light, dark) = style.split_once("@media (prefers-color-scheme: dark) {").unwrap();
    assert!(light.contains(".box { fill: #ffffff;") && dark.contains(".box { fill: #171c24;"));
}

#[test]
fn the_same_schema_gives_the_same_bytes() {
    let schema = schema(NOTES);
    let first = svg(&schema);
    assert!((0..20).all(|_| svg(&schema) == first));
}
