//! The macro in packages of their own: under another name, in every edition, and from build to build.

use crate::package::Package;

/// A package with two migrations that knows `migrate` as `schema`.
fn package(name: &str, edition: &str, main: &str) -> Package {
    with_migrations(Package::new(name, edition, "schema"), main)
}

fn with_migrations(package: Package, main: &str) -> Package {
    package.write("src/main.rs", main);
    package.write("migrations/001_create_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);\n");
    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags(name TEXT);\n");
    package
}

const MAIN: &str = "mod db { schema::migrations!(\"migrations\"); }
fn main() -> Result<(), schema::Error> {
    let mut conn = schema::rusqlite::Connection::open_in_memory().expect(\"memory\");
    db::MIGRATIONS.run(&mut conn)?;
    println!(\"{} of {}\", db::Version::LATEST, db::Version::ALL.len());
    let _ = db::Version::AddTags;
    Ok(())
}
";

#[test]
fn under_another_name_in_every_edition() {
    let strict = "//! Strict.\n#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]\n\
                  #![deny(clippy::all, clippy::pedantic, clippy::cargo)]\n#![allow(clippy::cargo_common_metadata)]\n\
                  mod core {}\nmod std {}\nmod migrate {}\n";
    for edition in ["2018", "2021", "2024"] {
        let package = package(&format!("edition{edition}"), edition, &format!("{strict}{MAIN}"));
        package.passes(&["check"]);
        package.passes(&["clippy"]);
    }
}

#[test]
fn an_edit_or_a_removal_is_compiled() {
    let package = package("edited", "2024", MAIN);
    package.passes(&["check"]);
    let said = package.passes(&["check", "-v"]);
    assert!(said.contains("Fresh edited"), "nothing changed: {said}");

    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags(name TEXT;\n");
    package.fails(&["check"], "migrations/002_add_tags.sql:1:");
    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags(name TEXT, color TEXT);\n");
    package.passes(&["check"]);

    package.remove("migrations/002_add_tags.sql");
    package.fails(&["check"], "AddTags");
}

#[test]
fn an_addition_is_noticed() {
    let package = package("added", "2024", MAIN);
    assert!(package.passes(&["run"]).contains("002_add_tags.sql of 2"));
    package.write("migrations/003_add_links.sql", "CREATE TABLE links(url TEXT);\n");
    package.fails(&["run"], "003_add_links.sql");

    package.write("build.rs", "fn main() {\n    println!(\"cargo::rerun-if-changed=migrations\");\n}\n");
    assert!(package.passes(&["run"]).contains("003_add_links.sql of 3"));
    package.write("migrations/004_add_users.sql", "CREATE TABLE users(name TEXT);\n");
    assert!(package.passes(&["run"]).contains("004_add_users.sql of 4"));
}

const WITH_OPTIONS: &str = "mod db {
    schema::migrations! {
        \"migrations\",
        markers = [column notes.slug, no table drafts, definition notes, view titles, index \"odd \\\" name\"],
        after = { \"004_slugs\" => super::fill },
    }
}
mod plain { schema::migrations!(\"plain\"); }
fn fill(_: &schema::rusqlite::Connection) -> Result<(), String> { Ok(()) }
fn main() -> Result<(), schema::Error> {
    let mut conn = schema::rusqlite::Connection::open_in_memory().expect(\"memory\");
    println!(\"{:#?}\\n{:#?}\", db::MIGRATIONS.set(), plain::MIGRATIONS.set());
    println!(\"{}\", plain::MIGRATIONS.run(&mut conn)?.entries().len());
    assert!(plain::is_schema_current(&conn)?);
    Ok(())
}
";

const OFF: &str = ", default-features = false, features = ['bundled']";

fn write_proof_lock(package: &Package, dir: &str) {
    let (mut source, findings) = migrate_source::load(&package.path(dir), dir);
    assert!(findings.is_empty(), "{findings:?}");
    // Steps are the application's business.
    source.config.steps.clear();
    let text = migrate_check::proof_lock(&source, &migrate_check::Declared::default()).expect("a proof");
    package.write(&format!("{dir}/proof.lock"), &text);
}

#[test]
fn without_the_proof_the_lock_says_the_same() {
    let package = package("locked", "2024", WITH_OPTIONS);
    package
        .write("migrations/base.sql", "CREATE TABLE drafts(a);\nCREATE TABLE Links(url TEXT, \"the title\" TEXT);\n");
    package.write(
        "migrations/003_views.sql",
        "--! allow(drop-table): unused\nCREATE VIEW titles AS SELECT url FROM links;\nDROP TABLE drafts;\n",
    );
    package.write(
        "migrations/004_slugs.sql",
        "--! foreign_keys: on\nALTER TABLE notes ADD COLUMN Slug TEXT;\nCREATE INDEX \"odd \"\" name\" ON tags(name);\n",
    );
    package
        .write("migrations/004_slugs.down.sql", "DROP INDEX \"odd \"\" name\";\nALTER TABLE notes DROP COLUMN slug;\n");
    package.write("migrations/migrate.toml", "functions = [{ name = 'slug' }]\n[steps.004_slugs]\nfresh = 'skip'\n");
    package.write("plain/001_a.sql", "--! marker: table b\nCREATE TABLE a(x DEFAULT 'it''s');\nCREATE TABLE b(y);\n");
    package
        .write("plain/002_b.sql", "--! marker: trigger t\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n");
    package.passes(&["check"]);
    write_proof_lock(&package, "migrations");
    write_proof_lock(&package, "plain");
    let run = || -> String {
        let (passed, out, said) = package.cargo(&["run", "-q"]);
        assert!(passed, "{said}");
        out
    };
    let proved = run();
    assert!(proved.contains("snapshot: Some("), "{proved}");
    package.depend("locked", "2024", "schema", OFF);
    assert_eq!(run(), proved);
    let tree = package.passes(&["tree", "-e", "normal,build", "-i", "libsqlite3-sys"]);
    assert!(!tree.contains("migrate-macros"), "{tree}");

    package.write("plain/002_b.sql", "CREATE TABLE c(y);\n");
    package.fails(&["check"], "`002_b.sql` was edited after `proof.lock` was written [stale-proof]");
    package.remove("plain/proof.lock");
    package.fails(&["check"], "run `cargo migrate check --write`");
}

#[test]
fn the_support_module_has_the_version_in_its_name() {
    let name = format!("__private_v{}", env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_"));
    let facade = include_str!("../../src/lib.rs");
    assert_eq!(facade.matches("__private_v").count(), facade.matches(&name).count());
}
