//! `docs/recipes`, taken one by one: the directory of each is built and proved, and a database with rows is brought through it.

use std::fs;

use crate::page::{Page, docs};

macro_rules! recipes {
    ($($test:ident: $page:literal, says $says:expr, holds [$($sql:literal => $value:expr),*];)*) => {
        const TAKEN: &[&str] = &[$($page),*];

        $(#[test]
        fn $test() {
            let page = Page::take_in_package(concat!("recipes/", $page));
            arrived(&page);
            for said in $says as [&str; _] {
                assert!(page.text.contains(said), "{}: {said}", page.name);
            }
            $(assert_eq!(value(&page, $sql), $value, "{}", $sql);)*
        })*
    };
}

// What a page shows is compared with what is printed. That this is what the recipe promises is said here: findings, and rows.
recipes! {
    a_column_is_renamed: "rename-a-column.md",
        says ["> column notes.body to content"],
        holds ["SELECT count(*) FROM notes WHERE content = 'buy milk'" => 1, "SELECT count(title) FROM titles" => 1];
    a_table_is_split: "split-a-table.md",
        says ["[drop-column]", "backup: app.db.001-to-002"],
        holds [
            "SELECT count(*) FROM contacts" => 2,
            "SELECT count(*) FROM addresses WHERE contact_id = 1 AND street = '1 Main St'" => 1
        ];
    a_type_is_changed: "change-a-type.md",
        says ["[type-changed]", "[may-fail-on-data]"],
        holds [
            "SELECT count(*) FROM items" => 3,
            "SELECT count(amount) FROM items" => 1,
            "SELECT amount FROM items WHERE typeof(amount) = 'integer'" => 100
        ];
    a_column_is_made_not_null: "add-not-null.md",
        says ["[fails-on-data]", "[may-fail-on-data]", "state: nothing was changed, still at `002_add_state.sql`"],
        holds ["SELECT count(*) FROM notes WHERE state = 'open' AND author IN ('ada', 'unknown')" => 2];
    a_table_with_children_is_rebuilt: "rebuild-with-children.md",
        says ["[row-loss]", "[lost-index]"],
        holds ["SELECT count(*) FROM notes" => 2, "SELECT count(*) FROM tags" => 2];
    a_column_is_filled_in_rust: "backfill-in-rust.md",
        says ["[step-unlisted]", "which only the application can run; nothing was changed"],
        holds ["SELECT count(*) FROM notes WHERE slug IN ('über-den-wolken', 'milk-honey')" => 2];
    a_file_is_vacuumed: "vacuum.md",
        says ["[needs-no-transaction]"],
        holds ["SELECT count(*) FROM events" => 100, "PRAGMA auto_vacuum" => 2, "PRAGMA freelist_count" => 0];
    a_table_is_searched: "full-text-search.md",
        says ["[fts-not-filled]"],
        holds [
            "SELECT count(*) FROM notes_search WHERE notes_search MATCH 'honey'" => 2,
            "SELECT rowid FROM notes_search WHERE notes_search MATCH 'author: ada'" => 1
        ];
    a_column_is_dropped: "drop-a-column.md",
        says ["[does-not-run]", "[drop-column]", "- column `users.fax`"],
        holds [
            "SELECT count(*) FROM users" => 2,
            "SELECT count(*) FROM pragma_table_info('users') WHERE name = 'fax'" => 0
        ];
    data_is_deleted: "delete-data.md",
        says ["SECRET app.db app.db.*.backup\napp.db\napp.db.001", "$ grep -l SECRET app.db\n[exit 1]"],
        holds ["SELECT count(*) FROM sessions" => 1];
    a_file_has_several_lists: "several-lists.md",
        says ["row 1 of the history is `001_create_orders.sql`"],
        holds [
            "SELECT count(*) FROM orders" => 1,
            "SELECT attempts FROM queue_jobs" => 0,
            "SELECT count(*) FROM queue_migrations" => 2
        ];
    a_large_table_is_migrated: "large-tables.md",
        says ["interrupted\n", "state: nothing was changed, still at `001_create_events.sql`"],
        holds ["SELECT count(*) FROM events" => 200_000, "SELECT count(*) FROM pragma_index_list('events')" => 1];
    databases_from_before_are_adopted: "base-schema.md",
        says ["its schema that of `base.sql`", "nothing was changed\nthere: table `settings`", "[adoption-ambiguous]"],
        holds ["SELECT count(*) FROM notes WHERE body = 'from 2019'" => 1, "SELECT count(*) FROM schema_migrations" => 2];
}

/// What is in the database in the end.
fn value(page: &Page, sql: &str) -> i64 {
    page.conn("app.db").query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// The directory is proved without an error, and the database is at its latest version, whole, and holds rows.
fn arrived(page: &Page) {
    let (code, out, err) = page.sh("cargo migrate check");
    assert!(code == Some(0) && out.contains(": 0 errors"), "{}: {out}{err}", page.name);
    let (code, out, err) = page.sh("cargo migrate status --database app.db && cargo migrate verify --database app.db");
    assert_eq!(code, Some(0), "{}: {out}{err}", page.name);
    let conn = page.conn("app.db");
    let mut statement = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations' AND sql NOT LIKE 'CREATE VIRTUAL%'")
        .expect("a statement");
    let tables: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("tables").collect::<Result<_, _>>().expect("names");
    let rows: i64 = tables.iter().map(|table| value(page, &format!("SELECT count(*) FROM \"{table}\""))).sum();
    assert!(rows > 0, "{}: no rows in {tables:?}", page.name);
}

#[test]
fn every_recipe_is_taken() {
    let entries = fs::read_dir(docs().join("recipes")).expect("recipes");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != "README.md").collect();
    names.sort();
    let mut taken = TAKEN.to_vec();
    taken.sort_unstable();
    assert_eq!(taken, names);
    let index = fs::read_to_string(docs().join("recipes/README.md")).expect("the list of recipes");
    for name in names {
        assert!(index.contains(&format!("]({name})")), "recipes/README.md: {name}");
    }
}
