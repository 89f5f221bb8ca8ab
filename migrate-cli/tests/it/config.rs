//! Where things are said to be.

use crate::kit::{Package, snapshot, words};

#[test]
fn cargo_toml_says_where() {
    let package = Package::notes();
    std::fs::rename(package.path("migrations"), package.path("changes")).unwrap();
    let manifest =
        "[package]\nname = \"app\"\n\n[package.metadata.migrate]\ndir = \"changes\"\ndatabase = \"app.db\"\n";
    package.write("Cargo.toml", manifest);
    let here = package.story(&["up --to 1", "status"]);
    std::fs::create_dir_all(package.path("src/deep")).unwrap();
    let mut below = package.command(words("status"));
    below.current_dir(package.path("src/deep"));
    // An argument comes before DATABASE_URL, and that before Cargo.toml.
    let mut url = package.command(words("status"));
    url.env("DATABASE_URL", "sqlite:none.db");
    let mut both = package.command(words("status -d app.db"));
    both.env("DATABASE_URL", "sqlite:none.db");
    let mut other = package.command(words("status"));
    other.env("DATABASE_URL", "postgres://localhost/app");
    let shown = [
        package.shown("status # below", below),
        package.shown("status # DATABASE_URL=sqlite:none.db", url),
        package.shown("status -d app.db # DATABASE_URL=sqlite:none.db", both),
        package.shown("status # DATABASE_URL=postgres://localhost/app", other),
    ];
    snapshot!([here, shown.join("\n")].join("\n"));
}

#[test]
fn the_nearest_package_counts() {
    let package = Package::notes();
    package.write(
        "member/Cargo.toml",
        "[package]\nname = \"member\"\n[package.metadata.migrate]\ndatabase = \"own.db\"\n",
    );
    package.write("member/migrations/001_a.sql", "CREATE TABLE a (x);\n");
    let mut command = package.command(words("up"));
    command.current_dir(package.path("member"));
    snapshot!(package.shown("up # in member", command), @"
    $ cargo migrate up # in member
    own.db: fresh database: 1 migration marked as applied; now at `001_a.sql`
    ");
    // A workspace is no package.
    package.write("crates/Cargo.toml", "[workspace]\n");
    let mut command = package.command(words("check"));
    command.current_dir(package.path("crates"));
    snapshot!(package.shown("check # in crates", command), @"
    $ cargo migrate check # in crates
    ../migrations: 2 migrations proved: 0 errors, 0 warnings
    ");
}

#[test]
fn mistakes() {
    let package = Package::notes();
    let mut shown = Vec::new();
    for lines in [
        "[package.metadata.migrate]\ndirectory = \"changes\"",
        "[package.metadata.migrate]\ndatabse = \"app.db\"",
        "[package.metadata.migrate]\ncolour = true",
        "[package.metadata.migrate]\ndatabase = 5",
        "[package.metadata.migrate]\ndir = \"\"",
        "[package.metadata]\nmigrate = \"changes\"",
        "[package.metadata.migrate",
    ] {
        package.write("Cargo.toml", &format!("[package]\nname = \"app\"\n\n{lines}\n"));
        shown.push(package.shows("status"));
    }
    // What needs no configuration works all the same.
    assert!(package.output(&["man"]).status.success());
    assert!(package.output(&["check", "--explain", "drop-table"]).status.success());
    snapshot!(shown.join("\n"));
}

#[test]
fn names_of_databases() {
    let package = Package::notes();
    package.up("latest");
    std::fs::copy(package.path("app.db"), package.path("my app.db")).unwrap();
    let absolute = package.path("app.db").display().to_string();
    for url in
        ["sqlite:app.db", "sqlite://app.db", "sqlite:my%20app.db", "file:app.db", "app.db", "sqlite:app.db?mode=rwc"]
    {
        let output = package.command(["status"]).env("DATABASE_URL", url).output().unwrap();
        assert!(output.status.success(), "{url}: {output:?}");
    }
    let output = package.command(["status"]).env("DATABASE_URL", format!("sqlite://{absolute}")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut shown = Vec::new();
    for url in ["postgres://localhost/app", "sqlite::memory:", "", "sqlite:"] {
        let mut command = package.command(["status"]);
        command.env("DATABASE_URL", url);
        shown.push(package.shown(&format!("status # DATABASE_URL={url}"), command));
    }
    shown.push(package.shows("status -d mysql://localhost/app"));
    snapshot!(shown.join("\n"));
}

#[test]
fn no_directory() {
    let package = Package::with(&[]);
    snapshot!(package.story(&["check", "status -d app.db", "check --dir migrationz", "new x"]));
}
