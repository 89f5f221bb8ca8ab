//! The macro in packages of their own: under another name, in every edition, and from build to build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A package with migrations, outside the workspace, that knows `migrate` as `schema`.
struct Package {
    dir: TempDir,
}

impl Package {
    fn new(name: &str, edition: &str, main: &str) -> Package {
        Package::with(name, edition, "", main)
    }

    /// `features` is added to the dependency.
    fn with(name: &str, edition: &str, features: &str, main: &str) -> Package {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let package = Package { dir: tempfile::tempdir().expect("a directory") };
        package.depend(name, edition, features);
        // The versions that are here already, so that nothing is fetched.
        fs::copy(root.join("Cargo.lock"), package.path("Cargo.lock")).expect("the workspace has a Cargo.lock");
        package.write("src/main.rs", main);
        package.write("migrations/001_create_notes.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);\n");
        package.write("migrations/002_add_tags.sql", "CREATE TABLE tags(name TEXT);\n");
        package
    }

    /// Writes the manifest.
    fn depend(&self, name: &str, edition: &str, features: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = format!(
            "[package]\nname = '{name}'\nversion = '0.0.0'\nedition = '{edition}'\n\n\
             [dependencies]\nschema = {{ package = 'migrate', path = '{}'{features} }}\n\n[workspace]\n",
            root.display()
        );
        self.write("Cargo.toml", &manifest);
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file in the package")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).expect("a file to remove");
    }

    /// Runs Cargo; the answer is whether it succeeded, and what it said.
    fn cargo(&self, args: &[&str]) -> (bool, String) {
        let (passed, out, said) = self.run(args);
        (passed, said + &out)
    }

    /// Runs Cargo: whether it succeeded, what it printed, and what it said on the side.
    fn run(&self, args: &[&str]) -> (bool, String, String) {
        // The target directory of this workspace, where SQLite is compiled already.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a directory in the target directory");
        let output = Command::new(env!("CARGO"))
            .args(args)
            .arg("--offline")
            .current_dir(self.dir.path())
            .env("CARGO_TARGET_DIR", target)
            .env_remove("RUSTFLAGS")
            .output()
            .expect("Cargo runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    #[track_caller]
    fn passes(&self, args: &[&str]) -> String {
        let (passed, said) = self.cargo(args);
        assert!(passed, "{said}");
        said
    }

    #[track_caller]
    fn fails(&self, args: &[&str], because: &str) {
        let (passed, said) = self.cargo(args);
        assert!(!passed && said.contains(because), "{said}");
    }
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
        let package = Package::new(&format!("edition{edition}"), edition, &format!("{strict}{MAIN}"));
        package.passes(&["check"]);
        package.passes(&["clippy"]);
    }
}

#[test]
fn an_edit_or_a_removal_is_compiled() {
    let package = Package::new("edited", "2024", MAIN);
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
    let package = Package::new("added", "2024", MAIN);
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
    let package = Package::new("locked", "2024", WITH_OPTIONS);
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
        let (passed, out, said) = package.run(&["run", "-q"]);
        assert!(passed, "{said}");
        out
    };
    let proved = run();
    assert!(proved.contains("snapshot: Some("), "{proved}");
    package.depend("locked", "2024", OFF);
    assert_eq!(run(), proved);
    let tree = package.passes(&["tree", "-e", "normal,build", "-i", "libsqlite3-sys"]);
    assert!(!tree.contains("migrate-macros"), "{tree}");

    package.write("plain/002_b.sql", "CREATE TABLE c(y);\n");
    package.fails(&["check"], "`002_b.sql` was edited after `proof.lock` was written [stale-proof]");
    package.remove("plain/proof.lock");
    package.fails(&["check"], "run `cargo migrate check --write`");
}

mod tour {
    migrate::migrations!("tests/fixtures/tour");
}

#[test]
fn the_macro_and_the_loader_make_one_list() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tour");
    let loaded = migrate_check::load(&dir).expect("the tour is sound").migrations;
    let loaded = loaded.iter().map(|one| (one.version.0, one.name, one.sql, one.down, one.checksum, one.fingerprint));
    let compiled = tour::MIGRATIONS.iter();
    let compiled =
        compiled.map(|one| (one.version as usize, one.name, one.sql, one.down, one.checksum, one.fingerprint));
    assert!(loaded.eq(compiled));
}

#[test]
fn the_support_module_has_the_version_in_its_name() {
    let name = format!("__private_v{}", env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_"));
    let facade = include_str!("../src/lib.rs");
    assert_eq!(facade.matches("__private_v").count(), facade.matches(&name).count());
}
