//! Directives, markers, options and variants that are right.

use migrate_source::{Adopt, Config, Fresh, Function, Listing, Migration, Source, Target, parse, parse_marker};

fn read(files: &[(&str, &str)]) -> Source {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    source
}

fn migration(text: &str) -> Migration {
    read(&[("001_create_notes.sql", text)]).migrations.remove(0)
}

fn spanned<'a>(migration: &'a Migration, place: &migrate_source::Place) -> &'a str {
    &migration.up.text[place.span.clone()]
}

#[test]
fn directives() {
    let text = "\r\n-- a comment\r\n--! marker: column notes.tag_count -- the new one\r\n--!transaction :none\r\n/* more */\r\n\
                --! foreign_keys: on -- because\r\n--! adopt: skip\r\n--! name: FirstOne -- better\r\n\
                --! allow(drop-column): it's un-- used -- since 0.8\r\n--! allow( a-b ) : -- why\r\n\
                --! marker: no index \"a -- b\"\r\n--! unproved: needs vec0 -- a module\r\nSELECT 1;";
    let migration = migration(text);
    let directives = &migration.directives;
    assert_eq!(migration.variant, "FirstOne");
    let markers: Vec<(String, &str)> =
        directives.markers.iter().map(|(marker, place)| (marker.to_string(), spanned(&migration, place))).collect();
    let expected = [
        ("column notes.tag_count".to_owned(), "column notes.tag_count"),
        ("no index \"a -- b\"".to_owned(), "no index \"a -- b\""),
    ];
    assert_eq!(markers, expected);
    assert_eq!(spanned(&migration, directives.no_transaction.as_ref().unwrap()), "transaction :none");
    assert_eq!(spanned(&migration, directives.foreign_keys_on.as_ref().unwrap()), "foreign_keys: on -- because");
    assert_eq!(directives.adopt.as_ref().unwrap().0, Adopt::Skip);
    assert_eq!(directives.name.as_ref().unwrap().0, "FirstOne");
    let allow: Vec<(&str, &str, &str)> = directives
        .allow
        .iter()
        .map(|(id, reason, place)| (id.as_str(), reason.as_str(), spanned(&migration, place)))
        .collect();
    assert_eq!(allow, [("drop-column", "it's un-- used", "drop-column"), ("a-b", "why", "a-b")]);
    assert_eq!(directives.unproved.as_ref().unwrap().reason, "needs vec0");
}

#[test]
fn markers_read_back() {
    for text in [
        "table notes",
        "no table notes",
        "column notes.body",
        "no column notes.body",
        "index idx",
        "no index idx",
        "view v",
        "no view v",
        "trigger t",
        "no trigger t",
        "definition notes",
        "table table",
        "table no",
        "column \"my notes\".\"a.b\"",
        "table \"2fa\"",
        "table \"say \"\"no\"\"\"",
        "table été",
    ] {
        assert_eq!(parse_marker(text).unwrap().to_string(), text);
    }
    for (text, expected) in [
        ("TABLE notes", "table notes"),
        ("  no\ttable  [my notes]  -- why", "no table \"my notes\""),
        ("column `notes` . body", "column notes.body"),
        ("definition \"notes\" /* why */", "definition notes"),
    ] {
        assert_eq!(parse_marker(text).unwrap().to_string(), expected);
    }
}

#[test]
fn variants() {
    for (name, variant) in [
        ("001_add_tags", "AddTags"),
        ("001_add-tags", "AddTags"),
        ("001_add tags", "AddTags"),
        ("001_addTags", "AddTags"),
        ("001_ADD_TAGS", "AddTags"),
        ("001_add_URL", "AddURL"),
        ("001_2fa", "V2fa"),
        ("001_self", "VSelf"),
        ("001_ALL", "All"),
        ("001_all_LATEST", "AllLATEST"),
        ("001_type", "Type"),
        ("001_été", "Été"),
        ("001_添加", "添加"),
        ("001_straße", "Straße"),
        ("001_v1.2", "V12"),
        ("V1__add_tags", "AddTags"),
        ("001_🦀_x", "X"),
        ("🦀", "V"),
        ("add_tags", "AddTags"),
    ] {
        assert_eq!(read(&[(&format!("{name}.sql"), "SELECT 1")]).migrations[0].variant, variant, "{name}");
    }
}

#[test]
fn config() {
    let text = r#"
        history_table = "my history"
        shared = true
        functions = [{ name = "slug", arguments = 1, deterministic = true }, { name = "rand" }, { name = "x", arguments = "any" }]
        collations = ["german"]
        min_sqlite = "3.45.1"
        target = "sqld"
        [steps."002_b.sql"]
        [steps.001_create_notes]
        fresh = "skip"
    "#;
    let source = read(&[("migrate.toml", text), ("001_create_notes.sql", "SELECT 1"), ("002_b.sql", "SELECT 1")]);
    let config = source.config;
    assert_eq!(config.history_table, "my history");
    assert!(config.shared);
    let function = |name: &str, arguments, deterministic| Function { name: name.to_owned(), arguments, deterministic };
    assert_eq!(
        config.functions,
        [function("slug", Some(1), true), function("rand", None, false), function("x", None, false)]
    );
    assert_eq!(config.collations, ["german"]);
    assert_eq!(config.min_sqlite, 3_045_001);
    assert_eq!(config.target, Target::Sqld);
    let steps: Vec<(&str, Fresh)> = config.steps.iter().map(|step| (step.migration.as_str(), step.fresh)).collect();
    assert_eq!(steps, [("002_b.sql", Fresh::Run), ("001_create_notes", Fresh::Skip)]);
    assert_eq!(&text[config.steps[0].place.span.clone()], "\"002_b.sql\"");

    assert_eq!(read(&[("migrate.toml", "# nothing\r\n"), ("001_a.sql", "SELECT 1")]).config, Config::default());
    assert_eq!(
        read(&[("migrate.toml", "min_sqlite = '3.45'"), ("001_a.sql", "SELECT 1")]).config.min_sqlite,
        3_045_000
    );
}

#[test]
fn literals_get_lf_too() {
    assert_eq!(migration("SELECT 'a\r\nb';\r\n").up.text, "SELECT 'a\nb';\n");
}
