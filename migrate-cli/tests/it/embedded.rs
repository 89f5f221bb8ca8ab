//! The verbs of an application of one's own.

use migrate_check::load_with_steps;
use migrate_cli::{Exit, run_prepared, run_with};
use migrate_core::rusqlite::{Connection, functions::FunctionFlags};

use crate::kit::{NOTES, Package, TAGS, snapshot};

fn package() -> Package {
    let package = Package::with(&[("001_create_notes.sql", NOTES), ("002_add_tags.sql", TAGS)]);
    package.write("migrations/migrate.toml", "[steps.\"002_add_tags\"]\nfresh = \"run\"\n");
    package
}

/// Runs a line as an application whose second migration has a step.
fn shows(package: &Package, line: &str) -> String {
    let step = |conn: &Connection| Ok(conn.execute_batch("INSERT INTO notes (body) VALUES ('welcome')")?);
    let loaded = load_with_steps(&package.path("migrations"), &[("002_add_tags", step)]).expect("a list");
    let database = package.path("app.db").display().to_string();
    let args = ["notes migrate".to_owned()].into_iter();
    let args = args.chain(line.split_whitespace().map(|word| word.replace("app.db", &database)));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run_with(&loaded.migrations, args.chain(["--color=never".to_owned()]), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(&database, "app.db");
    let shown = format!("$ notes migrate {line}\n{}--- error output\n{}--- {exit:?}\n", text(out), text(err));
    shown.replace("--- error output\n---", "---")
}

#[test]
fn its_steps_run() {
    let package = package();
    let lines =
        ["status -d app.db", "plan -d app.db", "up -d app.db", "status -d app.db", "verify -d app.db", "status"];
    snapshot!(lines.map(|line| shows(&package, line)).join("\n"));
    let body: String = package.conn("app.db").query_row("SELECT body FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "welcome");
}

#[test]
fn its_help_has_its_name() {
    let package = package();
    let lines = ["--help", "up --help", "repair forget --help", "check", "up --dir x"];
    let text = lines.map(|line| shows(&package, line)).join("\n");
    assert!(!text.contains("cargo"), "{text}");
    snapshot!(text);
}

#[test]
fn its_functions_are_there() {
    let package = Package::with(&[("001_create_notes.sql", NOTES)]);
    package
        .write("migrations/migrate.toml", "functions = [{ name = \"slug\", arguments = 1, deterministic = true }]\n");
    package.write(
        "migrations/002_slugs.sql",
        "ALTER TABLE notes ADD COLUMN slug TEXT;\nUPDATE notes SET slug = slug(body);\n",
    );
    let loaded = migrate_check::load(&package.path("migrations")).expect("a list");
    let args = || ["notes".into(), "up".into(), "-d".into(), package.path("app.db").into_os_string()];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(run_with(&loaded.migrations, args(), &mut out, &mut err), Exit::Failed);
    assert!(String::from_utf8(err.clone()).unwrap().contains("the connection lacks function `slug` with 1 argument"));
    let prepare = |conn: &Connection| {
        conn.create_scalar_function("slug", 1, FunctionFlags::SQLITE_DETERMINISTIC, |context| context.get::<String>(0))
    };
    assert_eq!(run_prepared(&loaded.migrations, &prepare, args(), &mut out, &mut err), Exit::Fine);
    let refuse = |_: &Connection| Err(migrate_core::rusqlite::Error::InvalidQuery);
    assert_eq!(run_prepared(&loaded.migrations, &refuse, args(), &mut out, &mut err), Exit::Failed);
}

#[test]
fn its_messages_have_its_name() {
    let package = package();
    package.sql("app.db", NOTES);
    shows(&package, "up -d app.db");
    package.sql("app.db", "DELETE FROM schema_migrations WHERE migration_name = '001_create_notes.sql'");
    let diverged = ["status -d app.db", "status -d app.db --json", "verify -d app.db", "plan -d app.db"];
    let diverged = diverged.map(|line| shows(&package, line)).join("\n");
    assert_eq!(diverged.matches("`notes migrate up --out-of-order`").count(), 4, "{diverged}");
    assert!(!diverged.contains("cargo"), "{diverged}");
    package.sql("app.db", "UPDATE schema_migrations SET migration_name = '001_other.sql'");
    let unknown = shows(&package, "status -d app.db");
    assert!(unknown.contains("`notes migrate repair forget 001_other.sql`"), "{unknown}");
}
