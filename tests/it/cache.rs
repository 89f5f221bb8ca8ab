//! What a build proves, the next need not prove again: the entries lie with what the compiler writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::package::Package;

const MAIN: &str = "mod db { migrate::migrations!(\"migrations\"); }
fn main() { println!(\"{}\", db::Version::LATEST); }
";

/// A package whose migrations are like those of no other.
fn package(name: &str, mark: &str) -> Package {
    let package = Package::new(name, "2024", "migrate");
    package.write("src/main.rs", MAIN);
    for index in 1..6 {
        package.write(&format!("migrations/{index:03}_t{index}.sql"), &format!("CREATE TABLE {mark}_{index}(x);\n"));
    }
    package.write("migrations/006_warn.sql", &format!("CREATE TABLE IF NOT EXISTS {mark}_6(x);\n"));
    package
}

/// The entries about a package, with the times at which they were written.
fn entries(mark: &str) -> BTreeMap<PathBuf, SystemTime> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let dir = target.join("debug/deps/migrate-proofs");
    let files = fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|entry| {
        let bytes = fs::read(entry.path()).ok()?;
        let about = bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
        Some((entry.path(), entry.metadata().ok()?.modified().ok()?)).filter(|_| about)
    });
    files.collect()
}

fn count(entries: &BTreeMap<PathBuf, SystemTime>, kind: &str) -> usize {
    let is = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind));
    entries.keys().filter(|path| is(path)).count()
}

#[test]
fn a_second_build_finds_what_the_first_has_proved() {
    let mark = format!("cached_{}", std::process::id());
    let package = package("cached", &mark);
    let first = package.passes(&["check"]);
    assert!(first.contains("[if-exists]"), "{first}");
    let kept = entries(&mark);
    assert_eq!((count(&kept, "verdict"), count(&kept, "replay"), count(&kept, "witness")), (1, 2, 2), "{kept:?}");

    // The compiler runs again, for another reason than a migration.
    package.write("src/main.rs", &format!("{MAIN}// edited\n"));
    let second = package.passes(&["check"]);
    assert!(second.contains("Checking cached"), "{second}");
    assert_eq!(entries(&mark), kept, "what is found is not written again");
    let warning =
        |said: &str| said.split_once("warning: ").map(|(_, rest)| rest.rsplit_once("Finished").unwrap().0.to_owned());
    assert_eq!(warning(&second), warning(&first), "and is said in the same words");

    // After an edit of the newest, the states before it are of use, and stay as they are.
    package.write("migrations/006_warn.sql", &format!("CREATE TABLE {mark}_6(x, y);\n"));
    package.passes(&["check"]);
    let edited = entries(&mark);
    assert_eq!((count(&edited, "verdict"), count(&edited, "replay"), count(&edited, "witness")), (2, 3, 3));
    assert!(kept.iter().all(|(path, time)| edited.get(path) == Some(time)), "{kept:?} {edited:?}");
}

#[test]
fn a_build_can_do_without() {
    let mark = format!("uncached_{}", std::process::id());
    let package = package("uncached", &mark);
    let said = package.passes_with(&["check"], &[("MIGRATE_NO_CACHE", "1")]);
    assert!(said.contains("[if-exists]"), "{said}");
    assert_eq!(entries(&mark), BTreeMap::new());
}
