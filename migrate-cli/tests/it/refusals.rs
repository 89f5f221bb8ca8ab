//! Databases that are refused, or that cannot be got at.

use crate::kit::{Package, snapshot};

#[test]
fn what_is_no_database_of_ours() {
    let package = Package::notes();
    package.write("text.db", "my notes, in a text file");
    package.sql("other.db", "CREATE TABLE users (id);");
    package.sql("foreign.db", "CREATE TABLE schema_migrations (id, something);");
    snapshot!(package.story(&[
        "up -d text.db",
        "status -d text.db",
        "up -d other.db",
        "status -d other.db",
        "verify -d other.db",
        "up -d foreign.db",
        "up -d .",
        "up -d none/app.db",
    ]));
    assert_eq!(package.read("text.db"), "my notes, in a text file");
}

#[test]
fn too_new_and_diverged() {
    let package = Package::notes();
    package.up("latest");
    package.write("migrations/002_add_tags.sql", "CREATE TABLE tags (other);\n");
    let edited = package.story(&["up -d app.db", "status -d app.db", "plan -d app.db"]);
    package.remove("migrations/002_add_tags.sql");
    package.remove("migrations/002_add_tags.down.sql");
    snapshot!([edited, package.story(&["up -d app.db", "verify -d app.db"])].join("\n"));
}

#[test]
fn a_statement_that_fails_on_a_row() {
    let package = Package::notes();
    package.up("latest");
    package.sql("app.db", "INSERT INTO notes (body) VALUES ('same'), ('same');");
    package.write("migrations/003_unique.sql", "CREATE UNIQUE INDEX one_body ON notes(body);\n");
    snapshot!(package.story(&[
        "up -d app.db",
        "up -d app.db --dry-run",
        "up -d app.db --rehearse",
        "status -d app.db"
    ]));
}

#[test]
fn a_database_that_another_program_holds() {
    let package = Package::notes();
    package.up("1");
    let conn = package.conn("app.db");
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let story =
        package.story(&["up -d app.db --lock-timeout 0.2", "status -d app.db", "up -d app.db --lock-timeout soon"]);
    conn.execute_batch("COMMIT").unwrap();
    snapshot!([story, package.shows("up -d app.db --lock-timeout 5")].join("\n"));
}

#[test]
fn down_goes_down_only() {
    let package = Package::notes();
    package.up("1");
    snapshot!(package.story(&[
        "down -d app.db --to 2",
        "down -d app.db --to base",
        "down -d app.db",
        "up -d app.db --to base"
    ]));
}

#[test]
fn functions_that_only_the_application_has() {
    let package = Package::notes();
    package
        .write("migrations/migrate.toml", "functions = [{ name = \"slug\", arguments = 1, deterministic = true }]\n");
    package.write(
        "migrations/003_slugs.sql",
        "ALTER TABLE notes ADD COLUMN slug TEXT;\nUPDATE notes SET slug = slug(body);\n",
    );
    snapshot!(package.shows("up -d app.db"));
}
