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

#[test]
fn without_the_proof_there_is_no_list() {
    let features = ", default-features = false, features = ['bundled']";
    let package = with_migrations(Package::with("unproved", "2024", "schema", features), MAIN);
    package.fails(&["check"], "the feature `verify` of `migrate` is off");
}

#[test]
fn the_support_module_has_the_version_in_its_name() {
    let name = format!("__private_v{}", env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_"));
    let facade = include_str!("../../src/lib.rs");
    assert_eq!(facade.matches("__private_v").count(), facade.matches(&name).count());
}
