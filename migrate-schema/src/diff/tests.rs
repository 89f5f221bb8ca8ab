use migrate_source::Listing;

use super::*;

const A: &str = "CREATE TABLE people(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE);
CREATE TABLE notes(
  id INTEGER PRIMARY KEY, -- the key
  body TEXT CHECK (notes.body <> ''),
  owner INTEGER REFERENCES people(id) ON DELETE CASCADE
);
CREATE INDEX notes_owner ON notes(owner) WHERE owner IS NOT NULL;
CREATE VIEW named AS SELECT body, name FROM notes JOIN people ON people.id = owner;
CREATE VIEW short AS SELECT name FROM named;
CREATE TRIGGER named_gone INSTEAD OF DELETE ON named BEGIN DELETE FROM notes WHERE body = old.body; END;
CREATE TRIGGER notes_new_row AFTER INSERT ON notes BEGIN UPDATE people SET name = name; END;
";

fn options(renames: &[(&str, &str, &str)], drop: bool, fills: &[(&str, &str, &str)]) -> Options {
    let rename = |&(table, old, new): &(&str, &str, &str)| Rename {
        table: (!table.is_empty()).then(|| table.to_owned()),
        old: old.to_owned(),
        new: new.to_owned(),
    };
    let fill = |&(table, column, value): &(&str, &str, &str)| Fill {
        table: table.to_owned(),
        column: column.to_owned(),
        value: value.to_owned(),
    };
    Options {
        renames: renames.iter().map(rename).collect(),
        drop,
        fills: fills.iter().map(fill).collect(),
        ..Options::default()
    }
}

fn converting(columns: &[&str]) -> Options {
    Options { converts: columns.iter().map(|&column| column.to_owned()).collect(), ..Options::default() }
}

/// What is done, what is said of it, and the file.
fn shown(before: &str, after: &str, options: &Options) -> String {
    let listing = Listing::from_files([("001_a.sql", before)]);
    match diff(&listing, "002_b.sql", after, options) {
        Ok(diff) => {
            let changes: String = diff.changes.iter().map(|change| format!("{change}\n")).collect();
            let said: String = diff.findings.iter().map(|f| format!("[{}] {}\n", f.id, f.message)).collect();
            format!("{changes}{said}\n{}", diff.sql)
        }
        Err(error) => error.to_string(),
    }
}

fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(A.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

#[test]
fn nothing_differs() {
    let reformatted = A.replace("  ", " ").replace("CREATE TABLE people(", "create table \"people\" (\n");
    assert_eq!(shown(A, &reformatted, &Options::default()), "\n");
}

#[test]
fn a_column_at_the_end_is_added() {
    let after = edited(&[("ON DELETE CASCADE\n)", "ON DELETE CASCADE,\n  tags TEXT NOT NULL DEFAULT '' -- csv\n)")]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()));
}

#[test]
fn a_column_in_the_middle_is_a_rebuild() {
    let after = edited(&[("  body TEXT", "  title TEXT,\n  body TEXT")]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()));
}

#[test]
fn a_constraint_is_a_rebuild_and_keeps_the_mark() {
    let after = edited(&[("UNIQUE)", "UNIQUE CHECK (length(name) > 0), born TEXT DEFAULT (date('now')))")]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()));
}

#[test]
fn what_is_gone_is_asked_for() {
    let after = edited(&[
        ("owner INTEGER REFERENCES", "author INTEGER REFERENCES"),
        ("ON notes(owner) WHERE owner", "ON notes(author) WHERE author"),
        ("people.id = owner", "people.id = author"),
        ("CREATE VIEW short AS SELECT name FROM named;\n", ""),
    ]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()), @r"
    column `notes.owner` is gone
    help: `--rename notes.owner=author` if it is `author` now, `--drop` if it and its values are to go
    view `short` is gone
    help: `--drop` if it is to go
    ");
    let renamed = options(&[("notes", "owner", "author")], true, &[]);
    insta::assert_snapshot!(shown(A, &after, &renamed));
}

#[test]
fn a_table_is_renamed() {
    let after = A.replace("people", "persons");
    let asked = shown(A, &after, &Options::default());
    assert_eq!(asked.lines().next(), Some("table `people` is gone"));
    assert!(asked.contains("`--rename people=persons`"), "{asked}");
    insta::assert_snapshot!(shown(A, &after, &options(&[("", "people", "persons")], false, &[])));
}

#[test]
fn what_is_dropped_is_acknowledged() {
    let after = "CREATE TABLE notes(\n  id INTEGER PRIMARY KEY,\n  body TEXT\n);\n";
    insta::assert_snapshot!(shown(A, after, &options(&[], true, &[])));
}

#[test]
fn rows_need_values() {
    let after = edited(&[(
        "  body TEXT CHECK (notes.body <> '')",
        "  body TEXT NOT NULL CHECK (notes.body <> ''),\n  kind TEXT NOT NULL",
    )]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()), @r#"
    column `notes.body` may not be NULL any longer, and rows that exist may be
    help: say what such a row gets: `--fill "notes.body=EXPRESSION"`
    column `notes.kind` is NOT NULL without a default, and rows that exist need a value
    help: give it a DEFAULT, or say what they get: `--fill "notes.kind=EXPRESSION"`
    "#);
    let filled = options(&[], false, &[("notes", "body", "'?'"), ("notes", "kind", "'note ' || id")]);
    insta::assert_snapshot!(shown(A, &after, &filled));
}

#[test]
fn a_new_table_comes_with_its_rows() {
    let after = format!(
        "{A}CREATE TABLE kinds(name TEXT PRIMARY KEY, rank INT) WITHOUT ROWID;\nINSERT INTO kinds VALUES ('b', 1), ('a', NULL);\n\
         CREATE INDEX kinds_rank ON kinds(rank);"
    );
    insta::assert_snapshot!(shown(A, &after, &Options::default()));
}

#[test]
fn a_changed_view_takes_with_it_what_hangs_on_it() {
    let after = edited(&[("SELECT body, name FROM", "SELECT body, name, notes.id FROM")]);
    insta::assert_snapshot!(shown(A, &after, &Options::default()));
}

#[test]
fn a_schema_that_does_not_run_is_shown() {
    let listing = Listing::from_files([("001_a.sql", A)]);
    let error = diff(&listing, "002_b.sql", "CREATE TABLE a(x", &Options::default()).unwrap_err();
    let DiffError::Findings(findings, source) = error else { panic!("{error}") };
    assert_eq!(findings.len(), 1);
    let text = migrate_source::render(&findings[0], &*source);
    assert!(text.contains("migrations/schema.sql:1:1"), "{text}");
}

#[test]
fn unknown_names_are_said() {
    let check = |options: Options, expected: &str| assert_eq!(shown(A, A, &options), expected);
    check(
        options(&[("", "poeple", "notes")], false, &[]),
        "there is no table `poeple` to rename\nhelp: write `people`",
    );
    check(options(&[("", "people", "note")], false, &[]), "the schema has no table `note`\nhelp: write `notes`");
    check(
        options(&[("notes", "bdy", "body")], false, &[]),
        "there is no column `notes.bdy` to rename\nhelp: write `body`",
    );
    check(options(&[], false, &[("notes", "x", "1")]), "the schema has no column `notes.x` to fill");
}

#[test]
fn a_virtual_table_is_left_to_its_author() {
    let error =
        shown("CREATE VIRTUAL TABLE f USING fts5(a);", "CREATE VIRTUAL TABLE f USING fts5(a, b);", &Options::default());
    assert!(error.starts_with("`f` is a virtual table"), "{error}");
}

#[test]
fn a_rebuild_keeps_everything() {
    let (source, _) = parse(&Listing::from_files([("001_a.sql", A)]));
    insta::assert_snapshot!(rebuild(&source, "Notes").unwrap());
    assert_eq!(rebuild(&source, "note").unwrap_err().to_string(), "there is no table `note`\nhelp: write `notes`");
}

mod found;
mod reasons;
mod seeds;
